/* SPDX-License-Identifier: MIT */

/*
 * The watch is level-triggered, so a listener that is left before its queue is
 * empty is reported again. No event says when there is a free descriptor: the
 * watch is paused for a while.
 */

#include "listener.h"

#include <errno.h>
#include <stdlib.h>

#define ACCEPTS	 64		       /* at a time, before other events */
#define RETRY_NS UINT64_C(100000000) /* until there may be descriptors */

struct listener {
	struct mio_loop *loop;
	listener_fn *callback;
	void *context;
	struct mio_watch *watch;
	mio_timeout_t retry; /* or 0 */
	mio_fd_t fd;
	bool calling; /* the callback, which may close this */
};

static void
resume(struct mio_loop *loop, void *context)
{
	struct listener *self = context;

	self->retry = 0;
	/* if that fails, which needs a lack of memory, it is tried again */
	if (mio_watch_update(self->watch, MIO_READABLE, MIO_LEVEL) < 0)
		(void)mio_loop_after(
		    loop, RETRY_NS, resume, self, &self->retry);
}

static void
on_ready(struct mio_loop *loop, void *context, unsigned ready)
{
	struct listener *self = context;
	mio_fd_t fd;
	int i, r = 0;

	(void)ready;
	self->calling = true;
	for (i = 0; i < ACCEPTS && self->fd != MIO_INVALID_FD; i++) {
		r = mio_tcp_accept(self->fd, &fd, NULL, NULL);
		if (r < 0)
			break;
		r = self->callback(self->context, fd);
		if (r < 0) {
			(void)mio_fd_close(fd);
			break;
		}
	}
	self->calling = false;

	if (self->fd == MIO_INVALID_FD)
		free(self);
	else if (r < 0 && r != -EAGAIN &&
	    mio_loop_after(loop, RETRY_NS, resume, self, &self->retry) == 0)
		(void)mio_watch_update(self->watch, 0, MIO_LEVEL);
}

int
listener_open(struct mio_loop *loop, const char *address, listener_fn *callback,
    void *context, struct listener **out)
{
	struct listener *self;
	struct sockaddr_storage addr;
	socklen_t len;
	int r;

	r = mio_address_parse(&addr, &len, address, 0);
	if (r < 0)
		return r;
	self = calloc(1, sizeof(*self));
	if (self == NULL)
		return -ENOMEM;
	self->loop = loop;
	self->callback = callback;
	self->context = context;

	r = mio_tcp_listen(&self->fd, (struct sockaddr *)&addr, len, 0, 0);
	if (r < 0) {
		free(self);
		return r;
	}
	r = mio_loop_watch_fd(loop, self->fd, MIO_READABLE, MIO_LEVEL, on_ready,
	    self, &self->watch);
	if (r < 0) {
		listener_close(self);
		return r;
	}
	*out = self;

	return 0;
}

int
listener_address(const struct listener *self, char *text)
{
	struct sockaddr_storage addr;
	socklen_t len;
	int r;

	r = mio_socket_local_addr(self->fd, &addr, &len);
	if (r < 0)
		return r;

	return mio_address_format(
	    (struct sockaddr *)&addr, len, text, MIO_ADDRESS_TEXT_MAX);
}

void
listener_close(struct listener *self)
{
	if (self == NULL)
		return;

	(void)mio_loop_clear_timeout(self->loop, self->retry);
	mio_watch_end(self->watch);
	(void)mio_fd_close(self->fd);
	self->fd = MIO_INVALID_FD;
	if (!self->calling)
		free(self);
}
