/* SPDX-License-Identifier: MIT */
#include "timers.h"

#include <stdlib.h>

#include <uv.h>

static uv_loop_t loop;
static uv_timer_t *timers;
static size_t room, expired;

static void
on_timeout(uv_timer_t *timer)
{
	(void)timer;
	expired++;
}

static void
begin(size_t count)
{
	size_t i;

	bench_version("libuv", uv_version_string());
	room = count;
	timers = calloc(count, sizeof(*timers));
	must(timers != NULL, "calloc");
	must(uv_loop_init(&loop) == 0, "uv_loop_init");
	for (i = 0; i < count; i++)
		must(uv_timer_init(&loop, &timers[i]) == 0, "uv_timer_init");
}

static void
end(void)
{
	size_t i;

	for (i = 0; i < room; i++)
		uv_close((uv_handle_t *)&timers[i], NULL);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&loop);
	free(timers);
}

static void
insert(const uint32_t *ms, size_t count)
{
	size_t i;

	uv_update_time(&loop);
	for (i = 0; i < count; i++)
		must(uv_timer_start(&timers[i], on_timeout, ms[i], 0) == 0,
		    "uv_timer_start");
}

static void
reset(const uint32_t *which, const uint32_t *ms, size_t count)
{
	size_t i;

	uv_update_time(&loop);
	for (i = 0; i < count; i++)
		must(uv_timer_start(&timers[which[i]], on_timeout, ms[i],
		    0) == 0, "uv_timer_start");
}

static void
cancel(const uint32_t *which, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		must(uv_timer_stop(&timers[which[i]]) == 0, "uv_timer_stop");
}

static size_t
expire(void)
{
	expired = 0;
	(void)uv_run(&loop, UV_RUN_NOWAIT);

	return expired;
}

static int64_t
next(void)
{
	return uv_backend_timeout(&loop);
}

const struct timers uv_timers = {
	"libuv", 0, begin, insert, reset, cancel, expire, next, end,
};
