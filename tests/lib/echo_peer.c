/* SPDX-License-Identifier: MIT */

/*
 * What the clients of tests/clients_unix.sh and tests/inherited.sh talk to.
 *
 *	echo_peer stream ADDRESS	echoes at a Unix domain address: a
 *	echo_peer datagram ADDRESS	path or, after an @, an abstract name
 *	echo_peer inherited		at the sockets of LISTEN_FDS
 *	echo_peer connect ADDRESS	has a megabyte echoed, and compares
 *	echo_peer send ADDRESS OWN	datagrams, from an address of its own
 *
 * The servers end with SIGTERM.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mio.h>

#define SOCKETS_MAX 8
#define FIRST_FD    3 /* of those inherited */
#define SIZE        1048576
#define DATAGRAMS   50
#define RETRY_NS    10000000 /* no event when a datagram's queue has room */
#define WAKER       ((mio_token_t)0)

struct source {
	mio_fd_t fd;
	int family;
	bool listens, datagrams, ended;
	size_t start, end; /* what is to be sent back */
	struct sockaddr_storage from;
	socklen_t from_len;
	char buffer[65536];
};

static struct mio_poll *mpoll;
static struct mio_waker *waker;
static struct source *sockets[SOCKETS_MAX];
static size_t socket_count;
static volatile sig_atomic_t stopping;

static void
stop(int number)
{
	(void)number;
	stopping = 1;
	(void)mio_waker_wake(waker);
}

/* Ends the program unless a call succeeded. */
static int
must(const char *what, ssize_t result)
{
	if (result < 0) {
		fprintf(stderr, "%s: %s\n", what, strerror((int)-result));
		exit(1);
	}

	return (int)result;
}

static socklen_t
parse_address(struct sockaddr_un *addr, const char *text)
{
	socklen_t len = 0;

	must(text,
	    text[0] == '@'
		? mio_unix_abstract_addr(addr, &len, text + 1, strlen(text) - 1)
		: mio_unix_addr(addr, &len, text));

	return len;
}

static struct source *
add(mio_fd_t fd, bool listens, bool datagrams)
{
	struct source *source = calloc(1, sizeof(*source));
	struct sockaddr_storage addr;
	socklen_t len;

	if (source == NULL)
		must("memory", -ENOMEM);
	must("local address", mio_socket_local_addr(fd, &addr, &len));
	source->fd = fd;
	source->family = addr.ss_family;
	source->listens = listens;
	source->datagrams = datagrams;
	must("register",
	    mio_poll_register_fd(mpoll, fd, (mio_token_t)(uintptr_t)source,
		listens ? MIO_READABLE : MIO_READABLE | MIO_WRITABLE,
		MIO_EDGE));

	return source;
}

static void
drop(struct source *source)
{
	must("close", mio_fd_close(source->fd));
	free(source);
}

static void
accept_all(struct source *listener)
{
	mio_fd_t fd;
	int r;

	for (;;) {
		r = listener->family == AF_UNIX
		    ? mio_unix_accept(listener->fd, &fd, NULL, NULL)
		    : mio_tcp_accept(listener->fd, &fd, NULL, NULL);
		if (r == -EAGAIN)
			return;
		must("accept", r);
		(void)add(fd, false, false);
	}
}

static ssize_t
receive(struct source *s)
{
	struct sockaddr_un *from = (struct sockaddr_un *)&s->from;

	if (!s->datagrams)
		return mio_socket_recv(s->fd, s->buffer, sizeof(s->buffer));
	if (s->family == AF_UNIX)
		return mio_unix_recv_from(
		    s->fd, s->buffer, sizeof(s->buffer), from, &s->from_len);

	return mio_udp_recv_from(
	    s->fd, s->buffer, sizeof(s->buffer), &s->from, &s->from_len);
}

static ssize_t
send_rest(struct source *s)
{
	const char *rest = s->buffer + s->start;
	size_t len = s->end - s->start;

	if (!s->datagrams)
		return mio_socket_send(s->fd, rest, len);
	if (s->family == AF_UNIX)
		return mio_unix_send_to(s->fd, rest, len,
		    (struct sockaddr_un *)&s->from, s->from_len);

	return mio_udp_send_to(
	    s->fd, rest, len, (struct sockaddr *)&s->from, s->from_len);
}

/* Works until either side blocks; false when a connection is done with. */
static bool
echo(struct source *s)
{
	ssize_t n;

	for (;;) {
		while (s->from_len > 0 || s->start < s->end) {
			n = send_rest(s);
			if (n == -EAGAIN)
				return true;
			if (n < 0 && !s->datagrams)
				return false;
			s->start += n < 0 ? s->end - s->start : (size_t)n;
			s->from_len = 0; /* a datagram goes out whole */
		}
		if (s->ended)
			return false;

		n = receive(s);
		if (n == -EAGAIN)
			return true;
		if (n < 0)
			return false;
		s->ended = n == 0 && !s->datagrams;
		s->start = 0;
		s->end = (size_t)n;
	}
}

/* Whether a datagram waits for room where it goes. */
static bool
retries(void)
{
	size_t i;
	bool any = false;

	for (i = 0; i < socket_count; i++)
		any |= sockets[i]->datagrams && sockets[i]->from_len > 0;

	return any;
}

static int
serve(const char *where)
{
	struct sigaction action = { .sa_handler = stop };
	struct mio_event events[64];
	int i, n;

	must("waker", mio_waker_create(&waker, mpoll, WAKER));
	if (sigaction(SIGTERM, &action, NULL) != 0)
		must("SIGTERM", -errno);
	printf("listening on %s\n", where);
	fflush(stdout);

	while (!stopping) {
		n = must("poll",
		    mio_poll(mpoll, events, 64, retries() ? RETRY_NS : -1));
		for (i = 0; i < n; i++) {
			struct source *s =
			    (struct source *)(uintptr_t)events[i].token;

			if (s == NULL)
				continue; /* the waker */
			if (s->listens)
				accept_all(s);
			else if (!echo(s))
				drop(s);
		}
		for (i = 0; i < (int)socket_count; i++)
			if (sockets[i]->datagrams && !echo(sockets[i]))
				must("datagrams", -EIO);
	}

	mio_waker_destroy(waker);
	for (i = 0; i < (int)socket_count; i++)
		drop(sockets[i]);
	mio_poll_destroy(mpoll);

	return 0;
}

static int
serve_at(const char *address, bool datagrams)
{
	struct sockaddr_un addr;
	socklen_t len = parse_address(&addr, address);
	mio_fd_t fd;

	must("listen",
	    datagrams ? mio_unix_datagram_bind(&fd, &addr, len)
		      : mio_unix_listen(&fd, &addr, len, 0));
	sockets[socket_count++] = add(fd, !datagrams, datagrams);

	return serve(address);
}

/* As sd_listen_fds(3) has it: they are ours, from descriptor 3 on. */
static int
serve_inherited(void)
{
	const char *pid = getenv("LISTEN_PID");
	const char *count = getenv("LISTEN_FDS");
	int fd, listens, end = FIRST_FD + (count == NULL ? 0 : atoi(count));
	socklen_t len = sizeof(listens);

	if (pid == NULL || atol(pid) != (long)getpid())
		must("LISTEN_PID", -ESRCH);
	if (end == FIRST_FD || end > FIRST_FD + SOCKETS_MAX)
		must("LISTEN_FDS", -ERANGE);

	for (fd = FIRST_FD; fd < end; fd++) {
		must("adopt", mio_fd_adopt(fd));
		if (!(fcntl(fd, F_GETFL) & O_NONBLOCK) ||
		    !(fcntl(fd, F_GETFD) & FD_CLOEXEC))
			must("adopted, but blocks or is passed on", -EIO);
		if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) !=
		    0)
			must("SO_ACCEPTCONN", -errno);
		sockets[socket_count++] = add(fd, listens != 0, listens == 0);
	}

	return serve(count);
}

static void
wait_for_change(int64_t timeout)
{
	struct mio_event event;

	must("poll", mio_poll(mpoll, &event, 1, timeout));
}

static char
byte_at(size_t i)
{
	return (char)(i * 31 + i / 256);
}

static void
compare(const char *bytes, size_t len, size_t from)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (bytes[i] != byte_at(from + i))
			must("a wrong byte came back", -EIO);
}

static int
connect_to(const char *address)
{
	static char bytes[SIZE], back[65536];
	struct sockaddr_un addr;
	socklen_t len = parse_address(&addr, address);
	size_t i, sent = 0, received = 0;
	ssize_t n;
	mio_fd_t fd;

	for (i = 0; i < SIZE; i++)
		bytes[i] = byte_at(i);
	must("connect", mio_unix_connect(&fd, &addr, len));
	must("register",
	    mio_poll_register_fd(
		mpoll, fd, 1, MIO_READABLE | MIO_WRITABLE, MIO_EDGE));

	while (received < SIZE) {
		n = sent == SIZE
		    ? -EAGAIN
		    : mio_socket_send(fd, bytes + sent, SIZE - sent);
		if (n != -EAGAIN)
			sent += (size_t)must("send", n);
		if (sent == SIZE && n > 0)
			must("shutdown",
			    mio_socket_shutdown(fd, MIO_SHUT_WRITE));

		n = mio_socket_recv(fd, back, sizeof(back));
		if (n == -EAGAIN) {
			wait_for_change(-1);
			continue;
		}
		if (must("receive", n) == 0)
			must("the end came too early", -EIO);
		compare(back, (size_t)n, received);
		received += (size_t)n;
	}
	must("close", mio_fd_close(fd));
	mio_poll_destroy(mpoll);
	printf("%zu bytes\n", received);

	return 0;
}

/* One after the other, as a process of its own replies to each. */
static int
send_to(const char *address, const char *own)
{
	struct sockaddr_un addr, self;
	socklen_t len = parse_address(&addr, address);
	socklen_t self_len = parse_address(&self, own);
	char bytes[DATAGRAMS], back[sizeof(bytes) + 1];
	size_t i, size;
	ssize_t n;
	mio_fd_t fd;

	for (i = 0; i < DATAGRAMS; i++)
		bytes[i] = byte_at(i);
	must("bind", mio_unix_datagram_bind(&fd, &self, self_len));
	must("register",
	    mio_poll_register_fd(
		mpoll, fd, 1, MIO_READABLE | MIO_WRITABLE, MIO_EDGE));

	for (size = 1; size <= DATAGRAMS; size++) {
		while ((n = mio_unix_send_to(fd, bytes, size, &addr, len)) ==
		    -EAGAIN)
			wait_for_change(RETRY_NS);
		must("send", n);
		while ((n = mio_unix_recv_from(
			    fd, back, sizeof(back), NULL, NULL)) == -EAGAIN)
			wait_for_change(-1);
		if ((size_t)must("receive", n) != size)
			must("another size came back", -EIO);
		compare(back, size, 0);
	}
	must("close", mio_fd_close(fd));
	mio_poll_destroy(mpoll);
	printf("%d datagrams\n", DATAGRAMS);

	return 0;
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	must("poll", mio_poll_create(&mpoll));
	if (argc == 3 && strcmp(what, "stream") == 0)
		return serve_at(argv[2], false);
	if (argc == 3 && strcmp(what, "datagram") == 0)
		return serve_at(argv[2], true);
	if (argc == 2 && strcmp(what, "inherited") == 0)
		return serve_inherited();
	if (argc == 3 && strcmp(what, "connect") == 0)
		return connect_to(argv[2]);
	if (argc == 4 && strcmp(what, "send") == 0)
		return send_to(argv[2], argv[3]);

	fprintf(stderr, "echo_peer: what?\n");

	return 2;
}
