/* SPDX-License-Identifier: MIT */

/*
 * http_server [ADDRESS:PORT [IDLE [STOP]]]: an HTTP/1.1 server.
 *
 *	GET, HEAD /	"hello, world"; a body is skipped
 *	POST /echo	sends the body of the request back as it arrives
 *
 * Several requests may arrive at once (pipelining); responses are sent in their
 * order. Nothing is received from a client that does not read its responses. A
 * client that is silent, or has not sent a whole head, for IDLE milliseconds is
 * disconnected. After SIGTERM or SIGINT no connection is accepted, and the
 * server ends when it has responded to the requests that it has begun to
 * receive, at the latest after STOP milliseconds.
 *
 *	cc -o http_server http_server.c http_request.c http_response.c \
 *	    write_queue.c $(pkg-config --cflags --libs mio)
 */

#define _XOPEN_SOURCE 700

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/resource.h>

#include <mio.h>

#include "http_request.h"
#include "http_response.h"
#include "write_queue.h"

#define MS	  UINT64_C(1000000)
#define IDLE_NS	  (60000 * MS)
#define LINGER_NS (2000 * MS) /* until the client has read a last response */
#define STOP_NS	  (3000 * MS) /* for all clients */
#define RETRY_NS  (100 * MS)  /* until there may be descriptors again */

#define HEAD_MAX     8192
#define QUEUE_MAX    16384 /* then no request is handled */
#define ACCEPTS	     64	   /* at a time */
#define CONNECTIONS  100000
#define HELLO	     "hello, world\n"
#define CONTINUE     "HTTP/1.1 100 Continue\r\n\r\n"

struct connection {
	struct connection *next, *prev;
	mio_fd_t fd;
	struct mio_watch *watch;
	unsigned interest;
	mio_timeout_t timeout;
	bool last;		 /* no request is accepted any more */
	bool finished;		 /* all was sent, and the client knows */
	bool ended;		 /* the client sends no more */
	bool active;		 /* since the timeout was set */
	bool echo;		 /* the body, which is skipped otherwise */
	unsigned long long body; /* remaining bytes */
	struct write_queue queue;
	size_t start, end; /* of the bytes to handle */
	char in[HEAD_MAX];
};

static struct mio_loop *loop;
static mio_fd_t listener;
static struct mio_watch *listener_watch;
static struct connection connections; /* the head of a ring */
static uint64_t idle_ns = IDLE_NS;
static uint64_t stop_ns = STOP_NS;
static bool stopping;

static int
check(const char *what, int result)
{
	if (result < 0) {
		fprintf(stderr, "%s: %s\n", what, strerror(-result));
		exit(1);
	}

	return result;
}

static void
drop(struct connection *c)
{
	c->next->prev = c->prev;
	c->prev->next = c->next;
	mio_watch_end(c->watch);
	(void)mio_loop_clear_timeout(loop, c->timeout);
	(void)mio_fd_close(c->fd);
	write_queue_free(&c->queue);
	free(c);

	if (stopping && connections.next == &connections)
		mio_loop_shutdown(loop);
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
	struct http_response response = {
		.status = 200,
		.keep_alive = request->keep_alive && !stopping,
		.body = "",
	};
	bool waits = request->expects_continue && request->length > 0;
	bool head = strcmp(request->method, "HEAD") == 0;
	bool get = strcmp(request->method, "GET") == 0 || head;
	bool post = strcmp(request->method, "POST") == 0;

	c->body = request->length;
	c->echo = false;
	if (strcmp(request->path, "/") == 0) {
		if (!get && !post) {
			response.status = 405;
			response.allow = "GET, HEAD, POST";
		} else {
			response.length = strlen(HELLO);
			response.body = head ? "" : HELLO;
		}
	} else if (strcmp(request->path, "/echo") == 0) {
		if (!post) {
			response.status = 405;
			response.allow = "POST";
		} else {
			response.length = request->length;
			c->echo = true;
		}
	} else {
		response.status = 404;
	}

	if (waits && response.status != 200)
		response.keep_alive = false; /* there may be no body now */
	else if (waits &&
	    write_queue_append(&c->queue, CONTINUE, strlen(CONTINUE)) < 0)
		return false;

	return respond(c, &response);
}

/* ---- requests */

/* Skips or sends back what there is of a body. */
static bool
handle_body(struct connection *c)
{
	size_t len = c->end - c->start;

	if (len > c->body)
		len = (size_t)c->body;
	if (c->echo &&
	    write_queue_append(&c->queue, c->in + c->start, len) < 0)
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
		(void)mio_loop_reset_timeout(loop, c->timeout, LINGER_NS);
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

	if (c->last && (c->body == 0 || !c->echo))
		finish(c);

	return !c->ended;
}

/* Nothing is received before the responses are sent. */
static void
update_interest(struct connection *c)
{
	unsigned interest = write_queue_length(&c->queue) > 0 ? MIO_WRITABLE :
								MIO_READABLE;

	if (interest == c->interest)
		return;
	c->interest = interest;
	check("mio_watch_update",
	    mio_watch_update(c->watch, interest, MIO_LEVEL));
}

static void
on_ready(struct mio_loop *ready_loop, void *context, unsigned ready)
{
	struct connection *c = context;
	size_t queued = write_queue_length(&c->queue);

	(void)ready_loop;
	(void)ready;
	if ((queued == 0 && !receive(c)) || !proceed(c)) {
		drop(c);
		return;
	}

	/* a part of a head is not enough to stay for longer */
	if (write_queue_length(&c->queue) < queued)
		c->active = true;
	if (c->active && !c->finished)
		(void)mio_loop_reset_timeout(loop, c->timeout, idle_ns);
	c->active = false;
	update_interest(c);
}

/* ---- connections */

static void
on_idle(struct mio_loop *idle_loop, void *context)
{
	struct connection *c = context;

	c->timeout = 0;
	/* one that has sent a part of a head learns why */
	if (c->last || c->body > 0 || c->start == c->end ||
	    !refuse(c, 408) ||
	    mio_loop_after(idle_loop, LINGER_NS, on_idle, c, &c->timeout) < 0 ||
	    !proceed(c))
		drop(c);
	else
		update_interest(c);
}

/* Returns false, and closes the descriptor, if there is no memory. */
static bool
add_connection(mio_fd_t fd)
{
	struct connection *c = malloc(sizeof(*c));

	if (c == NULL) {
		(void)mio_fd_close(fd);
		return false;
	}
	memset(c, 0, offsetof(struct connection, in));
	c->fd = fd;
	c->interest = MIO_READABLE;
	c->next = &connections;
	c->prev = connections.prev;
	c->prev->next = c->next->prev = c;
	(void)mio_tcp_set_nodelay(fd, true);

	if (mio_loop_after(loop, idle_ns, on_idle, c, &c->timeout) < 0 ||
	    mio_loop_watch_fd(loop, fd, c->interest, MIO_LEVEL, on_ready, c,
	    &c->watch) < 0) {
		drop(c);
		return false;
	}

	return true;
}

static void
resume(struct mio_loop *resumed_loop, void *context)
{
	(void)resumed_loop;
	(void)context;
	if (!stopping)
		check("mio_watch_update", mio_watch_update(listener_watch,
		    MIO_READABLE, MIO_LEVEL));
}

static void
on_accept(struct mio_loop *accept_loop, void *context, unsigned ready)
{
	mio_fd_t fd;
	int i, r;

	(void)context;
	(void)ready;
	for (i = 0; i < ACCEPTS; i++) {
		r = mio_tcp_accept(listener, &fd, NULL, NULL);
		if (r == 0 && add_connection(fd))
			continue;
		if (r == -EAGAIN)
			return;
		if (r == 0 || r == -EMFILE || r == -ENFILE || r == -ENOBUFS ||
		    r == -ENOMEM)
			break;
		/* any other error is one of a connection that is gone */
	}

	/* the next clients wait until others have left */
	if (i < ACCEPTS && mio_loop_after(accept_loop, RETRY_NS, resume, NULL,
	    NULL) == 0)
		check("mio_watch_update",
		    mio_watch_update(listener_watch, 0, MIO_LEVEL));
}

/* ---- the beginning and the end */

static void
on_signal(int number)
{
	(void)number;
	mio_loop_shutdown(loop);
}

static mio_fd_t
listen_on(const char *text)
{
	char name[MIO_ADDRESS_TEXT_MAX];
	struct sockaddr_storage addr;
	socklen_t len;
	mio_fd_t fd;

	check(text, mio_address_parse(&addr, &len, text, 80));
	check(text, mio_tcp_listen(&fd, (struct sockaddr *)&addr, len, 0, 0));
	check(text, mio_socket_local_addr(fd, &addr, &len));
	check(text, mio_address_format(
	    (struct sockaddr *)&addr, len, name, sizeof(name)));
	printf("listening on %s\n", name);
	(void)fflush(stdout);

	return fd;
}

static void
on_stop_timeout(struct mio_loop *stopped_loop, void *context)
{
	(void)context;
	mio_loop_shutdown(stopped_loop);
}

/* Finishes what is under way. */
static void
stop(void)
{
	struct connection *c, *next;

	stopping = true;
	mio_watch_end(listener_watch);
	(void)mio_fd_close(listener);
	for (c = connections.next; c != &connections; c = next) {
		next = c->next;
		if (c->body == 0 && c->start == c->end &&
		    write_queue_length(&c->queue) == 0 && !c->finished)
			drop(c);
	}

	if (connections.next != &connections) {
		check("mio_loop_after", mio_loop_after(loop, stop_ns,
		    on_stop_timeout, NULL, NULL));
		check("mio_loop_run", mio_loop_run(loop, NULL, NULL));
	}
	while (connections.next != &connections)
		drop(connections.next);
}

int
main(int argc, char **argv)
{
	struct mio_loop_config config = {
		.size = sizeof(config),
		.timer_capacity = CONNECTIONS + 2,
	};
	struct sigaction action = { .sa_handler = on_signal };
	struct rlimit limit;

	if (argc > 2)
		idle_ns = strtoull(argv[2], NULL, 10) * MS;
	if (argc > 3)
		stop_ns = strtoull(argv[3], NULL, 10) * MS;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	connections.next = connections.prev = &connections;

	check("mio_loop_create", mio_loop_create(&loop, &config));
	listener = listen_on(argc > 1 ? argv[1] : "127.0.0.1:0");
	check("mio_loop_watch_fd", mio_loop_watch_fd(loop, listener,
	    MIO_READABLE, MIO_LEVEL, on_accept, NULL, &listener_watch));
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);

	check("mio_loop_run", mio_loop_run(loop, NULL, NULL));
	(void)signal(SIGTERM, SIG_DFL); /* a second one ends it at once */
	(void)signal(SIGINT, SIG_DFL);
	stop();
	mio_loop_destroy(loop);

	return 0;
}
