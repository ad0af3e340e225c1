/* SPDX-License-Identifier: MIT */

/* What a wake costs in system calls, and what is seen of the library's own. */

#include "config.h"
#include "lib/fault_control.h"
#include "lib/harness.h"

#include <sched.h>

#include "core/core.h"

static unsigned
signals(void)
{
	return fault_count("write") + fault_count("kevent_wake");
}

/* mio 0.6 before 0.6.21: a stale sleep marker cost a write per signal. */
START_TEST(wakes_of_a_busy_poll_cost_no_system_call)
{
	struct mio_waker *wakers[50];
	struct mio_poll *poll = new_poll();
	struct mio_event events[64];
	int i;

	for (i = 0; i < 50; i++)
		assert_ok(mio_waker_create(&wakers[i], poll, (mio_token_t)i));
	assert_ok(mio_poll(poll, events, 64, MS(1)));

	fault_reset_counts();
	for (i = 0; i < 5000; i++)
		assert_ok(mio_waker_wake(wakers[i % 50]));
	ck_assert_uint_eq(fault_count(NULL), 0);
	ck_assert_int_eq(mio_poll(poll, events, 64, -1), 50);
	ck_assert_uint_eq(signals(), 0);

	for (i = 0; i < 50; i++)
		mio_waker_destroy(wakers[i]);
	mio_poll_destroy(poll);
}
END_TEST

struct sleeper {
	struct mio_poll *poll;
	mio_token_t token;
	_Atomic bool back;
};

static void *
sleep_in_poll(void *argument)
{
	struct sleeper *self = argument;
	struct mio_event event;

	ck_assert_int_eq(mio_poll(self->poll, &event, 1, -1), 1);
	self->token = event.token;
	self->back = true;

	return NULL;
}

static void
wait_for_waiters(struct mio_poll *poll, unsigned count)
{
	while (mio__core_waiters(poll) / MIO__WAITER != count)
		(void)sched_yield();
}

/* One write for all that comes before the thread that it woke has looked. */
START_TEST(a_thread_that_waits_is_signalled_once)
{
	struct mio_poll *poll = new_poll();
	struct sleeper sleeper = { .poll = poll };
	struct mio_waker *waker;
	pthread_t thread;

	assert_ok(mio_waker_create(&waker, poll, 5));
	thread = start(sleep_in_poll, &sleeper);
	wait_for_waiters(poll, 1);
	fault_reset_counts();
	assert_ok(mio_waker_wake(waker));
	join(thread);
	ck_assert_uint_eq(signals(), 1);
	ck_assert_uint_eq(sleeper.token, 5);
	mio_waker_destroy(waker);
	mio_poll_destroy(poll);
}
END_TEST

/* The one that waits stays asleep, and the poll reports what was queued. */
START_TEST(zero_timeout_beside_one_who_waits)
{
	struct mio_poll *poll = new_poll();
	struct sleeper sleeper = { .poll = poll };
	struct mio_event event;
	struct mio_waker *waker;
	pthread_t thread;
	int i;

	assert_ok(mio_waker_create(&waker, poll, 5));
	thread = start(sleep_in_poll, &sleeper);
	wait_for_waiters(poll, 1);
	for (i = 0; i < 100; i++)
		ck_assert_int_eq(mio_poll(poll, &event, 1, 0), 0);
	ck_assert(!sleeper.back);
	assert_ok(mio_waker_wake(waker));
	join(thread);
	mio_waker_destroy(waker);
	mio_poll_destroy(poll);
}
END_TEST

/* The internal wake-up does not take the place of the real event. */
START_TEST(a_wake_up_never_takes_an_events_place)
{
	struct mio_poll *poll = new_poll();
	struct mio_event event, events[2];
	int fds[2];
	int i;

	make_pipe(fds);
	assert_ok(mio_poll_register_fd(poll, fds[1], 5, MIO_WRITABLE, 0));
	for (i = 0; i < 100; i++) {
		mio__selector_wake(poll->selector);
		ck_assert_int_eq(mio_poll(poll, &event, 1, 0), 1);
		ck_assert_uint_eq(event.token, 5);
	}

	/* and the place it leaves is not filled with the same once more */
	for (i = 0; i < 100; i++) {
		mio__selector_wake(poll->selector);
		ck_assert_int_eq(mio_poll(poll, events, 2, 0), 1);
		ck_assert_uint_eq(events[0].token, 5);
	}

	/* nor does it show when there is nothing else */
	assert_ok(mio_poll_deregister_fd(poll, fds[1]));
	mio__selector_wake(poll->selector);
	expect_nothing(poll);

	close_pipe(fds);
	mio_poll_destroy(poll);
}
END_TEST

/* A signal that comes too late ends no wait that a program can see. */
START_TEST(late_signals_do_not_show)
{
	struct mio_poll *poll = new_poll();
	struct mio_event event;
	int64_t begin;
	int i;

	for (i = 0; i < 10; i++) {
		mio__selector_wake(poll->selector);
		begin = now_ns();
		ck_assert_int_eq(mio_poll(poll, &event, 1, MS(5)), 0);
		ck_assert_int_ge(now_ns() - begin, MS(5));
	}
	mio_poll_destroy(poll);
}
END_TEST

/* Each of those that wait ends one: the signal and its mark match. */
START_TEST(as_many_wakes_as_threads_wake_them_all)
{
	enum { THREADS = 4 };
	struct mio_poll *poll = new_poll();
	struct sleeper sleepers[THREADS];
	struct mio_waker *wakers[THREADS];
	pthread_t threads[THREADS];
	unsigned seen = 0;
	int i;

	for (i = 0; i < THREADS; i++) {
		sleepers[i] = (struct sleeper){ .poll = poll };
		assert_ok(mio_waker_create(&wakers[i], poll, (mio_token_t)i));
		threads[i] = start(sleep_in_poll, &sleepers[i]);
	}
	wait_for_waiters(poll, THREADS);
	fault_reset_counts();
	for (i = 0; i < THREADS; i++)
		assert_ok(mio_waker_wake(wakers[i]));
	for (i = 0; i < THREADS; i++) {
		join(threads[i]);
		seen |= 1u << sleepers[i].token;
	}
	ck_assert_uint_eq(seen, (1u << THREADS) - 1);
	ck_assert_uint_ge(signals(), 1);
	ck_assert_uint_eq(mio__core_waiters(poll), 0);
	for (i = 0; i < THREADS; i++)
		mio_waker_destroy(wakers[i]);
	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("wakes");
	TCase *tcase = new_case(suite, "wakes");

	tcase_add_test(tcase, wakes_of_a_busy_poll_cost_no_system_call);
	tcase_add_test(tcase, a_thread_that_waits_is_signalled_once);
	tcase_add_test(tcase, zero_timeout_beside_one_who_waits);
	tcase_add_test(tcase, a_wake_up_never_takes_an_events_place);
	tcase_add_test(tcase, late_signals_do_not_show);
	tcase_add_test(tcase, as_many_wakes_as_threads_wake_them_all);

	return run_suite(suite);
}
