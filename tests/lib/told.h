/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_TOLD_H
#define TESTS_LIB_TOLD_H

#include <mio.h>

/* What a loop told, in the run or round whose context it is. */
struct told {
	mio_timeout_t other;
	unsigned timeouts, readies, ticks, in_round, most_in_round, end;
	mio_token_t states[64];
	/* what a timeout's callback does, which is to go well; may be NULL */
	int (*react)(struct mio_loop *, struct told *, mio_token_t);
};

/* Counts, and shuts down at the end of the round that `end' says. */
extern const struct mio_handler told_handler;

struct mio_loop *new_loop(const struct mio_loop_config *config);
/* A round that waits for something to come. */
void tell_once(struct mio_loop *loop, struct told *told);
/* Three timeouts, which are due by the time that this returns. */
void set_three(struct mio_loop *loop, mio_timeout_t names[3]);

#endif
