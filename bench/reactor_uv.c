/* SPDX-License-Identifier: MIT */

/*
 * libuv, with a uv_poll_t for each descriptor. A handle that is closed may be
 * used again only after the loop has called its callback, so closed handles are
 * kept in a list.
 */

#include "reactor.h"

#include <stdlib.h>

#include <uv.h>

struct handle {
	uv_poll_t poll; /* comes first: a pointer to it is one to the handle */
	struct handle *next;
};

static uv_loop_t loop;
static struct handle **handles, *free_handles;
static size_t room;

static void
begin(size_t count)
{
	must(uv_loop_init(&loop) == 0, "uv_loop_init");
	bench_version("libuv", uv_version_string());
	room = count;
	handles = calloc(count, sizeof(struct handle *));
	must(handles != NULL, "calloc");
}

static void
closed(uv_handle_t *handle)
{
	struct handle *self = (struct handle *)handle;

	self->next = free_handles;
	free_handles = self;
}

static void
remove_fd(size_t index, int fd)
{
	(void)fd;
	must(uv_poll_stop(&handles[index]->poll) == 0, "uv_poll_stop");
	uv_close((uv_handle_t *)handles[index], closed);
	handles[index] = NULL;
}

static void
end(void)
{
	struct handle *handle;
	size_t i;

	for (i = 0; i < room; i++)
		if (handles[i] != NULL)
			remove_fd(i, -1);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	must(uv_loop_close(&loop) == 0, "uv_loop_close");
	while ((handle = free_handles) != NULL) {
		free_handles = handle->next;
		free(handle);
	}
	free(handles);
}

static void
ready(uv_poll_t *handle, int status, int events)
{
	(void)status;
	(void)events;
	if (!reactor_ready((size_t)handle->data))
		uv_stop(&loop);
}

static void
add(size_t index, int fd, bool edge)
{
	struct handle *handle = free_handles;

	(void)edge;
	if (handle != NULL)
		free_handles = handle->next;
	else
		handle = malloc(sizeof(*handle));
	must(handle != NULL, "malloc");

	handle->poll.data = (void *)index;
	handles[index] = handle;
	must(uv_poll_init(&loop, &handle->poll, fd) == 0, "uv_poll_init");
	must(uv_poll_start(&handle->poll, UV_READABLE, ready) == 0,
	    "uv_poll_start");
}

static void
change(size_t index, int fd, bool writable)
{
	(void)fd;
	must(uv_poll_start(&handles[index]->poll,
		 writable ? UV_WRITABLE : UV_READABLE, ready) == 0,
	    "uv_poll_start");
}

static void
run(void)
{
	(void)uv_run(&loop, UV_RUN_DEFAULT);
}

static void
iterate(void)
{
	(void)uv_run(&loop, UV_RUN_NOWAIT);
}

const struct reactor uv_reactor = {
	"libuv", REACTOR_LEVELS, begin, add, change, remove_fd, remove_fd, run,
	iterate, end,
};
