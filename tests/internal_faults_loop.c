/* SPDX-License-Identifier: MIT */

/* The loop and its watches with their system calls failing in turn. */

#include "config.h"
#include "lib/fault_control.h"
#include "lib/fault_walk.h"
#include "lib/harness.h"

/* What a call finds. */
static struct {
	struct mio_loop *loop;
	struct mio_watch *watch;
	unsigned calls;
	mio_fd_t fd, writer;
} world;

/* What a call returns. */
static struct {
	struct mio_loop *loop;
	struct mio_watch *watch;
} out;

/* What a scenario needs in its world. */
#define LOOP  0x01u
#define WATCH 0x02u /* of fd, which is readable */

static void
on_ready(struct mio_loop *loop, void *context, unsigned ready)
{
	(void)loop;
	(void)context;
	(void)ready;
	world.calls++;
}

static void
build(const struct fault_scenario *s)
{
	int fds[2];

	memset(&world, 0, sizeof(world));
	make_pipe(fds);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	world.fd = fds[0];
	world.writer = fds[1];
	if (s->needs & (LOOP | WATCH))
		assert_ok(mio_loop_create(&world.loop, NULL));
	if (s->needs & WATCH)
		assert_ok(mio_loop_watch_fd(world.loop, world.fd, MIO_READABLE,
		    0, on_ready, NULL, &world.watch));
}

/* A watch that could not be paused reports, and so does one that goes on. */
static void
tear_down(void)
{
	if (world.watch != NULL) {
		assert_ok(mio_loop_run_once(world.loop, NULL, NULL, 0));
		ck_assert_uint_eq(world.calls, 1);
		mio_watch_end(world.watch);
	}
	mio_loop_destroy(world.loop);
	assert_ok(mio_fd_close(world.fd));
	assert_ok(mio_fd_close(world.writer));
}

static int
create(void)
{
	return mio_loop_create(&out.loop, NULL);
}

static void
destroy(void)
{
	mio_loop_destroy(out.loop);
}

static int
watch(void)
{
	return mio_loop_watch_fd(world.loop, world.fd, MIO_READABLE, 0,
	    on_ready, NULL, &out.watch);
}

static void
end(void)
{
	assert_ok(mio_loop_run_once(world.loop, NULL, NULL, 0));
	ck_assert_uint_eq(world.calls, 1);
	mio_watch_end(out.watch);
}

static int
update(void)
{
	return mio_watch_update(world.watch, 0, 0);
}

static void
look_at_pause(void)
{
	assert_ok(mio_loop_run_once(world.loop, NULL, NULL, 0));
	ck_assert_uint_eq(world.calls, 0);
	assert_ok(mio_watch_update(world.watch, MIO_READABLE, 0));
}

static const struct fault_scenario scenarios[] = {
	{ "create", 0, NULL, create, 0, destroy },
	{ "watch", LOOP, NULL, watch, 0, end },
	{ "update", WATCH, NULL, update, 0, look_at_pause },
};

static const struct fault_world faulty_world = {
	.build = build,
	.tear_down = tear_down,
	.fd = &world.fd,
	.out = &out,
	.out_size = sizeof(out),
};

START_TEST(every_failing_call_is_reported_and_changes_nothing)
{
	fault_walk(&faulty_world, &scenarios[_i]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("faults_loop");
	TCase *tcase = new_case(suite, "faults_loop");

	tcase_add_loop_test(tcase,
	    every_failing_call_is_reported_and_changes_nothing, 0,
	    (int)(sizeof(scenarios) / sizeof(scenarios[0])));

	return run_suite(suite);
}
