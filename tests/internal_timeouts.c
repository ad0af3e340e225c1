/* SPDX-License-Identifier: MIT */

/* The arithmetic of time, and the timeouts that the kernel gets. */

#include "config.h"
#include "lib/fault_control.h"
#include "lib/harness.h"

#include <sched.h>

#include "sys/clock.h"

#define MS_MAX 1789569	/* the longest wait of one call, see clock.c */

START_TEST(milliseconds_round_up_and_are_clipped)
{
	ck_assert_int_eq(mio__clock_to_ms(-1), -1);
	ck_assert_int_eq(mio__clock_to_ms(INT64_MIN), -1);
	ck_assert_int_eq(mio__clock_to_ms(0), 0);
	ck_assert_int_eq(mio__clock_to_ms(1), 1);
	ck_assert_int_eq(mio__clock_to_ms(999999), 1);
	ck_assert_int_eq(mio__clock_to_ms(1000000), 1);
	ck_assert_int_eq(mio__clock_to_ms(1000001), 2);
	ck_assert_int_eq(mio__clock_to_ms(MS(MS_MAX)), MS_MAX);
	ck_assert_int_eq(mio__clock_to_ms(MS(MS_MAX) + 1), MS_MAX);
	ck_assert_int_eq(mio__clock_to_ms(MS(INT64_C(1) << 31)), MS_MAX);
	ck_assert_int_eq(mio__clock_to_ms(MS((INT64_C(1) << 32) + 5)), MS_MAX);
	ck_assert_int_eq(mio__clock_to_ms(INT64_MAX), MS_MAX);
}
END_TEST

START_TEST(deadlines_saturate)
{
	ck_assert_int_eq(mio__clock_deadline(-1), MIO__NEVER);
	ck_assert_int_eq(mio__clock_deadline(INT64_MAX), MIO__NEVER);
	ck_assert_int_eq(mio__clock_deadline(INT64_MAX - 1), MIO__NEVER);
	ck_assert_int_ge(mio__clock_deadline(5), now_ns() - SECONDS(60));
	ck_assert_int_eq(mio__clock_left(MIO__NEVER), -1);
	ck_assert_int_eq(mio__clock_left(0), 0);
	ck_assert_int_gt(mio__clock_left(now_ns() + SECONDS(60)), 0);
}
END_TEST

/* The poll waits in a thread until the waker ends its timeout. */
struct waiter {
	struct mio_poll *poll;
	int64_t timeout_ns;
};

static void *
wait_long(void *argument)
{
	struct waiter *waiter = argument;
	struct mio_event event;

	ck_assert_int_eq(mio_poll(waiter->poll, &event, 1,
	    waiter->timeout_ns), 1);

	return NULL;
}

static void
wait_and_wake(struct mio_poll *poll, int64_t timeout_ns, const char *call)
{
	struct waiter waiter = { poll, timeout_ns };
	struct mio_waker *waker;
	pthread_t thread;

	assert_ok(mio_waker_create(&waker, poll, 1));
	fault_reset_counts();
	thread = start(wait_long, &waiter);
	while (fault_count(call) == 0)
		sched_yield();
	assert_ok(mio_waker_wake(waker));
	join(thread);
	mio_waker_destroy(waker);
}

static const char *
fine_call(void)
{
	if (backend_is("kqueue"))
		return "kevent";

	return backend_is("epoll") ? "epoll_pwait2" : "ppoll";
}

static const char *
coarse_call(void)
{
	if (backend_is("kqueue"))
		return "kevent";

	return backend_is("epoll") ? "epoll_wait" : "poll";
}

/* mio 0.7 to 1.2.0: 25 days became a negative int, that is, for ever. */
static const int64_t long_times[] = {
	INT64_C(25) * 86400 * 1000000000,
	(INT64_C(1) << 31) * 1000000,
	((INT64_C(1) << 32) + 5) * 1000000,
	INT64_MAX - 1,
};

START_TEST(long_waits_are_handed_to_the_kernel_whole)
{
	const int64_t limit = INT64_C(2147483647) * 1000000000;
	int64_t asked = long_times[_i];
	struct mio_poll *poll;

	if (!fault_has(fine_call()) && !backend_is("kqueue"))
		return;

	poll = new_poll();
	wait_and_wake(poll, asked, fine_call());
	ck_assert_int_gt(fault_timeout_ns(), 0);
	ck_assert_int_le(fault_timeout_ns(), asked);
	if (backend_is("kqueue")) /* a kernel may refuse more than a day */
		ck_assert_int_eq(fault_timeout_ns(), SECONDS(86400));
	else if (asked < limit)
		ck_assert_int_gt(fault_timeout_ns(), asked - SECONDS(60));
	else
		ck_assert_int_ge(fault_timeout_ns(), limit);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(long_waits_are_clipped_where_only_milliseconds_are_to_be_had)
{
	struct mio_poll *poll;

	if (backend_is("kqueue"))
		return;

	poll = new_poll();
	fault_arm_all(fine_call(), ENOSYS);
	wait_and_wake(poll, long_times[_i], coarse_call());
	ck_assert_int_eq(fault_timeout_ms(), MS_MAX);
	ck_assert(fault_disarm());
	mio_poll_destroy(poll);
}
END_TEST

/* A call that comes back early is called again, until the time has passed. */
START_TEST(early_returns_of_the_kernel_do_not_show)
{
	struct mio_poll *poll = new_poll();
	struct mio_event event;
	int64_t begin = now_ns();

	fault_skip_waits(true);
	assert_ok(mio_poll(poll, &event, 1, MS(20)));
	ck_assert_int_ge(now_ns() - begin, MS(20));
	ck_assert_uint_gt(
	    fault_count(fine_call()) + fault_count(coarse_call()), 1);
	fault_skip_waits(false);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(no_clock_is_read_where_no_time_is_given)
{
	struct mio_poll *poll = new_poll();
	struct mio_event event;

	fault_reset_counts();
	assert_ok(mio_poll(poll, &event, 1, 0));
	ck_assert_uint_eq(fault_count(coarse_call()), 1);
	ck_assert_uint_eq(fault_count(NULL), 1);
	ck_assert_int_eq(fault_timeout_ms(), 0);
	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("timeouts");
	TCase *tcase = new_case(suite, "timeouts");

	tcase_add_test(tcase, milliseconds_round_up_and_are_clipped);
	tcase_add_test(tcase, deadlines_saturate);
	tcase_add_loop_test(tcase, long_waits_are_handed_to_the_kernel_whole,
	    0, 4);
	tcase_add_loop_test(tcase,
	    long_waits_are_clipped_where_only_milliseconds_are_to_be_had, 0,
	    4);
	tcase_add_test(tcase, early_returns_of_the_kernel_do_not_show);
	tcase_add_test(tcase, no_clock_is_read_where_no_time_is_given);

	return run_suite(suite);
}
