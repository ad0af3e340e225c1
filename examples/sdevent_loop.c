/* SPDX-License-Identifier: MIT */

/*
 * A libmio poll in sd-event's loop, as an I/O source on the poll's descriptor.
 * The prepare callback of that source arms the poll before each sleep. If
 * events are already pending, a deferred source keeps the loop awake and
 * handles them. nested.h describes the sources in the poll. The status is 0 if
 * all expected events were reported, and 77 if the poll has no descriptor.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <sys/epoll.h>
#include <systemd/sd-event.h>

#include "nested.h"

#define TICK_US     UINT64_C(20000)
#define WATCHDOG_US UINT64_C(30000000)

struct program {
	struct nested nested;
	sd_event *loop;
	sd_event_source *io, *pending, *tick, *watchdog;
	bool ticked;
};

static int
handle(struct program *program)
{
	if (nested_dispatch(&program->nested))
		return 0;

	return sd_event_exit(program->loop, 0);
}

static int
on_prepare(sd_event_source *source, void *data)
{
	struct program *program = data;
	int r = mio_poll_arm(program->nested.poll);

	(void)source;
	if (r < 0)
		return r;

	return r == 0 ? 0
		      : sd_event_source_set_enabled(
			    program->pending, SD_EVENT_ONESHOT);
}

static int
on_pending(sd_event_source *source, void *data)
{
	(void)source;

	return handle(data);
}

static int
on_readable(sd_event_source *source, int fd, uint32_t bits, void *data)
{
	(void)source;
	(void)fd;
	(void)bits;

	return handle(data);
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

/* The poll must outlive the sources. */
static int
add_poll(struct program *program)
{
	int r;

	if ((r = sd_event_add_io(program->loop, &program->io,
		 mio_poll_fd(program->nested.poll), EPOLLIN, on_readable,
		 program)) < 0 ||
	    (r = sd_event_add_defer(
		 program->loop, &program->pending, on_pending, program)) < 0 ||
	    (r = sd_event_source_set_enabled(
		 program->pending, SD_EVENT_OFF)) < 0)
		return r;

	return sd_event_source_set_prepare(program->io, on_prepare);
}

/* Returns the exit code of the loop, or a negative errno value. */
static int
run(struct program *program)
{
	int r;

	if ((r = sd_event_new(&program->loop)) < 0 ||
	    (r = add_poll(program)) < 0 ||
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

	(void)sd_event_source_unref(program.io);
	(void)sd_event_source_unref(program.pending);
	(void)sd_event_source_unref(program.tick);
	(void)sd_event_source_unref(program.watchdog);
	(void)sd_event_unref(program.loop);

	return nested_stop(&program.nested) && program.ticked && r == 0 ? 0 : 1;
}
