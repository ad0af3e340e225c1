/* SPDX-License-Identifier: MIT */
#ifndef MIO_CHANNEL_BELL_H
#define MIO_CHANNEL_BELL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "sys/clock.h"

/*
 * The sleep of one thread that waits for others apart from any poll. What it
 * costs those others while it does not wait is one load.
 */
struct mio__bell {
	atomic_uint awaited;
	pthread_mutex_t lock;
	pthread_cond_t rings;
	bool rung; /* lock */
};

/* 0, -ENOMEM. */
int mio__bell_init(struct mio__bell *bell);
void mio__bell_fini(struct mio__bell *bell);

/*
 * From here on it rings: for those who come to know, in an order that the
 * caller sees to, what was done before.
 */
void mio__bell_await(struct mio__bell *bell);

/*
 * Sleeps until it rings, or has rung since it was awaited; false when the
 * deadline has passed. It is not awaited afterwards, nor when the thread is
 * cancelled here, which it may be.
 */
bool mio__bell_sleep(struct mio__bell *bell, mio__instant_t deadline);

/* It is not awaited any more: there was no need to sleep. */
void mio__bell_forget(struct mio__bell *bell);

/* Any thread. */
void mio__bell_ring(struct mio__bell *bell);

static inline void
mio__bell_ring_if_awaited(struct mio__bell *bell)
{
	if (atomic_load_explicit(&bell->awaited, memory_order_relaxed) != 0)
		mio__bell_ring(bell);
}

#endif
