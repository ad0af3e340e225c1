/* SPDX-License-Identifier: MIT */

/*
 * echo_server [PORT]: listens on 127.0.0.1 and sends every byte back to the
 * client that it was received from, for any number of clients. Prints the port
 * that it listens on; SIGTERM and SIGINT end it.
 *
 * All descriptors are registered with one poll, edge-triggered. An event means
 * that something has changed, so the server serves a connection until its calls
 * return -EAGAIN. If a client does not read, its buffer fills up, and the
 * server stops reading from it.
 *
 *	cc -o echo_server echo_server.c $(pkg-config --cflags --libs mio)
 */

#define _XOPEN_SOURCE 700

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <mio.h>

#define BUFFER_SIZE  16384
#define EVENTS       256
#define RETRY_NS     100000000 /* until it tries again to accept */
#define LISTENER     ((mio_token_t)1)
#define WAKER        ((mio_token_t)2) /* all other tokens are connections */

struct connection {
	mio_fd_t fd;
	bool ended;		/* the client has sent its last byte */
	size_t start, end;	/* the bytes to send back */
	char buffer[BUFFER_SIZE];
};

static struct mio_waker *waker;
static volatile sig_atomic_t stopping;

static void
stop(int number)
{
	(void)number;
	stopping = 1;
	(void)mio_waker_wake(waker); /* async-signal-safe */
}

static void
fail(const char *what, int error)
{
	errno = -error;
	perror(what);
	exit(1);
}

/* Sends the buffered bytes; returns false if the connection has failed. */
static bool
flush(struct connection *c)
{
	ssize_t n;

	while (c->start < c->end) {
		n = mio_socket_send(
		    c->fd, c->buffer + c->start, c->end - c->start);
		if (n == -EAGAIN)
			return true;
		if (n < 0)
			return false;
		c->start += (size_t)n;
	}
	c->start = c->end = 0;

	return true;
}

/* Serves until a call would block; returns false when it is finished. */
static bool
echo(struct connection *c)
{
	ssize_t n;

	for (;;) {
		if (!flush(c))
			return false;
		if (c->end > 0)
			return true; /* until MIO_WRITABLE */
		if (c->ended)
			return false;

		n = mio_socket_recv(c->fd, c->buffer, BUFFER_SIZE);
		if (n == -EAGAIN)
			return true; /* until MIO_READABLE */
		if (n < 0)
			return false;
		c->ended = n == 0;
		c->end = (size_t)n;
	}
}

/*
 * A call to mio_poll() reports at most one event for each descriptor, so no
 * later event of this call can refer to the connection that is freed here.
 */
static void
drop(struct connection *c)
{
	(void)mio_fd_close(c->fd); /* which deregisters it */
	free(c);
}

/*
 * Accepts every queued connection. Returns false if some remain in the queue
 * because of a lack of descriptors or memory. No edge is reported for these, so
 * the caller tries again later.
 */
static bool
accept_all(struct mio_poll *poll, mio_fd_t listener)
{
	struct connection *c;
	mio_fd_t fd;
	int r;

	for (;;) {
		r = mio_tcp_accept(listener, &fd, NULL, NULL);
		if (r == -EAGAIN)
			return true;
		if (r == -EMFILE || r == -ENFILE || r == -ENOBUFS ||
		    r == -ENOMEM)
			return false;
		if (r < 0)
			continue; /* an error of that connection only */

		c = calloc(1, sizeof(*c));
		if (c == NULL) {
			(void)mio_fd_close(fd);
			continue;
		}
		c->fd = fd;
		r = mio_poll_register_fd(poll, fd, (mio_token_t)(uintptr_t)c,
		    MIO_READABLE | MIO_WRITABLE, MIO_EDGE);
		if (r < 0)
			drop(c);
	}
}

static mio_fd_t
listen_on(unsigned port)
{
	struct sockaddr_storage addr, bound;
	socklen_t len;
	mio_fd_t fd = MIO_INVALID_FD;
	int r;

	r = mio_address_parse(&addr, &len, "127.0.0.1", (uint16_t)port);
	if (r == 0)
		r = mio_tcp_listen(&fd, (struct sockaddr *)&addr, len, 0, 0);
	if (r < 0)
		fail("listen", r);

	r = mio_socket_local_addr(fd, &bound, &len);
	if (r < 0)
		fail("local address", r);
	printf("listening on %u\n",
	    ntohs(((struct sockaddr_in *)&bound)->sin_port));
	fflush(stdout);

	return fd;
}

static void
serve(struct mio_poll *poll, mio_fd_t listener)
{
	struct mio_event events[EVENTS];
	bool all_accepted = true;
	int i, n;

	while (!stopping) {
		n = mio_poll(poll, events, EVENTS,
		    all_accepted ? -1 : RETRY_NS);
		if (n < 0)
			fail("poll", n);

		for (i = 0; i < n; i++) {
			struct connection *c;

			if (events[i].token == WAKER)
				continue;
			if (events[i].token == LISTENER) {
				all_accepted = false;
				continue;
			}
			c = (struct connection *)(uintptr_t)events[i].token;
			if (!echo(c))
				drop(c);
		}

		if (!all_accepted)
			all_accepted = accept_all(poll, listener);
	}
}

int
main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop };
	unsigned long port = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	struct mio_poll *poll;
	mio_fd_t listener;
	int r;

	if (port > UINT16_MAX)
		fail("port", -ERANGE);
	r = mio_poll_create(&poll);
	if (r < 0)
		fail("poll", r);
	r = mio_waker_create(&waker, poll, WAKER);
	if (r < 0)
		fail("waker", r);
	if (sigaction(SIGTERM, &action, NULL) != 0 ||
	    sigaction(SIGINT, &action, NULL) != 0)
		fail("signals", -errno);

	listener = listen_on((unsigned)port);
	r = mio_poll_register_fd(
	    poll, listener, LISTENER, MIO_READABLE, MIO_EDGE);
	if (r < 0)
		fail("register", r);

	serve(poll, listener);

	/* open connections are closed when the process ends */
	(void)mio_fd_close(listener);
	mio_waker_destroy(waker);
	mio_poll_destroy(poll);

	return 0;
}
