/* SPDX-License-Identifier: MIT */

/*
 * Descriptors that pass on bytes. Of N connected sockets, A have a byte to read
 * at any time: a program that reads one writes it to the next socket, in an
 * order that is random and the same for everyone. The result is the time of one
 * byte: its share of a wait, a read and a write. Cases are named `level' or
 * `edge', and the number of active descriptors.
 *
 * A read has room for more than a byte, so that also with edges one read
 * receives whatever has arrived.
 */

#define _GNU_SOURCE

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/socket.h>

#include "reactor.h"

enum { MOST = 10000, BYTES = 50000 };

static const struct {
	const char *name;
	bool edge;
	unsigned active;
	unsigned count;
} cases[] = {
	{ "level1", false, 1, 100 },
	{ "level1", false, 1, 1000 },
	{ "level1", false, 1, MOST },
	{ "level10", false, 10, 100 },
	{ "level10", false, 10, 1000 },
	{ "level10", false, 10, MOST },
	{ "level100", false, 100, 1000 },
	{ "level100", false, 100, MOST },
	{ "level1000", false, 1000, MOST },
	{ "edge1", true, 1, 1000 },
	{ "edge10", true, 10, 100 },
	{ "edge10", true, 10, 1000 },
	{ "edge10", true, 10, MOST },
	{ "edge100", true, 100, MOST },
};

/* Two sockets that follow one another here are connected. */
static int sockets[MOST];
/* The other end of the socket that is readable after this one. */
static int write_to[MOST];
static unsigned order[MOST];

/* The current case. */
static size_t count, active;
static bool edge;
static long left;

bool
reactor_ready(size_t index)
{
	char bytes[64];
	ssize_t n = read(sockets[index], bytes, sizeof(bytes));

	must(n > 0, "read");
	must(write(write_to[index], bytes, (size_t)n) == n, "write");
	left -= n;

	return left > 0;
}

static void
open_sockets(void)
{
	size_t i;

	for (i = 0; i < count; i += 2)
		must(socketpair(AF_UNIX,
			 SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
			 &sockets[i]) == 0,
		    "socketpair");
}

/* The order is one cycle through all sockets. */
static void
connect_in_order(void)
{
	unsigned swapped;
	size_t i, j;

	srandom(1);
	for (i = 0; i < count; i++)
		order[i] = (unsigned)i;
	for (i = count - 1; i > 0; i--) {
		j = (size_t)random() % (i + 1);
		swapped = order[i];
		order[i] = order[j];
		order[j] = swapped;
	}
	for (i = 0; i < count; i++)
		write_to[order[i]] = sockets[order[(i + 1) % count] ^ 1];
}

static void
close_sockets(void)
{
	size_t i;

	for (i = 0; i < count; i++)
		(void)close(sockets[i]);
}

static void
begin(const struct reactor *reactor)
{
	size_t i;

	reactor->begin(count);
	for (i = 0; i < count; i++)
		reactor->add(i, sockets[i], edge);
	for (i = 0; i < active; i++)
		must(write(write_to[order[i * (count / active)]], "", 1) == 1,
		    "write");
}

static void
run(const struct reactor *reactor, unsigned long times)
{
	left = (long)times;
	reactor->run();
}

/* No byte was lost: all are read once more. */
static void
end(const struct reactor *reactor)
{
	char bytes[64];
	size_t i, found = 0;
	ssize_t n;

	for (i = 0; i < count; i++) {
		reactor->remove(i, sockets[i]);
		n = read(sockets[i], bytes, sizeof(bytes));
		found += n > 0 ? (size_t)n : 0;
	}
	must(found == active, "passing on all bytes");
	reactor->end();
}

int
main(int argc, char **argv)
{
	struct reactor_workload workload = { .begin = begin, .run = run,
		.end = end };
	size_t limit = reactor_descriptors();
	char what[128];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bench_case("dispatch", cases[i].name, cases[i].count);
		if (!bench_wanted(argc, argv) ||
		    !reactor_has_room(cases[i].count, limit))
			continue;
		count = cases[i].count;
		active = cases[i].active;
		edge = cases[i].edge;
		workload.needs = edge ? REACTOR_EDGES : REACTOR_LEVELS;
		(void)snprintf(what, sizeof(what),
		    "%s/%zu: %zu of %zu descriptors active, %s", cases[i].name,
		    count, active, count, edge ? "edges" : "levels");
		open_sockets();
		connect_in_order();
		reactor_compare(what, &workload, BYTES);
		close_sockets();
	}

	return 0;
}
