/* SPDX-License-Identifier: MIT */

/* Many timeouts, many timers, and deadlines that are far away. */

#include "config.h"
#include "lib/harness.h"
#include "lib/nest.h"
#include "lib/timers.h"

#include <dirent.h>

#define FAR (UINT64_C(1) << 63)

/*
 * Deadlines 2^63 ns away, with ticks of any length. In mio the arithmetic
 * overflowed, and the wait of macOS returned at once.
 */
START_TEST(far_deadlines_do_not_wake)
{
	static const uint64_t ticks[] = {
		1, 1000, MS(1), SECONDS(1), UINT64_C(1) << 32, FAR, UINT64_MAX,
	};
	struct mio_poll *poll = new_poll();
	struct mio_timer *timers[7];
	uint64_t delay;
	int64_t before;
	size_t i;

	for (i = 0; i < 7; i++) {
		assert_ok(mio_timer_create(&timers[i], ticks[i], 4));
		assert_ok(mio_poll_register(poll, mio_timer_source(timers[i]),
		    i, MIO_READABLE, 0));
		assert_ok(mio_timer_set(timers[i], FAR, 1, NULL));
		assert_ok(mio_timer_set_at(
		    timers[i], mio_clock_now() + FAR, 1, NULL));
		assert_ok(mio_timer_next(timers[i], &delay));
		ck_assert_uint_ge(delay, FAR - SECONDS(100));
	}
	before = cpu_ns();
	expect_nothing(poll);
	assert_ok(mio_poll(poll, &(struct mio_event){ 0 }, 1, MS(200)));
	if (!is_slowed_down())
		ck_assert_int_lt(cpu_ns() - before, MS(100));
	for (i = 0; i < 7; i++)
		mio_timer_destroy(timers[i]);
	mio_poll_destroy(poll);
}
END_TEST

static unsigned
count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	unsigned n = 0;

	if (dir == NULL)
		return 0;
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);

	return n;
}

/* In mio, each timer had a thread and a pipe, and did not release them. */
START_TEST(timers_cost_neither_threads_nor_descriptors)
{
	struct mio_poll *poll = new_poll();
	struct mio_timer *timer;
	unsigned threads = count_threads(), fds = 0;
	int i;

	for (i = 0; i < 1000; i++) {
		timer = new_timer();
		assert_ok(mio_poll_register(
		    poll, mio_timer_source(timer), 1, MIO_READABLE, 0));
		assert_ok(mio_timer_set(timer, (uint64_t)i, 1, NULL));
		if (i == 0)
			fds = count_fds();
		mio_timer_destroy(timer);
	}
	ck_assert_uint_eq(count_fds(), fds);
	ck_assert_uint_eq(count_threads(), threads);
	expect_nothing(poll);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(several_timers_share_a_poll)
{
	struct mio_poll *poll = new_poll();
	struct mio_timer *timers[5];
	struct mio_event events[5];
	mio_token_t token;
	int i, n, seen = 0;

	for (i = 0; i < 5; i++) {
		timers[i] = new_timer();
		assert_ok(mio_poll_register(poll, mio_timer_source(timers[i]),
		    (mio_token_t)i, MIO_READABLE, MIO_LEVEL));
		assert_ok(mio_timer_set(timers[i], (uint64_t)MS(5 * (5 - i)),
		    (mio_token_t)i, NULL));
	}
	while (seen < 5) {
		n = mio_poll(poll, events, 5, PATIENCE);
		ck_assert_int_gt(n, 0);
		for (i = 0; i < n; i++, seen++) {
			ck_assert_int_eq(mio_timer_expire(
			    timers[events[i].token], &token, 1), 1);
			ck_assert_uint_eq(token, events[i].token);
		}
	}
	for (i = 0; i < 5; i++)
		mio_timer_destroy(timers[i]);
	mio_poll_destroy(poll);
}
END_TEST

/* A pipe is reported while many timeouts of one tick expire in batches. */
START_TEST(crowded_tick_is_fair_to_other_events)
{
	enum { CROWD = 20000, BATCH = 64 };
	struct mio_poll *poll = new_poll();
	mio_token_t tokens[BATCH];
	struct mio_event events[2];
	struct mio_timer *timer;
	uint64_t at = mio_clock_now() + MS(1), next = 0;
	bool timer_reported, pipe_reported;
	int fds[2], i, j, n;

	make_pipe(fds);
	put_byte(fds[1]);
	assert_ok(mio_timer_create(&timer, 0, CROWD));
	assert_ok(mio_poll_register_fd(poll, fds[0], 1, MIO_READABLE, 0));
	for (i = 0; i < CROWD; i++)
		if (mio_timer_set_at(timer, at, (mio_token_t)i, NULL) != 0)
			ck_abort_msg("%d", i);
	(void)usleep(3000);
	assert_ok(mio_poll_register(
	    poll, mio_timer_source(timer), 2, MIO_READABLE, 0));

	while (next < CROWD) {
		/* both are reported within a few polls for one event */
		timer_reported = pipe_reported = false;
		for (i = 0; i < 4; i++) {
			ck_assert_int_eq(mio_poll(poll, events, 1, 0), 1);
			timer_reported |= events[0].token == 2;
			pipe_reported |= events[0].token == 1;
		}
		ck_assert(timer_reported && pipe_reported);
		n = mio_timer_expire(timer, tokens, BATCH);
		for (j = 0; j < n; j++)
			if (tokens[j] != next++)
				ck_abort_msg("%d", j);
		ck_assert(n == BATCH || next == CROWD);
	}
	mio_timer_destroy(timer);
	mio_poll_destroy(poll);
	close_pipe(fds);
}
END_TEST

START_TEST(a_million_are_pending)
{
	enum { MILLION = 1000000 };
	size_t many = is_slowed_down() ? MILLION / 20 : MILLION;
	mio_timeout_t *timeouts = calloc(many, sizeof(*timeouts));
	struct mio_timer *timer;
	uint64_t now = mio_clock_now(), delay;
	mio_token_t tokens[512];
	size_t i, left;
	int n;

	ck_assert_ptr_nonnull(timeouts);
	assert_ok(mio_timer_create(&timer, 0, many));
	for (i = 0; i < many; i++)
		if (mio_timer_set_at(timer, now + SECONDS(60) + i * 50000, i,
			&timeouts[i]) != 0)
			ck_abort_msg("set %zu", i);
	ck_assert_uint_eq(mio_timer_pending(timer), many);
	for (i = 0; i < many; i += 2)
		if (mio_timer_reset_at(timer, timeouts[i], now) != 0)
			ck_abort_msg("reset %zu", i);
	assert_ok(mio_timer_next(timer, &delay));
	for (i = 1; i < many; i += 2)
		if (mio_timer_cancel(timer, timeouts[i], NULL) != 0)
			ck_abort_msg("cancel %zu", i);
	left = mio_timer_pending(timer);
	ck_assert_uint_eq(left, many / 2);
	(void)usleep(2000);
	while ((n = mio_timer_expire(timer, tokens, 512)) > 0)
		left -= (size_t)n;
	ck_assert_uint_eq(left, 0);
	mio_timer_destroy(timer);
	free(timeouts);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("timers");
	TCase *tcase = new_case(suite, "many");

	tcase_add_test(tcase, far_deadlines_do_not_wake);
	tcase_add_test(tcase, timers_cost_neither_threads_nor_descriptors);
	tcase_add_test(tcase, several_timers_share_a_poll);
	tcase_add_test(tcase, crowded_tick_is_fair_to_other_events);
	tcase_add_test(tcase, a_million_are_pending);

	return run_suite(suite);
}
