/* SPDX-License-Identifier: MIT */
#include "wake_peers.h"

#include <ev.h>

static struct ev_loop *loop;
static ev_async async;
static unsigned long woken;

static void
tell(struct ev_loop *which, ev_async *watcher, int events)
{
	(void)which;
	(void)watcher;
	(void)events;
	woken++;
}

void
ev_begin(void)
{
	bench_version_numbers(
	    "libev", ev_version_major(), ev_version_minor(), -1);
	loop = ev_loop_new(EVFLAG_AUTO);
	must(loop != NULL, "ev_loop_new");
	ev_async_init(&async, tell);
	ev_async_start(loop, &async);
}

void
ev_end(void)
{
	ev_async_stop(loop, &async);
	ev_loop_destroy(loop);
}

void
ev_polls(unsigned long times)
{
	unsigned long before = woken, i;

	for (i = 0; i < times; i++) {
		ev_async_send(loop, &async);
		(void)ev_run(loop, EVRUN_NOWAIT);
	}
	must(woken - before == times, "libev");
}

void
ev_wakes(unsigned long times)
{
	while (times-- > 0)
		ev_async_send(loop, &async);
}
