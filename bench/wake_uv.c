/* SPDX-License-Identifier: MIT */
#include "wake_peers.h"

#include <pthread.h>
#include <stdbool.h>

#include <uv.h>

static uv_loop_t loop;
static uv_async_t async;
static unsigned long woken;
static pthread_t busy_thread;
static atomic_bool busy_stop;

static void
tell(uv_async_t *handle)
{
	(void)handle;
	woken++;
}

void
uv_begin(void)
{
	bench_version("libuv", uv_version_string());
	must(uv_loop_init(&loop) == 0, "uv_loop_init");
	must(uv_async_init(&loop, &async, tell) == 0, "uv_async_init");
}

void
uv_end(void)
{
	uv_close((uv_handle_t *)&async, NULL);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&loop);
}

void
uv_polls(unsigned long times)
{
	unsigned long before = woken, i;

	for (i = 0; i < times; i++) {
		(void)uv_async_send(&async);
		(void)uv_run(&loop, UV_RUN_NOWAIT);
	}
	must(woken - before == times, "libuv");
}

void
uv_wakes(unsigned long times)
{
	while (times-- > 0)
		(void)uv_async_send(&async);
}

static void *
run_all_the_time(void *unused)
{
	while (!atomic_load_explicit(&busy_stop, memory_order_relaxed))
		(void)uv_run(&loop, UV_RUN_NOWAIT);

	return unused;
}

void
uv_busy(unsigned long times)
{
	busy_stop = false;
	must(pthread_create(&busy_thread, NULL, run_all_the_time, NULL) == 0,
	    "pthread_create");
	uv_wakes(times);
	busy_stop = true;
	(void)pthread_join(busy_thread, NULL);
}
