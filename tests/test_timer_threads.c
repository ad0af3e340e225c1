/* SPDX-License-Identifier: MIT */

/* Timers that are used here while threads are in the poll. */

#include "config.h"
#include "lib/harness.h"
#include "lib/timers.h"

#include <stdatomic.h>

struct sleeper {
	struct mio_poll *poll;
	struct mio_event event;
	_Atomic bool back;
};

static void *
sleep_in_poll(void *argument)
{
	struct sleeper *sleeper = argument;

	ck_assert_int_eq(
	    mio_poll(sleeper->poll, &sleeper->event, 1, PATIENCE), 1);
	sleeper->back = true;

	return NULL;
}

/* The poll sleeps in a thread, the timer is used here. */
START_TEST(timer_is_used_while_a_thread_sleeps)
{
	struct scene scene = begin(MIO_LEVEL);
	struct sleeper sleeper;
	mio_timeout_t timeout;
	pthread_t thread;
	uint64_t asked;
	int i;

	for (i = 0; i < 10; i++) {
		sleeper = (struct sleeper){ .poll = scene.poll };
		if (i % 2)
			timeout = set(&scene, SECONDS(600), 1);
		thread = start(sleep_in_poll, &sleeper);
		(void)usleep(i % 3 ? 2000 : 0);
		if (i % 2 == 0)
			timeout = set(&scene, SECONDS(500), 1);
		asked = mio_clock_now();
		assert_ok(mio_timer_reset(scene.timer, timeout, MS(2)));
		join(thread);
		ck_assert_uint_ge(mio_clock_now(), asked + MS(2));
		ck_assert_uint_eq(sleeper.event.token, 9);
		expect_state(&scene, 1);
	}

	/* cancelled or destroyed: the sleep goes on */
	sleeper = (struct sleeper){ .poll = scene.poll };
	thread = start(sleep_in_poll, &sleeper);
	(void)usleep(2000);
	timeout = set(&scene, MS(300), 1);
	assert_ok(mio_timer_cancel(scene.timer, timeout, NULL));
	set(&scene, MS(300), 1);
	mio_timer_destroy(scene.timer);
	(void)usleep(350000);
	ck_assert(!sleeper.back);

	/* registered meanwhile */
	scene.timer = new_timer();
	set(&scene, MS(1), 2);
	assert_ok(mio_poll_register(scene.poll, mio_timer_source(scene.timer),
	    8, MIO_READABLE, MIO_LEVEL));
	join(thread);
	ck_assert_uint_eq(sleeper.event.token, 8);
	expect_state(&scene, 2);
	end(&scene);
}
END_TEST

/* A first timer is noticed by a sleep that began without any. */
START_TEST(first_timer_comes_during_a_sleep)
{
	struct scene scene = begin(MIO_LEVEL);
	struct sleeper sleeper = { .poll = scene.poll };
	pthread_t thread;

	/* a short sleep with a timer, and that one goes */
	set(&scene, SECONDS(600), 1);
	ck_assert_int_eq(
	    mio_poll(scene.poll, &(struct mio_event){ 0 }, 1, MS(1)), 0);
	mio_timer_destroy(scene.timer);

	thread = start(sleep_in_poll, &sleeper);
	(void)usleep(3000);
	scene.timer = new_timer();
	set(&scene, MS(5), 2);
	assert_ok(mio_poll_register(scene.poll, mio_timer_source(scene.timer),
	    8, MIO_READABLE, MIO_LEVEL));
	join(thread);
	ck_assert_uint_eq(sleeper.event.token, 8);
	expect_state(&scene, 2);
	end(&scene);
}
END_TEST

struct storm {
	struct scene scene;
	_Atomic bool over;
	_Atomic unsigned events;
};

static void *
poll_until_over(void *argument)
{
	struct storm *storm = argument;
	struct mio_event event;

	while (!storm->over)
		if (mio_poll(storm->scene.poll, &event, 1, MS(20)) == 1 &&
		    event.token == 10)
			storm->events++;

	return NULL;
}

/* One thread uses the timer at random, two poll: all that is due is told. */
START_TEST(timer_is_used_while_threads_poll)
{
	struct storm storm = { .scene = begin(MIO_LEVEL) };
	struct scene *scene = &storm.scene;
	mio_timeout_t timeouts[16] = { 0 };
	mio_token_t states[4];
	pthread_t threads[2];
	unsigned random = 5, set_count = 0, ended = 0;
	int64_t end_at;
	int i, n;

	threads[0] = start(poll_until_over, &storm);
	threads[1] = start(poll_until_over, &storm);
	for (i = 0; i < (is_slowed_down() ? 500 : 20000); i++) {
		random = random * 1103515245 + 12345;
		if (random >> 16 & 1) {
			set_count++;
			timeouts[i % 16] = set(scene, random >> 12, 1);
		} else if (mio_timer_cancel(scene->timer, timeouts[i % 16],
			       NULL) == 0) {
			ended++;
		}
		(void)mio_timer_reset(
		    scene->timer, timeouts[(i + 5) % 16], random >> 10);
		n = mio_timer_expire(scene->timer, states, 4);
		ended += (unsigned)n;
		if (mio_timer_pending(scene->timer) > 900)
			(void)usleep(1000);
	}
	end_at = now_ns() + PATIENCE;
	while (ended < set_count && now_ns() < end_at) {
		(void)usleep(500);
		ended += (unsigned)mio_timer_expire(scene->timer, states, 4);
	}
	ck_assert_uint_eq(ended, set_count);

	/* and now the poll sleeps until the last one is due */
	assert_ok(mio_poll_reregister(
	    scene->poll, scene->source, 10, MIO_READABLE, MIO_LEVEL));
	set(scene, MS(30), 1);
	while (storm.events == 0 && now_ns() < end_at)
		(void)usleep(500);
	ck_assert_uint_gt(storm.events, 0);
	expect_state(scene, 1);
	storm.over = true;
	join(threads[0]);
	join(threads[1]);
	end(scene);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("timer, threads");
	TCase *tcase = new_case(suite, "threads");

	tcase_add_test(tcase, timer_is_used_while_a_thread_sleeps);
	tcase_add_test(tcase, first_timer_comes_during_a_sleep);
	tcase_add_test(tcase, timer_is_used_while_threads_poll);

	return run_suite(suite);
}
