/* SPDX-License-Identifier: MIT */

/*
 * Large and awkward numbers: 10,000 idle connections beside a busy one, no
 * descriptor left at accept, a reader that is slow, a reset in the middle. A
 * child process holds the far ends, so that each process keeps to its limit of
 * descriptors.
 */

#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <mio.h>

#define IDLE        10000
#define BUSY        IDLE /* the token of the busy one */
#define ADDRESSES   4	 /* of the loopback network, to spare its ports */
#define TIME_LIMIT  120
#define PATIENCE    (INT64_C(30) * 1000000000)
#define SETTLE_NS   20000000 /* how long nothing has to come to be nothing */
#define BUFFER      262144   /* far less than what goes through it */
#define SKIP        77

#define CHECK(condition) check((condition), #condition, __LINE__)

static void
check(bool holds, const char *what, int line)
{
	if (holds)
		return;

	fprintf(stderr, "scale.c:%d: not so: %s (errno %d)\n", line, what,
	    errno);
	exit(1);
}

static struct sockaddr_in
address(unsigned host, unsigned port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + host),
	};
}

static mio_fd_t
listen_at(unsigned host)
{
	struct sockaddr_in addr = address(host, 0);
	mio_fd_t fd;

	CHECK(mio_tcp_listen(&fd, (struct sockaddr *)&addr, sizeof(addr), 0,
	    0) == 0);

	return fd;
}

static unsigned
port_of(mio_fd_t fd)
{
	struct sockaddr_storage addr;
	socklen_t len;

	CHECK(mio_socket_local_addr(fd, &addr, &len) == 0);

	return ntohs(((struct sockaddr_in *)&addr)->sin_port);
}

static mio_fd_t
connect_to(unsigned host, unsigned port)
{
	struct sockaddr_in addr = address(host, port);
	struct pollfd look = { .events = POLLOUT };

	CHECK(mio_tcp_connect(&look.fd, (struct sockaddr *)&addr,
	    sizeof(addr)) == 0);
	CHECK(poll(&look, 1, 30000) == 1);
	CHECK(mio_socket_connect_finish(look.fd) == 0);

	return look.fd;
}

static mio_fd_t
accept_from(mio_fd_t listener)
{
	struct pollfd look = { .fd = listener, .events = POLLIN };
	mio_fd_t fd;

	CHECK(poll(&look, 1, 30000) == 1);
	CHECK(mio_tcp_accept(listener, &fd, NULL, NULL) == 0);

	return fd;
}

static void
pair(mio_fd_t fds[2])
{
	mio_fd_t listener = listen_at(0);

	fds[0] = connect_to(0, port_of(listener));
	fds[1] = accept_from(listener);
	CHECK(mio_fd_close(listener) == 0);
}

/* The far side: idle ones first, then the busy one, which plays ping-pong. */
static void
be_the_clients(const unsigned *ports, unsigned messages)
{
	struct pollfd look = { .events = POLLIN };
	unsigned i;
	char byte;

	alarm(TIME_LIMIT); /* the parent's is not inherited */
	for (i = 0; i < IDLE; i++)
		(void)connect_to(i % ADDRESSES, ports[i % ADDRESSES]);

	look.fd = connect_to(0, ports[0]);
	for (i = 0; i < messages; i++) {
		byte = (char)i;
		CHECK(mio_socket_send(look.fd, &byte, 1) == 1);
		CHECK(poll(&look, 1, 30000) == 1);
		CHECK(mio_socket_recv(look.fd, &byte, 1) == 1);
		CHECK(byte == (char)i);
	}
	_exit(0);
}

/* Until there is no more; how many. */
static unsigned
echo(mio_fd_t fd)
{
	unsigned count = 0;
	char byte;
	ssize_t n;

	while ((n = mio_socket_recv(fd, &byte, 1)) == 1) {
		CHECK(mio_socket_send(fd, &byte, 1) == 1);
		count++;
	}
	CHECK(n == -EAGAIN || n == 0);

	return count;
}

static void
idle_beside_busy(void)
{
	static mio_fd_t fds[IDLE + 1];
	unsigned messages = strcmp(mio_poll_backend(), "epoll") == 0 ?
	    10000 : 500;
	mio_fd_t listeners[ADDRESSES];
	unsigned ports[ADDRESSES];
	struct mio_event events[16];
	struct mio_poll *poll_;
	unsigned i;
	int status;
	pid_t pid;

	for (i = 0; i < ADDRESSES; i++) {
		listeners[i] = listen_at(i);
		ports[i] = port_of(listeners[i]);
	}
	fflush(stdout);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0)
		be_the_clients(ports, messages);

	CHECK(mio_poll_create(&poll_) == 0);
	for (i = 0; i <= IDLE; i++) {
		fds[i] = accept_from(listeners[i % ADDRESSES]);
		CHECK(mio_poll_register_fd(poll_, fds[i], i, MIO_READABLE,
		    MIO_EDGE) == 0);
	}

	for (i = 0; i < messages; i += echo(fds[BUSY])) {
		CHECK(mio_poll(poll_, events, 16, PATIENCE) == 1);
		CHECK(events[0].token == BUSY);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(status == 0);

	for (i = 0; i <= IDLE; i++)
		CHECK(mio_fd_close(fds[i]) == 0);
	for (i = 0; i < ADDRESSES; i++)
		CHECK(mio_fd_close(listeners[i]) == 0);
	mio_poll_destroy(poll_);
	printf("ok: %u messages beside %d idle connections\n", messages, IDLE);
}

/* As mio_tcp_accept(3) has it: wait for a while, then accept once more. */
static void
no_descriptor_at_accept(void)
{
	mio_fd_t listener = listen_at(0);
	mio_fd_t hoard[64], accepted, last;
	struct rlimit before, low;
	struct mio_event event;
	struct mio_poll *poll_;
	unsigned n = 0;

	CHECK(mio_poll_create(&poll_) == 0);
	CHECK(mio_poll_register_fd(poll_, listener, 1, MIO_READABLE,
	    MIO_EDGE) == 0);
	CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
	low = before;
	low.rlim_cur = 64;
	CHECK(setrlimit(RLIMIT_NOFILE, &low) == 0);

	last = connect_to(0, port_of(listener));
	while (mio_fd_dup(listener, &hoard[n]) == 0)
		n++;
	CHECK(n > 0);

	CHECK(mio_poll(poll_, &event, 1, PATIENCE) == 1);
	CHECK(mio_tcp_accept(listener, &accepted, NULL, NULL) == -EMFILE);
	CHECK(mio_tcp_accept(listener, &accepted, NULL, NULL) == -EMFILE);
	CHECK(mio_poll(poll_, &event, 1, SETTLE_NS) == 0);

	CHECK(mio_fd_close(hoard[--n]) == 0);
	CHECK(mio_poll(poll_, &event, 1, SETTLE_NS) == 0);
	CHECK(mio_tcp_accept(listener, &accepted, NULL, NULL) == 0);

	CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
	while (n > 0)
		CHECK(mio_fd_close(hoard[--n]) == 0);
	CHECK(mio_fd_close(accepted) == 0);
	CHECK(mio_fd_close(last) == 0);
	CHECK(mio_fd_close(listener) == 0);
	mio_poll_destroy(poll_);
	printf("ok: no descriptor left at accept\n");
}

/* Sends until it blocks; how far it got. */
static size_t
fill(mio_fd_t fd, size_t from, size_t total)
{
	char block[4096];
	ssize_t n = 0;
	size_t i;

	while (from < total) {
		for (i = 0; i < sizeof(block); i++)
			block[i] = (char)((from + i) % 251);
		n = mio_socket_send(fd, block, total - from < sizeof(block) ?
		    total - from : sizeof(block));
		if (n < 0)
			break;
		from += (size_t)n;
	}
	CHECK(n > 0 || n == -EAGAIN);

	return from;
}

static void
slow_reader(void)
{
	const size_t total = (size_t)8 << 20;
	size_t sent, received = 0;
	unsigned room_again = 0;
	struct mio_event event;
	struct mio_poll *poll_;
	mio_fd_t fds[2];
	char block[3000];
	ssize_t n, i;

	pair(fds);
	CHECK(mio_socket_set_send_buffer_size(fds[0], BUFFER) == 0);
	CHECK(mio_socket_set_recv_buffer_size(fds[1], BUFFER) == 0);
	CHECK(mio_poll_create(&poll_) == 0);
	CHECK(mio_poll_register_fd(poll_, fds[0], 1, MIO_WRITABLE,
	    MIO_EDGE) == 0);
	CHECK(mio_poll(poll_, &event, 1, PATIENCE) == 1);
	sent = fill(fds[0], 0, total);
	CHECK(sent < total);

	while (received < total) {
		struct pollfd look = { .fd = fds[1], .events = POLLIN };

		CHECK(poll(&look, 1, 30000) == 1);
		n = mio_socket_recv(fds[1], block, sizeof(block));
		CHECK(n > 0);
		for (i = 0; i < n; i++)
			CHECK(block[i] ==
			    (char)((received + (size_t)i) % 251));
		received += (size_t)n;

		if (mio_poll(poll_, &event, 1, 0) == 1) {
			CHECK(event.ready == MIO_WRITABLE);
			room_again++;
			sent = fill(fds[0], sent, total);
		}
		/* all was read: then there is room, and an event for it */
		if (received == sent && sent < total) {
			CHECK(mio_poll(poll_, &event, 1, PATIENCE) == 1);
			sent = fill(fds[0], sent, total);
		}
	}
	CHECK(sent == total);
	CHECK(room_again > 0);

	CHECK(mio_fd_close(fds[0]) == 0);
	CHECK(mio_fd_close(fds[1]) == 0);
	mio_poll_destroy(poll_);
	printf("ok: a slow reader, room again %u times\n", room_again);
}

/* With the default disposition, SIGPIPE would be the end of us. */
static void
reset_in_the_middle(void)
{
	struct mio_event event;
	struct mio_poll *poll_;
	mio_fd_t fds[2];
	char byte = 'x';
	ssize_t n;

	pair(fds);
	CHECK(mio_poll_create(&poll_) == 0);
	(void)fill(fds[0], 0, (size_t)1 << 30);
	CHECK(mio_poll_register_fd(poll_, fds[0], 1,
	    MIO_READABLE | MIO_WRITABLE, MIO_EDGE) == 0);
	/* a busy kernel may still move bytes to the peer, and so make room */
	while (mio_poll(poll_, &event, 1, SETTLE_NS) == 1)
		(void)fill(fds[0], 0, (size_t)1 << 30);
	CHECK(mio_tcp_set_linger(fds[1], 0) == 0);
	CHECK(mio_fd_close(fds[1]) == 0);

	CHECK(mio_poll(poll_, &event, 1, PATIENCE) == 1);
	CHECK((event.ready & (MIO_ERROR | MIO_HUP)) == (MIO_ERROR | MIO_HUP));
	n = mio_socket_send(fds[0], &byte, 1);
	CHECK(n == -ECONNRESET || n == -EPIPE);
	CHECK(mio_socket_send(fds[0], &byte, 1) == -EPIPE);

	CHECK(mio_fd_close(fds[0]) == 0);
	mio_poll_destroy(poll_);
	printf("ok: a reset in the middle\n");
}

int
main(void)
{
	struct rlimit limit;

	alarm(TIME_LIMIT);
	no_descriptor_at_accept();
	slow_reader();
	reset_in_the_middle();

	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = limit.rlim_max;
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	if (limit.rlim_max < IDLE + 64) {
		printf("no more than %lu descriptors here\n",
		    (unsigned long)limit.rlim_max);
		return SKIP;
	}
	idle_beside_busy();

	return 0;
}
