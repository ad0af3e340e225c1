/* SPDX-License-Identifier: MIT */
#ifndef MIO_CORE_READY_QUEUE_H
#define MIO_CORE_READY_QUEUE_H

/*
 * A queue to which any number of threads, the producers, push, and from which
 * one thread at a time, the consumer, pops. The nodes are embedded in the
 * objects that are queued. So the queue allocates nothing, and a node can be
 * pushed again once it was popped. The queue has no lock, makes no system call,
 * and does not know who waits.
 *
 * Who calls what. Any thread, and any signal handler, calls push. Any thread
 * calls has_incoming. One thread calls close, once. The consumer calls all
 * other functions. When another thread becomes the consumer, what the previous
 * one did has to happen before what it does; the collector ensures that
 * (collect.c).
 *
 * Producers push onto a stack, `incoming', with one compare-and-swap. To accept
 * the nodes, the consumer removes the whole stack with one exchange, reverses
 * it, and appends it to its own list, so that the oldest node is popped first.
 * The consumer never compares, so it has no ABA problem. A producer compares
 * only to link its node in front of the newest one, and that link is right even
 * if the newest node was popped and pushed again in between. A push is complete
 * or has not happened: a producer that is suspended cannot hide nodes that
 * others have pushed, and a thread that accepts finds everything that it has
 * pushed itself.
 *
 *	push	compare-and-	seq_cst. Release is needed so that the consumer
 *		swap		sees what the producer wrote before, and seq_cst
 *				for the waiters (core.h). When it fails, relaxed
 *				is sufficient: the value is only compared
 *	accept	exchange	seq_cst. Acquire is needed to pair with all the
 *				pushes: each is a read-modify-write, so that
 *				they form one release sequence
 *	close	exchange	seq_cst, for the same reason as accept; the
 *				nodes belong to the closing thread after that
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/yield_point.h"

struct mio__ready_node {
	struct mio__ready_node *next; /* in the stack, and then in the list */
};

/* Nodes in order, oldest first; none if first is NULL. */
struct mio__ready_list {
	struct mio__ready_node *first, *last;
};

struct mio__ready_queue {
	struct mio__ready_list list; /* the consumer's */

	/* The newest node of the stack, NULL, or the mark of a closed queue. */
	_Alignas(64) _Atomic(struct mio__ready_node *) incoming;
};

void mio__ready_queue_init(struct mio__ready_queue *queue);

/* Refuses all later pushes, and moves the nodes pushed before to the list. */
void mio__ready_queue_close(struct mio__ready_queue *queue);

/* The mark of a closed queue: an address that no node can have. */
#define MIO__READY_CLOSED ((struct mio__ready_node *)(uintptr_t)1)

/* Pushes a node that is not queued. Returns false if the queue is closed. */
static inline bool
mio__ready_queue_push(
    struct mio__ready_queue *queue, struct mio__ready_node *node)
{
	struct mio__ready_node *newest =
	    atomic_load_explicit(&queue->incoming, memory_order_relaxed);

	do {
		if (newest == MIO__READY_CLOSED)
			return false;
		node->next = newest;
		MIO__YIELD_POINT();
	} while (!atomic_compare_exchange_weak_explicit(&queue->incoming,
	    &newest, node, memory_order_seq_cst, memory_order_relaxed));

	return true;
}

/* Returns whether pushed nodes are not accepted yet, or the queue is closed. */
static inline bool
mio__ready_queue_has_incoming(const struct mio__ready_queue *queue)
{
	return atomic_load_explicit(&queue->incoming, memory_order_seq_cst) !=
	    NULL;
}

/* Returns whether the list is empty. */
static inline bool
mio__ready_queue_is_empty(const struct mio__ready_queue *queue)
{
	return queue->list.first == NULL;
}

/* Appends a node to the list. */
static inline void
mio__ready_queue_append(
    struct mio__ready_queue *queue, struct mio__ready_node *node)
{
	node->next = NULL;
	if (queue->list.first == NULL)
		queue->list.first = node;
	else
		queue->list.last->next = node;
	queue->list.last = node;
}

/* Removes the oldest node from the list, which must not be empty. */
static inline struct mio__ready_node *
mio__ready_queue_pop(struct mio__ready_queue *queue)
{
	struct mio__ready_node *node = queue->list.first;

	queue->list.first = node->next;

	return node;
}

/* Appends a stack, newest node first, in the order of the pushes. */
static inline void
mio__ready_list_append_stack(
    struct mio__ready_list *list, struct mio__ready_node *newest)
{
	struct mio__ready_node *oldest = newest;
	struct mio__ready_node *next, *node = newest->next;

	newest->next = NULL;
	while (node != NULL) {
		next = node->next;
		node->next = oldest;
		oldest = node;
		node = next;
	}

	if (list->first == NULL)
		list->first = oldest;
	else
		list->last->next = oldest;
	list->last = newest;
}

/* Moves all pushed nodes to a list. The queue must not be closed. */
static inline void
mio__ready_queue_move(
    struct mio__ready_queue *queue, struct mio__ready_list *list)
{
	/* an exchange costs as much as everything else, so check first */
	if (!mio__ready_queue_has_incoming(queue))
		return;

	MIO__YIELD_POINT();
	mio__ready_list_append_stack(list,
	    atomic_exchange_explicit(
		&queue->incoming, NULL, memory_order_seq_cst));
}

/* Moves all pushed nodes to the list. The queue must not be closed. */
static inline void
mio__ready_queue_accept(struct mio__ready_queue *queue)
{
	mio__ready_queue_move(queue, &queue->list);
}

/* The same, and then removes all nodes from the list and stores them. */
static inline void
mio__ready_queue_detach(
    struct mio__ready_queue *queue, struct mio__ready_list *list)
{
	*list = queue->list;
	mio__ready_queue_move(queue, list);
	queue->list.first = NULL;
}

/* Inserts a list that is not empty in front of what is in the list. */
static inline void
mio__ready_queue_prepend(
    struct mio__ready_queue *queue, const struct mio__ready_list *list)
{
	list->last->next = queue->list.first;
	if (queue->list.first == NULL)
		queue->list.last = list->last;
	queue->list.first = list->first;
}

#endif
