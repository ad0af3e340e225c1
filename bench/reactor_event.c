/* SPDX-License-Identifier: MIT */

/* libevent, with a struct event for each descriptor. */

#include "reactor.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <event2/event_struct.h>

static struct event_base *base;
static struct event *all;

static void
begin(size_t count)
{
	base = event_base_new();
	must(base != NULL && strcmp(event_base_get_method(base), "epoll") == 0,
	    "event_base_new");
	bench_version("libevent", event_get_version());
	all = calloc(count, sizeof(all[0]));
	must(all != NULL, "calloc");
}

static void
end(void)
{
	event_base_free(base);
	free(all);
}

static void
ready(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	if (!reactor_ready((size_t)context))
		(void)event_base_loopbreak(base);
}

static void
assign(size_t index, int fd, int what)
{
	must(event_assign(&all[index], base, fd, (short)(what | EV_PERSIST),
		 ready, (void *)index) == 0 &&
	    event_add(&all[index], NULL) == 0,
	    "event_add");
}

static void
add(size_t index, int fd, bool edge)
{
	assign(index, fd, EV_READ | (edge ? EV_ET : 0));
}

static void
remove_fd(size_t index, int fd)
{
	(void)fd;
	must(event_del(&all[index]) == 0, "event_del");
}

/* An event is changed only while it is not pending. */
static void
change(size_t index, int fd, bool writable)
{
	remove_fd(index, fd);
	assign(index, fd, writable ? EV_WRITE : EV_READ);
}

static void
run(void)
{
	must(event_base_dispatch(base) >= 0, "event_base_dispatch");
}

static void
iterate(void)
{
	must(event_base_loop(base, EVLOOP_NONBLOCK) >= 0, "event_base_loop");
}

const struct reactor event_reactor = {
	"libevent", REACTOR_LEVELS | REACTOR_EDGES, begin, add, change,
	remove_fd, remove_fd, run, iterate, end,
};
