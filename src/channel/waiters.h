/* SPDX-License-Identifier: MIT */
#ifndef MIO_CHANNEL_WAITERS_H
#define MIO_CHANNEL_WAITERS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/*
 * A queue of threads, the waiters, that sleep until there is room for their
 * messages. They are woken one after the other, in the order in which they
 * arrived.
 */

struct mio__waiter;

struct mio__waiters {
	/*
	 * 1 while the first waiter sleeps, or is about to, and has not been
	 * woken. A whole word, because not every processor can exchange a
	 * byte.
	 */
	atomic_uint needs_wake;
	pthread_mutex_t *lock;             /* belongs to the caller */
	struct mio__waiter *first, **last; /* protected by lock */
};

void mio__waiters_init(struct mio__waiters *waiters, pthread_mutex_t *lock);

/*
 * Waits until attempt() returns anything other than -EAGAIN, and returns that.
 * Only the first waiter calls attempt(), once before each of its sleeps, and
 * with the lock held. The lock must not be recursive. The sleep is a
 * cancellation point, and attempt() must not be one. Returns -ENOMEM without
 * waiting if a condition variable cannot be created.
 */
int mio__waiters_wait(struct mio__waiters *waiters,
    int (*attempt)(void *context, const void *argument), void *context,
    const void *argument);

/*
 * Wakes the first waiter. Before this call, the caller must have made room, or
 * ended the wait in another way, by a seq_cst exchange or with the lock held.
 * The lock must not be held during the call.
 */
void mio__waiters_wake(struct mio__waiters *waiters);

/* Returns whether the first waiter sleeps or is about to, and is not woken. */
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
