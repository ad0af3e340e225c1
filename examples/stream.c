/* SPDX-License-Identifier: MIT */

/*
 * One timeout serves three purposes: it limits the time without a byte, and the
 * time to finish, and with a delay of 0 it ends a stream that has failed in a
 * call of the program. Such a stream is paused until then.
 */

#include "stream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "write_queue.h"

#define FINISH_NS UINT64_C(2000000000)

struct stream {
	struct mio_loop *loop;
	const struct stream_kind *kind;
	void *context;
	mio_fd_t fd; /* MIO_INVALID_FD: closed, and freed later */
	struct mio_watch *watch;
	mio_timeout_t timeout;
	unsigned interest;
	int error;	 /* why it is about to end, or 0 */
	bool calling;	 /* line(), which may close this */
	bool finishing;	 /* only the queue is sent */
	bool shut;	 /* the end of the stream was sent, too */
	bool peer_ended; /* no more is received */
	struct write_queue queue;
	size_t received; /* bytes in input */
	char input[];
};

/* ---- the end */

void
stream_close(struct stream *self)
{
	if (self == NULL)
		return;

	if (self->fd != MIO_INVALID_FD) {
		mio_watch_end(self->watch);
		(void)mio_loop_clear_timeout(self->loop, self->timeout);
		(void)mio_fd_close(self->fd);
		self->fd = MIO_INVALID_FD;
		write_queue_free(&self->queue);
	}
	if (!self->calling)
		free(self);
}

static void
end(struct stream *self, int reason)
{
	const struct stream_kind *kind = self->kind;
	void *context = self->context;

	stream_close(self);
	kind->ended(context, reason);
}

static void
on_timeout(struct mio_loop *loop, void *context)
{
	struct stream *self = context;

	(void)loop;
	end(self, self->error != 0 ? self->error : -ETIMEDOUT);
}

/* Ends the stream soon, outside of the calls of the program. */
static void
fail(struct stream *self, int error)
{
	self->error = error;
	(void)mio_watch_update(self->watch, 0, MIO_LEVEL);
	(void)mio_loop_reset_timeout(self->loop, self->timeout, 0);
}

/* ---- the queue */

/*
 * Sends what there is room for. While a lot is queued, nothing is received, so
 * that a peer who sends much and reads little is not disconnected for it.
 */
static void
flush(struct stream *self)
{
	unsigned interest = 0;
	size_t queued;
	int r;

	r = write_queue_flush(&self->queue, self->fd);
	queued = write_queue_length(&self->queue);
	if (r == -EAGAIN && queued > self->kind->queue_max)
		r = -ENOBUFS;
	if (r < 0 && r != -EAGAIN) {
		fail(self, r);
		return;
	}
	if (queued == 0 && self->finishing && !self->shut) {
		self->shut = true;
		(void)mio_socket_shutdown(self->fd, MIO_SHUT_WRITE);
	}

	if (!self->peer_ended && queued <= self->kind->queue_max / 2)
		interest |= MIO_READABLE;
	if (queued > 0)
		interest |= MIO_WRITABLE;
	if (interest == self->interest)
		return;
	self->interest = interest;
	r = mio_watch_update(self->watch, interest, MIO_LEVEL);
	if (r < 0)
		fail(self, r);
}

void
stream_send(struct stream *self, const void *bytes, size_t len)
{
	size_t queued = write_queue_length(&self->queue);

	if (self->error != 0 || self->finishing)
		return;
	if (write_queue_append(&self->queue, bytes, len) < 0)
		fail(self, -ENOMEM);
	/* otherwise it is sent when line() returns, or there is room */
	else if (!self->calling &&
	    (queued == 0 || queued + len > self->kind->queue_max))
		flush(self);
}

void
stream_finish(struct stream *self)
{
	if (self->error != 0 || self->finishing)
		return;
	self->finishing = true;
	(void)mio_loop_reset_timeout(self->loop, self->timeout, FINISH_NS);
	if (!self->calling)
		flush(self);
}

/* ---- lines */

/* Calls line() for complete lines. Returns false if the stream was closed. */
static bool
pass_lines(struct stream *self)
{
	char *line = self->input;
	char *end = self->input + self->received;
	char *lf;

	self->calling = true;
	while (self->fd != MIO_INVALID_FD && !self->finishing &&
	    (lf = memchr(line, '\n', (size_t)(end - line))) != NULL) {
		*lf = '\0';
		if (lf > line && lf[-1] == '\r')
			lf[-1] = '\0';
		self->kind->line(self->context, line);
		line = lf + 1;
	}
	self->calling = false;
	if (self->fd == MIO_INVALID_FD) {
		free(self);
		return false;
	}

	self->received = (size_t)(end - line);
	memmove(self->input, line, self->received);

	return true;
}

/* Receives once: the remaining bytes are reported in the next iteration. */
static void
on_ready(struct mio_loop *loop, void *context, unsigned ready)
{
	struct stream *self = context;
	ssize_t n = -EAGAIN;

	if (self->finishing)
		self->received = 0; /* nothing uses it */
	if (ready & self->interest & MIO_READABLE)
		n = mio_socket_recv(self->fd, self->input + self->received,
		    self->kind->line_max - self->received);
	if (n < 0 && n != -EAGAIN) {
		end(self, (int)n);
		return;
	}
	if (n == 0)
		self->peer_ended = true;
	if (n > 0 && !self->finishing) {
		(void)mio_loop_reset_timeout(
		    loop, self->timeout, self->kind->idle_ns);
		self->received += (size_t)n;
		if (!pass_lines(self))
			return;
	}

	if (self->error == 0)
		flush(self);
	if (self->error == 0 && self->received == self->kind->line_max)
		fail(self, -EMSGSIZE);
	if (self->peer_ended && write_queue_length(&self->queue) == 0)
		end(self, self->error);
}

/* ---- the beginning */

int
stream_open(struct mio_loop *loop, mio_fd_t fd, const struct stream_kind *kind,
    void *context, struct stream **out)
{
	struct stream *self = malloc(sizeof(*self) + kind->line_max);
	int r;

	if (self == NULL)
		return -ENOMEM;
	*self = (struct stream){
		.loop = loop,
		.kind = kind,
		.context = context,
		.fd = fd,
		.interest = MIO_READABLE,
	};

	r = mio_loop_after(
	    loop, kind->idle_ns, on_timeout, self, &self->timeout);
	if (r == 0)
		r = mio_loop_watch_fd(loop, fd, self->interest, MIO_LEVEL,
		    on_ready, self, &self->watch);
	if (r < 0) {
		(void)mio_loop_clear_timeout(loop, self->timeout);
		free(self);
		return r;
	}
	*out = self;

	return 0;
}
