/* SPDX-License-Identifier: MIT */
#include "timers.h"

#include <stdlib.h>

#include <ev.h>

static struct ev_loop *loop;
static ev_timer *timers;
static size_t expired;

static void
on_timeout(struct ev_loop *which, ev_timer *timer, int events)
{
	(void)which;
	(void)timer;
	(void)events;
	expired++;
}

static void
begin(size_t count)
{
	size_t i;

	bench_version_numbers(
	    "libev", ev_version_major(), ev_version_minor(), -1);
	timers = calloc(count, sizeof(*timers));
	must(timers != NULL, "calloc");
	loop = ev_loop_new(EVFLAG_AUTO);
	must(loop != NULL, "ev_loop_new");
	for (i = 0; i < count; i++)
		ev_timer_init(&timers[i], on_timeout, 0., 0.);
}

static void
end(void)
{
	ev_loop_destroy(loop);
	free(timers);
}

static void
insert(const uint32_t *ms, size_t count)
{
	size_t i;

	ev_now_update(loop);
	for (i = 0; i < count; i++) {
		ev_timer_set(&timers[i], ms[i] * 1e-3, 0.);
		ev_timer_start(loop, &timers[i]);
	}
}

/* The fastest way; these timeouts are cancelled before they expire. */
static void
reset(const uint32_t *which, const uint32_t *ms, size_t count)
{
	size_t i;

	ev_now_update(loop);
	for (i = 0; i < count; i++) {
		timers[which[i]].repeat = ms[i] * 1e-3;
		ev_timer_again(loop, &timers[which[i]]);
	}
}

static void
cancel(const uint32_t *which, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		ev_timer_stop(loop, &timers[which[i]]);
}

static size_t
expire(void)
{
	expired = 0;
	(void)ev_run(loop, EVRUN_NOWAIT);

	return expired;
}

const struct timers ev_timers = {
	"libev", 0, begin, insert, reset, cancel, expire, NULL, end,
};
