/* SPDX-License-Identifier: MIT */

/*
 * A libmio poll in GLib's main loop, as a GSource: prepare arms the poll, and
 * prevents the loop from sleeping if events are already pending; check tests
 * whether the poll's descriptor has become readable; dispatch calls the
 * callback. nested.h describes the sources in the poll. The status is 0 if all
 * expected events were reported, and 77 if the poll has no descriptor.
 */

#define _XOPEN_SOURCE 700

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "nested.h"

#define TICK_MS    20
#define WATCHDOG_S 30

struct poll_source {
	GSource source; /* first: GLib allocates it */
	struct mio_poll *poll;
	gpointer tag;
	gboolean pending;
};

struct program {
	struct nested nested;
	GMainLoop *loop;
	gboolean ticked;
};

/* An error counts as an event, because dispatch will get it, too. */
static gboolean
prepare(GSource *source, gint *timeout)
{
	struct poll_source *self = (struct poll_source *)source;

	*timeout = -1;
	self->pending = mio_poll_arm(self->poll) != 0;

	return self->pending;
}

static gboolean
check(GSource *source)
{
	struct poll_source *self = (struct poll_source *)source;

	return self->pending || g_source_query_unix_fd(source, self->tag) != 0;
}

static gboolean
dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
	(void)source;

	return callback == NULL ? G_SOURCE_REMOVE : callback(data);
}

static GSourceFuncs poll_source_funcs = {
	.prepare = prepare,
	.check = check,
	.dispatch = dispatch,
};

/* The poll must outlive the source. */
static GSource *
poll_source_new(struct mio_poll *poll)
{
	GSource *source = g_source_new(
	    &poll_source_funcs, sizeof(struct poll_source));
	struct poll_source *self = (struct poll_source *)source;

	self->poll = poll;
	self->tag = g_source_add_unix_fd(source, mio_poll_fd(poll), G_IO_IN);

	return source;
}

static gboolean
on_poll(gpointer data)
{
	struct program *program = data;

	if (nested_dispatch(&program->nested))
		return G_SOURCE_CONTINUE;

	g_main_loop_quit(program->loop);

	return G_SOURCE_REMOVE;
}

/* A source of GLib itself, beside the poll. */
static gboolean
on_tick(gpointer data)
{
	struct program *program = data;

	program->ticked = TRUE;
	nested_tick(&program->nested);

	return G_SOURCE_REMOVE;
}

static gboolean
on_watchdog(gpointer data)
{
	struct program *program = data;

	fprintf(stderr, "the loop sleeps, and an event is missing\n");
	g_main_loop_quit(program->loop);

	return G_SOURCE_CONTINUE;
}

int
main(void)
{
	struct program program = { .ticked = FALSE };
	GSource *source;
	guint watchdog;
	int r;

	r = nested_start(&program.nested);
	if (r == -ENOTSUP) {
		printf("%s has no descriptor\n", mio_poll_backend());
		mio_poll_destroy(program.nested.poll);
		return 77;
	}
	if (r < 0) {
		fprintf(stderr, "cannot start: %s\n", strerror(-r));
		return 1;
	}

	program.loop = g_main_loop_new(NULL, FALSE);
	source = poll_source_new(program.nested.poll);
	g_source_set_callback(source, on_poll, &program, NULL);
	(void)g_source_attach(source, NULL);
	(void)g_timeout_add(TICK_MS, on_tick, &program);
	watchdog = g_timeout_add_seconds(WATCHDOG_S, on_watchdog, &program);

	g_main_loop_run(program.loop);

	(void)g_source_remove(watchdog);
	g_source_destroy(source);
	g_source_unref(source);
	g_main_loop_unref(program.loop);

	return nested_stop(&program.nested) && program.ticked ? 0 : 1;
}
