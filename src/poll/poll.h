/* SPDX-License-Identifier: MIT */
#ifndef MIO_POLL_POLL_H
#define MIO_POLL_POLL_H

#include <stdbool.h>

#include "mio/poll.h"

struct mio__readiness_queue;

/* The queue of what is ready without the kernel; the poll's reference. */
struct mio__readiness_queue *mio__poll_queue(struct mio_poll *poll);

/*
 * For who makes a poll and uses it beside others: the token and those above it
 * are refused from now on. At first it is MIO_TOKEN_RESERVED.
 */
void mio__poll_keep_tokens(struct mio_poll *poll, mio_token_t first);
bool mio__poll_keeps(const struct mio_poll *poll, mio_token_t token);

#endif
