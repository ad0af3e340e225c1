/* SPDX-License-Identifier: MIT */
#ifndef MIO_CHANNEL_SLEEPER_H
#define MIO_CHANNEL_SLEEPER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "sys/clock.h"

/*
 * A place where one thread at a time, the sleeper, sleeps without a poll until
 * another thread wakes it. While no thread sleeps there, the other threads pay
 * for one load.
 */
struct mio__sleeper {
	atomic_uint prepared; /* 1 while a thread sleeps or is about to */
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool woken; /* protected by lock */
};

/* Returns 0 or -ENOMEM. */
int mio__sleeper_init(struct mio__sleeper *sleeper);
void mio__sleeper_fini(struct mio__sleeper *sleeper);

/*
 * Announces a sleep. The caller has to follow with an operation that orders
 * other threads after the announcement, as sleeper.c explains, so that they
 * find it and wake the sleeper. Then it has to call either mio__sleeper_sleep()
 * or mio__sleeper_cancel().
 */
void mio__sleeper_prepare(struct mio__sleeper *sleeper);

/*
 * Sleeps until the sleeper is woken, or returns at once if it was woken since
 * mio__sleeper_prepare(). Returns false if the deadline has passed. The call is
 * a cancellation point. It ends the announcement when it returns, and when the
 * thread is cancelled.
 */
bool mio__sleeper_sleep(struct mio__sleeper *sleeper, mio__instant_t deadline);

/* Ends the announcement without a sleep. */
static inline void
mio__sleeper_cancel(struct mio__sleeper *sleeper)
{
	atomic_store_explicit(&sleeper->prepared, 0, memory_order_relaxed);
}

/* Wakes the sleeper. Any thread may call this. */
void mio__sleeper_wake(struct mio__sleeper *sleeper);

/* Does the same, but only if a sleep is announced. */
static inline void
mio__sleeper_wake_if_prepared(struct mio__sleeper *sleeper)
{
	if (atomic_load_explicit(&sleeper->prepared, memory_order_relaxed) != 0)
		mio__sleeper_wake(sleeper);
}

#endif
