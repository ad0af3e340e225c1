/* SPDX-License-Identifier: MIT */

/*
 * While it connects, libpq may close its socket and open another one, for the
 * next address or host, which may get the same number. So the watch ends before
 * each step, and another one begins after it. Later there is one socket, but
 * libpq closes it when it finds the connection broken.
 *
 * connecting -> established: PQconnectPoll() has returned PGRES_POLLING_OK
 * established -> querying: libpq_mio_flush(); back when PQgetResult() is NULL
 * any -> closed: an error, or detached
 */

#include "libpq_mio.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

enum state { CONNECTING, ESTABLISHED, QUERYING, CLOSED };

struct libpq_mio {
	struct mio_loop *loop;
	PGconn *connection; /* NULL: detached */
	const struct libpq_mio_callbacks *callbacks;
	void *context;
	struct mio_watch *watch;
	unsigned interest;
	mio_timeout_t timeout; /* of the connect, or a failure; 0: none */
	enum state state;
	bool calling; /* events are handled, and callbacks may detach */
};

static void on_ready(struct mio_loop *loop, void *data, unsigned ready);

/* ---- the watch and the timeout */

static void
unwatch(struct libpq_mio *self)
{
	mio_watch_end(self->watch);
	self->watch = NULL;
}

static int
watch(struct libpq_mio *self, unsigned interest)
{
	self->interest = interest;

	return mio_loop_watch_fd(self->loop, PQsocket(self->connection),
	    interest, MIO_LEVEL, on_ready, self, &self->watch);
}

static void
clear_timeout(struct libpq_mio *self)
{
	if (self->timeout != 0)
		(void)mio_loop_clear_timeout(self->loop, self->timeout);
	self->timeout = 0;
}

/* Stops all that could call back. */
static void
stop(struct libpq_mio *self)
{
	unwatch(self);
	clear_timeout(self);
	self->state = CLOSED;
}

/* ---- what the program is called for; it may detach in each of these */

static void
fail(struct libpq_mio *self, int error)
{
	stop(self);
	if (self->callbacks->closed != NULL)
		self->callbacks->closed(self->context, self->connection, error);
}

/* Reports the results that are complete. */
static void
report_results(struct libpq_mio *self)
{
	ExecStatusType status;
	PGresult *result;

	while (self->state == QUERYING && !PQisBusy(self->connection)) {
		result = PQgetResult(self->connection);
		if (result == NULL)
			self->state = ESTABLISHED;
		status = PQresultStatus(result);
		if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT ||
		    status == PGRES_COPY_BOTH) {
			PQclear(result);
			fail(self, -ENOTSUP);
			return;
		}
		if (self->callbacks->result != NULL)
			self->callbacks->result(
			    self->context, self->connection, result);
		PQclear(result);
	}
}

static void
report_notifications(struct libpq_mio *self)
{
	PGnotify *notify;

	while (self->state != CLOSED &&
	    (notify = PQnotifies(self->connection)) != NULL) {
		if (self->callbacks->notified != NULL)
			self->callbacks->notified(
			    self->context, self->connection, notify);
		PQfreemem(notify);
	}
}

/* ---- events */

static void
step(struct libpq_mio *self)
{
	unsigned interest = MIO_READABLE;
	int r;

	unwatch(self);
	switch (PQconnectPoll(self->connection)) {
	case PGRES_POLLING_FAILED:
		fail(self, 0);
		return;
	case PGRES_POLLING_OK:
		self->state = ESTABLISHED;
		clear_timeout(self);
		(void)PQsetnonblocking(self->connection, 1); /* it is idle */
		break;
	case PGRES_POLLING_WRITING:
		interest = MIO_WRITABLE;
		break;
	default:
		break;
	}

	r = watch(self, interest);
	if (r < 0)
		fail(self, r);
	else if (self->state == ESTABLISHED &&
	    self->callbacks->connected != NULL)
		self->callbacks->connected(self->context, self->connection);
}

/* Sends, and waits until more can be sent. Returns 1 if sending failed. */
static int
flush(struct libpq_mio *self)
{
	unsigned interest = MIO_READABLE;
	int r = PQflush(self->connection);

	if (r < 0)
		return 1;
	if (r > 0)
		interest |= MIO_WRITABLE;
	if (interest == self->interest)
		return 0;
	self->interest = interest;

	return mio_watch_update(self->watch, interest, MIO_LEVEL);
}

/* libpq may have to read before it can send more. */
static void
transfer(struct libpq_mio *self)
{
	bool broken = PQconsumeInput(self->connection) == 0;
	int r = broken ? 0 : flush(self);

	/* also what arrived before the connection broke */
	report_results(self);
	report_notifications(self);
	if (self->state == CLOSED)
		return;
	if (broken || r > 0)
		fail(self, 0);
	else if (r < 0)
		fail(self, r);
}

/* Ends the handling of an event. */
static void
leave(struct libpq_mio *self)
{
	self->calling = false;
	if (self->connection == NULL)
		free(self);
}

static void
on_ready(struct mio_loop *loop, void *data, unsigned ready)
{
	struct libpq_mio *self = data;

	(void)loop;
	(void)ready; /* libpq tries both directions */
	self->calling = true;
	if (self->state == CONNECTING)
		step(self);
	else
		transfer(self);
	leave(self);
}

static void
on_connect_timeout(struct mio_loop *loop, void *data)
{
	struct libpq_mio *self = data;

	(void)loop;
	self->timeout = 0;
	self->calling = true;
	fail(self, -ETIMEDOUT);
	leave(self);
}

static void
on_failure(struct mio_loop *loop, void *data)
{
	struct libpq_mio *self = data;

	(void)loop;
	self->timeout = 0;
	self->calling = true;
	transfer(self);
	if (self->state != CLOSED)
		fail(self, 0);
	leave(self);
}

/* ---- the calls */

int
libpq_mio_attach(struct mio_loop *loop, PGconn *connection, uint64_t timeout_ns,
    const struct libpq_mio_callbacks *callbacks, void *context,
    struct libpq_mio **out)
{
	struct libpq_mio *self;
	int r;

	if (loop == NULL || connection == NULL || callbacks == NULL ||
	    out == NULL)
		return -EINVAL;
	if (PQstatus(connection) == CONNECTION_BAD)
		return -EBADF;

	self = calloc(1, sizeof(*self));
	if (self == NULL)
		return -ENOMEM;
	*self = (struct libpq_mio){
		.loop = loop,
		.connection = connection,
		.callbacks = callbacks,
		.context = context,
	};
	r = watch(self, MIO_WRITABLE);
	if (r == 0 && timeout_ns > 0)
		r = mio_loop_after(
		    loop, timeout_ns, on_connect_timeout, self, &self->timeout);
	if (r < 0) {
		unwatch(self);
		free(self);
		return r;
	}
	*out = self;

	return 0;
}

/* A failure is reported later, not in this call. */
int
libpq_mio_flush(struct libpq_mio *self)
{
	int r;

	if (self->state != ESTABLISHED && self->state != QUERYING)
		return -ENOTCONN;

	self->state = QUERYING;
	r = flush(self);
	if (r > 0 && self->timeout == 0)
		return mio_loop_after(
		    self->loop, 0, on_failure, self, &self->timeout);

	return r < 0 ? r : 0;
}

void
libpq_mio_detach(struct libpq_mio *self)
{
	if (self == NULL)
		return;

	stop(self);
	self->connection = NULL;
	if (!self->calling)
		free(self);
}
