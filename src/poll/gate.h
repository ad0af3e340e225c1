/* SPDX-License-Identifier: MIT */
#ifndef MIO_POLL_GATE_H
#define MIO_POLL_GATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "sys/clock.h"

/*
 * The gate of a poll: lets one thread at a time wait in the kernel and hands
 * itself from one to the next in the order they came.
 */

struct mio__gate_waiter;

enum { MIO__GATE_FREE, MIO__GATE_HELD, MIO__GATE_QUEUED };

struct mio__gate {
	atomic_uint state;
	pthread_mutex_t lock;
	struct mio__gate_waiter *first, **last; /* lock */
};

int mio__gate_init(struct mio__gate *gate);
/* Nobody may be inside or waiting, except in a forked child. */
void mio__gate_fini(struct mio__gate *gate);

/*
 * Waits for the gate until the deadline. One that has passed only tries. True
 * when the caller is inside, and has to leave; also when it was let in just as
 * its deadline passed.
 */
bool mio__gate_enter(struct mio__gate *gate, mio__instant_t deadline);

static inline bool
mio__gate_try_enter(struct mio__gate *gate)
{
	unsigned state = MIO__GATE_FREE;

	return atomic_compare_exchange_strong_explicit(&gate->state, &state,
	    MIO__GATE_HELD, memory_order_acquire, memory_order_relaxed);
}

/* Leaves a gate that somebody waits for. */
void mio__gate_hand_over(struct mio__gate *gate);

static inline void
mio__gate_leave(struct mio__gate *gate)
{
	unsigned state = MIO__GATE_HELD;

	if (!atomic_compare_exchange_strong_explicit(&gate->state, &state,
		MIO__GATE_FREE, memory_order_release, memory_order_relaxed))
		mio__gate_hand_over(gate);
}

#endif
