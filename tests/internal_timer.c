/* SPDX-License-Identifier: MIT */

/*
 * Timers with a simulated clock, how many system calls they make, and systems
 * without timerfd.
 */

#include "config.h"
#include "lib/fault_control.h"
#include "lib/harness.h"

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

/* Returns whether the alarm of a poll is a timerfd. */
static bool
has_timerfd(void)
{
	struct scene scene = begin(MIO_LEVEL);
	unsigned made = fault_count("timerfd_settime");

	end(&scene);

	return made > 0 && has_alarm();
}

/* Returns how often the poll waited with a timeout. */
static unsigned
sleeps(void)
{
	return fault_count("epoll_pwait2") + fault_count("ppoll");
}

/* Reading the clock does not count. */
static void
expect_no_system_call(void)
{
	ck_assert_uint_eq(fault_count(NULL), fault_count("clock_gettime"));
}

/* No timeout expires a nanosecond early, or later than its tick. */
START_TEST(deadlines_are_kept_to_the_tick)
{
	static const uint64_t ticks[] = { 1, 3, 1000, 999999, MS(1), MS(100) };
	struct mio_timer *timer;
	mio_token_t tokens[2];
	uint64_t delay, due, now, next, random = 1;
	int i;

	for (i = 0; i < 6000; i++) {
		random = random * UINT64_C(6364136223846793005) + 1;
		now = HOUR + (random >> 20);
		fault_set_clock((int64_t)now);
		ck_assert_uint_eq(mio_clock_now(), now);
		assert_ok(mio_timer_create(&timer, ticks[i % 6], 2));
		random = random * UINT64_C(6364136223846793005) + 1;
		delay = (random >> 8) >> random % 50;
		assert_ok(mio_timer_set(timer, delay, 5, NULL));
		due = now + delay + ticks[i % 6] - 1;
		due -= due % ticks[i % 6];
		assert_ok(mio_timer_next(timer, &next));
		ck_assert_uint_eq(next, due - now);
		if (due > now) {
			fault_set_clock((int64_t)due - 1);
			ck_assert_int_eq(mio_timer_expire(timer, tokens, 2), 0);
			assert_ok(mio_timer_next(timer, &next));
			ck_assert_uint_eq(next, 1);
		}
		fault_set_clock((int64_t)due);
		assert_ok(mio_timer_next(timer, &next));
		ck_assert_uint_eq(next, 0);
		ck_assert_int_eq(mio_timer_expire(timer, tokens, 2), 1);
		ck_assert_uint_eq(tokens[0], 5);
		mio_timer_destroy(timer);
	}
	fault_set_clock(0);
}
END_TEST

/* In mio, timeouts expired a tick late if the loop had started late. */
START_TEST(the_start_of_the_loop_does_not_matter)
{
	struct mio_timer *timer;
	mio_token_t token;

	fault_set_clock(HOUR);
	assert_ok(mio_timer_create(&timer, MS(100), 2));
	fault_set_clock(HOUR + MS(10));
	assert_ok(mio_timer_set(timer, MS(100), 1, NULL));
	fault_set_clock(HOUR + MS(199));
	ck_assert_int_eq(mio_timer_expire(timer, &token, 1), 0);
	fault_set_clock(HOUR + MS(200));
	ck_assert_int_eq(mio_timer_expire(timer, &token, 1), 1);
	mio_timer_destroy(timer);
	fault_set_clock(0);
}
END_TEST

START_TEST(a_loop_that_is_an_hour_late_loses_nothing)
{
	struct scene scene;
	mio_token_t tokens[100], expected = 0;
	struct mio_event event;
	int i, n;

	fault_set_clock(HOUR);
	scene = begin(MIO_LEVEL);
	for (i = 0; i < 50000; i++)
		if (mio_timer_set(scene.timer, (uint64_t)i * MS(72),
			(mio_token_t)i, NULL) != 0)
			ck_abort_msg("%d", i);
	fault_set_clock(2 * HOUR + SECONDS(1));
	while (expected < 50000) {
		ck_assert_int_eq(mio_poll(scene.poll, &event, 1, 0), 1);
		n = mio_timer_expire(scene.timer, tokens, 100);
		ck_assert_int_gt(n, 0);
		for (i = 0; i < n; i++)
			if (tokens[i] != expected++)
				ck_abort_msg("%d", i);
	}
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, 0), 0);
	fault_set_clock(0);
	end(&scene);
}
END_TEST

/* In mio, the timer stood still after two polls within a tick. */
START_TEST(polls_within_a_tick_end)
{
	struct scene scene;
	struct mio_event event;
	mio_token_t token;

	fault_set_clock(HOUR);
	scene = begin(MIO_LEVEL);
	assert_ok(mio_timer_set(scene.timer, MS(1), 1, NULL));
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, 0), 0);
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, 0), 0);
	ck_assert_int_eq(mio_timer_expire(scene.timer, &token, 1), 0);
	fault_set_clock(HOUR + MS(1) - 1);
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, 0), 0);
	ck_assert_int_eq(mio_timer_expire(scene.timer, &token, 1), 0);
	fault_set_clock(HOUR + MS(1));
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, 0), 1);
	ck_assert_int_eq(mio_timer_expire(scene.timer, &token, 1), 1);
	fault_set_clock(0);
	end(&scene);
}
END_TEST

/*
 * Three ticks are due, and their timeouts expire or are cancelled one by one.
 * The edge is not reported again until no timeout of the three is left.
 */
START_TEST(an_edge_of_several_ticks_is_reported_once)
{
	struct scene scene;
	struct mio_event event;
	mio_timeout_t timeouts[3];
	mio_token_t token;
	uint64_t i;

	fault_set_clock(HOUR);
	scene = begin(MIO_EDGE);
	for (i = 0; i < 3; i++)
		assert_ok(mio_timer_set(
		    scene.timer, MS(1 + 4 * i), i, &timeouts[i]));
	fault_set_clock(HOUR + MS(30));
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, 0), 1);
	ck_assert_int_eq(mio_timer_expire(scene.timer, &token, 1), 1);
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, 0), 0);
	assert_ok(mio_timer_cancel(scene.timer, timeouts[1], NULL));
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, 0), 0);
	ck_assert_int_eq(mio_timer_expire(scene.timer, &token, 1), 1);
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, 0), 0);

	/* all are cancelled or moved: the next one that is due is an edge */
	for (i = 0; i < 2; i++)
		assert_ok(mio_timer_set(
		    scene.timer, MS(1 + 4 * i), i, &timeouts[i]));
	fault_set_clock(HOUR + MS(60));
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, 0), 1);
	assert_ok(mio_timer_reset(scene.timer, timeouts[0], MS(1)));
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, 0), 0);
	assert_ok(mio_timer_cancel(scene.timer, timeouts[1], NULL));
	fault_set_clock(HOUR + MS(90));
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, 0), 1);
	ck_assert_int_eq(mio_timer_expire(scene.timer, &token, 1), 1);
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, 0), 0);
	fault_set_clock(0);
	end(&scene);
}
END_TEST

START_TEST(using_a_timer_costs_no_system_call)
{
	struct scene scene = begin(MIO_LEVEL);
	mio_timeout_t timeouts[100];
	uint64_t delay;
	mio_token_t token;
	int i;

	ck_assert_int_eq(
	    mio_poll(scene.poll, &(struct mio_event){ 0 }, 1, MS(1)), 0);
	fault_reset_counts();
	for (i = 0; i < 100; i++)
		assert_ok(mio_timer_set(scene.timer,
		    (uint64_t)SECONDS(100 - i), 1, &timeouts[i]));
	for (i = 0; i < 100; i++)
		assert_ok(mio_timer_reset(scene.timer, timeouts[i],
		    (uint64_t)SECONDS(50 + i)));
	assert_ok(mio_timer_next(scene.timer, &delay));
	ck_assert_int_eq(mio_timer_expire(scene.timer, &token, 1), 0);
	for (i = 0; i < 100; i++)
		assert_ok(mio_timer_cancel(scene.timer, timeouts[i], NULL));
	expect_no_system_call();

	/* a sleep without timeouts sets no alarm */
	fault_reset_counts();
	ck_assert_int_eq(
	    mio_poll(scene.poll, &(struct mio_event){ 0 }, 1, MS(1)), 0);
	ck_assert_uint_eq(fault_count("timerfd_settime"), 0);
	end(&scene);
}
END_TEST

/*
 * It stays set from one wait to the next, however short they are, and when the
 * timeout is put off.
 */
START_TEST(the_alarm_is_set_when_the_earliest_moved)
{
	struct scene scene = begin(MIO_LEVEL);
	struct mio_event event;
	mio_timeout_t timeout;
	int i;

	if (!has_timerfd()) {
		end(&scene);
		return;
	}

	assert_ok(mio_timer_set(scene.timer, SECONDS(50), 1, &timeout));
	fault_reset_counts();
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(mio_poll(scene.poll, &event, 1, MS(1)), 0);
	ck_assert_uint_eq(fault_count("timerfd_settime"), 1);
	for (i = 0; i < 5; i++) {
		assert_ok(mio_timer_reset(scene.timer, timeout, SECONDS(60)));
		ck_assert_int_eq(mio_poll(scene.poll, &event, 1, MS(1)), 0);
	}
	ck_assert_uint_eq(fault_count("timerfd_settime"), 1);

	/* another event loop is woken for nothing if it is set too early */
	ck_assert_int_eq(mio_poll_arm(scene.poll), 0);
	ck_assert_uint_eq(fault_count("timerfd_settime"), 2);
	assert_ok(mio_timer_reset(scene.timer, timeout, SECONDS(50)));
	ck_assert_int_eq(mio_poll_arm(scene.poll), 0);
	fault_reset_counts();

	fault_skip_waits(true);
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(mio_poll_arm(scene.poll), 0);
	ck_assert_uint_eq(fault_count("timerfd_settime"), 0);
	assert_ok(mio_timer_set(scene.timer, SECONDS(60), 1, NULL));
	ck_assert_int_eq(mio_poll_arm(scene.poll), 0);
	ck_assert_uint_eq(fault_count("timerfd_settime"), 0);
	assert_ok(mio_timer_cancel(scene.timer, timeout, NULL));
	ck_assert_int_eq(mio_poll_arm(scene.poll), 0);
	ck_assert_uint_eq(fault_count("timerfd_settime"), 1);
	fault_skip_waits(false);
	end(&scene);
}
END_TEST

/* In mio, a wait ended for a cancelled timeout, and so did all later waits. */
START_TEST(no_wait_ends_without_a_due_timeout)
{
	struct scene scene = begin(MIO_EDGE);
	struct mio_event event;
	mio_timeout_t timeout;
	mio_token_t token;
	int i;

	if (_i == 1) {
		/* without an alarm */
		end(&scene);
		fault_arm_all("timerfd_create", ENOSYS);
		scene = begin(MIO_EDGE);
		(void)fault_disarm();
	}

	/* a timeout is set and cancelled, without and with a sleep between */
	assert_ok(mio_timer_set(scene.timer, MS(2), 1, &timeout));
	assert_ok(mio_timer_cancel(scene.timer, timeout, NULL));
	assert_ok(mio_timer_set(scene.timer, MS(200), 1, &timeout));
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, MS(1)), 0);
	assert_ok(mio_timer_cancel(scene.timer, timeout, NULL));
	fault_reset_counts();
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, MS(250)), 0);
	ck_assert_uint_le(sleeps(), 1);

	/* one that is put off may end the sleep once, and then no more */
	assert_ok(mio_timer_set(scene.timer, MS(200), 1, &timeout));
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, MS(1)), 0);
	assert_ok(mio_timer_reset(scene.timer, timeout, SECONDS(50)));
	fault_reset_counts();
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, MS(250)), 0);
	ck_assert_uint_le(sleeps(), 2);
	fault_reset_counts();
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, MS(20)), 0);
	ck_assert_uint_le(sleeps(), 1);
	assert_ok(mio_timer_cancel(scene.timer, timeout, NULL));

	/* one wait for many timeouts, and one while they stay due */
	for (i = 1; i <= 300; i++)
		assert_ok(mio_timer_set(
		    scene.timer, MS(30) + (uint64_t)i * 1000, 1, &timeout));
	fault_reset_counts();
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, PATIENCE), 1);
	ck_assert_uint_le(sleeps(), 1);
	fault_reset_counts();
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, MS(20)), 0);
	ck_assert_uint_le(sleeps(), 1);
	while (mio_timer_expire(scene.timer, &token, 1) == 1)
		continue;
	end(&scene);
}
END_TEST

/*
 * A kernel or a sandbox refuses timerfd: the poll limits the timeout of its
 * waits instead.
 */
START_TEST(polls_do_without_timerfd)
{
	static const char *const calls[] = {
		"timerfd_create", "timerfd_create", "timerfd_settime",
		"timerfd_settime",
	};
	struct scene scene = { .timer = NULL };
	struct mio_event event;
	uint64_t asked;
	mio_token_t token;
	int i;

	fault_arm_all(calls[_i], _i % 2 ? ENOSYS : EPERM);
	scene = begin(MIO_LEVEL);
	(void)fault_disarm();
	fault_reset_counts();
	for (i = 0; i < 20; i++) {
		asked = mio_clock_now();
		assert_ok(mio_timer_set(
		    scene.timer, (uint64_t)i * 300000, 1, NULL));
		ck_assert_int_eq(mio_poll(scene.poll, &event, 1, PATIENCE), 1);
		ck_assert_uint_eq(event.token, 9);
		ck_assert_uint_ge(
		    mio_clock_now(), asked + (uint64_t)i * 300000);
		ck_assert_int_eq(mio_timer_expire(scene.timer, &token, 1), 1);
	}
	ck_assert_uint_eq(fault_count("timerfd_settime"), 0);
	ck_assert_int_eq(mio_poll(scene.poll, &event, 1, MS(1)), 0);
	end(&scene);
}
END_TEST

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

START_TEST(a_sleeping_thread_is_woken_without_timerfd)
{
	struct sleeper sleeper = { .back = false };
	struct scene scene;
	pthread_t thread;
	mio_token_t token;

	fault_arm_all("timerfd_create", ENOSYS);
	scene = begin(MIO_LEVEL);
	(void)fault_disarm();
	assert_ok(mio_timer_set(scene.timer, SECONDS(600), 2, NULL));
	sleeper.poll = scene.poll;
	sleeper.timeout_ns = PATIENCE;
	thread = start(sleep_in_poll, &sleeper);
	(void)usleep(3000);
	assert_ok(mio_timer_set(scene.timer, MS(2), 1, NULL));
	join(thread);
	ck_assert_int_eq(sleeper.n, 1);
	ck_assert_int_eq(mio_timer_expire(scene.timer, &token, 1), 1);
	ck_assert_uint_eq(token, 1);
	end(&scene);
}
END_TEST

/* Failures of the timer and of the alarm. */
START_TEST(failures_are_reported_and_leave_nothing)
{
	static const int errors[] = { EMFILE, ENFILE, ENOMEM, ENODEV };
	struct mio_poll *poll = new_poll(), *other;
	struct mio_timer *timer = NULL;
	struct mio_source *source;
	unsigned fds, i;
	uint64_t delay;

	for (i = 1; i <= 2; i++) {
		fault_arm("calloc", i, ENOMEM);
		assert_error(mio_timer_create(&timer, 0, 5), ENOMEM);
		ck_assert_ptr_null(timer);
		ck_assert(fault_disarm());
	}

	assert_ok(mio_timer_create(&timer, 0, 5));
	assert_ok(mio_timer_set(timer, 5, 1, NULL));
	source = mio_timer_source(timer);
	fds = count_fds();
	fault_reset_counts();
	for (i = 0; i < 4; i++) {
		fault_arm("timerfd_create", 1, errors[i]);
		if (mio_poll_register(poll, source, 1, MIO_READABLE, 0) == 0) {
			/* this poll does not use a timerfd */
			ck_assert(!fault_disarm());
			mio_timer_destroy(timer);
			mio_poll_destroy(poll);
			return;
		}
		/* the timer is not bound to that poll either */
		other = new_poll();
		assert_ok(mio_poll_register(other, source, 1, MIO_READABLE, 0));
		ck_assert(fault_disarm());
		assert_ok(mio_poll_deregister(other, source));
		mio_poll_destroy(other);
		mio_poll_destroy(poll);
		mio_timer_destroy(timer);
		poll = new_poll();
		assert_ok(mio_timer_create(&timer, 0, 5));
		assert_ok(mio_timer_set(timer, 5, 1, NULL));
		source = mio_timer_source(timer);
	}
	if (backend_is("epoll") && has_alarm()) {
		fault_arm("epoll_ctl", 1, ENOSPC);
		assert_error(mio_poll_register(
				 poll, source, 1, MIO_READABLE, 0), ENOSPC);
		ck_assert(fault_disarm());
	}
	ck_assert_uint_eq(count_fds(), fds);
	assert_error(mio_poll_deregister(poll, source), ENOENT);
	assert_ok(mio_timer_next(timer, &delay));
	assert_ok(mio_poll_register(poll, source, 1, MIO_READABLE, 0));
	mio_timer_destroy(timer);
	mio_poll_destroy(poll);
}
END_TEST

/* An alarm that has ended a wait does not use an element of the array. */
START_TEST(alarm_uses_no_element_of_the_array)
{
	struct scene scene = begin(MIO_LEVEL);
	struct mio_event events[3];
	mio_token_t token;
	int fds[2];

	make_pipe(fds);
	/* the timeout is not due yet, however long the calls take */
	fault_set_clock(mio_clock_now());
	assert_ok(mio_timer_set(scene.timer, MS(2), 1, NULL));
	ck_assert_int_eq(mio_poll_arm(scene.poll), 0);
	fault_set_clock(0);
	(void)usleep(5000);
	/* the alarm has expired, but the timeout is removed before a poll */
	ck_assert_int_eq(mio_timer_expire(scene.timer, &token, 1), 1);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	assert_ok(mio_poll_register_fd(
	    scene.poll, fds[0], 1, MIO_READABLE, MIO_LEVEL));
	ck_assert_int_eq(mio_poll(scene.poll, events, 1, PATIENCE), 1);
	ck_assert_uint_eq(events[0].token, 1);
	ck_assert_int_eq(mio_poll(scene.poll, events, 3, PATIENCE), 1);
	ck_assert_uint_eq(events[0].token, 1);
	close_pipe(fds);
	ck_assert_int_eq(mio_poll(scene.poll, events, 3, MS(2)), 0);
	end(&scene);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("timer");
	TCase *tcase = new_case(suite, "time");

	tcase_add_test(tcase, deadlines_are_kept_to_the_tick);
	tcase_add_test(tcase, the_start_of_the_loop_does_not_matter);
	tcase_add_test(tcase, a_loop_that_is_an_hour_late_loses_nothing);
	tcase_add_test(tcase, polls_within_a_tick_end);
	tcase_add_test(tcase, an_edge_of_several_ticks_is_reported_once);

	tcase = new_case(suite, "calls");
	tcase_add_test(tcase, using_a_timer_costs_no_system_call);
	tcase_add_test(tcase, the_alarm_is_set_when_the_earliest_moved);
	tcase_add_loop_test(
	    tcase, no_wait_ends_without_a_due_timeout, 0, 2);
	tcase_add_test(tcase, alarm_uses_no_element_of_the_array);

	tcase = new_case(suite, "faults");
	tcase_add_loop_test(tcase, polls_do_without_timerfd, 0, 4);
	tcase_add_test(tcase, a_sleeping_thread_is_woken_without_timerfd);
	tcase_add_test(tcase, failures_are_reported_and_leave_nothing);

	return run_suite(suite);
}
