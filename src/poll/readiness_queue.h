/* SPDX-License-Identifier: MIT */
#ifndef MIO_POLL_READINESS_QUEUE_H
#define MIO_POLL_READINESS_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>

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
	atomic_size_t refs;
	atomic_bool closed; /* the poll is gone */
	atomic_uint reapers;

	/* Producers write these. */
	_Alignas(64) _Atomic(struct mio__ready_node *) tail;
	atomic_bool sleeping;

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

/* Queues a node that is not queued, and wakes the consumer if it sleeps. */
void mio__readiness_queue_push(
    struct mio__readiness_queue *queue, struct mio__ready_node *node);

/* The same without waking. Consumer. */
void mio__readiness_queue_append(
    struct mio__readiness_queue *queue, struct mio__ready_node *node);

/* The newest node, or NULL: there is none, or not to be told. Consumer. */
struct mio__ready_node *
mio__readiness_queue_last(struct mio__readiness_queue *queue);

/* Takes the oldest node; from then on it may be pushed again. Consumer. */
enum mio__pop mio__readiness_queue_pop(
    struct mio__readiness_queue *queue, struct mio__ready_node **node);

/* Whether a pop would answer MIO__POP_EMPTY. Consumer. */
bool mio__readiness_queue_is_empty(struct mio__readiness_queue *queue);

/*
 * Before the consumer sleeps: true when the queue is empty, and then the next
 * push signals the waker. After it slept: further pushes cost nothing.
 */
bool mio__readiness_queue_fall_asleep(struct mio__readiness_queue *queue);
bool mio__readiness_queue_is_asleep(struct mio__readiness_queue *queue);
void mio__readiness_queue_wake_up(struct mio__readiness_queue *queue);

#endif
