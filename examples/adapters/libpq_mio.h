/* SPDX-License-Identifier: MIT */
#ifndef LIBPQ_MIO_H
#define LIBPQ_MIO_H

#include <libpq-fe.h>
#include <mio.h>

/*
 * A connection of libpq, the client library of PostgreSQL, in a libmio loop,
 * with one query at a time, and without COPY. Call these on the loop's thread.
 */

struct libpq_mio;

/* Each may be NULL, and may detach the connection and finish it. */
struct libpq_mio_callbacks {
	/* The connection is established, and now non-blocking. */
	void (*connected)(void *context, PGconn *connection);
	/* The query has a result, or has ended (NULL). Do not clear it. */
	void (*result)(
	    void *context, PGconn *connection, const PGresult *result);
	/* Another session has notified a channel. Do not free it. */
	void (*notified)(
	    void *context, PGconn *connection, const PGnotify *notify);
	/*
	 * The connection has failed, and is not served any more. If error is 0,
	 * PQerrorMessage() has the reason; otherwise it is a negative errno
	 * value: -ETIMEDOUT, an error of the loop, or -ENOTSUP for COPY.
	 */
	void (*closed)(void *context, PGconn *connection, int error);
};

/*
 * Lets the loop serve a connection that PQconnectStart() has returned. If it is
 * not established after timeout_ns nanoseconds (0: no limit), it has failed.
 * The callbacks are not copied. Returns 0, or a negative errno value: those of
 * mio_loop_watch_fd() and mio_loop_after(), -EINVAL, or -EBADF if the
 * connection has failed already.
 */
int libpq_mio_attach(struct mio_loop *loop, PGconn *connection,
    uint64_t timeout_ns, const struct libpq_mio_callbacks *callbacks,
    void *context, struct libpq_mio **out);

/*
 * Call this after PQsendQuery() and its relatives: what they could not send is
 * sent when possible, and results are reported. Returns 0, or a negative errno
 * value: -ENOTCONN, or those of mio_watch_update() and mio_loop_after().
 */
int libpq_mio_flush(struct libpq_mio *self);

/*
 * Detaches the connection and frees self; NULL is ignored. The connection stays
 * open. Call this before PQfinish() and PQreset().
 */
void libpq_mio_detach(struct libpq_mio *self);

#endif
