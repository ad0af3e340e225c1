/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdlib.h>

#include <uv.h>

#include "bench.h"

static uv_loop_t loop;
static uv_async_t **handles;
static size_t made;

static void
woken(uv_async_t *handle)
{
	(void)handle;
}

static void
closed(uv_handle_t *handle)
{
	free(handle);
}

static void
begin(size_t count)
{
	bench_version("libuv", uv_version_string());
	must(uv_loop_init(&loop) == 0, "uv_loop_init");
	handles = malloc(count * sizeof(handles[0]));
	must(handles != NULL, "malloc");
	made = 0;
}

static void
make(size_t i)
{
	handles[i] = malloc(sizeof(*handles[i]));
	must(handles[i] != NULL, "malloc");
	must(uv_async_init(&loop, handles[i], woken) == 0, "uv_async_init");
	made++;
}

static void
end(void)
{
	while (made-- > 0)
		uv_close((uv_handle_t *)handles[made], closed);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	must(uv_loop_close(&loop) == 0, "uv_loop_close");
	free(handles);
}

const struct memory_source uv_source = { "libuv, async", begin, make, end };
