/* SPDX-License-Identifier: MIT */

/*
 * Who calls what. Wait: any sender. Wake: the receiver, or any other thread.
 *
 * The states of a waiting thread:
 *
 *	behind others	sleeps until all threads before it have left
 *	first		calls attempt(); on success it leaves and wakes the next
 *			thread, on -EAGAIN it sleeps
 *	first, asleep	is woken by the thread that makes room, and is first
 *
 * Only the first thread calls attempt(), and each thread wakes the next one
 * only, so that one thread at a time leaves its sleep however many there are. A
 * sender that does not wait may use the room for which the first thread was
 * woken. The first thread then sleeps again and stays the first.
 *
 * Cancellation. A thread that is cancelled in its sleep leaves the queue from
 * any position. If it was the first, it wakes the next thread, because the room
 * for which it may have been woken is still there. attempt() is no cancellation
 * point.
 *
 * Why no wake is lost. The first thread sets needs_wake and then calls
 * attempt(), which loads the head of the ring. The receiver moves the head and
 * then loads needs_wake. All four operations are seq_cst, so that they have one
 * total order S. If attempt()'s load comes before the move of the head in S, it
 * may find no room. Then the store of needs_wake comes before both in S, and
 * the receiver's load, which comes last, reads the 1 or the 0 of a later wake.
 * Otherwise attempt() sees the room. This holds under RC11 for plain seq_cst
 * stores; the two are exchanges because some emulators (qemu-aarch64 among
 * them) let a seq_cst load overtake a seq_cst store of another variable, but
 * never an exchange.
 *
 * needs_wake is cleared with the wake, so that the receiver takes the lock once
 * for each sleep and not for each message. Clearing it is relaxed: it happens
 * under the lock, and so does setting it.
 */

#include "channel/waiters.h"

#include <errno.h>
#include <stddef.h>

#include "base/check.h"
#include "base/yield_point.h"
#include "sys/lock.h"
#include "sys/thread.h"

struct mio__waiter {
	struct mio__waiters *waiters;
	struct mio__waiter *next;
	pthread_cond_t cond;
	bool woken;
};

void
mio__waiters_init(struct mio__waiters *waiters, pthread_mutex_t *lock)
{
	atomic_init(&waiters->needs_wake, 0);
	waiters->lock = lock;
	waiters->first = NULL;
	waiters->last = &waiters->first;
}

static void
sleep_locked(struct mio__waiters *waiters, struct mio__waiter *self)
{
	while (!self->woken)
		(void)mio__os_cond_wait(&self->cond, waiters->lock, MIO__NEVER);
	self->woken = false;
}

static void
wake_first_locked(struct mio__waiters *waiters)
{
	struct mio__waiter *first = waiters->first;

	if (first == NULL || first->woken)
		return;

	/* under the lock: its owner destroys the condition once it has that */
	first->woken = true;
	(void)pthread_cond_signal(&first->cond);
}

/* Called with the lock, which it unlocks. */
static void
leave_queue(void *argument)
{
	struct mio__waiter *self = argument, **link;
	struct mio__waiters *waiters = self->waiters;
	bool was_first = waiters->first == self;

	/* a thread that is not cancelled leaves as the first */
	for (link = &waiters->first; *link != self; link = &(*link)->next)
		MIO__CHECK(*link != NULL);
	*link = self->next;
	if (self->next == NULL)
		waiters->last = link;

	if (was_first) {
		atomic_store_explicit(
		    &waiters->needs_wake, 0, memory_order_relaxed);
		wake_first_locked(waiters);
	}
	mio__unlock(waiters->lock);

	(void)pthread_cond_destroy(&self->cond); /* no other thread uses it */
}

int
mio__waiters_wait(struct mio__waiters *waiters,
    int (*attempt)(void *context, const void *argument), void *context,
    const void *argument)
{
	struct mio__waiter self = { .waiters = waiters };
	int r;

	if (mio__os_cond_init(&self.cond) < 0)
		return -ENOMEM;

	mio__lock(waiters->lock);
	*waiters->last = &self;
	waiters->last = &self.next;
	pthread_cleanup_push(leave_queue, &self);

	if (waiters->first != &self)
		sleep_locked(waiters, &self);

	for (;;) {
		(void)atomic_exchange_explicit(
		    &waiters->needs_wake, 1, memory_order_seq_cst);
		MIO__YIELD_POINT();
		r = attempt(context, argument);
		if (r != -EAGAIN)
			break;
		sleep_locked(waiters, &self);
	}
	MIO__CHECK(waiters->first == &self);

	pthread_cleanup_pop(1);

	return r;
}

void
mio__waiters_wake(struct mio__waiters *waiters)
{
	mio__lock(waiters->lock);
	atomic_store_explicit(&waiters->needs_wake, 0, memory_order_relaxed);
	wake_first_locked(waiters);
	mio__unlock(waiters->lock);
}
