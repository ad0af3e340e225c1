/* SPDX-License-Identifier: MIT */
#ifndef HIREDIS_MIO_H
#define HIREDIS_MIO_H

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <mio.h>

/*
 * Connections of hiredis, the client library of redis, in a libmio loop. Call
 * these on the loop's thread, also in callbacks of hiredis and of the loop.
 */

/*
 * Lets the loop serve a connection, as long as it lasts: hiredis detaches it
 * when it frees it. Call this right after redisAsyncConnect(). If the loop
 * cannot watch the connection later on, it is closed with REDIS_ERR_IO.
 * Returns 0, or a negative errno value: those of mio_loop_watch_fd(), -EBADF
 * if the connection has failed already, -EBUSY if it has an event loop.
 */
int hiredis_mio_attach(struct mio_loop *loop, redisAsyncContext *connection);

/* Detaches the connection, which stays open; it may be attached again. */
void hiredis_mio_detach(redisAsyncContext *connection);

#endif
