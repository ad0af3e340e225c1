/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_TIMERS_H
#define TESTS_LIB_TIMERS_H

#include "lib/harness.h"

/* A timer in a poll, with token 9. */
#define TICK MS(1)

struct scene {
	struct mio_poll *poll;
	struct mio_timer *timer;
	struct mio_source *source;
};

struct mio_timer *new_timer(void);
struct scene begin(unsigned options);
void end(struct scene *scene);

mio_timeout_t set(struct scene *scene, uint64_t delay_ns, mio_token_t state);
/* Due now: a delay of 0 is, too, but only with the next tick. */
void set_due(struct scene *scene, mio_token_t state);

/* The event of the timer comes. */
void expect_due(struct scene *scene);
/* Just this one is due, and then no more. */
void expect_state(struct scene *scene, mio_token_t state);

#endif
