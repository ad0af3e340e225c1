/* SPDX-License-Identifier: MIT */
#ifndef MIO_CORE_READY_QUEUE_H
#define MIO_CORE_READY_QUEUE_H

/*
 * A queue that any number of threads push to and one at a time takes from. Its
 * nodes are embedded in what they stand for, so that it allocates nothing, and
 * a node can be pushed again once it was popped. Pure: no lock, no system call,
 * no knowledge of who waits for it.
 *
 * Who calls what. Push: any thread, signal handlers. Close, is_closed: any one
 * thread. All the others: the consumer, one thread at a time; whoever comes
 * next must see what the one before it did.
 *
 * Producers push onto a stack with one compare-and-swap. The consumer takes all
 * of the stack at once, which leaves it nothing to compare and so no node that
 * was there before and is there again, turns it round, and appends it to a list
 * of its own: first in, first out. A push is whole or has not happened: no
 * producer that stands still can hide what others have pushed before or after
 * it, and a thread that looks finds all that it has pushed itself.
 *
 *	push	swap incoming	seq_cst, at least release: what the producer
 *				wrote before is seen by who takes the node;
 *				seq_cst for the announcements of core.c
 *	take	exchange	acquire, pairs with it
 *	close	exchange	acq_rel: the nodes are the closer's from then on
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/yield_point.h"

struct mio__ready_node {
	struct mio__ready_node *next; /* of the producer, then the consumer */
};

struct mio__ready_queue {
	/*
	 * Of the consumer: the oldest first; the list is empty if first is
	 * NULL.
	 */
	struct mio__ready_node *first, *last;

	/* Of all: the newest first, NULL, or the mark that it is closed. */
	_Alignas(64) _Atomic(struct mio__ready_node *) incoming;
};

void mio__ready_queue_init(struct mio__ready_queue *queue);

/* Nothing is pushed from then on; what was there is to be taken once more. */
void mio__ready_queue_close(struct mio__ready_queue *queue);

/* What incoming is once the queue is closed: an address that no node has. */
#define MIO__READY_CLOSED(queue) ((struct mio__ready_node *)(void *)(queue))

/* Pushes a node that is not in it: false when it is closed. */
static inline bool
mio__ready_queue_push(
    struct mio__ready_queue *queue, struct mio__ready_node *node)
{
	struct mio__ready_node *newest =
	    atomic_load_explicit(&queue->incoming, memory_order_relaxed);

	do {
		if (newest == MIO__READY_CLOSED(queue))
			return false;
		node->next = newest;
		MIO__YIELD_POINT();
	} while (!atomic_compare_exchange_weak_explicit(&queue->incoming,
	    &newest, node, memory_order_seq_cst, memory_order_relaxed));

	return true;
}

/* Whether producers have pushed what was not taken yet. Any thread. */
static inline bool
mio__ready_queue_has_incoming(const struct mio__ready_queue *queue)
{
	return atomic_load_explicit(&queue->incoming, memory_order_seq_cst) !=
	    NULL;
}

/* Whether the list is empty. */
static inline bool
mio__ready_queue_is_empty(const struct mio__ready_queue *queue)
{
	return queue->first == NULL;
}

/* Appends one to the list. */
static inline void
mio__ready_queue_append(
    struct mio__ready_queue *queue, struct mio__ready_node *node)
{
	node->next = NULL;
	if (queue->first == NULL)
		queue->first = node;
	else
		queue->last->next = node;
	queue->last = node;
}

/* The oldest one, off the list, which is not empty. */
static inline struct mio__ready_node *
mio__ready_queue_pop(struct mio__ready_queue *queue)
{
	struct mio__ready_node *node = queue->first;

	queue->first = node->next;

	return node;
}

/* Appends a stack, whose newest node is first, in the order of the pushes. */
static inline void
mio__ready_queue_append_stack(
    struct mio__ready_queue *queue, struct mio__ready_node *newest)
{
	struct mio__ready_node *next, *node = newest;
	struct mio__ready_node *oldest = NULL;

	do {
		next = node->next;
		node->next = oldest;
		oldest = node;
		node = next;
	} while (node != NULL);

	if (queue->first == NULL)
		queue->first = oldest;
	else
		queue->last->next = oldest;
	queue->last = newest;
}

/* Appends to the list what producers have pushed. */
static inline void
mio__ready_queue_accept(struct mio__ready_queue *queue)
{
	/* a look first, since an exchange costs as much as all the rest */
	if (!mio__ready_queue_has_incoming(queue))
		return;

	MIO__YIELD_POINT();
	mio__ready_queue_append_stack(queue,
	    atomic_exchange_explicit(
		&queue->incoming, NULL, memory_order_seq_cst));
}

#endif
