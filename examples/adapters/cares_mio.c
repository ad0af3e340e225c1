/* SPDX-License-Identifier: MIT */

/*
 * c-ares reports which sockets it needs events for, and returns how long it can
 * wait. It does not report that a query was added, which may shorten this time,
 * so while there are sockets the time is checked at least once a second.
 */

#define CARES_NO_DEPRECATED /* the replacements are too new */

#include "cares_mio.h"

#include <stdbool.h>
#include <stdlib.h>

#include <sys/time.h>

#define CHECK_NS UINT64_C(1000000000)

struct watched {
	struct watched *next;
	struct cares_mio *owner;
	struct mio_watch *watch;
	ares_socket_t fd;
};

struct cares_mio {
	struct mio_loop *loop;
	ares_channel channel;
	struct watched *sockets;
	mio_timeout_t timeout; /* 0: none is pending */
	bool calling;          /* c-ares, which may detach */
	bool ended;            /* detached in the meantime */
	bool failed;           /* a socket could not be added */
};

static void on_timeout(struct mio_loop *loop, void *data);

static void
destroy(struct cares_mio *self)
{
	/* this closes the sockets, which calls on_socket() */
	ares_destroy(self->channel);
	if (self->timeout != 0)
		(void)mio_loop_clear_timeout(self->loop, self->timeout);
	free(self);
}

/* ---- events */

static uint64_t
delay_of(struct cares_mio *self)
{
	struct timeval limit = { .tv_sec = 1 }, buffer;
	struct timeval *tv = ares_timeout(self->channel, &limit, &buffer);

	if (tv == NULL)
		return CHECK_NS;

	return (uint64_t)tv->tv_sec * 1000000000 + (uint64_t)tv->tv_usec * 1000;
}

static void
set_timeout(struct cares_mio *self, uint64_t delay_ns)
{
	int r;

	if (self->timeout != 0)
		r = mio_loop_reset_timeout(self->loop, self->timeout, delay_ns);
	else
		r = mio_loop_after(
		    self->loop, delay_ns, on_timeout, self, &self->timeout);
	if (r < 0)
		self->failed = true;
}

/* Also handles queries that have timed out. */
static void
process(struct cares_mio *self, ares_socket_t readable, ares_socket_t writable)
{
	self->calling = true;
	ares_process_fd(self->channel, readable, writable);
	if (self->failed)
		ares_cancel(self->channel);
	self->failed = false;
	self->calling = false;

	if (self->ended) {
		destroy(self);
		return;
	}
	if (self->sockets != NULL)
		set_timeout(self, delay_of(self));
}

static void
on_timeout(struct mio_loop *loop, void *data)
{
	struct cares_mio *self = data;

	(void)loop;
	self->timeout = 0;
	process(self, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

/* If a socket has failed, the call that c-ares makes returns the error. */
static void
on_ready(struct mio_loop *loop, void *data, unsigned ready)
{
	struct watched *socket = data; /* c-ares may remove it */
	ares_socket_t readable = ARES_SOCKET_BAD, writable = ARES_SOCKET_BAD;

	(void)loop;
	if (ready & (MIO_READABLE | MIO_READ_CLOSED | MIO_ERROR))
		readable = socket->fd;
	if (ready & (MIO_WRITABLE | MIO_WRITE_CLOSED | MIO_ERROR))
		writable = socket->fd;
	process(socket->owner, readable, writable);
}

/* ---- sockets */

static void
remove_socket(struct cares_mio *self, ares_socket_t fd)
{
	struct watched **link = &self->sockets, *socket;

	while (*link != NULL && (*link)->fd != fd)
		link = &(*link)->next;
	socket = *link;
	if (socket == NULL)
		return;

	*link = socket->next;
	mio_watch_end(socket->watch);
	free(socket);
}

static int
set_socket(struct cares_mio *self, ares_socket_t fd, unsigned interest)
{
	struct watched *socket = self->sockets;
	int r;

	while (socket != NULL && socket->fd != fd)
		socket = socket->next;
	if (socket != NULL)
		return mio_watch_update(socket->watch, interest, MIO_LEVEL);

	socket = calloc(1, sizeof(*socket));
	if (socket == NULL)
		return -1;
	socket->owner = self;
	socket->fd = fd;
	r = mio_loop_watch_fd(self->loop, fd, interest, MIO_LEVEL, on_ready,
	    socket, &socket->watch);
	if (r < 0) {
		free(socket);
		return r;
	}
	socket->next = self->sockets;
	self->sockets = socket;

	return 0;
}

/*
 * c-ares calls this when it needs other events of a socket, and with neither
 * direction before it closes the socket. The watch is level-triggered, because
 * c-ares may not read everything at once. The query that needs the socket gets
 * its deadline later, so the time is determined in the next iteration.
 */
static void
on_socket(void *data, ares_socket_t fd, int readable, int writable)
{
	struct cares_mio *self = data;
	unsigned interest =
	    (readable ? MIO_READABLE : 0) | (writable ? MIO_WRITABLE : 0);

	if (interest == 0) {
		remove_socket(self, fd);
		return;
	}
	if (set_socket(self, fd, interest) < 0)
		self->failed = true;
	if (!self->calling)
		set_timeout(self, 0);
}

/* ---- the calls */

int
cares_mio_attach(struct mio_loop *loop, const struct ares_options *options,
    int mask, struct cares_mio **out)
{
	struct ares_options mine = { .flags = 0 };
	struct cares_mio *self = calloc(1, sizeof(*self));
	int status;

	if (self == NULL)
		return ARES_ENOMEM;

	self->loop = loop;
	if (options != NULL)
		mine = *options;
	mine.sock_state_cb = on_socket;
	mine.sock_state_cb_data = self;
	status = ares_init_options(
	    &self->channel, &mine, mask | ARES_OPT_SOCK_STATE_CB);
	if (status != ARES_SUCCESS) {
		free(self);
		return status;
	}
	*out = self;

	return ARES_SUCCESS;
}

ares_channel
cares_mio_channel(const struct cares_mio *self)
{
	return self->channel;
}

void
cares_mio_detach(struct cares_mio *self)
{
	if (self == NULL)
		return;

	if (self->calling)
		self->ended = true;
	else
		destroy(self);
}
