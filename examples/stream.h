/* SPDX-License-Identifier: MIT */
#ifndef STREAM_H
#define STREAM_H

#include <stddef.h>
#include <stdint.h>

#include <mio.h>

/*
 * A connection that receives lines, in a libmio loop. It queues what the socket
 * has no room for, and limits the time without a byte from the peer. Call these
 * on the loop's thread, also in its callbacks.
 */

struct stream;

/* What streams of one kind have in common; it must outlive them. */
struct stream_kind {
	size_t line_max;  /* bytes, with the end of the line */
	size_t queue_max; /* bytes that are not sent yet */
	uint64_t idle_ns; /* the time without a byte from the peer */
	/*
	 * Called for each line, a string without its end, LF or CR LF. It may
	 * close the stream.
	 */
	void (*line)(void *context, char *line);
	/*
	 * Called once, at the end, unless stream_close() was called; then the
	 * stream is closed and must not be used. reason is 0 if the peer has
	 * ended the connection, -ETIMEDOUT if it was idle, -ENOBUFS if it does
	 * not read, -EMSGSIZE if a line is too long, or another error.
	 */
	void (*ended)(void *context, int reason);
};

/*
 * Creates a stream, which owns the connection fd unless this fails. Returns 0,
 * -ENOMEM, or the errors of mio_loop_watch_fd() and mio_loop_after().
 */
int stream_open(struct mio_loop *loop, mio_fd_t fd,
    const struct stream_kind *kind, void *context, struct stream **out);

/*
 * Queues bytes, and sends what there is room for. A stream that fails here ends
 * in the next iteration of the loop: this calls no callback.
 */
void stream_send(struct stream *self, const void *bytes, size_t len);

/*
 * Sends what is queued and the end of the stream. The stream ends when the peer
 * has ended it, too, or after two seconds. No more lines are received.
 */
void stream_finish(struct stream *self);

/* Closes the connection at once. NULL is ignored. */
void stream_close(struct stream *self);

#endif
