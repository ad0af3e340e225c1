/* SPDX-License-Identifier: MIT */

/*
 * Dmitry Vyukov's intrusive multi-producer single-consumer queue, and the
 * hand-over of sleep and wake-up on top of it.
 *
 * Who calls what. Push: any thread, signal handlers. Pop, is_empty,
 * fall_asleep, wake_up: the consumer, which is whoever is inside the poll's
 * gate, or once the poll is gone the one reaper (readiness.c). The gate orders
 * one consumer before the next.
 *
 * The list runs from head to tail through next. A push is two steps: it
 * exchanges the tail for its node, then links the node before it. In between
 * the list is cut: nodes behind the cut are not to be had yet. The consumer
 * never waits for the producer to go on, which may be a thread that it keeps
 * from running: it is told MIO__POP_UNLINKED and does not sleep for long.
 *
 *	push	exchange tail		acq_rel: releases the node and what its
 *					owner wrote before; acquires the node
 *					before it, whose next it writes
 *		store prev->next	release, pairs with
 *	pop	load next		acquire: what the owner wrote is seen
 *
 * Sleep. The consumer announces it, then looks at the queue once more; a
 * producer queues its node, then looks for the announcement. All four are
 * seq_cst: either the consumer sees the tail moved and stays awake, or the
 * producer sees the announcement and takes it back with an exchange, and the
 * one whose exchange found it signals the waker. Weaker orders let both look
 * before both wrote: a lost wake-up. One signal is enough, since the consumer
 * empties the queue before it sleeps again. A signal that comes late, after
 * the consumer woke by itself, ends one later sleep without an event.
 */

#include "poll/readiness_queue.h"

#include <errno.h>
#include <stddef.h>

#include "base/point.h"
#include "sys/os.h"

int
mio__readiness_queue_create(struct mio__readiness_queue **out)
{
	struct mio__readiness_queue *queue;
	int r;

	queue = mio__os_alloc_aligned(
	    _Alignof(struct mio__readiness_queue), sizeof(*queue));
	if (queue == NULL)
		return -ENOMEM;

	r = mio__waker_init(&queue->waker);
	if (r < 0)
		goto free;

	r = mio__deadlines_init(&queue->deadlines);
	if (r < 0)
		goto fini;

	atomic_init(&queue->refs, 1);
	atomic_init(&queue->closed, false);
	atomic_init(&queue->reapers, 0);
	atomic_init(&queue->sleeping, false);
	atomic_init(&queue->stub.next, NULL);
	atomic_init(&queue->tail, &queue->stub);
	queue->head = &queue->stub;

	*out = queue;

	return 0;

fini:
	mio__waker_fini(&queue->waker);
free:
	mio__os_free(queue);

	return r;
}

void
mio__readiness_queue_ref(struct mio__readiness_queue *queue)
{
	/* relaxed: whoever adds one holds one */
	atomic_fetch_add_explicit(&queue->refs, 1, memory_order_relaxed);
}

void
mio__readiness_queue_unref(struct mio__readiness_queue *queue)
{
	/* acq_rel: the last one frees after all that the others did */
	if (atomic_fetch_sub_explicit(&queue->refs, 1, memory_order_acq_rel) !=
	    1)
		return;

	mio__deadlines_fini(&queue->deadlines);
	mio__waker_fini(&queue->waker);
	mio__os_free(queue);
}

bool
mio__readiness_queue_fall_asleep(struct mio__readiness_queue *queue)
{
	atomic_store_explicit(&queue->sleeping, true, memory_order_seq_cst);
	MIO__POINT();
	if (mio__readiness_queue_is_empty(queue))
		return true;

	mio__readiness_queue_wake_up(queue);

	return false;
}

void
mio__readiness_queue_wake_up(struct mio__readiness_queue *queue)
{
	/* relaxed: at worst one producer signals a consumer that is awake */
	atomic_store_explicit(&queue->sleeping, false, memory_order_relaxed);
}
