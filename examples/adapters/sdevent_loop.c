/* SPDX-License-Identifier: MIT */

/*
 * A libmio poll in sd-event's loop, with the adapter sdevent_mio.c. nested.h
 * describes the sources in the poll. The status is 0 if all expected events
 * were reported, and 77 if the poll has no descriptor.
 *
 *	cc -pthread -o sdevent_loop sdevent_loop.c sdevent_mio.c nested.c \
 *	    $(pkg-config --cflags --libs mio libsystemd)
 */

#define _GNU_SOURCE

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <systemd/sd-event.h>

#include "nested.h"
#include "sdevent_mio.h"

#define TICK_US     UINT64_C(20000)
#define WATCHDOG_US UINT64_C(30000000)

struct program {
	struct nested nested;
	sd_event *loop;
	struct sdevent_mio *adapter;
	sd_event_source *tick, *watchdog;
	bool ticked;
};

static void
on_poll(struct mio_poll *poll, void *data)
{
	struct program *program = data;

	(void)poll;
	if (nested_dispatch(&program->nested))
		return;

	sdevent_mio_detach(program->adapter);
	program->adapter = NULL;
	(void)sd_event_exit(program->loop, 0);
}

/* A source of sd-event itself, beside the poll. */
static int
on_tick(sd_event_source *source, uint64_t when, void *data)
{
	struct program *program = data;

	(void)source;
	(void)when;
	program->ticked = true;
	nested_tick(&program->nested);

	return 0;
}

static int
on_watchdog(sd_event_source *source, uint64_t when, void *data)
{
	struct program *program = data;

	(void)source;
	(void)when;
	fprintf(stderr, "the loop sleeps, and an event is missing\n");

	return sd_event_exit(program->loop, 1);
}

/* Returns the exit code of the loop, or a negative errno value. */
static int
run(struct program *program)
{
	int r;

	if ((r = sd_event_new(&program->loop)) < 0 ||
	    (r = sdevent_mio_attach(program->loop, program->nested.poll,
		 on_poll, program, &program->adapter)) < 0 ||
	    (r = sd_event_add_time_relative(program->loop, &program->tick,
		 CLOCK_MONOTONIC, TICK_US, 0, on_tick, program)) < 0 ||
	    (r = sd_event_add_time_relative(program->loop, &program->watchdog,
		 CLOCK_MONOTONIC, WATCHDOG_US, 0, on_watchdog, program)) < 0)
		return r;

	return sd_event_loop(program->loop);
}

int
main(void)
{
	struct program program = { .ticked = false };
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

	r = run(&program);
	if (r < 0)
		fprintf(stderr, "the loop failed: %s\n", strerror(-r));

	sdevent_mio_detach(program.adapter);
	(void)sd_event_source_unref(program.tick);
	(void)sd_event_source_unref(program.watchdog);
	(void)sd_event_unref(program.loop);

	return nested_stop(&program.nested) && program.ticked && r == 0 ? 0 : 1;
}
