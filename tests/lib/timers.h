/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_TIMERS_H
#define TESTS_LIB_TIMERS_H

#include "lib/harness.h"

#define TICK MS(1)

/* A timer that is registered with a poll under token 9. */
struct scene {
	struct mio_poll *poll;
	struct mio_timer *timer;
	struct mio_source *source;
};

struct mio_timer *new_timer(void);
struct scene begin(unsigned options);
void end(struct scene *scene);

mio_timeout_t set(struct scene *scene, uint64_t delay_ns, mio_token_t token);
/* Sets a timeout that is due now. With a delay of 0 it is due a tick later. */
void set_due(struct scene *scene, mio_token_t token);

/* Expects an event of the timer. */
void expect_due(struct scene *scene);
/* Expects that the timeout of this token is due, and no other. */
void expect_token(struct scene *scene, mio_token_t token);

#endif
