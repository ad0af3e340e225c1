/* SPDX-License-Identifier: MIT */

/*
 * A connection alternates: while its queue of responses is empty, it receives
 * and handles requests; otherwise it sends. So one buffer of the size of a head
 * and a short queue are enough, whatever the client does.
 */

#include "http_service.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "listener.h"
#include "write_queue.h"

#define LINGER_NS UINT64_C(2000000000) /* to read a last response */

#define HEAD_MAX  8192
#define QUEUE_MAX 16384 /* then no request is handled */
#define CONTINUE  "HTTP/1.1 100 Continue\r\n\r\n"

struct connection {
	struct connection *next, *prev;
	struct http_service *service;
	mio_fd_t fd;
	struct mio_watch *watch;
	unsigned interest;
	mio_timeout_t timeout;
	bool last;		 /* no request is accepted any more */
	bool finished;		 /* all was sent, and the client knows */
	bool ended;		 /* the client sends no more */
	bool active;		 /* since the timeout was set */
	http_body_fn *part;	 /* of the body, or NULL */
	unsigned long long body; /* remaining bytes */
	struct write_queue queue;
	size_t start, end; /* of the bytes to handle */
	char in[HEAD_MAX];
};

struct http_service {
	struct mio_loop *loop;
	struct listener *listener; /* NULL: stopping */
	http_service_fn *serve;
	void *context;
	uint64_t idle_ns;
	mio_timeout_t limit;		/* of the stop, or 0 */
	struct connection connections; /* the head of a ring */
};

/* ---- connections */

static void
drop(struct connection *c)
{
	c->next->prev = c->prev;
	c->prev->next = c->next;
	mio_watch_end(c->watch);
	(void)mio_loop_clear_timeout(c->service->loop, c->timeout);
	(void)mio_fd_close(c->fd);
	write_queue_free(&c->queue);
	free(c);
}

/* ---- responses */

/* Queues a response. Returns false if there is no memory. */
static bool
respond(struct connection *c, const struct http_response *response)
{
	c->last = !response->keep_alive;

	return http_response_append(&c->queue, response) == 0;
}

/* Refuses a request; it is the last one unless this is known to be safe. */
static bool
refuse(struct connection *c, int status)
{
	struct http_response response = { .status = status, .body = "" };

	return respond(c, &response);
}

/* Responds to a request that is well-formed. */
static bool
serve(struct connection *c, const struct http_request *request)
{
	struct http_response response = { .status = 200, .body = "" };
	bool waits = request->expects_continue && request->length > 0;

	c->service->serve(c->service->context, request, &response);
	c->body = request->length;
	c->part = response.part;
	response.keep_alive =
	    request->keep_alive && c->service->listener != NULL;

	if (waits && response.status != 200)
		response.keep_alive = false; /* there may be no body now */
	else if (waits &&
	    write_queue_append(&c->queue, CONTINUE, strlen(CONTINUE)) < 0)
		return false;

	return respond(c, &response);
}

/* ---- requests */

/* Passes on or skips what there is of a body. */
static bool
handle_body(struct connection *c)
{
	size_t len = c->end - c->start;

	if (len > c->body)
		len = (size_t)c->body;
	if (c->part != NULL && c->part(&c->queue, c->in + c->start, len) < 0)
		return false;
	c->start += len;
	c->body -= len;
	c->active = true;

	return true;
}

/* Handles a head. Stores whether there was one. */
static bool
handle_head(struct connection *c, bool *found)
{
	struct http_request request;
	size_t len;

	/* skip empty lines before a request line */
	while (c->end - c->start >= 2 &&
	    memcmp(c->in + c->start, "\r\n", 2) == 0)
		c->start += 2;

	len = http_request_parse(
	    &request, c->in + c->start, c->end - c->start);
	*found = len > 0;
	if (len == 0)
		return c->end - c->start < HEAD_MAX || refuse(c, 431);
	c->start += len;
	c->active = true;
	if (request.status != 200)
		return refuse(c, request.status);

	return serve(c, &request);
}

/*
 * Handles what was received, while the queue has room for responses. Returns
 * false if there is no memory.
 */
static bool
handle(struct connection *c)
{
	bool found = true;

	while (found && c->start < c->end &&
	    write_queue_length(&c->queue) < QUEUE_MAX) {
		if (c->body > 0) {
			if (!handle_body(c))
				return false;
		} else if (c->last) {
			c->start = c->end; /* not a request for this server */
		} else if (!handle_head(c, &found)) {
			return false;
		}
	}
	if (c->start == c->end)
		c->start = c->end = 0;

	return true;
}

/* Receives once: the rest is reported in the next iteration. */
static bool
receive(struct connection *c)
{
	ssize_t n;

	if (c->start > 0) {
		c->end -= c->start;
		memmove(c->in, c->in + c->start, c->end);
		c->start = 0;
	}
	n = mio_socket_recv(c->fd, c->in + c->end, HEAD_MAX - c->end);
	if (n > 0)
		c->end += (size_t)n;
	c->ended |= n == 0;

	return n >= 0 || n == -EAGAIN;
}

/*
 * Closing with unread bytes would reset the connection, and the client could
 * lose the last response. The server shuts down its side, and reads until the
 * client has closed, too.
 */
static void
finish(struct connection *c)
{
	if (!c->finished) {
		c->finished = true;
		(void)mio_socket_shutdown(c->fd, MIO_SHUT_WRITE);
		(void)mio_loop_reset_timeout(
		    c->service->loop, c->timeout, LINGER_NS);
	}
}

/* Handles and sends until more must be received, or the socket has no room. */
static bool
proceed(struct connection *c)
{
	size_t before;
	int r;

	do {
		before = c->end - c->start;
		if (!handle(c))
			return false;
		r = write_queue_flush(&c->queue, c->fd);
		if (r < 0)
			return r == -EAGAIN;
	} while (c->end - c->start != before && c->start < c->end);

	if (c->last && (c->body == 0 || c->part == NULL))
		finish(c);

	return !c->ended;
}

/* Nothing is received before the responses are sent. */
static bool
update_interest(struct connection *c)
{
	unsigned interest = write_queue_length(&c->queue) > 0 ? MIO_WRITABLE :
								MIO_READABLE;

	if (interest == c->interest)
		return true;
	c->interest = interest;

	return mio_watch_update(c->watch, interest, MIO_LEVEL) == 0;
}

static void
on_ready(struct mio_loop *loop, void *context, unsigned ready)
{
	struct connection *c = context;
	size_t queued = write_queue_length(&c->queue);

	(void)ready;
	if ((queued == 0 && !receive(c)) || !proceed(c)) {
		drop(c);
		return;
	}

	/* a part of a head is not enough to stay for longer */
	if (write_queue_length(&c->queue) < queued)
		c->active = true;
	if (c->active && !c->finished)
		(void)mio_loop_reset_timeout(
		    loop, c->timeout, c->service->idle_ns);
	c->active = false;
	if (!update_interest(c))
		drop(c);
}

/* ---- connections */

static void
on_idle(struct mio_loop *loop, void *context)
{
	struct connection *c = context;

	c->timeout = 0;
	/* one that has sent a part of a head learns why */
	if (c->last || c->body > 0 || c->start == c->end ||
	    !refuse(c, 408) ||
	    mio_loop_after(loop, LINGER_NS, on_idle, c, &c->timeout) < 0 ||
	    !proceed(c) || !update_interest(c))
		drop(c);
}

static int
on_connection(void *context, mio_fd_t fd)
{
	struct http_service *self = context;
	struct connection *c = malloc(sizeof(*c));
	int r;

	if (c == NULL)
		return -ENOMEM;
	memset(c, 0, offsetof(struct connection, in));
	c->service = self;
	c->fd = fd;
	c->interest = MIO_READABLE;
	(void)mio_tcp_set_nodelay(fd, true);

	r = mio_loop_after(
	    self->loop, self->idle_ns, on_idle, c, &c->timeout);
	if (r == 0)
		r = mio_loop_watch_fd(self->loop, fd, c->interest, MIO_LEVEL,
		    on_ready, c, &c->watch);
	if (r < 0) {
		(void)mio_loop_clear_timeout(self->loop, c->timeout);
		free(c);
		return r;
	}

	c->next = &self->connections;
	c->prev = self->connections.prev;
	c->prev->next = c->next->prev = c;

	return 0;
}

/* ---- the service */

int
http_service_open(struct mio_loop *loop, const char *address, uint64_t idle_ns,
    http_service_fn *serve_request, void *context, struct http_service **out)
{
	struct http_service *self = calloc(1, sizeof(*self));
	int r;

	if (self == NULL)
		return -ENOMEM;
	self->loop = loop;
	self->serve = serve_request;
	self->context = context;
	self->idle_ns = idle_ns;
	self->connections.next = self->connections.prev = &self->connections;

	r = listener_open(loop, address, on_connection, self, &self->listener);
	if (r < 0) {
		free(self);
		return r;
	}
	*out = self;

	return 0;
}

int
http_service_address(const struct http_service *self, char *text)
{
	return listener_address(self->listener, text);
}

bool
http_service_is_busy(const struct http_service *self)
{
	return self->connections.next != &self->connections;
}

static void
drop_all(struct http_service *self)
{
	while (http_service_is_busy(self))
		drop(self->connections.next);
}

static void
on_limit(struct mio_loop *loop, void *context)
{
	(void)loop;
	drop_all(context);
}

void
http_service_stop(struct http_service *self, uint64_t limit_ns)
{
	struct connection *c, *next;

	listener_close(self->listener);
	self->listener = NULL;
	for (c = self->connections.next; c != &self->connections; c = next) {
		next = c->next;
		if (c->body == 0 && c->start == c->end &&
		    write_queue_length(&c->queue) == 0 && !c->finished)
			drop(c);
	}
	if (mio_loop_after(
		self->loop, limit_ns, on_limit, self, &self->limit) < 0)
		drop_all(self);
}

void
http_service_close(struct http_service *self)
{
	if (self == NULL)
		return;

	listener_close(self->listener);
	(void)mio_loop_clear_timeout(self->loop, self->limit);
	drop_all(self);
	free(self);
}
