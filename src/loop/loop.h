/* SPDX-License-Identifier: MIT */
#ifndef MIO_LOOP_LOOP_H
#define MIO_LOOP_LOOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "loop/inbox.h"
#include "loop/timeouts.h"
#include "loop/watch.h"
#include "mio/loop.h"
#include "mio/waker.h"

/* The loop's own tokens: the two below MIO_TOKEN_RESERVED. */
#define MIO__LOOP_NOTIFY (MIO_TOKEN_RESERVED - 1)
#define MIO__LOOP_TIMER  (MIO_TOKEN_RESERVED - 2)

/* Belongs to the thread that runs the loop, but for the last line. */
struct mio_loop {
	struct mio_poll *poll;
	struct mio_waker *waker;
	struct mio__timeouts timeouts;
	struct mio__inbox messages, posts;
	void *message; /* the one that is told, aligned for any type */
	size_t messages_per_tick;
	bool messages_first; /* they had to wait for posts */
	struct mio__watches watches;
	struct mio_event *events;
	size_t events_per_tick;
	size_t next, end;       /* of those that are not told yet */
	uint64_t round;         /* in which they were reported */
	bool inside, collected; /* a round; what it collected is not told yet */
	atomic_bool running, stopping, waiting;
};

#endif
