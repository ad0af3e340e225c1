/* SPDX-License-Identifier: MIT */

/*
 * The poll is an I/O source on its descriptor. The prepare callback of that
 * source arms the poll before each sleep. If events are already pending, a
 * deferred source keeps the loop awake and handles them.
 */

#define _GNU_SOURCE

#include "sdevent_mio.h"

#include <errno.h>
#include <stdlib.h>

#include <sys/epoll.h>

struct sdevent_mio {
	struct mio_poll *poll;
	sdevent_mio_fn *callback;
	void *data;
	sd_event_source *io, *pending;
};

/* sd-event disables a source whose callback fails, so this one does not. */
static int
on_prepare(sd_event_source *source, void *data)
{
	struct sdevent_mio *self = data;

	/* an error counts as an event: mio_poll() will return it, too */
	(void)source;
	if (mio_poll_arm(self->poll) == 0)
		return 0;

	return sd_event_source_set_enabled(self->pending, SD_EVENT_ONESHOT);
}

static int
on_pending(sd_event_source *source, void *data)
{
	struct sdevent_mio *self = data;

	(void)source;
	self->callback(self->poll, self->data);

	return 0;
}

static int
on_readable(sd_event_source *source, int fd, uint32_t bits, void *data)
{
	(void)fd;
	(void)bits;

	return on_pending(source, data);
}

int
sdevent_mio_attach(sd_event *event, struct mio_poll *poll,
    sdevent_mio_fn *callback, void *data, struct sdevent_mio **out)
{
	struct sdevent_mio *self;
	int fd, r;

	fd = mio_poll_fd(poll);
	if (fd < 0)
		return fd;
	self = calloc(1, sizeof(*self));
	if (self == NULL)
		return -ENOMEM;

	self->poll = poll;
	self->callback = callback;
	self->data = data;
	if ((r = sd_event_add_io(
		 event, &self->io, fd, EPOLLIN, on_readable, self)) < 0 ||
	    (r = sd_event_add_defer(event, &self->pending, on_pending, self)) <
		0 ||
	    (r = sd_event_source_set_enabled(self->pending, SD_EVENT_OFF)) <
		0 ||
	    (r = sd_event_source_set_prepare(self->io, on_prepare)) < 0) {
		sdevent_mio_detach(self);
		return r;
	}
	*out = self;

	return 0;
}

/* sd-event keeps a source until its callback returns, but calls no other. */
static void
drop(sd_event_source *source)
{
	if (source == NULL)
		return;

	(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	(void)sd_event_source_unref(source);
}

void
sdevent_mio_detach(struct sdevent_mio *self)
{
	if (self == NULL)
		return;

	drop(self->io);
	drop(self->pending);
	free(self);
}
