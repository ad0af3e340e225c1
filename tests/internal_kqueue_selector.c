/* SPDX-License-Identifier: MIT */

/*
 * The selector kqueue where the kernel fails, or where something happens
 * between two of its calls.
 */

#include "config.h"
#include "lib/fault_control.h"
#include "lib/harness.h"

#include <sys/types.h>

#include <sys/event.h>

#include "sys/kqueue_system.h"
#include "sys/selector.h"

struct scene {
	struct mio__selector *selector;
	int fds[2];
};

/* A pipe with a byte in it, which is not registered. */
static struct scene
begin(void)
{
	struct scene s;

	assert_ok(mio__selector_create(&s.selector));
	make_pipe(s.fds);
	ck_assert_int_eq(write(s.fds[1], "x", 1), 1);

	return s;
}

static void
end(const struct scene *s)
{
	mio__selector_close(s->selector);
	mio__selector_destroy(s->selector);
	close_pipe(s->fds);
}

/* The only event there is now. */
static void
expect_token(struct mio__selector *selector, mio_token_t token)
{
	struct mio_event events[4];

	ck_assert_int_eq(mio__selector_wait(selector, events, 4, 0), 1);
	ck_assert_uint_eq(events[0].token, token);
}

static void
expect_no_event(struct mio__selector *selector)
{
	struct mio_event event;

	ck_assert_int_eq(mio__selector_wait(selector, &event, 1, 0), 0);
}

/* ---- changes that fail */

/* The filters in the other queue cannot be deleted: the new ones are undone. */
START_TEST(a_modify_that_fails_at_its_end)
{
	static const mio_token_t tokens[] = { 1, UINT64_MAX - 1 };
	struct scene s = begin();

	assert_ok(mio__selector_add(
	    s.selector, s.fds[0], tokens[_i], MIO_READABLE, 0));
	fault_arm("kevent_change", 4, ENOMEM);
	assert_error(mio__selector_modify(s.selector, s.fds[0], UINT64_MAX - 2,
	    MIO_READABLE, MIO_ONESHOT), ENOMEM);
	ck_assert(fault_disarm());
	expect_token(s.selector, tokens[_i]);
	expect_token(s.selector, tokens[_i]);
	assert_ok(mio__selector_remove(s.selector, s.fds[0]));
	assert_error(mio__selector_remove(s.selector, s.fds[0]), ENOENT);
	end(&s);
}
END_TEST

/* Nor is a registration lost if there is no memory for a large token. */
START_TEST(a_modify_without_memory)
{
	struct scene s = begin();

	assert_ok(mio__selector_add(
	    s.selector, s.fds[0], 1, MIO_READABLE, _i & 1 ? MIO_ONESHOT : 0));
	fault_arm("calloc", 1, ENOMEM);
	assert_error(mio__selector_modify(s.selector, s.fds[0], UINT64_MAX - 2,
	    MIO_READABLE, _i & 2 ? MIO_ONESHOT : 0), ENOMEM);
	ck_assert(fault_disarm());
	expect_token(s.selector, 1);
	assert_ok(mio__selector_remove(s.selector, s.fds[0]));
	end(&s);
}
END_TEST

/* A file without the filter that stands for an interest of 0. */
START_TEST(a_file_has_no_filter)
{
	struct scene s = begin();

	fault_arm("kevent_change", 2, EINVAL);
	assert_error(
	    mio__selector_add(s.selector, s.fds[0], 1, 0, 0), EPERM);
	ck_assert(fault_disarm());
	assert_error(mio__selector_remove(s.selector, s.fds[0]), ENOENT);
	end(&s);
}
END_TEST

#ifdef EV_RECEIPT
static const struct {
	int error;
	bool is_pipe;
	int result;
} refusals[] = {
	{ EINVAL, false, 0 },
	{ EPERM, false, 0 },
	{ ENODEV, false, 0 },
	{ EOPNOTSUPP, false, 0 },
	{ EPIPE, true, 0 },
	{ EBADF, true, 0 },
	{ EBADF, false, -EBADF },
	{ ENOMEM, false, -ENOMEM },
	{ ENOMEM, true, -ENOMEM },
};

/* A file has one filter only, or the kernel adds one only. */
START_TEST(a_filter_is_refused)
{
	struct scene s = begin();
	mio_fd_t fds[2];
	int fd;

	assert_ok(mio_unix_pair(fds));
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	fd = refusals[_i].is_pipe ? s.fds[0] : fds[0];
	fault_arm("kevent_last", 1, refusals[_i].error);
	ck_assert_int_eq(mio__selector_add(s.selector, fd, 1,
	    MIO_READABLE | MIO_WRITABLE, 0), refusals[_i].result);
	ck_assert(fault_disarm());
	if (refusals[_i].result == 0) {
		expect_token(s.selector, 1);
		assert_ok(mio__selector_remove(s.selector, fd));
	} else {
		expect_no_event(s.selector);
		assert_error(mio__selector_remove(s.selector, fd), ENOENT);
	}
	close_pipe(fds);
	end(&s);
}
END_TEST

/* A kernel that deletes a filter a moment later says so. */
START_TEST(a_filter_is_in_use)
{
	struct scene s = begin();

	assert_ok(mio__selector_add(s.selector, s.fds[0], 1, MIO_READABLE, 0));
	fault_arm("kevent_delete", 1, EINPROGRESS);
	assert_ok(mio__selector_modify(
	    s.selector, s.fds[0], 2, MIO_READABLE, 0));
	ck_assert(fault_disarm());
	expect_token(s.selector, 2);
	fault_arm("kevent_delete", 1, EINPROGRESS);
	assert_ok(mio__selector_remove(s.selector, s.fds[0]));
	ck_assert(fault_disarm());
	expect_no_event(s.selector);
	end(&s);
}
END_TEST
#endif

/* ---- between two calls */

struct doomed {
	struct mio__selector *selector;
	int n;
};

static void
cancel_this_thread(void *unused)
{
	(void)unused;
	(void)pthread_cancel(pthread_self());
}

static void *
wait_and_be_cancelled(void *argument)
{
	struct doomed *doomed = argument;
	struct mio_event event;

	doomed->n =
	    mio__selector_wait(doomed->selector, &event, 1, PATIENCE);
	pthread_testcancel();

	return NULL;
}

/* Once it has records, a wait runs to its end. */
START_TEST(a_thread_is_cancelled_while_it_has_records)
{
	static const unsigned options[] = { MIO_ONESHOT, MIO_LEVEL, MIO_EDGE };
	struct scene s = begin();
	struct doomed doomed = { .selector = s.selector };
	pthread_t thread;
	void *result;

	assert_ok(mio__selector_add(
	    s.selector, s.fds[0], 1, MIO_READABLE, options[_i]));
	if (_i == 1)
		mio__selector_wake(s.selector);
	if (_i == 2) /* the end of a pipe, whose record does not tell which */
		assert_ok(mio_fd_close(s.fds[1]));
	fault_after_fetch(cancel_this_thread, NULL);
	thread = start(wait_and_be_cancelled, &doomed);
	ck_assert_int_eq(pthread_join(thread, &result), 0);
	ck_assert_ptr_eq(result, PTHREAD_CANCELED);
	ck_assert_int_eq(doomed.n & ~MIO__SELECTOR_WOKEN, 1);
	assert_ok(mio__selector_remove(s.selector, s.fds[0]));
	if (_i == 2)
		assert_ok(mio_fd_dup(s.fds[0], &s.fds[1]));
	end(&s);
}
END_TEST

static void
modify(void *argument)
{
	const struct scene *s = argument;

	assert_ok(mio__selector_modify(
	    s->selector, s->fds[0], UINT64_MAX - 3, MIO_READABLE, 0));
}

/* The record has the old token, if that is still known, but no other one. */
START_TEST(a_descriptor_is_modified_while_its_record_is_fetched)
{
	struct scene s = begin();
	struct mio_event event;
	int n;

	assert_ok(mio__selector_add(
	    s.selector, s.fds[0], UINT64_MAX - 2, MIO_READABLE, 0));
	fault_after_fetch(modify, &s);
	n = mio__selector_wait(s.selector, &event, 1, 0);
	ck_assert_int_eq(n, MIO__TOKENS_ARE_CUT ? 0 : 1);
	if (n == 1)
		ck_assert_uint_eq(event.token, UINT64_MAX - 2);
	expect_token(s.selector, UINT64_MAX - 3);
	end(&s);
}
END_TEST

/* ---- the wake and the alarm */

/* Many, each of which ends a wait, also if a pipe is all that there is. */
START_TEST(wakes_do_not_add_up)
{
	struct scene s = begin();
	int wakes = MIO__HAS_USER ? 1000 : 70000;
	struct mio_event event;
	int i;

	for (i = 0; i < wakes; i++) {
		mio__selector_wake(s.selector);
		ck_assert_int_eq(mio__selector_wait(s.selector, &event, 1,
		    PATIENCE), MIO__SELECTOR_WOKEN);
	}
	expect_no_event(s.selector);
	end(&s);
}
END_TEST

START_TEST(a_wake_is_cleared)
{
	struct scene s = begin();
	struct mio_event event;

	mio__selector_wake(s.selector);
	mio__selector_clear_wake(s.selector);
	expect_no_event(s.selector);
	mio__selector_wake(s.selector);
	ck_assert_int_eq(mio__selector_wait(s.selector, &event, 1, PATIENCE),
	    MIO__SELECTOR_WOKEN);
	end(&s);
}
END_TEST

START_TEST(a_wake_keeps_errno)
{
	struct scene s = begin();

	fault_arm(MIO__HAS_USER ? "kevent_wake" : "write", 1, EINTR);
	errno = 77;
	mio__selector_wake(s.selector);
	ck_assert_int_eq(errno, 77);
	ck_assert(fault_disarm());
	end(&s);
}
END_TEST

/* What a wait returns that the alarm has ended. */
#define RANG (MIO__SELECTOR_WOKEN | MIO__SELECTOR_RANG)

/* A time that is over is no reason to have no alarm. */
START_TEST(an_alarm_in_the_past)
{
	struct scene s = begin();
	struct mio_event event;
	int i, r;

	for (i = 0; i < 3; i++) {
		r = mio__selector_set_alarm(
		    s.selector, mio__clock_now() - MS(i));
		ck_assert_int_eq(r, MIO__HAS_TIMER ? 0 : -ENOTSUP);
		ck_assert_int_eq(
		    mio__selector_has_alarm(s.selector), MIO__HAS_TIMER);
		if (r == 0)
			ck_assert_int_eq(mio__selector_wait(
			    s.selector, &event, 1, PATIENCE), RANG);
	}
	expect_no_event(s.selector);
	end(&s);
}
END_TEST

START_TEST(an_alarm_rings_once)
{
	struct scene s = begin();
	struct mio_event event;

	if (MIO__HAS_TIMER) {
		assert_ok(mio__selector_set_alarm(
		    s.selector, mio__clock_now() + MS(2)));
		ck_assert_int_eq(mio__selector_wait(
		    s.selector, &event, 1, PATIENCE), RANG);
		ck_assert_int_eq(
		    mio__selector_wait(s.selector, &event, 1, MS(20)), 0);
	}
	end(&s);
}
END_TEST

/* A kernel that is older than its headers, and one that has no memory. */
START_TEST(an_alarm_cannot_be_made)
{
	struct scene s = begin();
	mio__instant_t later = mio__clock_now() + SECONDS(100);
	int i;

	if (MIO__HAS_TIMER) {
		fault_arm("kevent_timer", 1, _i == 0 ? ENOMEM : EINVAL);
		assert_error(mio__selector_set_alarm(s.selector, later),
		    _i == 0 ? ENOMEM : ENOTSUP);
		ck_assert(fault_disarm());
		ck_assert(!mio__selector_has_alarm(s.selector));
		for (i = 0; i < 2; i++)
			ck_assert_int_eq(
			    mio__selector_set_alarm(s.selector, later),
			    _i == 0 ? 0 : -ENOTSUP);
		ck_assert_int_eq(mio__selector_has_alarm(s.selector), _i == 0);
	}
	end(&s);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("kqueue_selector");
	TCase *tcase = new_case(suite, "changes");

	tcase_add_loop_test(tcase, a_modify_that_fails_at_its_end, 0, 2);
	if (MIO__TOKENS_ARE_CUT)
		tcase_add_loop_test(tcase, a_modify_without_memory, 0, 4);
	tcase_add_test(tcase, a_file_has_no_filter);
#ifdef EV_RECEIPT
	if (EV_RECEIPT != 0) {
		tcase_add_loop_test(tcase, a_filter_is_refused, 0,
		    sizeof(refusals) / sizeof(refusals[0]));
		tcase_add_test(tcase, a_filter_is_in_use);
	}
#endif

	tcase = new_case(suite, "between");
	tcase_add_loop_test(
	    tcase, a_thread_is_cancelled_while_it_has_records, 0, 3);
	tcase_add_test(
	    tcase, a_descriptor_is_modified_while_its_record_is_fetched);

	tcase = new_case(suite, "wakes");
	tcase_add_test(tcase, wakes_do_not_add_up);
	tcase_add_test(tcase, a_wake_is_cleared);
	tcase_add_test(tcase, a_wake_keeps_errno);
	tcase_add_test(tcase, an_alarm_in_the_past);
	tcase_add_test(tcase, an_alarm_rings_once);
	tcase_add_loop_test(tcase, an_alarm_cannot_be_made, 0, 2);

	return run_suite(suite);
}
