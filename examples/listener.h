/* SPDX-License-Identifier: MIT */
#ifndef LISTENER_H
#define LISTENER_H

#include <stddef.h>

#include <mio.h>

/*
 * A socket that listens, in a libmio loop. Call these on the loop's thread,
 * also in its callbacks.
 */

struct listener;

/*
 * Called for each connection, which it has to close later, and returns 0. If it
 * returns a negative value, for example because there is no memory, the
 * connection is closed, and those in the queue are accepted later.
 */
typedef int listener_fn(void *context, mio_fd_t fd);

/*
 * Listens at an address as mio_address_parse(3) accepts it; port 0 selects a
 * free port. If there are no descriptors, the connections in the queue of the
 * socket are accepted later. Returns 0, -ENOMEM, or the errors of
 * mio_address_parse(), mio_tcp_listen() and mio_loop_watch_fd().
 */
int listener_open(struct mio_loop *loop, const char *address,
    listener_fn *callback, void *context, struct listener **out);

/* Stores the address as text, in MIO_ADDRESS_TEXT_MAX bytes. */
int listener_address(const struct listener *self, char *text);

/* Stops listening; connections in the queue are refused. NULL is ignored. */
void listener_close(struct listener *self);

#endif
