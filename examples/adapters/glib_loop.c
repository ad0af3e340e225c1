/* SPDX-License-Identifier: MIT */

/*
 * A libmio poll in GLib's main loop, with the adapter glib_mio.c. nested.h
 * describes the sources in the poll. The status is 0 if all expected events
 * were reported, and 77 if the poll has no descriptor.
 *
 *	cc -pthread -o glib_loop glib_loop.c glib_mio.c nested.c \
 *	    $(pkg-config --cflags --libs mio glib-2.0)
 */

#define _XOPEN_SOURCE 700

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "glib_mio.h"
#include "nested.h"

#define TICK_MS    20
#define WATCHDOG_S 30

struct program {
	struct nested nested;
	GMainLoop *loop;
	struct glib_mio *adapter;
	gboolean ticked;
};

static void
on_poll(struct mio_poll *poll, void *data)
{
	struct program *program = data;

	(void)poll;
	if (nested_dispatch(&program->nested))
		return;

	glib_mio_detach(program->adapter);
	program->adapter = NULL;
	g_main_loop_quit(program->loop);
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
	guint watchdog;
	int r;

	r = nested_start(&program.nested);
	if (r == -ENOTSUP) {
		printf("%s has no descriptor\n", mio_poll_backend());
		mio_poll_destroy(program.nested.poll);
		return 77;
	}
	if (r == 0)
		r = glib_mio_attach(NULL, program.nested.poll, on_poll,
		    &program, &program.adapter);
	if (r < 0) {
		fprintf(stderr, "cannot start: %s\n", strerror(-r));
		return 1;
	}

	program.loop = g_main_loop_new(NULL, FALSE);
	(void)g_timeout_add(TICK_MS, on_tick, &program);
	watchdog = g_timeout_add_seconds(WATCHDOG_S, on_watchdog, &program);

	g_main_loop_run(program.loop);

	(void)g_source_remove(watchdog);
	glib_mio_detach(program.adapter);
	g_main_loop_unref(program.loop);

	return nested_stop(&program.nested) && program.ticked ? 0 : 1;
}
