/* SPDX-License-Identifier: MIT */

/*
 * The poll's alarm: a clock that reads less than it should, one that reads more
 * than 32 bits of seconds hold, and a system that refuses it later on.
 */

#include "config.h"
#include "lib/fault_control.h"
#include "lib/harness.h"

#include <poll.h>

#define HOUR (3600 * SECONDS(1))

struct scene {
	struct mio_poll *poll;
	struct mio_timer *timer;
};

static struct scene
begin(unsigned options)
{
	struct scene scene = { .poll = new_poll() };

	assert_ok(mio_timer_create(&scene.timer, MS(1), 100000));
	assert_ok(mio_poll_register(scene.poll, mio_timer_source(scene.timer),
	    9, MIO_READABLE, options));

	return scene;
}

static void
end(struct scene *scene)
{
	mio_timer_destroy(scene->timer);
	mio_poll_destroy(scene->poll);
}

/* What sets the alarm; a kqueue's timer is deleted and added. */
static const char *
alarm_call(void)
{
	return backend_is("kqueue") ? "kevent_timer" : "timerfd_settime";
}

/* Whether the poll has a clock of the kernel's. */
static bool
has_kernel_alarm(void)
{
	struct scene scene = begin(MIO_LEVEL);
	unsigned made = fault_count(alarm_call());

	end(&scene);

	return made > 0 && has_alarm();
}

struct sleeper {
	struct mio_poll *poll;
	int64_t timeout_ns;
	int n;
	_Atomic bool back;
};

static void *
sleep_in_poll(void *argument)
{
	struct sleeper *sleeper = argument;
	struct mio_event event;

	sleeper->n =
	    mio_poll(sleeper->poll, &event, 1, sleeper->timeout_ns);
	sleeper->back = true;

	return NULL;
}

/*
 * The alarm has rung for a deadline, but the clock reads less: it is set anew
 * each time, and the timer is reported once the clock is there, not before.
 */
START_TEST(the_clock_reads_just_below_the_deadline)
{
	static const int64_t steps[] = { 1, 2, 5, 50, 999, 99999 };
	struct scene scene = { .poll = new_poll() };
	int fd = mio_poll_fd(scene.poll);
	struct pollfd look = { .fd = fd, .events = POLLIN };
	bool shows = fd >= 0 && has_kernel_alarm();
	struct mio_event event;
	mio_token_t state;
	int64_t due, at;
	int i;

	assert_ok(mio_timer_create(&scene.timer, 1, 4));
	assert_ok(mio_poll_register(scene.poll, mio_timer_source(scene.timer),
	    9, MIO_READABLE, _i % 2 ? MIO_EDGE : MIO_LEVEL));
	for (i = 0; i < 6; i++) {
		due = (int64_t)mio_clock_now() + MS(1);
		fault_set_clock(due - MS(1));
		assert_ok(mio_timer_set_at(
		    scene.timer, (uint64_t)due, 1, NULL));
		ck_assert_int_eq(mio_poll_arm(scene.poll), 0);
		(void)usleep(3000); /* it rings */
		for (at = due - steps[i]; at < due;
		     at += steps[i] > 50 ? steps[i] / 7 + 1 : 1) {
			fault_set_clock(at);
			if (_i >= 2)
				ck_assert_int_eq(mio_poll(
				    scene.poll, &event, 1, 0), 0);
			ck_assert_int_eq(mio_poll_arm(scene.poll), 0);
			if (shows)
				ck_assert_int_eq(poll(&look, 1, 20000), 1);
		}
		fault_set_clock(due);
		ck_assert_int_eq(mio_poll(scene.poll, &event, 1, 0), 1);
		ck_assert_int_eq(mio_timer_expire(scene.timer, &state, 1), 1);
		ck_assert_int_eq(mio_poll(scene.poll, &event, 1, 0), 0);
		fault_set_clock(0);
	}
	end(&scene);
}
END_TEST

/* The same for threads that wait, nanosecond by nanosecond. */
START_TEST(threads_wait_while_the_clock_comes_to_the_deadline)
{
	struct scene scene = { .poll = new_poll() };
	struct sleeper sleepers[2];
	pthread_t threads[2];
	mio_token_t state;
	int64_t due, at;
	int i, round;

	assert_ok(mio_timer_create(&scene.timer, 1, 4));
	assert_ok(mio_poll_register(scene.poll, mio_timer_source(scene.timer),
	    9, MIO_READABLE, MIO_LEVEL));
	for (round = 0; round < 10; round++) {
		due = (int64_t)mio_clock_now() + MS(3);
		fault_set_clock(due - 99999);
		for (i = 0; i < 2; i++) {
			sleepers[i] = (struct sleeper){
				.poll = scene.poll, .timeout_ns = -1,
			};
			threads[i] = start(sleep_in_poll, &sleepers[i]);
		}
		if (round % 2)
			(void)usleep(1000);
		assert_ok(mio_timer_set_at(
		    scene.timer, (uint64_t)due, 1, NULL));
		(void)usleep(5000); /* it rings */
		for (at = due - 30; at < due; at++) {
			fault_set_clock(at);
			(void)usleep(50);
		}
		ck_assert(!sleepers[0].back && !sleepers[1].back);
		fault_set_clock(due);
		for (i = 0; i < 2; i++) {
			join(threads[i]);
			ck_assert_int_eq(sleepers[i].n, 1);
		}
		ck_assert_int_eq(mio_timer_expire(scene.timer, &state, 1), 1);
		fault_set_clock(0);
	}
	end(&scene);
}
END_TEST

/*
 * The kernel's clock runs far ahead of the one that is read. The alarm of epoll
 * is never early, since both are the same clock.
 */
START_TEST(the_alarm_rings_long_before_its_time)
{
	struct scene scene = begin(MIO_LEVEL);
	struct sleeper sleeper = { .poll = scene.poll, .timeout_ns = -1 };
	mio_token_t state;
	pthread_t thread;
	int64_t due;
	int i;

	for (i = 0; i < 5 && !backend_is("epoll"); i++) {
		sleeper.back = false;
		due = (int64_t)mio_clock_now() + MS(2);
		fault_set_clock(due - MS(2));
		assert_ok(mio_timer_set_at(
		    scene.timer, (uint64_t)due, 1, NULL));
		thread = start(sleep_in_poll, &sleeper);
		(void)usleep(i % 2 ? 4000 : 100); /* it rings, or does not */
		fault_set_clock(due - MS(1));
		(void)usleep(5000); /* and again */
		ck_assert(!sleeper.back);
		fault_set_clock(0);
		join(thread);
		ck_assert_int_eq(sleeper.n, 1);
		ck_assert_int_eq(mio_timer_expire(scene.timer, &state, 1), 1);
	}
	end(&scene);
}
END_TEST

/* A time that may be too long for the kernel: it must not wake all the time. */
START_TEST(a_far_timeout_sets_the_alarm_once)
{
	const int64_t century = 36525 * 24 * HOUR;
	struct scene scene = begin(MIO_LEVEL);
	struct mio_event event;

	assert_ok(mio_timer_set(scene.timer, (uint64_t)century, 1, NULL));
	fault_reset_counts();
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, MS(20)), 0);
	ck_assert_uint_le(fault_count(alarm_call()), 2);
	end(&scene);
}
END_TEST

/* A sandbox that comes when all is set up, and then refuses the alarm. */
START_TEST(the_alarm_is_refused_later_on)
{
	struct scene scene = begin(_i & 2 ? MIO_LEVEL : MIO_EDGE);
	struct mio_event event;
	uint64_t asked;
	mio_token_t state;
	int i;

	/* it works, and may be set for far away at that moment */
	assert_ok(mio_timer_set(scene.timer, (uint64_t)MS(1), 1, NULL));
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, PATIENCE), 1);
	ck_assert_int_eq(mio_timer_expire(scene.timer, &state, 1), 1);
	if (_i & 4) {
		assert_ok(
		    mio_timer_set(scene.timer, (uint64_t)HOUR, 2, NULL));
		ck_assert_int_eq(mio_poll_arm(scene.poll), 0);
		ck_assert_int_eq(mio_poll(scene.poll, &event, 1, 0), 0);
	}

	fault_reset_counts();
	fault_arm_all(alarm_call(), _i & 1 ? ENOSYS : EPERM);
	for (i = 0; i < 10; i++) {
		asked = mio_clock_now();
		assert_ok(mio_timer_set(
		    scene.timer, (uint64_t)i * 300000, 1, NULL));
		ck_assert_int_eq(mio_poll(scene.poll, &event, 1, PATIENCE), 1);
		ck_assert_uint_ge(
		    mio_clock_now(), asked + (uint64_t)i * 300000);
		ck_assert_int_eq(mio_timer_expire(scene.timer, &state, 1), 1);
	}
	ck_assert_uint_le(
	    fault_count(alarm_call()), backend_is("kqueue") ? 2 : 1);
	ck_assert_int_ge(mio_poll_arm(scene.poll), 0);
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, MS(2)), 0);
	ck_assert_int_eq(
	    mio_poll_deregister(scene.poll, mio_timer_source(scene.timer)), 0);
	end(&scene);
	(void)fault_disarm();
}
END_TEST

/* While threads wait for ever, and rely on it: one after the other is woken. */
START_TEST(the_alarm_is_refused_while_threads_wait)
{
	struct scene scene = begin(MIO_ONESHOT);
	struct sleeper sleepers[3];
	pthread_t threads[3];
	mio_token_t state;
	int back, before, i;
	int64_t give_up;

	if (_i & 2)
		assert_ok(
		    mio_timer_set(scene.timer, (uint64_t)HOUR, 2, NULL));
	for (i = 0; i < 3; i++) {
		sleepers[i] = (struct sleeper){
			.poll = scene.poll,
			.timeout_ns = i == 2 ? 2 * PATIENCE : -1,
		};
		threads[i] = start(sleep_in_poll, &sleepers[i]);
	}
	(void)usleep(5000);
	fault_arm_all(alarm_call(), _i & 1 ? ENOSYS : EPERM);
	for (before = 0; before < 3; before = back) {
		assert_ok(mio_timer_set(
		    scene.timer, (uint64_t)MS(3), 1, NULL));
		give_up = now_ns() + PATIENCE;
		do {
			(void)usleep(500);
			for (back = 0, i = 0; i < 3; i++)
				back += sleepers[i].back;
		} while (back == before && now_ns() < give_up);
		ck_assert_int_eq(back, before + 1);
		ck_assert_int_eq(mio_timer_expire(scene.timer, &state, 1), 1);
		assert_ok(mio_poll_reregister(scene.poll,
		    mio_timer_source(scene.timer), 9, MIO_READABLE,
		    MIO_ONESHOT));
	}
	for (i = 0; i < 3; i++) {
		join(threads[i]);
		ck_assert_int_eq(sleepers[i].n, 1);
	}
	(void)fault_disarm();
	end(&scene);
}
END_TEST

/*
 * A call to mio_poll() with a timeout of 0 may consume the wake by which the
 * waiting thread learns that there is no alarm any more. The call passes it on.
 */
START_TEST(a_call_that_does_not_wait_gets_the_wake)
{
	struct scene scene = begin(MIO_ONESHOT);
	struct sleeper sleeper = { .poll = scene.poll, .timeout_ns = -1 };
	struct mio_event event;
	mio_token_t state;
	pthread_t thread;
	int64_t give_up;
	int n;

	assert_ok(mio_timer_set(scene.timer, (uint64_t)HOUR, 2, NULL));
	thread = start(sleep_in_poll, &sleeper);
	(void)usleep(2000);
	fault_arm_all(alarm_call(), EPERM);
	assert_ok(mio_timer_set(scene.timer, (uint64_t)MS(5), 1, NULL));
	if (_i % 2)
		ck_assert_int_ge(mio_poll_arm(scene.poll), 0);
	n = mio_poll(scene.poll, &event, 1, 0);
	ck_assert_int_ge(n, 0);
	give_up = now_ns() + PATIENCE;
	while (n == 0 && !sleeper.back && now_ns() < give_up)
		(void)usleep(500);
	ck_assert(n == 1 || sleeper.back);
	ck_assert_int_eq(mio_timer_expire(scene.timer, &state, 1), 1);
	if (n == 1) {
		assert_ok(mio_poll_reregister(scene.poll,
		    mio_timer_source(scene.timer), 9, MIO_READABLE,
		    MIO_ONESHOT));
		assert_ok(mio_timer_set(scene.timer, 0, 1, NULL));
	}
	join(thread);
	(void)fault_disarm();
	end(&scene);
}
END_TEST

/* What 32 bits of seconds cannot hold; the waits are short in between. */
START_TEST(the_clock_is_past_two_to_the_31_seconds)
{
	static const int64_t seconds[] = {
		INT32_MAX - 1,
		INT32_MAX,
		(INT64_C(1) << 31),
		(INT64_C(1) << 32) - 1,
		(INT64_C(1) << 32),
		(INT64_C(1) << 33),
	};
	int64_t clock = SECONDS(seconds[_i]);
	struct scene scene;
	struct mio_event event;
	mio_token_t state;
	uint64_t next;
	int i;

	fault_set_clock(clock);
	fault_skip_waits(true);
	scene = begin(MIO_LEVEL);
	for (i = 0; i < 5; i++) {
		assert_ok(mio_timer_set(
		    scene.timer, (uint64_t)SECONDS(1), 1, NULL));
		assert_ok(mio_timer_next(scene.timer, &next));
		ck_assert_uint_eq(next, (uint64_t)SECONDS(1));
		ck_assert_int_eq(mio_poll_arm(scene.poll), 0);
		ck_assert_int_eq(mio_poll(scene.poll, &event, 1, 0), 0);
		clock += SECONDS(1);
		fault_set_clock(clock - 1);
		ck_assert_int_eq(mio_poll(scene.poll, &event, 1, 0), 0);
		fault_set_clock(clock);
		ck_assert_int_eq(mio_poll(scene.poll, &event, 1, 0), 1);
		ck_assert_int_eq(mio_poll(scene.poll, &event, 1, -1), 1);
		ck_assert_int_eq(mio_poll(scene.poll, &event, 1, PATIENCE), 1);
		ck_assert_int_eq(mio_timer_expire(scene.timer, &state, 1), 1);
	}
	fault_skip_waits(false);
	end(&scene);
	fault_set_clock(0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("alarm");
	TCase *tcase = new_case(suite, "clock");

	tcase_add_loop_test(
	    tcase, the_clock_reads_just_below_the_deadline, 0, 4);
	tcase_add_test(
	    tcase, threads_wait_while_the_clock_comes_to_the_deadline);
	tcase_add_test(tcase, the_alarm_rings_long_before_its_time);
	tcase_add_test(tcase, a_far_timeout_sets_the_alarm_once);
	tcase_add_loop_test(
	    tcase, the_clock_is_past_two_to_the_31_seconds, 0, 6);

	tcase = new_case(suite, "refused");
	tcase_add_loop_test(tcase, the_alarm_is_refused_later_on, 0, 8);
	tcase_add_loop_test(
	    tcase, the_alarm_is_refused_while_threads_wait, 0, 4);
	tcase_add_loop_test(
	    tcase, a_call_that_does_not_wait_gets_the_wake, 0, 2);

	return run_suite(suite);
}
