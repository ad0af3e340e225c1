/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdlib.h>

#include <event2/event.h>

#include "bench.h"

static struct event_base *base;
static struct event **events;
static size_t made;

static void
woken(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
}

static void
begin(size_t count)
{
	bench_version("libevent", event_get_version());
	base = event_base_new();
	must(base != NULL, "event_base_new");
	events = malloc(count * sizeof(struct event *));
	must(events != NULL, "malloc");
	made = 0;
}

/* Without a descriptor, only event_active() makes an event ready. */
static void
make(size_t i)
{
	events[i] = event_new(base, -1, EV_PERSIST, woken, NULL);
	must(events[i] != NULL && event_add(events[i], NULL) == 0,
	    "event_new");
	made++;
}

static void
end(void)
{
	while (made-- > 0)
		event_free(events[made]);
	event_base_free(base);
	free(events);
}

const struct memory_source event_source = { "libevent, event", begin, make,
	end };
