/* SPDX-License-Identifier: MIT */

/* The loop of libmio, with a watch for each descriptor. */

#include "reactor.h"

#include <stdlib.h>

#include <mio.h>

static struct mio_loop *loop;
static struct mio_watch **watches;

static void
begin(size_t count)
{
	static const struct mio_loop_config config = {
		.size = sizeof(config),
		.timer_capacity = 1,
		.events_per_tick = REACTOR_EVENTS,
	};

	watches = calloc(count, sizeof(watches[0]));
	must(watches != NULL, "calloc");
	must(mio_loop_create(&loop, &config) == 0, "mio_loop_create");
}

static void
end(void)
{
	mio_loop_destroy(loop);
	free(watches);
}

static void
ready(struct mio_loop *which, void *context, unsigned bits)
{
	(void)bits;
	if (!reactor_ready((size_t)context))
		mio_loop_shutdown(which);
}

static void
add(size_t index, int fd, bool edge)
{
	must(mio_loop_watch_fd(loop, fd, MIO_READABLE,
		 edge ? MIO_EDGE : MIO_LEVEL, ready, (void *)index,
		 &watches[index]) == 0,
	    "mio_loop_watch_fd");
}

static void
change(size_t index, int fd, bool writable)
{
	(void)fd;
	must(mio_watch_update(watches[index],
		 writable ? MIO_WRITABLE : MIO_READABLE, MIO_LEVEL) == 0,
	    "mio_watch_update");
}

static void
remove_fd(size_t index, int fd)
{
	(void)fd;
	mio_watch_end(watches[index]);
}

static void
run(void)
{
	must(mio_loop_run(loop, NULL, NULL) == 0, "mio_loop_run");
}

static void
iterate(void)
{
	must(mio_loop_run_once(loop, NULL, NULL, 0) == 0, "mio_loop_run_once");
}

const struct reactor loop_reactor = {
	"libmio, its loop", REACTOR_LEVELS | REACTOR_EDGES, begin, add, change,
	remove_fd, remove_fd, run, iterate, end,
};
