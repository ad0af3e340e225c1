/* SPDX-License-Identifier: MIT */
#ifndef MIO_CHANNEL_SLEEPER_H
#define MIO_CHANNEL_SLEEPER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "sys/clock.h"

/*
 * One thread that sleeps without a poll until another thread wakes it. While it
 * does not sleep, it costs the others one load.
 */
struct mio__sleeper {
	atomic_uint prepared;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool woken; /* protected by lock */
};

/* Returns 0 or -ENOMEM. */
int mio__sleeper_init(struct mio__sleeper *sleeper);
void mio__sleeper_fini(struct mio__sleeper *sleeper);

/*
 * Announces a sleep. A thread that is ordered after this call, by an order that
 * the caller establishes (sleeper.c), wakes the sleeper. Either
 * mio__sleeper_sleep() or mio__sleeper_cancel() has to follow.
 */
void mio__sleeper_prepare(struct mio__sleeper *sleeper);

/*
 * Sleeps until the sleeper is woken, or returns at once if it was woken since
 * mio__sleeper_prepare(). Returns false if the deadline has passed. It is a
 * cancellation point. The announcement ends when it returns, and when the
 * thread is cancelled in it.
 */
bool mio__sleeper_sleep(struct mio__sleeper *sleeper, mio__instant_t deadline);

/* Ends the announcement without a sleep. */
void mio__sleeper_cancel(struct mio__sleeper *sleeper);

/* Any thread. */
void mio__sleeper_wake(struct mio__sleeper *sleeper);

static inline void
mio__sleeper_wake_if_prepared(struct mio__sleeper *sleeper)
{
	if (atomic_load_explicit(&sleeper->prepared, memory_order_relaxed) != 0)
		mio__sleeper_wake(sleeper);
}

#endif
