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
bool mio__gate_try_enter(struct mio__gate *gate);
void mio__gate_leave(struct mio__gate *gate);

#endif
