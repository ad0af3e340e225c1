/* SPDX-License-Identifier: MIT */

/*
 * The poll is a GSource with one descriptor. prepare arms the poll, and keeps
 * the main loop from sleeping if events are already pending; check tests
 * whether the descriptor has become readable; dispatch calls the callback.
 */

#include "glib_mio.h"

struct glib_mio {
	GSource source; /* first: GLib allocates it */
	struct mio_poll *poll;
	glib_mio_fn *callback;
	void *data;
	gpointer tag; /* of the descriptor */
	gboolean pending;
};

/* An error counts as an event: mio_poll() will return it, too. */
static gboolean
prepare(GSource *source, gint *timeout)
{
	struct glib_mio *self = (struct glib_mio *)source;

	*timeout = -1;
	self->pending = mio_poll_arm(self->poll) != 0;

	return self->pending;
}

static gboolean
check(GSource *source)
{
	struct glib_mio *self = (struct glib_mio *)source;

	return self->pending || g_source_query_unix_fd(source, self->tag) != 0;
}

/* GLib holds a reference meanwhile, so the callback may detach. */
static gboolean
dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
	struct glib_mio *self = (struct glib_mio *)source;

	(void)callback;
	(void)data;
	self->callback(self->poll, self->data);

	return G_SOURCE_CONTINUE;
}

static GSourceFuncs functions = {
	.prepare = prepare,
	.check = check,
	.dispatch = dispatch,
};

int
glib_mio_attach(GMainContext *context, struct mio_poll *poll,
    glib_mio_fn *callback, void *data, struct glib_mio **out)
{
	struct glib_mio *self;
	GSource *source;
	int fd;

	fd = mio_poll_fd(poll);
	if (fd < 0)
		return fd;

	source = g_source_new(&functions, sizeof(*self));
	self = (struct glib_mio *)source;
	self->poll = poll;
	self->callback = callback;
	self->data = data;
	self->pending = FALSE;
	self->tag = g_source_add_unix_fd(source, fd, G_IO_IN);
	(void)g_source_attach(source, context);
	*out = self;

	return 0;
}

void
glib_mio_detach(struct glib_mio *self)
{
	if (self == NULL)
		return;

	g_source_destroy(&self->source);
	g_source_unref(&self->source);
}
