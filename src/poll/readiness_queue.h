/* SPDX-License-Identifier: MIT */
#ifndef MIO_POLL_READINESS_QUEUE_H
#define MIO_POLL_READINESS_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/point.h"
#include "poll/deadlines.h"
#include "sys/waker.h"

/*
 * What is ready without the kernel: nodes that any thread queues and the
 * thread inside the poll takes out, and the waker that ends that thread's
 * sleep. Shared by the poll and all nodes, so that they can go in any order.
 * The queue allocates nothing: its nodes are embedded in what they stand for.
 */

struct mio__ready_node {
	_Atomic(struct mio__ready_node *) next;
};

struct mio__readiness_queue {
	struct mio__waker waker;
	struct mio__deadlines deadlines;
	atomic_size_t refs;
	atomic_bool closed; /* the poll is gone */
	atomic_uint reapers;

	/* Producers write these. */
	_Alignas(64) _Atomic(struct mio__ready_node *) tail;
	atomic_uint sleeping; /* a word: some machines exchange no byte */

	/* Only the consumer uses these, and both may append the stub. */
	_Alignas(64) struct mio__ready_node *head;
	struct mio__ready_node stub;
};

enum mio__pop {
	MIO__POP_EMPTY,
	MIO__POP_NODE,
	MIO__POP_UNLINKED, /* a push is not finished: it is not empty */
};

/* With one reference, the caller's. 0, -EMFILE, -ENFILE, -ENOMEM. */
int mio__readiness_queue_create(struct mio__readiness_queue **out);
void mio__readiness_queue_ref(struct mio__readiness_queue *queue);
void mio__readiness_queue_unref(struct mio__readiness_queue *queue);

/* Queues a node that is not queued. Consumer. */
static inline void
mio__readiness_queue_append(
    struct mio__readiness_queue *queue, struct mio__ready_node *node)
{
	struct mio__ready_node *prev;

	atomic_store_explicit(&node->next, NULL, memory_order_relaxed);
	prev =
	    atomic_exchange_explicit(&queue->tail, node, memory_order_seq_cst);
	MIO__POINT();
	atomic_store_explicit(&prev->next, node, memory_order_release);
}

/* Wakes the consumer if it sleeps. Anyone. */
static inline void
mio__readiness_queue_rouse(struct mio__readiness_queue *queue)
{
	if (atomic_load_explicit(&queue->sleeping, memory_order_seq_cst) &&
	    atomic_exchange_explicit(
		&queue->sleeping, false, memory_order_seq_cst))
		mio__waker_signal(&queue->waker);
}

/* Queues one, and wakes the consumer if it sleeps. Anyone. */
static inline void
mio__readiness_queue_push(
    struct mio__readiness_queue *queue, struct mio__ready_node *node)
{
	mio__readiness_queue_append(queue, node);
	MIO__POINT();
	mio__readiness_queue_rouse(queue);
}

/* The newest node, or NULL: there is none, or not to be told. Consumer. */
static inline struct mio__ready_node *
mio__readiness_queue_last(struct mio__readiness_queue *queue)
{
	struct mio__ready_node *last =
	    atomic_load_explicit(&queue->tail, memory_order_relaxed);

	return last == &queue->stub ? NULL : last;
}

/* Whether a pop would answer MIO__POP_EMPTY. Consumer. */
static inline bool
mio__readiness_queue_is_empty(struct mio__readiness_queue *queue)
{
	return queue->head == &queue->stub &&
	    atomic_load_explicit(&queue->tail, memory_order_seq_cst) ==
	    &queue->stub;
}

/* Takes the oldest node; from then on it may be pushed again. Consumer. */
static inline enum mio__pop
mio__readiness_queue_pop(
    struct mio__readiness_queue *queue, struct mio__ready_node **node)
{
	struct mio__ready_node *head = queue->head;
	struct mio__ready_node *next =
	    atomic_load_explicit(&head->next, memory_order_acquire);

	if (head == &queue->stub) {
		if (next == NULL)
			return mio__readiness_queue_is_empty(queue)
			    ? MIO__POP_EMPTY
			    : MIO__POP_UNLINKED;
		queue->head = head = next;
		next = atomic_load_explicit(&head->next, memory_order_acquire);
	}

	/* the last node stays linked until something stands behind it */
	if (next == NULL) {
		if (head !=
		    atomic_load_explicit(&queue->tail, memory_order_seq_cst))
			return MIO__POP_UNLINKED;
		mio__readiness_queue_append(queue, &queue->stub);
		next = atomic_load_explicit(&head->next, memory_order_acquire);
		if (next == NULL)
			return MIO__POP_UNLINKED;
	}

	queue->head = next;
	*node = head;

	return MIO__POP_NODE;
}

/*
 * Before the consumer sleeps: true when the queue is empty, and then the next
 * push signals the waker. After it slept: further pushes cost nothing.
 */
bool mio__readiness_queue_fall_asleep(struct mio__readiness_queue *queue);
void mio__readiness_queue_wake_up(struct mio__readiness_queue *queue);

/* Whether it fell asleep, and neither a push nor a wake_up came. Consumer. */
static inline bool
mio__readiness_queue_is_asleep(struct mio__readiness_queue *queue)
{
	/* relaxed: who asks is the consumer, who last fell asleep */
	return atomic_load_explicit(&queue->sleeping, memory_order_relaxed);
}

#endif
