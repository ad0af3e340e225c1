/* SPDX-License-Identifier: MIT */

/*
 * What programs with libuv use: a queue with a lock, here a ring of fixed size,
 * and uv_async_send(). Without a bound the ring is large.
 */

#include "channel_peers.h"

#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "bench.h"

static uv_loop_t loop;
static uv_async_t async;
static uv_mutex_t lock;
static uv_cond_t room;
static unsigned char *cells;
static size_t size, head, tail; /* lock */
static unsigned long left;

static void
receive_all(uv_async_t *handle)
{
	static unsigned char bytes[CHANNEL_SIZE_MAX];

	(void)handle;
	uv_mutex_lock(&lock);
	for (; head != tail && left > 0; left--) {
		memcpy(bytes, cells + head++ % size * channel_case.size,
		    channel_case.size);
		uv_cond_signal(&room);
	}
	uv_mutex_unlock(&lock);
	if (left == 0)
		uv_stop(&loop);
}

void
uv_channel_begin(void)
{
	bench_version("libuv", uv_version_string());
	size = channel_case.bound != 0 ? channel_case.bound : 1u << 22;
	head = tail = 0;
	cells = calloc(size, channel_case.size);
	must(cells != NULL, "calloc");
	must(uv_loop_init(&loop) == 0, "uv_loop_init");
	must(uv_async_init(&loop, &async, receive_all) == 0, "uv_async_init");
	must(uv_mutex_init(&lock) == 0, "uv_mutex_init");
	must(uv_cond_init(&room) == 0, "uv_cond_init");
}

void
uv_channel_end(void)
{
	uv_close((uv_handle_t *)&async, NULL);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&loop);
	uv_mutex_destroy(&lock);
	uv_cond_destroy(&room);
	free(cells);
}

static void
send_one(const void *message)
{
	uv_mutex_lock(&lock);
	while (tail - head == size)
		uv_cond_wait(&room, &lock);
	memcpy(cells + tail++ % size * channel_case.size, message,
	    channel_case.size);
	uv_mutex_unlock(&lock);
	(void)uv_async_send(&async);
}

static void
receive(unsigned long times)
{
	left = times;
	(void)uv_run(&loop, UV_RUN_DEFAULT);
}

static const struct channel_peer peer = { send_one, receive };

void
uv_channel_run(unsigned long times)
{
	channel_run(&peer, times);
}
