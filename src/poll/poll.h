/* SPDX-License-Identifier: MIT */
#ifndef MIO_POLL_POLL_H
#define MIO_POLL_POLL_H

#include "mio/poll.h"

/*
 * Refuses this token and those above it from now on. Before other threads know
 * the poll; what is registered under them stays.
 */
void mio__poll_reserve_tokens(struct mio_poll *poll, mio_token_t first);

#endif
