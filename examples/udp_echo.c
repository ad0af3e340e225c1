/* SPDX-License-Identifier: MIT */

/*
 * udp_echo [PORT [ADDRESS]]: returns every datagram to its sender. ADDRESS is
 * an IPv4 or IPv6 address; the default is 127.0.0.1. Prints the port that it is
 * bound to; SIGTERM and SIGINT end it.
 *
 * Datagrams are received and sent in batches, which needs few system calls. The
 * socket is registered edge-triggered: an event means that something has
 * changed, so the program works until a call returns -EAGAIN. While there is no
 * room to send, it does not receive either; datagrams that do not fit into the
 * buffer of the socket are lost, as UDP permits.
 *
 *	cc -o udp_echo udp_echo.c $(pkg-config --cflags --libs mio)
 */

#define _XOPEN_SOURCE 700

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <mio.h>

#define BATCH        32
#define DATAGRAM_MAX 65536 /* no datagram is longer */
#define SOCKET       ((mio_token_t)1)
#define WAKER        ((mio_token_t)2)

/* One batch: those from start to end are still to be sent back. */
struct echo {
	mio_fd_t fd;
	size_t start, end;
	struct mio_datagram datagrams[BATCH];
	char buffers[BATCH][DATAGRAM_MAX];
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

/* Sends the batch; returns false if there is no room to send. */
static bool
send_back(struct echo *e)
{
	int n;

	while (e->start < e->end) {
		n = mio_udp_send_batch(
		    e->fd, &e->datagrams[e->start], e->end - e->start);
		if (n == -EAGAIN)
			return false; /* until MIO_WRITABLE */

		/* skip a datagram that cannot be sent */
		e->start += n < 0 ? 1 : (size_t)n;
	}

	return true;
}

/* Receives the next batch; returns false if there is none. */
static bool
receive(struct echo *e)
{
	size_t i;
	int n;

	for (i = 0; i < BATCH; i++) {
		e->datagrams[i].data = e->buffers[i];
		e->datagrams[i].len = DATAGRAM_MAX;
	}

	n = mio_udp_recv_batch(e->fd, e->datagrams, BATCH);
	if (n == -EAGAIN)
		return false; /* until MIO_READABLE */
	if (n < 0 && n != -ECONNREFUSED) /* that concerns one client */
		fail("receive", n);

	e->start = 0;
	e->end = n < 0 ? 0 : (size_t)n;

	return true;
}

/* Works until a call would block or the program is to end. */
static void
echo(struct echo *e)
{
	while (!stopping) {
		if (!send_back(e) || !receive(e))
			break;
	}
}

static mio_fd_t
bind_to(const char *address, const char *port)
{
	struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_DGRAM,
	};
	struct sockaddr_storage bound;
	struct addrinfo *info;
	socklen_t len;
	mio_fd_t fd;
	int r;

	r = getaddrinfo(address, port, &hints, &info);
	if (r != 0) {
		fprintf(stderr, "%s, port %s: %s\n", address, port,
		    gai_strerror(r));
		exit(1);
	}
	r = mio_udp_bind(&fd, info->ai_addr, info->ai_addrlen, 0);
	if (r < 0)
		fail("bind", r);
	freeaddrinfo(info);

	r = mio_socket_local_addr(fd, &bound, &len);
	if (r < 0)
		fail("local address", r);
	printf("listening on %u\n",
	    ntohs(bound.ss_family == AF_INET6
		    ? ((struct sockaddr_in6 *)&bound)->sin6_port
		    : ((struct sockaddr_in *)&bound)->sin_port));
	fflush(stdout);

	return fd;
}

int
main(int argc, char **argv)
{
	static struct echo e; /* 2 MiB */
	struct sigaction action = { .sa_handler = stop };
	struct mio_event events[2];
	struct mio_poll *poll;
	int r;

	r = mio_poll_create(&poll);
	if (r < 0)
		fail("poll", r);
	r = mio_waker_create(&waker, poll, WAKER);
	if (r < 0)
		fail("waker", r);
	if (sigaction(SIGTERM, &action, NULL) != 0 ||
	    sigaction(SIGINT, &action, NULL) != 0)
		fail("signals", -errno);

	e.fd =
	    bind_to(argc > 2 ? argv[2] : "127.0.0.1", argc > 1 ? argv[1] : "0");
	r = mio_poll_register_fd(
	    poll, e.fd, SOCKET, MIO_READABLE | MIO_WRITABLE, MIO_EDGE);
	if (r < 0)
		fail("register", r);

	/* every event is handled in the same way */
	while (!stopping) {
		r = mio_poll(poll, events, 2, -1);
		if (r < 0)
			fail("poll", r);
		echo(&e);
	}

	(void)mio_fd_close(e.fd);
	mio_waker_destroy(waker);
	mio_poll_destroy(poll);

	return 0;
}
