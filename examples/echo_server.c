/* SPDX-License-Identifier: MIT */

/*
 * echo_server [PORT]: sends every byte back where it came from, for any number
 * of clients, on 127.0.0.1. Prints the port that it listens on; SIGTERM and
 * SIGINT end it.
 *
 * One poll, edge-triggered: an event says that something has changed, so each
 * connection is worked on until its calls answer -EAGAIN. A client that does
 * not read what it gets back is not read from either, once its buffer is full.
 */

#define _POSIX_C_SOURCE 200809L

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
#define RETRY_NS     100000000 /* how long to leave a queue that overflowed */
#define LISTENER     ((mio_token_t)1)
#define WAKER        ((mio_token_t)2) /* all other tokens are connections */

struct connection {
	mio_fd_t fd;
	bool ended;		/* the client has sent its last byte */
	size_t start, end;	/* what is to be sent back */
	char buffer[BUFFER_SIZE];
};

static struct mio_waker *waker;
static volatile sig_atomic_t stopping;

static void
stop(int number)
{
	(void)number;
	stopping = 1;
	(void)mio_waker_wake(waker); /* may be called in a handler */
}

static void
fail(const char *what, int error)
{
	errno = -error;
	perror(what);
	exit(1);
}

/* Sends what there is; false when the connection is of no more use. */
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

/* Works until either side blocks; false when the connection is done with. */
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
 * There is one event for a connection in a batch at most, as its descriptor is
 * registered once: nothing later in the batch can refer to what is freed here.
 */
static void
drop(struct connection *c)
{
	(void)mio_fd_close(c->fd); /* which deregisters it */
	free(c);
}

/*
 * Accepts all that wait; false when some had to be left in the queue for want
 * of descriptors. No new edge will tell of those, so they are tried again.
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
			continue; /* that connection broke while it waited */

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
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct sockaddr_storage bound;
	socklen_t len;
	mio_fd_t fd;
	int r;

	r = mio_tcp_listen(&fd, (struct sockaddr *)&addr, sizeof(addr), 0, 0);
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

	/* connections that are still open end with the process */
	(void)mio_fd_close(listener);
	mio_waker_destroy(waker);
	mio_poll_destroy(poll);

	return 0;
}
