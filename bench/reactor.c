/* SPDX-License-Identifier: MIT */
#include "reactor.h"

#include <stdio.h>

#include <sys/resource.h>

/* Descriptors that the program and its libraries open besides. */
enum { RESERVED = 64 };

const struct reactor *const reactors[REACTORS_MAX + 1] = {
	&epoll_reactor,
	&mio_reactor,
	&loop_reactor,
#ifdef HAVE_UV
	&uv_reactor,
#endif
#ifdef HAVE_EV
	&ev_reactor,
#endif
#ifdef HAVE_EVENT
	&event_reactor,
#endif
#ifdef HAVE_SDEVENT
	&sdevent_reactor,
#endif
#ifdef HAVE_RUST
	&mio06_reactor,
	&mio08_reactor,
#endif
};

static const struct reactor_workload *current;

/* A contestant's functions have no parameter for its reactor. */
#define FUNCTIONS(i) \
	static void begin##i(void) \
	{ \
		current->begin(reactors[i]); \
	} \
	static void run##i(unsigned long times) \
	{ \
		current->run(reactors[i], times); \
	} \
	static void end##i(void) \
	{ \
		current->end(reactors[i]); \
	}
#define ENTRY(i) { NULL, begin##i, run##i, end##i }

FUNCTIONS(0)
FUNCTIONS(1)
FUNCTIONS(2)
FUNCTIONS(3)
FUNCTIONS(4)
FUNCTIONS(5)
FUNCTIONS(6)
FUNCTIONS(7)
FUNCTIONS(8)

static const struct contestant entries[REACTORS_MAX] = {
	ENTRY(0), ENTRY(1), ENTRY(2), ENTRY(3), ENTRY(4), ENTRY(5), ENTRY(6),
	ENTRY(7), ENTRY(8),
};

void
reactor_compare(const char *what, const struct reactor_workload *workload,
    unsigned long times)
{
	struct contestant contestants[REACTORS_MAX];
	size_t i, count = 0;

	current = workload;
	for (i = 0; reactors[i] != NULL; i++) {
		if (workload->needs & ~reactors[i]->supports)
			continue;
		contestants[count] = entries[i];
		contestants[count++].name = reactors[i]->name;
	}
	compare_apart(what, contestants, count, times, workload->processor_too);
}

size_t
reactor_descriptors(void)
{
	struct rlimit limit;

	must(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* then the limit stays */
	must(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");

	return limit.rlim_cur > RESERVED ? (size_t)limit.rlim_cur - RESERVED :
	    0;
}

bool
reactor_has_room(size_t count, size_t limit)
{
	if (count <= limit)
		return true;
	fprintf(stderr, "bench: %zu descriptors are more than the limit\n",
	    count);

	return false;
}
