/* SPDX-License-Identifier: MIT */

/* libev, with an ev_io for each descriptor. */

#include "reactor.h"

#include <stdlib.h>

#include <ev.h>

static struct ev_loop *loop;
static ev_io *watchers;

static void
begin(size_t count)
{
	loop = ev_loop_new(EVBACKEND_EPOLL);
	must(loop != NULL && ev_backend(loop) == EVBACKEND_EPOLL,
	    "ev_loop_new");
	bench_version_numbers(
	    "libev", ev_version_major(), ev_version_minor(), -1);
	watchers = calloc(count, sizeof(watchers[0]));
	must(watchers != NULL, "calloc");
}

static void
end(void)
{
	ev_loop_destroy(loop);
	free(watchers);
}

static void
ready(struct ev_loop *which, ev_io *watcher, int events)
{
	(void)events;
	if (!reactor_ready((size_t)watcher->data))
		ev_break(which, EVBREAK_ALL);
}

static void
add(size_t index, int fd, bool edge)
{
	(void)edge;
	ev_io_init(&watchers[index], ready, fd, EV_READ);
	watchers[index].data = (void *)index;
	ev_io_start(loop, &watchers[index]);
}

/* A watcher is changed only while it is stopped. */
static void
change(size_t index, int fd, bool writable)
{
	ev_io_stop(loop, &watchers[index]);
	ev_io_set(&watchers[index], fd, writable ? EV_WRITE : EV_READ);
	ev_io_start(loop, &watchers[index]);
}

static void
remove_fd(size_t index, int fd)
{
	(void)fd;
	ev_io_stop(loop, &watchers[index]);
}

static void
run(void)
{
	(void)ev_run(loop, 0);
}

static void
iterate(void)
{
	(void)ev_run(loop, EVRUN_NOWAIT);
}

const struct reactor ev_reactor = {
	"libev", REACTOR_LEVELS, begin, add, change, remove_fd, remove_fd, run,
	iterate, end,
};
