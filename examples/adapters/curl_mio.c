/* SPDX-License-Identifier: MIT */

/*
 * libcurl says which sockets it waits for, and for how long, through two
 * functions, and is called when one of these events occurs. It does not read
 * everything at once, so the watches are level-triggered. It removes a socket
 * before it closes it, possibly while the event of that socket is handled.
 */

#include "curl_mio.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

/* One for each socket, which libcurl returns as the socket's pointer. */
struct watched {
	struct watched *next, **link;
	struct curl_mio *owner;
	struct mio_watch *watch;
	curl_socket_t fd;
};

struct curl_mio {
	struct mio_loop *loop;
	CURLM *multi; /* NULL: detached */
	curl_mio_done_fn *done;
	void *context;
	struct watched *sockets;
	mio_timeout_t timeout; /* 0: none is pending */
	bool failed;           /* a socket or timeout could not be added */
	bool calling;          /* done(), which may detach */
};

/* ---- what has happened is passed to libcurl */

/* Passes finished transfers to the program; it may detach meanwhile. */
static void
report(struct curl_mio *self, CURLMcode status)
{
	CURLMsg *message;
	int left;

	self->calling = true;
	while (self->multi != NULL &&
	    (message = curl_multi_info_read(self->multi, &left)) != NULL)
		if (message->msg == CURLMSG_DONE)
			self->done(self->context, message->easy_handle,
			    message->data.result);
	if (self->multi != NULL && (self->failed || status != CURLM_OK)) {
		self->failed = false;
		self->done(self->context, NULL, CURLE_ABORTED_BY_CALLBACK);
	}
	self->calling = false;
	if (self->multi == NULL)
		free(self);
}

static void
on_ready(struct mio_loop *loop, void *data, unsigned ready)
{
	struct watched *socket = data; /* libcurl may remove it */
	struct curl_mio *self = socket->owner;
	int bits = 0, running;

	(void)loop;
	if (ready & (MIO_READABLE | MIO_READ_CLOSED))
		bits |= CURL_CSELECT_IN;
	if (ready & (MIO_WRITABLE | MIO_WRITE_CLOSED))
		bits |= CURL_CSELECT_OUT;
	if (ready & MIO_ERROR)
		bits |= CURL_CSELECT_ERR;
	report(self,
	    curl_multi_socket_action(self->multi, socket->fd, bits, &running));
}

static void
on_timeout(struct mio_loop *loop, void *data)
{
	struct curl_mio *self = data;
	int running;

	(void)loop;
	self->timeout = 0;
	report(self,
	    curl_multi_socket_action(
		self->multi, CURL_SOCKET_TIMEOUT, 0, &running));
}

/* ---- the two functions, in which libcurl must not be called */

static unsigned
interest_of(int what)
{
	switch (what) {
	case CURL_POLL_IN:
		return MIO_READABLE;
	case CURL_POLL_OUT:
		return MIO_WRITABLE;
	case CURL_POLL_INOUT:
		return MIO_READABLE | MIO_WRITABLE;
	default:
		return 0;
	}
}

static void
remove_socket(struct watched *socket)
{
	mio_watch_end(socket->watch);
	*socket->link = socket->next;
	if (socket->next != NULL)
		socket->next->link = socket->link;
	free(socket);
}

static int
add_socket(struct curl_mio *self, curl_socket_t fd, unsigned interest)
{
	struct watched *socket = calloc(1, sizeof(*socket));
	int r;

	if (socket == NULL)
		return -ENOMEM;

	socket->owner = self;
	socket->fd = fd;
	r = mio_loop_watch_fd(self->loop, fd, interest, MIO_LEVEL, on_ready,
	    socket, &socket->watch);
	if (r < 0) {
		free(socket);
		return r;
	}

	socket->next = self->sockets;
	socket->link = &self->sockets;
	if (socket->next != NULL)
		socket->next->link = &socket->next;
	self->sockets = socket;
	(void)curl_multi_assign(self->multi, fd, socket); /* fd is known */

	return 0;
}

/* Older versions of libcurl ignore the result, hence the flag. */
static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *pointer)
{
	struct curl_mio *self = data;
	struct watched *socket = pointer;
	int r = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (socket != NULL)
			remove_socket(socket);
	} else if (socket != NULL) {
		r = mio_watch_update(
		    socket->watch, interest_of(what), MIO_LEVEL);
	} else {
		r = add_socket(self, fd, interest_of(what));
	}
	if (r < 0)
		self->failed = true;

	return r < 0 ? -1 : 0;
}

static int
on_timer(CURLM *multi, long timeout_ms, void *data)
{
	struct curl_mio *self = data;
	int r = 0;

	(void)multi;
	if (timeout_ms < 0) {
		if (self->timeout != 0)
			(void)mio_loop_clear_timeout(self->loop, self->timeout);
		self->timeout = 0;
	} else if (self->timeout != 0) {
		r = mio_loop_reset_timeout(
		    self->loop, self->timeout, (uint64_t)timeout_ms * 1000000);
	} else {
		r = mio_loop_after(self->loop, (uint64_t)timeout_ms * 1000000,
		    on_timeout, self, &self->timeout);
	}
	if (r < 0)
		self->failed = true;

	return r < 0 ? -1 : 0;
}

/* ---- the calls */

int
curl_mio_attach(struct mio_loop *loop, CURLM *multi, curl_mio_done_fn *done,
    void *context, struct curl_mio **out)
{
	struct curl_mio *self;

	if (loop == NULL || multi == NULL || done == NULL || out == NULL)
		return -EINVAL;

	self = calloc(1, sizeof(*self));
	if (self == NULL)
		return -ENOMEM;
	*self = (struct curl_mio){
		.loop = loop,
		.multi = multi,
		.done = done,
		.context = context,
	};
	(void)curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	(void)curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, self);
	(void)curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
	(void)curl_multi_setopt(multi, CURLMOPT_TIMERDATA, self);
	*out = self;

	return 0;
}

void
curl_mio_detach(struct curl_mio *self)
{
	if (self == NULL)
		return;

	(void)curl_multi_setopt(self->multi, CURLMOPT_SOCKETFUNCTION, NULL);
	(void)curl_multi_setopt(self->multi, CURLMOPT_TIMERFUNCTION, NULL);
	while (self->sockets != NULL) {
		(void)curl_multi_assign(self->multi, self->sockets->fd, NULL);
		remove_socket(self->sockets);
	}
	if (self->timeout != 0)
		(void)mio_loop_clear_timeout(self->loop, self->timeout);
	self->multi = NULL;
	if (!self->calling)
		free(self);
}
