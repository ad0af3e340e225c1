/* SPDX-License-Identifier: MIT */

/*
 * A waker is a node of its poll's readiness queue and a word of state.
 *
 *	0 -> wake -> PENDING			and the node is pushed
 *	PENDING -> wake -> PENDING		the wakes are one
 *	PENDING -> popped -> 0			an event
 *	0 -> destroy -> DROPPED			freed by destroy
 *	PENDING -> destroy -> PENDING | DROPPED
 *	PENDING | DROPPED -> popped -> DROPPED	freed by who popped it, no event
 *
 * Who calls what. Wake: any thread, signal handlers. Destroy: one thread, once,
 * when no wake is running. Pop: the consumer of the queue. After the poll is
 * gone that is the reaper: who destroys a poll or a waker of a closed queue
 * takes out what it finds there.
 *
 * Orders. Every change of the state is a read-modify-write, so that each wake
 * releases into the one that takes PENDING back, and what was written before
 * any of the wakes that became one is seen after its event. Destroying sets
 * DROPPED, then looks whether the queue is closed; closing sets that, then
 * pops. All are seq_cst: either the closer's pop sees DROPPED, or the
 * destroyer sees the queue closed and reaps. A push that is not linked yet
 * hides the nodes behind it from a reaper, but its waker is still to be
 * destroyed then, and that reaps again.
 */

#include "poll/waker.h"

#include <errno.h>
#include <stddef.h>

#include "base/check.h"
#include "mio/waker.h"
#include "poll/poll.h"
#include "poll/readiness_queue.h"
#include "sys/os.h"

#define PENDING 0x1u
#define DROPPED 0x2u

struct mio_waker {
	struct mio__ready_node node; /* first: a node is its waker */
	atomic_uint state;
	mio_token_t token;
	struct mio__readiness_queue *queue;
};

MIO__PUBLIC int
mio_waker_create(
    struct mio_waker **out, struct mio_poll *poll, mio_token_t token)
{
	struct mio_waker *waker;

	if (out == NULL || poll == NULL || token == MIO_TOKEN_RESERVED)
		return -EINVAL;

	waker = mio__os_alloc(1, sizeof(*waker));
	if (waker == NULL)
		return -ENOMEM;

	atomic_init(&waker->node.next, NULL);
	atomic_init(&waker->state, 0);
	waker->token = token;
	waker->queue = mio__poll_queue(poll);
	mio__readiness_queue_ref(waker->queue);

	*out = waker;

	return 0;
}

MIO__PUBLIC int
mio_waker_wake(struct mio_waker *waker)
{
	if (waker == NULL)
		return -EINVAL;

	if (!(atomic_fetch_or_explicit(
		  &waker->state, PENDING, memory_order_seq_cst) &
		PENDING))
		mio__readiness_queue_push(waker->queue, &waker->node);

	return 0;
}

bool
mio__waker_take(struct mio__ready_node *node, struct mio_event *event)
{
	struct mio_waker *waker = (struct mio_waker *)node;
	mio_token_t token = waker->token;

	/* from here on a waker that was not dropped is its destroyer's */
	if (atomic_fetch_and_explicit(
		&waker->state, ~PENDING, memory_order_seq_cst) &
	    DROPPED) {
		mio__os_free(waker);
		return false;
	}

	*event = (struct mio_event){ .token = token, .ready = MIO_READABLE };

	return true;
}

/* Only one reaps; one that comes meanwhile makes it look once more. */
static void
reap(struct mio__readiness_queue *queue)
{
	struct mio__ready_node *node;
	struct mio_event event;
	unsigned seen;

	if (atomic_fetch_add_explicit(
		&queue->reapers, 1, memory_order_seq_cst) != 0)
		return;

	do {
		seen =
		    atomic_load_explicit(&queue->reapers, memory_order_seq_cst);
		while (mio__readiness_queue_pop(queue, &node) == MIO__POP_NODE)
			(void)mio__waker_take(node, &event);
	} while (!atomic_compare_exchange_strong_explicit(&queue->reapers,
	    &seen, 0, memory_order_seq_cst, memory_order_seq_cst));
}

void
mio__waker_close(struct mio__readiness_queue *queue)
{
	atomic_store_explicit(&queue->closed, true, memory_order_seq_cst);
	reap(queue);
	mio__readiness_queue_unref(queue);
}

MIO__PUBLIC void
mio_waker_destroy(struct mio_waker *waker)
{
	struct mio__readiness_queue *queue;

	if (waker == NULL)
		return;

	queue = waker->queue;
	if (!(atomic_fetch_or_explicit(
		  &waker->state, DROPPED, memory_order_seq_cst) &
		PENDING))
		mio__os_free(waker);
	else if (atomic_load_explicit(&queue->closed, memory_order_seq_cst))
		reap(queue);

	mio__readiness_queue_unref(queue);
}
