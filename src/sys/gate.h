/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_GATE_H
#define MIO_SYS_GATE_H

/*
 * Lets one thread at a time through, in the order they came: for selectors
 * whose kernel's wait cannot be shared.
 */

#include <pthread.h>
#include <stdbool.h>

#include "sys/clock.h"

struct mio__gate_waiter;

struct mio__gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;

	/* Each under lock. */
	bool held;
	struct mio__gate_waiter *first, **last;
};

/* 0, -ENOMEM or -EAGAIN. */
int mio__gate_init(struct mio__gate *gate);

/* Nobody may be inside or waiting. Not in a forked child. */
void mio__gate_fini(struct mio__gate *gate);

/*
 * Waits for the gate until the deadline. True when the caller is inside, and
 * has to leave. A cancellation point: a thread that is cancelled here is
 * outside.
 */
bool mio__gate_enter(struct mio__gate *gate, mio__instant_t deadline);
void mio__gate_leave(struct mio__gate *gate);

#endif
