/* SPDX-License-Identifier: MIT */

/*
 * Descriptors that are always readable, because the program does not read them.
 * Only the wait and the library's way from there to the program's function are
 * measured. The result is the time of one event.
 */

#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <sys/eventfd.h>

#include "reactor.h"

enum { MOST = 1000, EVENTS = 300000 };

static const unsigned counts[] = { 1, 10, 100, MOST };

static int descriptors[MOST];
static size_t count;
static long left;
static bool wrong;

bool
reactor_ready(size_t index)
{
	wrong |= index >= count;

	return --left > 0;
}

static void
begin(const struct reactor *reactor)
{
	size_t i;

	reactor->begin(count);
	for (i = 0; i < count; i++)
		reactor->add(i, descriptors[i], false);
}

/* All events are reported together, so that none is beyond the last one. */
static void
run(const struct reactor *reactor, unsigned long times)
{
	left = (long)((times + count - 1) / count * count);
	reactor->run();
}

static void
end(const struct reactor *reactor)
{
	size_t i;

	must(!wrong, "the index");
	for (i = 0; i < count; i++)
		reactor->remove(i, descriptors[i]);
	reactor->end();
}

int
main(int argc, char **argv)
{
	const struct reactor_workload workload = { .begin = begin, .run = run,
		.end = end, .needs = REACTOR_LEVELS };
	size_t limit = reactor_descriptors();
	char what[64];
	size_t i, n;

	for (n = 0; n < sizeof(counts) / sizeof(counts[0]); n++) {
		count = counts[n];
		bench_case("hot", "hot", count);
		if (!bench_wanted(argc, argv) ||
		    !reactor_has_room(count, limit))
			continue;
		for (i = 0; i < count; i++) {
			descriptors[i] = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
			must(descriptors[i] >= 0, "eventfd");
		}
		(void)snprintf(what, sizeof(what),
		    "hot/%zu: %zu descriptors, all ready", count, count);
		reactor_compare(what, &workload, EVENTS);
		for (i = 0; i < count; i++)
			(void)close(descriptors[i]);
	}

	return 0;
}
