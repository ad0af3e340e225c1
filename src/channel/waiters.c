/* SPDX-License-Identifier: MIT */

/*
 * Who calls what. Any sender calls wait. The receiver calls wake, and any other
 * thread may do so.
 *
 * The states of a waiter:
 *
 *	behind others	sleeps until all waiters before it have left the queue
 *	first		calls attempt(); if that returns -EAGAIN it sleeps,
 *			otherwise it leaves the queue and wakes the next waiter
 *	first, asleep	is woken by the thread that makes room, and is first
 *			again
 *
 * Only the first waiter calls attempt(), and each waiter wakes only the next
 * one, so that one thread at a time leaves its sleep, however many sleep. A
 * sender that does not wait may use the room for which the first waiter was
 * woken. That waiter then sleeps again and remains the first.
 *
 * Cancellation. A thread that is cancelled in its sleep leaves the queue from
 * any position. If it was the first, it wakes the next waiter, because it may
 * have been woken for room that is still there. attempt() is not a cancellation
 * point.
 *
 * Why no wake is lost. The first waiter stores 1 in needs_wake and then calls
 * attempt(), which loads the head of the ring unless head_seen leaves room
 * (ring.c). The receiver moves the head and then loads needs_wake. All four
 * operations are seq_cst and therefore have one total order S. If the waiter's
 * load of the head comes after the move of the head in S, the waiter finds the
 * room. If it comes before, the waiter may find no room and sleep. The store of
 * needs_wake then also comes before the move of the head, and the receiver's
 * load of needs_wake after it. So this load reads the 1, and the receiver wakes
 * the waiter; or it reads the 0 of another wake that came after the 1. That
 * wake has woken the waiter, which then calls attempt() again, and the same
 * holds for the new attempt.
 *
 * By the C11 memory model as RC11 corrects it, plain seq_cst stores would be
 * sufficient. The two changes are exchanges because some emulators
 * (qemu-aarch64 among them) let a seq_cst load overtake a seq_cst store of
 * another variable, but never an exchange.
 *
 * A wake clears needs_wake, so that the receiver acquires the lock once for
 * each sleep and not for each message. That store can be relaxed because
 * needs_wake is stored only with the lock held.
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

MIO__COLD void
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

	/*
	 * The lock is held until after the signal: without it, the waiter
	 * could already have destroyed the condition variable.
	 */
	first->woken = true;
	(void)pthread_cond_signal(&first->cond);
}

/* Called with the lock held; unlocks it. */
static void
leave_queue(void *argument)
{
	struct mio__waiter *self = argument, **link;
	struct mio__waiters *waiters = self->waiters;
	bool was_first = waiters->first == self;

	/* only a thread that is cancelled may leave when it is not the first */
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
