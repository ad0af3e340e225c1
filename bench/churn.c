/* SPDX-License-Identifier: MIT */

/*
 * Short connections. The server accepts a connection, registers it, reads one
 * byte when it is ready, and closes it. Its client, another process, has 16
 * connections at a time: it opens them, sends a byte on each, and waits until
 * each was closed. It then resets them, so that no port stays in use. The
 * program measures the time of one connection, and the processor time of the
 * server for it.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <sys/socket.h>

#include "client.h"
#include "reactor.h"

enum { AT_ONCE = 16, CONNECTIONS = 4000, LISTENER = 0 };

/* ---- the client */

static void
run_client(const struct sockaddr_in *addr)
{
	struct linger reset = { .l_onoff = 1 };
	int fds[AT_ONCE];
	char byte;
	int i;

	for (;;) {
		for (i = 0; i < AT_ONCE; i++) {
			fds[i] = client_connect(addr);
			must(write(fds[i], "", 1) == 1, "write in the client");
		}
		for (i = 0; i < AT_ONCE; i++) {
			must(read(fds[i], &byte, 1) == 0,
			    "the end of a connection");
			must(setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &reset,
				 sizeof(reset)) == 0,
			    "SO_LINGER");
			(void)close(fds[i]);
		}
	}
}

/* ---- the server */

static const struct reactor *server;
/* Index 0 is the listener; the other ones are free if their number is here. */
static int sockets[AT_ONCE + 1];
static size_t free_indices[AT_ONCE], free_count;
static long left;

static void
accept_one(void)
{
	size_t index;
	int fd = accept4(sockets[LISTENER], NULL, NULL,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);

	must(fd >= 0 && free_count > 0, "accept4");
	index = free_indices[--free_count];
	sockets[index] = fd;
	server->add(index, fd, false);
}

bool
reactor_ready(size_t index)
{
	char byte;

	if (index == LISTENER) {
		accept_one();
		return left > 0;
	}

	must(read(sockets[index], &byte, 1) == 1, "read");
	server->forget(index, sockets[index]);
	(void)close(sockets[index]);
	sockets[index] = -1;
	free_indices[free_count++] = index;

	return --left > 0;
}

static void
begin(const struct reactor *reactor)
{
	struct sockaddr_in addr;

	server = reactor;
	for (free_count = 0; free_count < AT_ONCE; free_count++) {
		free_indices[free_count] = free_count + 1;
		sockets[free_count + 1] = -1;
	}
	sockets[LISTENER] = client_listen(&addr);
	client_start(run_client, &addr);
	reactor->begin(AT_ONCE + 1);
	reactor->add(LISTENER, sockets[LISTENER], false);
}

static void
run(const struct reactor *reactor, unsigned long times)
{
	left = (long)times;
	reactor->run();
}

static void
end(const struct reactor *reactor)
{
	size_t i;

	client_stop();
	for (i = 0; i <= AT_ONCE; i++) {
		if (sockets[i] < 0)
			continue;
		reactor->forget(i, sockets[i]);
		(void)close(sockets[i]);
	}
	reactor->end();
}

int
main(int argc, char **argv)
{
	const struct reactor_workload workload = { .begin = begin, .run = run,
		.end = end, .needs = REACTOR_LEVELS, .processor_too = true };

	(void)reactor_descriptors();
	bench_case("churn", "churn", 0);
	if (bench_wanted(argc, argv))
		reactor_compare("churn: connections accepted, registered, "
		    "read and closed",
		    &workload, CONNECTIONS);

	return 0;
}
