/* SPDX-License-Identifier: MIT */

/*
 * hiredis says through five hooks when it wants to read, when it wants to write
 * and when it is done with the connection, and does both by itself when it is
 * called. The watch is level-triggered, because hiredis reads only a part at a
 * time. Replies are passed to callbacks of the program, which may free the
 * connection; then hiredis calls the last hook before it closes the descriptor.
 */

#include "hiredis_mio.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <sys/time.h>

struct hiredis_mio {
	struct mio_loop *loop;
	redisAsyncContext *connection; /* NULL: detached */
	struct mio_watch *watch;
	mio_timeout_t timeout; /* of hiredis, or 0 */
	mio_timeout_t failure; /* is about to be reported, or 0 */
	unsigned interest;
	bool calling; /* hiredis, which may detach */
};

static void on_failure(struct mio_loop *loop, void *data);

/* ---- hooks, which cannot return errors */

/*
 * hiredis must not be called in its own hook. If there is no room for the
 * timeout, either, the next command tries again to change the interest.
 */
static void
fail_later(struct hiredis_mio *self)
{
	if (self->failure == 0)
		(void)mio_loop_after(
		    self->loop, 0, on_failure, self, &self->failure);
}

static void
change(struct hiredis_mio *self, unsigned interest)
{
	if (interest == self->interest)
		return;
	if (mio_watch_update(self->watch, interest, MIO_LEVEL) < 0)
		fail_later(self);
	else
		self->interest = interest;
}

static void
add_read(void *data)
{
	struct hiredis_mio *self = data;

	change(self, self->interest | MIO_READABLE);
}

static void
delete_read(void *data)
{
	struct hiredis_mio *self = data;

	change(self, self->interest & ~MIO_READABLE);
}

static void
add_write(void *data)
{
	struct hiredis_mio *self = data;

	change(self, self->interest | MIO_WRITABLE);
}

static void
delete_write(void *data)
{
	struct hiredis_mio *self = data;

	change(self, self->interest & ~MIO_WRITABLE);
}

static void
cleanup(void *data)
{
	struct hiredis_mio *self = data;

	mio_watch_end(self->watch);
	if (self->timeout != 0)
		(void)mio_loop_clear_timeout(self->loop, self->timeout);
	if (self->failure != 0)
		(void)mio_loop_clear_timeout(self->loop, self->failure);
	memset(&self->connection->ev, 0, sizeof(self->connection->ev));
	self->connection = NULL;
	if (!self->calling)
		free(self);
}

/* ---- events */

/* Calls hiredis; returns false if that has detached the connection. */
static bool
call(struct hiredis_mio *self, void (*handle)(redisAsyncContext *))
{
	self->calling = true;
	handle(self->connection);
	self->calling = false;
	if (self->connection != NULL)
		return true;
	free(self);

	return false;
}

/* With an error set, hiredis reads nothing and closes the connection. */
static void
on_failure(struct mio_loop *loop, void *data)
{
	struct hiredis_mio *self = data;
	redisAsyncContext *connection = self->connection;

	(void)loop;
	self->failure = 0;
	if (!(connection->c.flags & REDIS_CONNECTED)) {
		redisAsyncFree(connection);
		return;
	}
	connection->c.err = REDIS_ERR_IO;
	strcpy(connection->c.errstr, "cannot wait for the connection");
	(void)call(self, redisAsyncHandleRead);
}

/* An error is returned by whichever call hiredis makes next. */
static void
on_ready(struct mio_loop *loop, void *data, unsigned ready)
{
	struct hiredis_mio *self = data;
	unsigned wanted = self->interest;

	(void)loop;
	if ((wanted & MIO_READABLE) &&
	    (ready & (MIO_READABLE | MIO_READ_CLOSED | MIO_ERROR)) &&
	    !call(self, redisAsyncHandleRead))
		return;

	/* the first call may have changed the interest */
	if ((self->interest & wanted & MIO_WRITABLE) &&
	    (ready & (MIO_WRITABLE | MIO_WRITE_CLOSED | MIO_ERROR)))
		(void)call(self, redisAsyncHandleWrite);
}

/* ---- timeouts, which hiredis has since 1.0 */

#if HIREDIS_MAJOR >= 1
static void
on_timeout(struct mio_loop *loop, void *data)
{
	struct hiredis_mio *self = data;

	(void)loop;
	self->timeout = 0;
	(void)call(self, redisAsyncHandleTimeout);
}

static void
schedule_timer(void *data, struct timeval tv)
{
	struct hiredis_mio *self = data;
	uint64_t delay_ns =
	    (uint64_t)tv.tv_sec * 1000000000 + (uint64_t)tv.tv_usec * 1000;
	int r;

	if (self->timeout != 0)
		r = mio_loop_reset_timeout(self->loop, self->timeout, delay_ns);
	else
		r = mio_loop_after(
		    self->loop, delay_ns, on_timeout, self, &self->timeout);
	if (r < 0)
		fail_later(self);
}

static void
set_timer_hook(redisAsyncContext *connection)
{
	connection->ev.scheduleTimer = schedule_timer;
}
#else
static void
set_timer_hook(redisAsyncContext *connection)
{
	(void)connection;
}
#endif

/* ---- the calls */

int
hiredis_mio_attach(struct mio_loop *loop, redisAsyncContext *connection)
{
	struct hiredis_mio *self;
	int r;

	if (loop == NULL || connection == NULL)
		return -EINVAL;
	if (connection->err != 0)
		return -EBADF;
	if (connection->ev.data != NULL)
		return -EBUSY;

	self = calloc(1, sizeof(*self));
	if (self == NULL)
		return -ENOMEM;
	self->loop = loop;
	self->connection = connection;

	/* it becomes writable when it is connected, or has failed to */
	self->interest = MIO_WRITABLE;
	if (connection->c.flags & REDIS_CONNECTED)
		self->interest |= MIO_READABLE;
	r = mio_loop_watch_fd(loop, connection->c.fd, self->interest, MIO_LEVEL,
	    on_ready, self, &self->watch);
	if (r < 0) {
		free(self);
		return r;
	}

	connection->ev.data = self;
	connection->ev.addRead = add_read;
	connection->ev.delRead = delete_read;
	connection->ev.addWrite = add_write;
	connection->ev.delWrite = delete_write;
	connection->ev.cleanup = cleanup;
	set_timer_hook(connection);

	return 0;
}

void
hiredis_mio_detach(redisAsyncContext *connection)
{
	if (connection != NULL && connection->ev.cleanup == cleanup)
		cleanup(connection->ev.data);
}
