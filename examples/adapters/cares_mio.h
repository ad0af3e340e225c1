/* SPDX-License-Identifier: MIT */
#ifndef CARES_MIO_H
#define CARES_MIO_H

#include <sys/select.h> /* ares.h needs fd_set */

#include <ares.h>
#include <mio.h>

/*
 * The queries of c-ares, an asynchronous DNS library, in a libmio loop. Call
 * these on the loop's thread.
 */

struct cares_mio;

/*
 * Creates a channel, as ares_init_options() does, and lets the loop serve it.
 * options may be NULL if mask is 0; its sock_state_cb is replaced. Returns a
 * status of c-ares: ARES_SUCCESS, ARES_ENOMEM, or one of ares_init_options().
 */
int cares_mio_attach(struct mio_loop *loop, const struct ares_options *options,
    int mask, struct cares_mio **out);

/* The channel, for queries. If the loop cannot serve it, they are cancelled. */
ares_channel cares_mio_channel(const struct cares_mio *self);

/*
 * Destroys the channel and frees self; queries end with ARES_EDESTRUCTION. NULL
 * is ignored. In the callback of a query, the channel is destroyed after that
 * callback has returned. The callback of a query that ends before the call that
 * began it has returned must not call this.
 */
void cares_mio_detach(struct cares_mio *self);

#endif
