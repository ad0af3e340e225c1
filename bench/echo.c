/* SPDX-License-Identifier: MIT */

/*
 * A TCP server that sends back what it receives. Its client, another process,
 * has N connections. It sends a message of 64 bytes on each, and the next one
 * when it has received the whole message back. The program measures the time of
 * one round trip, which is the reciprocal of their rate on all connections
 * together, and the processor time of the server for one message.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/socket.h>

#include "client.h"
#include "reactor.h"

enum { MOST = 1000, SIZE = 64, BUFFER = 4096, MESSAGES = 20000 };

static const unsigned counts[] = { 1, 100, MOST };

static size_t count;

/* ---- the client */

struct connection {
	int fd;
	size_t received;
	unsigned serial;
};

static struct connection connections[MOST];

static void
fill(const struct connection *connection, char message[SIZE])
{
	memset(message, (int)(connection->serial & 0x7f), SIZE);
	memcpy(message, &connection->fd, sizeof(connection->fd));
}

static void
send_next(struct connection *connection)
{
	char message[SIZE];

	connection->serial++;
	connection->received = 0;
	fill(connection, message);
	must(write(connection->fd, message, SIZE) == SIZE,
	    "write in the client");
}

static void
receive(struct connection *connection)
{
	char message[SIZE], expected[SIZE];
	ssize_t n = read(
	    connection->fd, message, SIZE - connection->received);

	if (n == 0)
		_exit(0); /* the server ends */
	must(n > 0, "read in the client");
	fill(connection, expected);
	must(memcmp(message, expected + connection->received, (size_t)n) == 0,
	    "receiving the same bytes back");
	connection->received += (size_t)n;
	if (connection->received == SIZE)
		send_next(connection);
}

static void
run_client(const struct sockaddr_in *addr)
{
	static struct epoll_event events[REACTOR_EVENTS];
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int i, n;

	must(epoll >= 0, "epoll_create1");
	for (i = 0; i < (int)count; i++) {
		connections[i].fd = client_connect(addr);
		event.data.u32 = (uint32_t)i;
		must(epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].fd,
			 &event) == 0,
		    "epoll_ctl");
	}
	for (i = 0; i < (int)count; i++)
		send_next(&connections[i]);
	for (;;) {
		n = epoll_wait(epoll, events, REACTOR_EVENTS, -1);
		must(n > 0, "epoll_wait");
		for (i = 0; i < n; i++)
			receive(&connections[events[i].data.u32]);
	}
}

/* ---- the server */

static int listener, accepted[MOST];
static long left; /* bytes to send back */

bool
reactor_ready(size_t index)
{
	char bytes[BUFFER];
	ssize_t n = read(accepted[index], bytes, sizeof(bytes));

	must(n > 0, "read");
	must(write(accepted[index], bytes, (size_t)n) == n, "write");
	left -= n;

	return left > 0;
}

static void
begin(const struct reactor *reactor)
{
	struct pollfd waiting;
	struct sockaddr_in addr;
	size_t i;

	waiting.fd = listener = client_listen(&addr);
	waiting.events = POLLIN;
	client_start(run_client, &addr);
	reactor->begin(count);
	for (i = 0; i < count; i++) {
		must(poll(&waiting, 1, -1) == 1, "poll");
		accepted[i] = accept4(
		    listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		must(accepted[i] >= 0, "accept4");
		client_set_nodelay(accepted[i]);
		reactor->add(i, accepted[i], false);
	}
	(void)close(listener);
}

static void
run(const struct reactor *reactor, unsigned long times)
{
	left = (long)times * SIZE;
	reactor->run();
}

static void
end(const struct reactor *reactor)
{
	size_t i;

	client_stop();
	for (i = 0; i < count; i++) {
		reactor->forget(i, accepted[i]);
		(void)close(accepted[i]);
	}
	reactor->end();
}

int
main(int argc, char **argv)
{
	const struct reactor_workload workload = { .begin = begin, .run = run,
		.end = end, .processor_too = true };
	size_t limit = reactor_descriptors();
	char what[64];
	size_t n;

	for (n = 0; n < sizeof(counts) / sizeof(counts[0]); n++) {
		count = counts[n];
		bench_case("echo", "echo", count);
		if (!bench_wanted(argc, argv) ||
		    !reactor_has_room(count, limit))
			continue;
		(void)snprintf(what, sizeof(what),
		    "echo/%zu: %zu connection%s, 64 bytes", count, count,
		    count == 1 ? "" : "s");
		reactor_compare(what, &workload, MESSAGES);
	}

	return 0;
}
