/* SPDX-License-Identifier: MIT */

/*
 * Timers that one thread uses while others are in the poll. The program is
 * built a second time, as internal_timer_threads, with a library that yields at
 * each MIO__YIELD_POINT().
 */

#include "config.h"
#include "lib/harness.h"
#include "lib/timers.h"

#include <sched.h>
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

/* One thread sleeps in the poll while this one uses the timer. */
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
		expect_token(&scene, 1);
	}

	/* cancelling a timeout or destroying the timer ends no sleep */
	sleeper = (struct sleeper){ .poll = scene.poll };
	thread = start(sleep_in_poll, &sleeper);
	(void)usleep(2000);
	timeout = set(&scene, MS(300), 1);
	assert_ok(mio_timer_cancel(scene.timer, timeout, NULL));
	set(&scene, MS(300), 1);
	mio_timer_destroy(scene.timer);
	(void)usleep(350000);
	ck_assert(!sleeper.back);

	/* a timer that is registered meanwhile ends it */
	scene.timer = new_timer();
	set(&scene, MS(1), 2);
	assert_ok(mio_poll_register(scene.poll, mio_timer_source(scene.timer),
	    8, MIO_READABLE, MIO_LEVEL));
	join(thread);
	ck_assert_uint_eq(sleeper.event.token, 8);
	expect_token(&scene, 2);
	end(&scene);
}
END_TEST

/* A sleep that began without a timer ends for one that is registered later. */
START_TEST(first_timer_is_registered_during_a_sleep)
{
	struct scene scene = begin(MIO_LEVEL);
	struct sleeper sleeper = { .poll = scene.poll };
	pthread_t thread;

	/* a short sleep with a timer, which is then destroyed */
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
	expect_token(&scene, 2);
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

/* One thread uses the timer at random, and two poll: nothing due is missed. */
START_TEST(timer_is_used_while_threads_poll)
{
	struct storm storm = { .scene = begin(MIO_LEVEL) };
	struct scene *scene = &storm.scene;
	mio_timeout_t timeouts[16] = { 0 };
	mio_token_t tokens[4];
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
		n = mio_timer_expire(scene->timer, tokens, 4);
		ended += (unsigned)n;
		if (mio_timer_pending(scene->timer) > 900)
			(void)usleep(1000);
	}
	end_at = now_ns() + PATIENCE;
	while (ended < set_count && now_ns() < end_at) {
		(void)usleep(500);
		ended += (unsigned)mio_timer_expire(scene->timer, tokens, 4);
	}
	ck_assert_uint_eq(ended, set_count);

	/* and now the poll sleeps until the last one is due */
	assert_ok(mio_poll_reregister(
	    scene->poll, scene->source, 10, MIO_READABLE, MIO_LEVEL));
	set(scene, MS(30), 1);
	while (storm.events == 0 && now_ns() < end_at)
		(void)usleep(500);
	ck_assert_uint_gt(storm.events, 0);
	expect_token(scene, 1);
	storm.over = true;
	join(threads[0]);
	join(threads[1]);
	end(scene);
}
END_TEST

/*
 * One thread deregisters a timer and another registers it again, in whatever
 * order: a timer that is registered in the end is polled, and fires.
 */
struct swap {
	struct scene *scene;
	_Atomic unsigned go, done;
	unsigned rounds;
};

static void *
register_again(void *argument)
{
	struct swap *swap = argument;
	unsigned i;
	int r;

	for (i = 1; i <= swap->rounds; i++) {
		while (swap->go < i)
			(void)sched_yield();
		do {
			r = mio_poll_register(swap->scene->poll,
			    swap->scene->source, 9, MIO_READABLE, MIO_LEVEL);
		} while (r == -EEXIST);
		must(r == 0);
		swap->done = i;
	}

	return NULL;
}

START_TEST(deregistered_here_and_registered_there)
{
	struct scene scene = begin(MIO_LEVEL);
	struct swap swap = {
		.scene = &scene, .rounds = is_slowed_down() ? 100 : 4000,
	};
	pthread_t thread = start(register_again, &swap);
	struct mio_event event;
	mio_token_t token;
	unsigned i;

	for (i = 1; i <= swap.rounds; i++) {
		swap.go = i;
		must(mio_poll_deregister(scene.poll, scene.source) == 0);
		while (swap.done < i)
			(void)sched_yield();
		must(mio_timer_set(scene.timer, 1000, 1, NULL) == 0);
		if (mio_poll(scene.poll, &event, 1, PATIENCE) != 1)
			ck_abort_msg("lost in round %u", i);
		must(mio_timer_expire(scene.timer, &token, 1) == 1);
	}
	join(thread);
	end(&scene);
}
END_TEST

/* Threads make all calls on their own timers at the same time. */
struct shuffle {
	struct mio_poll *poll;
	_Atomic bool over;
	unsigned seed;
};

static void *
shuffle_own_timer(void *argument)
{
	struct shuffle *self = argument;
	unsigned random = self->seed, i;
	struct mio_timer *timer = NULL;
	struct mio_source *source = NULL;
	mio_token_t tokens[4];

	for (i = 0; i < (is_slowed_down() ? 200u : 10000u); i++) {
		random = random * 1103515245 + 12345;
		if (timer == NULL) {
			must(mio_timer_create(&timer, 1000, 8) == 0);
			source = mio_timer_source(timer);
		}
		switch (random >> 20 & 7) {
		case 0:
			(void)mio_poll_register(
			    self->poll, source, 1, MIO_READABLE, MIO_LEVEL);
			break;
		case 1:
			(void)mio_poll_deregister(self->poll, source);
			break;
		case 2:
			(void)mio_poll_reregister(
			    self->poll, source, 1, MIO_READABLE, MIO_EDGE);
			break;
		case 3:
			must(mio_timer_expire(timer, tokens, 4) >= 0);
			break;
		case 4:
			if ((random >> 24 & 15) == 0) {
				mio_timer_destroy(timer);
				timer = NULL;
			}
			break;
		default:
			(void)mio_timer_set(timer, random >> 16, 1, NULL);
		}
	}
	mio_timer_destroy(timer);

	return NULL;
}

static void *
poll_without_events(void *argument)
{
	struct shuffle *self = argument;
	struct mio_event events[2];

	while (!self->over)
		must(mio_poll(self->poll, events, 2, MS(1)) >= 0);

	return NULL;
}

START_TEST(timers_are_made_and_freed_while_threads_poll)
{
	struct scene scene = begin(MIO_EDGE);
	struct shuffle shuffles[3], polling = { .poll = scene.poll };
	pthread_t threads[3], pollers[2];
	struct mio_event event;
	unsigned i;

	for (i = 0; i < 2; i++)
		pollers[i] = start(poll_without_events, &polling);
	for (i = 0; i < 3; i++) {
		shuffles[i] = (struct shuffle){ scene.poll, false, i + 1 };
		threads[i] = start(shuffle_own_timer, &shuffles[i]);
	}
	for (i = 0; i < 3; i++)
		join(threads[i]);
	polling.over = true;
	for (i = 0; i < 2; i++)
		join(pollers[i]);

	/* the list of timers is intact, and the alarm is set for them */
	while (mio_poll(scene.poll, &event, 1, 0) > 0)
		continue;
	set(&scene, MS(5), 3);
	event = expect_event(scene.poll);
	ck_assert_uint_eq(event.token, 9);
	expect_token(&scene, 3);
	end(&scene);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("timer, threads");
	TCase *tcase = new_case(suite, "threads");

	tcase_add_test(tcase, timer_is_used_while_a_thread_sleeps);
	tcase_add_test(tcase, first_timer_is_registered_during_a_sleep);
	tcase_add_test(tcase, timer_is_used_while_threads_poll);
	tcase_add_test(tcase, deregistered_here_and_registered_there);
	tcase_add_test(tcase, timers_are_made_and_freed_while_threads_poll);

	return run_suite(suite);
}
