/* SPDX-License-Identifier: MIT */
#ifndef MIO_LOOP_TIMEOUTS_H
#define MIO_LOOP_TIMEOUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/loop.h"

/*
 * The timeouts of a loop: a timer, and what each timeout calls. A round
 * collects those that are due and then pops them one by one; until one is
 * popped, it can be cleared and reset like any other. A timeout that is set
 * after the others were collected waits for the next round. Only one thread may
 * use this at a time. Nothing is allocated after init.
 */

/* What happens when a timeout is due: a call, or a token for the handler. */
struct mio__timeout_data {
	mio_call_fn *call; /* or NULL */
	union {
		void *context;
		mio_token_t token;
	} u;
};

struct mio__timeout_record;

struct mio__timeouts {
	struct mio_timer *timer;
	struct mio__timeout_record *records;
	uint32_t capacity;
	uint32_t free;       /* list of records; 0 ends it */
	uint32_t never_used; /* how many records */
	uint64_t mask;       /* of the index, within a name */
};

/*
 * Returns 0, -ENOMEM or the errors of mio_timer_create(). A zeroed struct may
 * be passed to fini().
 */
int mio__timeouts_init(
    struct mio__timeouts *timeouts, uint64_t tick_ns, size_t capacity);
void mio__timeouts_fini(struct mio__timeouts *timeouts);

/* They return what the timer's calls return; out may be NULL. */
int mio__timeouts_set(struct mio__timeouts *timeouts, uint64_t delay_ns,
    struct mio__timeout_data data, mio_timeout_t *out);
int mio__timeouts_reset(
    struct mio__timeouts *timeouts, mio_timeout_t name, uint64_t delay_ns);
int mio__timeouts_clear(struct mio__timeouts *timeouts, mio_timeout_t name);

/* Appends the timeouts that are due now, in order, to those to be popped. */
void mio__timeouts_collect(struct mio__timeouts *timeouts);

/* Ends the next timeout and stores its data. Returns false if there is none. */
bool mio__timeouts_pop(
    struct mio__timeouts *timeouts, struct mio__timeout_data *data);

#endif
