/* SPDX-License-Identifier: MIT */

/* Timeouts and signals: never early, never stretched, never a busy loop. */

#include "config.h"
#include "lib/harness.h"

#include <poll.h>
#include <signal.h>
#include <time.h>

#include <sys/time.h>
#include <sys/wait.h>

/* Wakes a poll from another thread, a while after that thread has begun. */
struct later {
	struct mio_waker *waker;
	int64_t delay_ns;
	pthread_t thread;
};

static void *
wake_after_delay(void *argument)
{
	struct later *later = argument;
	struct timespec ts = { .tv_nsec = (long)later->delay_ns };

	nanosleep(&ts, NULL);
	assert_ok(mio_waker_wake(later->waker));

	return NULL;
}

static void
wake_later(struct later *later, struct mio_waker *waker, int64_t delay_ns)
{
	later->waker = waker;
	later->delay_ns = delay_ns;
	later->thread = start(wake_after_delay, later);
}

static void
finish_later(struct later *later)
{
	join(later->thread);
}

/* mio 0.7 to 0.8.4: under a millisecond became 0, and loops spun. */
START_TEST(short_timeouts_wait_and_are_never_early)
{
	static const int64_t timeouts[] = {
		1, 999, 1000, 100000, 999999, 1000001, 1500000,
	};
	struct mio_poll *poll = new_poll();
	struct mio_event event;
	int64_t begin;
	int round;
	size_t i;

	for (round = 0; round < 20; round++)
		for (i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++) {
			begin = now_ns();
			assert_ok(mio_poll(poll, &event, 1, timeouts[i]));
			ck_assert_int_ge(now_ns() - begin, timeouts[i]);
		}
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(longest_timeouts_neither_overflow_nor_spin)
{
	static const int64_t timeouts[] = {
		INT64_MAX, INT64_MAX - 1, -1, INT64_MIN,
		INT64_C(2160001) * 1000000000,		/* 25 days */
		INT64_C(4294967301) * 1000000,		/* 2^32 + 5 ms */
	};
	size_t i;

	for (i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++) {
		struct mio_poll *poll = new_poll();
		struct mio_waker *waker;
		struct mio_event event;
		struct later later;
		int64_t cpu = cpu_ns();

		assert_ok(mio_waker_create(&waker, poll, 9));
		wake_later(&later, waker, MS(30));
		ck_assert_int_eq(mio_poll(poll, &event, 1, timeouts[i]), 1);
		ck_assert_uint_eq(event.token, 9);
		if (!is_slowed_down())
			ck_assert_int_lt(cpu_ns() - cpu, MS(25));
		finish_later(&later);
		mio_waker_destroy(waker);
		mio_poll_destroy(poll);
	}
}
END_TEST

static volatile sig_atomic_t signals;

static void
count_signal(int number)
{
	(void)number;
	signals++;
}

static void
start_signals(long first_us, long every_us)
{
	struct sigaction action = { .sa_handler = count_signal };
	struct itimerval timer = {
		.it_value.tv_usec = first_us,
		.it_interval.tv_usec = every_us,
	};

	signals = 0;
	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

/* mio: EINTR was returned, or retried with the whole timeout, for ever. */
START_TEST(signals_do_not_end_a_poll_nor_stretch_it)
{
	struct mio_poll *poll = new_poll();
	struct mio_event event;
	int64_t begin;

	start_signals(10000, 10000);
	begin = now_ns();
	assert_ok(mio_poll(poll, &event, 1, MS(200)));
	ck_assert_int_ge(now_ns() - begin, MS(200));
	ck_assert_int_lt(now_ns() - begin, SECONDS(10));
	ck_assert_int_ge(signals, 2);
	start_signals(0, 0);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(interruptible_poll_ends_with_eintr)
{
	struct mio_poll *poll = new_poll();
	struct mio_event event;

	start_signals(10000, 10000);
	assert_error(mio_poll_interruptible(poll, &event, 1, -1), EINTR);
	ck_assert_int_ge(signals, 1);
	start_signals(0, 0);
	assert_ok(mio_poll_interruptible(poll, &event, 1, MS(5)));
	mio_poll_destroy(poll);
}
END_TEST

/* In a process of its own: what the wait returned, as far as it is expected. */
static void
wait_in_child(bool interruptible)
{
	struct mio_poll *poll = new_poll();
	struct mio_event event;
	int64_t begin = now_ns();
	int r;

	if (interruptible)
		r = mio_poll_interruptible(poll, &event, 1, PATIENCE);
	else
		r = mio_poll(poll, &event, 1, MS(100));
	_exit(interruptible ? r != -EINTR
			    : r != 0 || now_ns() - begin < MS(100));
}

/* Stops it and lets it go on, again and again, until it has ended. */
static int
stop_until_ended(pid_t child)
{
	int status;

	for (;;) {
		ck_assert_int_eq(kill(child, SIGSTOP), 0);
		ck_assert_int_eq(waitpid(child, &status, WUNTRACED), child);
		if (!WIFSTOPPED(status))
			return status;
		ck_assert_int_eq(kill(child, SIGCONT), 0);
		(void)poll(NULL, 0, 5);
	}
}

/* The kernel ends some waits so, without a handler: signal(7). */
START_TEST(stopping_ends_no_poll_but_an_interruptible_one)
{
	pid_t child;

	/* that of poll(2) goes on */
	if (_i == 1 && !backend_is("epoll"))
		return;

	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		wait_in_child(_i == 1);
	ck_assert_int_eq(stop_until_ended(child), 0);
}
END_TEST

START_TEST(interruptible_poll_reports_events)
{
	struct mio_poll *poll = new_poll();
	struct mio_event event;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	assert_ok(mio_poll_register_fd(poll, fds[1], 5, MIO_WRITABLE, 0));
	ck_assert_int_eq(mio_poll_interruptible(poll, &event, 1, -1), 1);
	ck_assert_uint_eq(event.token, 5);
	assert_ok(mio_fd_close(fds[0]));
	assert_ok(mio_fd_close(fds[1]));
	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("poll_time");
	TCase *timeouts = new_case(suite, "timeouts");
	TCase *signals_case = new_case(suite, "signals");

	tcase_add_test(timeouts, short_timeouts_wait_and_are_never_early);
	tcase_add_test(timeouts, longest_timeouts_neither_overflow_nor_spin);

	tcase_add_test(signals_case,
	    signals_do_not_end_a_poll_nor_stretch_it);
	tcase_add_test(signals_case, interruptible_poll_ends_with_eintr);
	tcase_add_loop_test(signals_case,
	    stopping_ends_no_poll_but_an_interruptible_one, 0, 2);
	tcase_add_test(signals_case, interruptible_poll_reports_events);

	return run_suite(suite);
}
