/* SPDX-License-Identifier: MIT */
#ifndef MIO_CHANNEL_WAITERS_H
#define MIO_CHANNEL_WAITERS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/*
 * A queue of threads that sleep until there is room for their messages. They
 * are woken one after the other, in the order in which they arrived.
 */

struct mio__waiter;

struct mio__waiters {
	/*
	 * 1 while the first thread sleeps, or is about to, and has not been
	 * woken. A word of its own size since it is exchanged.
	 */
	atomic_uint needs_wake;
	pthread_mutex_t *lock;             /* of the caller, not recursive */
	struct mio__waiter *first, **last; /* protected by lock */
};

void mio__waiters_init(struct mio__waiters *waiters, pthread_mutex_t *lock);

/*
 * Waits until attempt() returns something else than -EAGAIN, and returns that.
 * Only the first thread of the queue calls attempt(), once before each sleep
 * and with the lock held. The sleep is a cancellation point, attempt() must not
 * be one. Returns -ENOMEM without waiting if a condition variable cannot be
 * created.
 */
int mio__waiters_wait(struct mio__waiters *waiters,
    int (*attempt)(void *context, const void *argument), void *context,
    const void *argument);

/*
 * Wakes the first thread. Before the call, the caller has made room by a
 * seq_cst exchange, or under the lock. Called without the lock.
 */
void mio__waiters_wake(struct mio__waiters *waiters);

/* Returns whether the first thread sleeps, or is about to, and is not woken. */
static inline bool
mio__waiters_need_wake(struct mio__waiters *waiters)
{
	return atomic_load_explicit(
		   &waiters->needs_wake, memory_order_seq_cst) != 0;
}

static inline void
mio__waiters_wake_if_needed(struct mio__waiters *waiters)
{
	if (mio__waiters_need_wake(waiters))
		mio__waiters_wake(waiters);
}

#endif
