/* SPDX-License-Identifier: MIT */

/* sd-event, with a source for each descriptor; it handles one an iteration. */

#include "reactor.h"

#include <stdlib.h>

#include <sys/epoll.h>
#include <systemd/sd-event.h>

static sd_event *loop;
static sd_event_source **sources;
static size_t room;
static bool more;

static void
begin(size_t count)
{
	bench_version("sd-event", SDEVENT_VERSION);
	room = count;
	sources = calloc(count, sizeof(sources[0]));
	must(sources != NULL, "calloc");
	must(sd_event_new(&loop) >= 0, "sd_event_new");
}

static void
remove_fd(size_t index, int fd)
{
	(void)fd;
	sources[index] = sd_event_source_disable_unref(sources[index]);
}

static void
end(void)
{
	size_t i;

	for (i = 0; i < room; i++)
		remove_fd(i, -1);
	sd_event_unref(loop);
	free(sources);
}

static int
ready(sd_event_source *source, int fd, uint32_t bits, void *context)
{
	(void)source;
	(void)fd;
	(void)bits;
	if (!reactor_ready((size_t)context))
		more = false;

	return 0;
}

static void
add(size_t index, int fd, bool edge)
{
	must(sd_event_add_io(loop, &sources[index], fd,
		 EPOLLIN | EPOLLRDHUP | (edge ? EPOLLET : 0u), ready,
		 (void *)index) >= 0,
	    "sd_event_add_io");
}

static void
change(size_t index, int fd, bool writable)
{
	(void)fd;
	must(sd_event_source_set_io_events(sources[index],
		 writable ? EPOLLOUT : EPOLLIN | EPOLLRDHUP) >= 0,
	    "sd_event_source_set_io_events");
}

static void
run(void)
{
	more = true;
	while (more)
		must(sd_event_run(loop, UINT64_MAX) >= 0, "sd_event_run");
}

static void
iterate(void)
{
	must(sd_event_run(loop, 0) >= 0, "sd_event_run");
}

const struct reactor sdevent_reactor = {
	"sd-event", REACTOR_LEVELS | REACTOR_EDGES, begin, add, change,
	remove_fd, remove_fd, run, iterate, end,
};
