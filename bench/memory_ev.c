/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdlib.h>

#include <ev.h>

#include "bench.h"

static struct ev_loop *loop;
static ev_async **watchers;
static size_t made;

static void
woken(struct ev_loop *which, ev_async *watcher, int events)
{
	(void)which;
	(void)watcher;
	(void)events;
}

static void
begin(size_t count)
{
	bench_version_numbers(
	    "libev", ev_version_major(), ev_version_minor(), -1);
	loop = ev_loop_new(EVBACKEND_EPOLL);
	must(loop != NULL, "ev_loop_new");
	watchers = malloc(count * sizeof(watchers[0]));
	must(watchers != NULL, "malloc");
	made = 0;
}

static void
make(size_t i)
{
	watchers[i] = malloc(sizeof(*watchers[i]));
	must(watchers[i] != NULL, "malloc");
	ev_async_init(watchers[i], woken);
	ev_async_start(loop, watchers[i]);
	made++;
}

static void
end(void)
{
	while (made-- > 0) {
		ev_async_stop(loop, watchers[made]);
		free(watchers[made]);
	}
	ev_loop_destroy(loop);
	free(watchers);
}

const struct memory_source ev_source = { "libev, async", begin, make, end };
