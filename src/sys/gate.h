/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_GATE_H
#define MIO_SYS_GATE_H

/*
 * Admits one thread at a time, in the order of arrival, for selectors whose
 * kernel call cannot be shared by threads.
 */

#include <pthread.h>
#include <stdbool.h>

#include "sys/clock.h"

struct mio__gate_waiter;

struct mio__gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;

	/* Protected by lock. */
	bool held;
	struct mio__gate_waiter *first, **last;
};

/* Returns 0, -ENOMEM or -EAGAIN. */
int mio__gate_init(struct mio__gate *gate);

/* No thread may be inside or waiting. Must not be called in a forked child. */
void mio__gate_fini(struct mio__gate *gate);

/*
 * Waits until the deadline to be admitted. Returns true if the caller is inside
 * and has to leave. This is a cancellation point; a thread that is cancelled
 * here is not inside.
 */
bool mio__gate_enter(struct mio__gate *gate, mio__instant_t deadline);
void mio__gate_leave(struct mio__gate *gate);

#endif
