/* SPDX-License-Identifier: MIT */

/*
 * A poll inside another loop. After mio_poll_arm() answered 0 its descriptor is
 * readable exactly when mio_poll() would report something.
 */

#include "config.h"
#include "lib/harness.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>

enum { KERNEL = 1, WAKER, USER };

struct world {
	struct mio_poll *poll;
	struct mio_waker *waker;
	struct mio_registration *registration;
	struct mio_readiness *readiness;
	struct mio_source *source;
	int fds[2];
};

static void
begin(struct world *world, unsigned options)
{
	world->poll = new_poll();
	make_pipe(world->fds);
	assert_ok(mio_poll_register_fd(world->poll, world->fds[0], KERNEL,
	    MIO_READABLE, options));
	assert_ok(mio_waker_create(&world->waker, world->poll, WAKER));
	assert_ok(mio_registration_create(&world->registration,
	    &world->readiness));
	world->source = mio_registration_source(world->registration);
	assert_ok(mio_poll_register(world->poll, world->source, USER,
	    MIO_READABLE, options));
}

static void
end(struct world *world)
{
	mio_waker_destroy(world->waker);
	mio_registration_destroy(world->registration);
	mio_readiness_unref(world->readiness);
	mio_poll_destroy(world->poll);
	close_pipe(world->fds);
}

/* Where there is no descriptor only what arming answers can be tested. */
static bool
shows(struct world *world, int timeout_ms)
{
	struct pollfd outer = {
		.fd = mio_poll_fd(world->poll), .events = POLLIN,
	};

	if (outer.fd < 0)
		return timeout_ms != 0;

	return poll(&outer, 1, timeout_ms) == 1;
}

static void
arm(struct world *world)
{
	ck_assert_int_eq(mio_poll_arm(world->poll), 0);
	ck_assert(!shows(world, 0));
}

/* It shows, is what came, and then no more. */
static void
expect_shown(struct world *world, mio_token_t token)
{
	ck_assert(shows(world, 20000));
	expect_ready(world->poll, token, MIO_READABLE, 0);
}

START_TEST(bad_arguments_are_refused)
{
	assert_error(mio_poll_fd(NULL), EINVAL);
	assert_error(mio_poll_arm(NULL), EINVAL);
}
END_TEST

START_TEST(the_descriptor_is_the_selectors)
{
	struct mio_poll *poll = new_poll();

	if (backend_is("poll"))
		assert_error(mio_poll_fd(poll), ENOTSUP);
	else
		ck_assert_int_eq(fcntl(mio_poll_fd(poll), F_GETFD),
		    FD_CLOEXEC);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(kernel_events_show_by_themselves)
{
	struct world world;
	char byte;

	begin(&world, _i == 0 ? MIO_LEVEL : MIO_EDGE);
	arm(&world);
	ck_assert_int_eq(write(world.fds[1], "x", 1), 1);
	expect_shown(&world, KERNEL);
	ck_assert_int_eq(read(world.fds[0], &byte, 1), 1);
	expect_nothing(world.poll);
	arm(&world);
	end(&world);
}
END_TEST

START_TEST(user_events_show_when_armed)
{
	struct world world;
	int i;

	begin(&world, MIO_EDGE);
	for (i = 0; i < 100; i++) {
		arm(&world);
		if (i % 2 == 0)
			assert_ok(mio_waker_wake(world.waker));
		else
			assert_ok(mio_readiness_set(world.readiness,
			    MIO_READABLE));
		expect_shown(&world, i % 2 == 0 ? WAKER : USER);
	}
	arm(&world);
	end(&world);
}
END_TEST

START_TEST(arming_tells_what_is_there_already)
{
	struct world world;

	begin(&world, MIO_LEVEL);
	assert_ok(mio_waker_wake(world.waker));
	ck_assert_int_eq(mio_poll_arm(world.poll), 1);
	ck_assert_int_eq(mio_poll_arm(world.poll), 1);
	expect_ready(world.poll, WAKER, MIO_READABLE, 0);
	arm(&world);

	/* a level stays until it is taken back */
	assert_ok(mio_readiness_set(world.readiness, MIO_READABLE));
	expect_shown(&world, USER);
	ck_assert_int_eq(mio_poll_arm(world.poll), 1);
	expect_ready(world.poll, USER, MIO_READABLE, 0);
	assert_ok(mio_readiness_set(world.readiness, 0));
	arm(&world);
	end(&world);
}
END_TEST

/* What stands in the queue and has nothing to say is not "something". */
START_TEST(what_is_gone_does_not_show)
{
	struct world world;
	struct mio_waker *waker;

	begin(&world, MIO_EDGE);
	assert_ok(mio_waker_create(&waker, world.poll, 9));
	assert_ok(mio_waker_wake(waker));
	mio_waker_destroy(waker);
	arm(&world);

	assert_ok(mio_readiness_set(world.readiness, MIO_READABLE));
	assert_ok(mio_poll_deregister(world.poll, world.source));
	arm(&world);

	/* nor does what nobody asked for */
	assert_ok(mio_readiness_set(world.readiness, MIO_READABLE));
	ck_assert(!shows(&world, 0));

	assert_ok(mio_poll_register(world.poll, world.source, USER,
	    MIO_WRITABLE, MIO_ONESHOT));
	arm(&world);
	assert_ok(mio_readiness_set(world.readiness, MIO_WRITABLE));
	ck_assert(shows(&world, 20000));
	expect_ready(world.poll, USER, MIO_WRITABLE, 0);
	assert_ok(mio_readiness_set(world.readiness, MIO_WRITABLE));
	arm(&world);
	end(&world);
}
END_TEST

/* The array was full before the kernel was asked: nothing is left behind. */
START_TEST(an_array_just_large_enough_leaves_nothing)
{
	struct mio_event event;
	struct world world;
	int i;

	begin(&world, MIO_EDGE);
	for (i = 0; i < 10; i++) {
		arm(&world);
		assert_ok(mio_waker_wake(world.waker));
		ck_assert(shows(&world, 20000));
		ck_assert_int_eq(mio_poll(world.poll, &event, 1, 0), 1);
		ck_assert_uint_eq(event.token, WAKER);
	}
	arm(&world);
	end(&world);
}
END_TEST

static void *
wake(void *argument)
{
	assert_ok(mio_waker_wake(argument));

	return NULL;
}

START_TEST(wakes_of_other_threads_end_the_outer_sleep)
{
	struct world world;
	pthread_t thread;
	int i;

	begin(&world, MIO_EDGE);
	for (i = 0; i < 500; i++) {
		thread = start(wake, world.waker);
		if (mio_poll_arm(world.poll) == 0)
			ck_assert(shows(&world, 20000));
		if (backend_is("poll"))
			join(thread);
		expect_ready(world.poll, WAKER, MIO_READABLE, 0);
		if (!backend_is("poll"))
			join(thread);
	}
	end(&world);
}
END_TEST

struct inside {
	struct world *world;
	_Atomic bool begun;
};

static void *
sleep_inside(void *argument)
{
	struct inside *inside = argument;

	inside->begun = true;
	expect_ready(inside->world->poll, WAKER, MIO_READABLE, 0);

	return NULL;
}

START_TEST(a_poll_that_another_thread_holds_is_busy)
{
	struct world world;
	struct inside inside = { .world = &world };
	pthread_t thread;
	int64_t begun = now_ns();

	begin(&world, MIO_EDGE);
	thread = start(sleep_inside, &inside);
	while (mio_poll_arm(world.poll) != -EBUSY) {
		ck_assert_int_lt(now_ns() - begun, PATIENCE);
		sched_yield();
	}
	assert_ok(mio_waker_wake(world.waker));
	join(thread);
	arm(&world);
	end(&world);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("nesting");
	TCase *nesting = new_case(suite, "nesting");

	tcase_add_test(nesting, bad_arguments_are_refused);
	tcase_add_test(nesting, the_descriptor_is_the_selectors);
	tcase_add_loop_test(nesting, kernel_events_show_by_themselves, 0, 2);
	tcase_add_test(nesting, user_events_show_when_armed);
	tcase_add_test(nesting, arming_tells_what_is_there_already);
	tcase_add_test(nesting, what_is_gone_does_not_show);
	tcase_add_test(nesting, an_array_just_large_enough_leaves_nothing);
	tcase_add_test(nesting, wakes_of_other_threads_end_the_outer_sleep);
	tcase_add_test(nesting, a_poll_that_another_thread_holds_is_busy);

	return run_suite(suite);
}
