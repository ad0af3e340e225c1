/* SPDX-License-Identifier: MIT */
#ifndef MIO_LOOP_TIMEOUTS_H
#define MIO_LOOP_TIMEOUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/loop.h"

/*
 * The timeouts of a loop: a timer, and for each timeout what it is to tell. A
 * round collects those that are due, and then takes them one by one; until one
 * is taken it can be cleared and reset like any other. What is set after they
 * were collected waits for the next time. One thread at a time. Nothing is
 * allocated after init.
 */

/* What is to be told of it: a call, or a token for the handler. */
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
	uint32_t free;       /* the first of those given back; 0 for none */
	uint32_t never_used; /* how many were never used */
	uint64_t mask;       /* of the index in a name */
};

/* 0, -ENOMEM and what mio_timer_create() fails with. As zeroes, fini() does. */
int mio__timeouts_init(
    struct mio__timeouts *timeouts, uint64_t tick_ns, size_t capacity);
void mio__timeouts_fini(struct mio__timeouts *timeouts);

/* As the timer's calls; out may be NULL. */
int mio__timeouts_set(struct mio__timeouts *timeouts, uint64_t delay_ns,
    struct mio__timeout_data data, mio_timeout_t *out);
int mio__timeouts_reset(
    struct mio__timeouts *timeouts, mio_timeout_t name, uint64_t delay_ns);
int mio__timeouts_clear(struct mio__timeouts *timeouts, mio_timeout_t name);

/* Those that are due now are for take(), in order, after what is left there. */
void mio__timeouts_collect(struct mio__timeouts *timeouts);
/* The next one, which is over then; false when there is none. */
bool mio__timeouts_pop(
    struct mio__timeouts *timeouts, struct mio__timeout_data *data);

#endif
