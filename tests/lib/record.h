/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_RECORD_H
#define TESTS_LIB_RECORD_H

#include <mio.h>

/* What a loop reported in the run or round whose context this is. */
struct record {
	mio_timeout_t other;
	unsigned timeouts, readies, ticks, in_round, most_in_round, end;
	mio_token_t states[64];
	/* what a timeout's callback does, which has to succeed; may be NULL */
	int (*react)(struct mio_loop *, struct record *, mio_token_t);
};

/* Counts, and shuts down at the end of the round that `end' says. */
extern const struct mio_handler recording_handler;

struct mio_loop *new_loop(const struct mio_loop_config *config);
/* Runs one round, which waits for an event. */
void run_one_round(struct mio_loop *loop, struct record *record);
/* Three timeouts, which are due by the time that this returns. */
void set_three(struct mio_loop *loop, mio_timeout_t names[3]);

#endif
