/* SPDX-License-Identifier: MIT */

/*
 * Register, reregister and deregister alone, for the bare system calls, libmio
 * and its peers. Some peers only note a change and make the system call in the
 * next iteration of their loop. Therefore each contestant changes all
 * descriptors and then iterates once without waiting. No descriptor is ever
 * ready: they are the ends of pipes that are empty, and cannot be written to.
 */

#include "register_reactors.h"

#include <stdio.h>
#include <unistd.h>

#include "reactor.h"

enum { COUNT = 4000, SPARE = COUNT / 8 };

static int read_ends[COUNT + SPARE], write_ends[COUNT + SPARE];
static size_t opened, position;

bool
reactor_ready(size_t index)
{
	(void)index;
	must(false, "waiting for descriptors that are not ready");

	return false;
}

static void
open_pipes(size_t count)
{
	int ends[2];

	for (opened = 0; opened < count; opened++) {
		must(pipe(ends) == 0, "pipe");
		read_ends[opened] = ends[0];
		write_ends[opened] = ends[1];
	}
}

static void
close_pipes(void)
{
	while (opened-- > 0) {
		(void)close(read_ends[opened]);
		(void)close(write_ends[opened]);
	}
}

static void
begin(const struct reactor *reactor)
{
	reactor->begin(opened);
	position = 0;
}

static void
begin_registered(const struct reactor *reactor)
{
	size_t i;

	begin(reactor);
	for (i = 0; i < opened; i++)
		reactor->add(i, read_ends[i], false);
	reactor->iterate();
}

static void
add(const struct reactor *reactor, unsigned long times)
{
	for (; times-- > 0; position++)
		reactor->add(position, read_ends[position], false);
	reactor->iterate();
}

static void
change(const struct reactor *reactor, unsigned long times)
{
	for (; times-- > 0; position++)
		reactor->change(position, read_ends[position], true);
	reactor->iterate();
}

static void
remove_fd(const struct reactor *reactor, unsigned long times)
{
	for (; times-- > 0; position++)
		reactor->remove(position, read_ends[position]);
	reactor->iterate();
}

static void
end_added(const struct reactor *reactor)
{
	while (position-- > 0)
		reactor->remove(position, read_ends[position]);
	reactor->end();
}

static void
end_changed(const struct reactor *reactor)
{
	position = opened;
	end_added(reactor);
}

static void
end_removed(const struct reactor *reactor)
{
	for (; position < opened; position++)
		reactor->remove(position, read_ends[position]);
	reactor->end();
}

static const struct {
	const char *name, *what;
	struct reactor_workload workload;
} cases[] = {
	{ "register", "register alone",
	    { .begin = begin, .run = add, .end = end_added } },
	{ "change", "reregister alone",
	    { .begin = begin_registered, .run = change, .end = end_changed } },
	{ "deregister", "deregister alone",
	    { .begin = begin_registered, .run = remove_fd,
		.end = end_removed } },
};

void
register_reactors(int argc, char **argv)
{
	size_t i, count, limit = reactor_descriptors() / 2;
	char what[64];

	count = limit < COUNT + SPARE ? limit / 9 * 8 : COUNT;
	must(count > 100, "opening pipes");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bench_case("register", cases[i].name, count);
		if (!bench_wanted(argc, argv))
			continue;
		(void)snprintf(what, sizeof(what), "%s, %zu descriptors",
		    cases[i].what, count);
		open_pipes(count + count / 8);
		reactor_compare(what, &cases[i].workload, count);
		close_pipes();
	}
}
