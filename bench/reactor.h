/* SPDX-License-Identifier: MIT */
#ifndef BENCH_REACTOR_H
#define BENCH_REACTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "bench.h"

/*
 * A library that waits until descriptors are ready and then calls the program.
 * All workloads with descriptors use these functions, and in all of them each
 * library calls the same function of the program, reactor_ready(). The system
 * calls of a workload other than those of the library are therefore the same.
 * Descriptors are numbered from 0. One reactor exists at a time.
 */
enum { REACTOR_LEVELS = 1, REACTOR_EDGES = 2 };

struct reactor {
	const char *name;
	unsigned supports; /* levels, edges or both */
	/* It will have up to count descriptors at the same time. */
	void (*begin)(size_t count);
	/* Waits until the descriptor is readable; edge is used if it can be. */
	void (*add)(size_t index, int fd, bool edge);
	/* Waits until it is writable instead, or readable again. */
	void (*change)(size_t index, int fd, bool writable);
	void (*remove)(size_t index, int fd);
	/* What the library requires before a descriptor is closed. */
	void (*forget)(size_t index, int fd);
	/* Iterates until reactor_ready() has returned false. */
	void (*run)(void);
	/* One iteration, which does not wait. */
	void (*iterate)(void);
	void (*end)(void);
};

/* The bare system calls are the first one; NULL follows the last one. */
enum { REACTORS_MAX = 9 };

extern const struct reactor *const reactors[REACTORS_MAX + 1];

extern const struct reactor epoll_reactor;
extern const struct reactor mio_reactor;
extern const struct reactor loop_reactor;
#ifdef HAVE_UV
extern const struct reactor uv_reactor;
#endif
#ifdef HAVE_EV
extern const struct reactor ev_reactor;
#endif
#ifdef HAVE_EVENT
extern const struct reactor event_reactor;
#endif
#ifdef HAVE_SDEVENT
extern const struct reactor sdevent_reactor;
#endif
#ifdef HAVE_RUST
extern const struct reactor mio06_reactor;
extern const struct reactor mio08_reactor;
#endif

/* The size of the array of events, where the program chooses it. */
enum { REACTOR_EVENTS = 1024 };

/*
 * The program's function for a descriptor that is ready. It returns false to
 * end run(); events that were reported together may still be passed to it.
 */
bool reactor_ready(size_t index);

/*
 * Contestants that are reactors. The program provides the first three functions,
 * which get the reactor of the contestant: `begin' and `end' prepare and clean
 * up, and `run' is measured. reactor_compare() compares all reactors that
 * support what the workload needs. Each contestant begins and ends in every
 * round, so that only one of them watches the descriptors.
 */
struct reactor_workload {
	void (*begin)(const struct reactor *reactor);
	void (*run)(const struct reactor *reactor, unsigned long times);
	void (*end)(const struct reactor *reactor);
	unsigned needs; /* REACTOR_LEVELS, REACTOR_EDGES, or 0 for either */
	bool processor_too; /* also compares the processor time */
};

void reactor_compare(const char *what, const struct reactor_workload *workload,
    unsigned long times);

/*
 * Raises the limit of descriptors as far as possible. Returns how many the
 * program may open.
 */
size_t reactor_descriptors(void);

/* Returns false, with a message, if the limit is too low for a case. */
bool reactor_has_room(size_t count, size_t limit);

#endif
