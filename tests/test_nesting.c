/* SPDX-License-Identifier: MIT */

/*
 * A poll in other loops: what mio_poll_arm() returns and what the descriptor
 * then shows, against what mio_poll() reports. Where the selector has no
 * descriptor, only the return values are tested.
 */

#include "config.h"
#include "lib/harness.h"
#include "lib/nest.h"

#include <fcntl.h>

START_TEST(bad_arguments_are_refused)
{
	assert_error(mio_poll_fd(NULL), EINVAL);
	assert_error(mio_poll_arm(NULL), EINVAL);
}
END_TEST

START_TEST(descriptor_is_one_and_close_on_exec_or_none)
{
	struct mio_poll *poll = new_poll();
	int fd = mio_poll_fd(poll);

	if (backend_is("poll")) {
		assert_error(fd, ENOTSUP);
	} else {
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(mio_poll_fd(poll), fd);
		ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
		assert_error(mio_poll_register_fd(
				 poll, fd, 1, MIO_READABLE, MIO_LEVEL),
		    EINVAL);
	}
	if (backend_is("epoll")) {
		assert_error(mio_poll_reregister_fd(
				 poll, fd, 1, MIO_READABLE, MIO_LEVEL),
		    EINVAL);
		assert_error(mio_poll_deregister_fd(poll, fd), EINVAL);
	}
	mio_poll_destroy(poll);
}
END_TEST

/* The kernel wakes one of the polls, which another poll cannot know. */
START_TEST(exclusive_is_not_for_another_poll)
{
	struct mio_poll *outer = new_poll(), *inner = new_poll();
	int fd = mio_poll_fd(inner);

	if (backend_is("epoll"))
		assert_error(mio_poll_register_fd(
				 outer, fd, 1, MIO_READABLE, MIO_EXCLUSIVE),
		    EINVAL);
	mio_poll_destroy(inner);
	mio_poll_destroy(outer);
}
END_TEST

START_TEST(cycle_is_refused)
{
	struct mio_poll *one = new_poll(), *two = new_poll();

	if (backend_is("epoll")) {
		assert_ok(mio_poll_register_fd(
		    one, mio_poll_fd(two), 1, MIO_READABLE, 0));
		assert_error(mio_poll_register_fd(
				 two, mio_poll_fd(one), 1, MIO_READABLE, 0),
		    ELOOP);
	}
	mio_poll_destroy(two);
	mio_poll_destroy(one);
}
END_TEST

START_TEST(nothing_is_quiet)
{
	struct nest nest = new_nest();
	struct mio_waker *waker = new_nest_waker(&nest, 1);
	struct user user = new_user(&nest, 2, MIO_LEVEL);

	expect_quiet(&nest);
	arm_quietly(&nest);
	expect_quiet(&nest);

	end_user(&user);
	mio_waker_destroy(waker);
	end_nest(&nest);
}
END_TEST

START_TEST(kernel_level)
{
	struct nest nest = new_nest();
	int fds[2];

	make_pipe(fds);
	assert_ok(mio_poll_register_fd(
	    nest.poll, fds[0], 1, MIO_READABLE, MIO_LEVEL));
	arm_quietly(&nest);
	put_byte(fds[1]);
	expect_shown(&nest, 1);
	expect_showing(&nest, 1, MIO_READABLE);
	drain_pipe(fds[0]);
	expect_over(&nest);

	close_pipe(fds);
	end_nest(&nest);
}
END_TEST

START_TEST(kernel_edge)
{
	struct nest nest = new_nest();
	int fds[2];

	make_pipe(fds);
	assert_ok(mio_poll_register_fd(
	    nest.poll, fds[0], 1, MIO_READABLE, MIO_EDGE));
	put_byte(fds[1]);
	expect_showing(&nest, 1, MIO_READABLE);
	expect_quiet(&nest);
	drain_pipe(fds[0]);
	arm_quietly(&nest);
	put_byte(fds[1]);
	expect_shown(&nest, 1);
	expect_quiet(&nest);

	close_pipe(fds);
	end_nest(&nest);
}
END_TEST

START_TEST(waker_before_and_after_arming)
{
	struct nest nest = new_nest();
	struct mio_waker *waker = new_nest_waker(&nest, 1);
	int i;

	for (i = 0; i < 3; i++) {
		assert_ok(mio_waker_wake(waker));
		expect_pending(&nest, 1, MIO_READABLE);
		expect_quiet(&nest);
		arm_quietly(&nest);
		assert_ok(mio_waker_wake(waker));
		assert_ok(mio_waker_wake(waker));
		expect_shown(&nest, 1);
		expect_quiet(&nest);
	}

	mio_waker_destroy(waker);
	end_nest(&nest);
}
END_TEST

START_TEST(armed_again_after_a_wake_and_before_one)
{
	struct nest nest = new_nest();
	struct mio_waker *waker = new_nest_waker(&nest, 1);

	arm_quietly(&nest);
	assert_ok(mio_waker_wake(waker));
	ck_assert_int_eq(mio_poll_arm(nest.poll), 1);
	expect_pending(&nest, 1, MIO_READABLE);
	expect_quiet(&nest);

	arm_quietly(&nest);
	arm_quietly(&nest);
	assert_ok(mio_waker_wake(waker));
	expect_shown(&nest, 1);
	expect_quiet(&nest);

	mio_waker_destroy(waker);
	end_nest(&nest);
}
END_TEST

START_TEST(user_edge)
{
	struct nest nest = new_nest();
	struct user user = new_user(&nest, 1, MIO_EDGE);

	set_user(&user, MIO_READABLE);
	expect_pending(&nest, 1, MIO_READABLE);
	expect_quiet(&nest);
	arm_quietly(&nest);
	set_user(&user, MIO_READABLE);
	expect_shown(&nest, 1);
	expect_quiet(&nest);

	/* outside of the interest */
	arm_quietly(&nest);
	set_user(&user, MIO_WRITABLE);
	expect_quiet(&nest);

	end_user(&user);
	end_nest(&nest);
}
END_TEST

/*
 * Also: a level that was stored in the array was queued again and reported once
 * more by the same call, when there was room; expect_one() has more than it
 * needs.
 */
START_TEST(user_level)
{
	struct nest nest = new_nest();
	struct user user = new_user(&nest, 1, MIO_LEVEL);

	arm_quietly(&nest);
	set_user(&user, MIO_READABLE);
	expect_shown(&nest, 1);
	expect_pending(&nest, 1, MIO_READABLE);
	expect_pending(&nest, 1, MIO_READABLE);
	set_user(&user, 0);
	expect_quiet(&nest);
	set_user(&user, MIO_ERROR);
	expect_pending(&nest, 1, MIO_ERROR);

	end_user(&user);
	end_nest(&nest);
}
END_TEST

START_TEST(user_oneshot)
{
	struct nest nest = new_nest();
	struct user user = new_user(&nest, 1, MIO_LEVEL | MIO_ONESHOT);

	set_user(&user, MIO_READABLE);
	expect_pending(&nest, 1, MIO_READABLE);
	expect_quiet(&nest);
	arm_quietly(&nest);
	set_user(&user, MIO_READABLE);
	expect_quiet(&nest);

	/* what was set meanwhile comes with the reregister */
	arm_quietly(&nest);
	assert_ok(mio_poll_reregister(
	    nest.poll, user.source, 2, MIO_READABLE, MIO_ONESHOT));
	expect_shown(&nest, 2);
	expect_quiet(&nest);

	end_user(&user);
	end_nest(&nest);
}
END_TEST

START_TEST(what_was_deregistered_is_quiet)
{
	struct nest nest = new_nest();
	struct mio_waker *waker = new_nest_waker(&nest, 1);
	struct user cleared = new_user(&nest, 2, MIO_LEVEL);
	struct user deregistered = new_user(&nest, 3, MIO_EDGE);
	struct user destroyed = new_user(&nest, 4, MIO_EDGE);

	/* both when it was set unseen, and when it woke an armed poll */
	if (_i == 1)
		arm_quietly(&nest);
	assert_ok(mio_waker_wake(waker));
	set_user(&cleared, MIO_READABLE);
	set_user(&deregistered, MIO_READABLE);
	set_user(&destroyed, MIO_READABLE);
	ck_assert_int_eq(mio_poll_arm(nest.poll), 1);

	mio_waker_destroy(waker);
	set_user(&cleared, 0);
	assert_ok(mio_poll_deregister(nest.poll, deregistered.source));
	end_user(&destroyed);
	expect_over(&nest);

	end_user(&cleared);
	end_user(&deregistered);
	end_nest(&nest);
}
END_TEST

START_TEST(array_filled_exactly)
{
	struct nest nest = new_nest();
	struct mio_waker *wakers[3];
	struct mio_event events[3];
	int i;

	for (i = 0; i < 3; i++)
		wakers[i] = new_nest_waker(&nest, (mio_token_t)i);

	arm_quietly(&nest);
	for (i = 0; i < 3; i++)
		assert_ok(mio_waker_wake(wakers[i]));
	ck_assert(nest.fd < 0 || shows(&nest));
	ck_assert_int_eq(look(&nest, events, 3), 3);
	expect_over(&nest);

	/* and with less room than there are events */
	arm_quietly(&nest);
	for (i = 0; i < 3; i++)
		assert_ok(mio_waker_wake(wakers[i]));
	ck_assert_int_eq(look(&nest, events, 2), 2);
	ck_assert_int_eq(mio_poll_arm(nest.poll), 1);
	ck_assert_int_eq(look(&nest, events, 1), 1);
	expect_over(&nest);

	for (i = 0; i < 3; i++)
		mio_waker_destroy(wakers[i]);
	end_nest(&nest);
}
END_TEST

START_TEST(edges_that_did_not_fit_show)
{
	struct nest nest = new_nest();
	struct mio_waker *waker = new_nest_waker(&nest, 2);
	struct mio_event event;
	unsigned seen = 0;
	int fds[2][2];
	int armed, i;

	for (i = 0; i < 2; i++) {
		make_pipe(fds[i]);
		assert_ok(mio_poll_register_fd(nest.poll, fds[i][0],
		    (mio_token_t)i, MIO_READABLE, MIO_EDGE));
	}
	arm_quietly(&nest);
	put_byte(fds[0][1]);
	put_byte(fds[1][1]);
	assert_ok(mio_waker_wake(waker));

	for (i = 0; i < 3; i++) {
		armed = mio_poll_arm(nest.poll);
		ck_assert_int_ge(armed, 0);
		ck_assert(armed == 1 || nest.fd < 0 || shows(&nest));
		ck_assert_int_eq(look(&nest, &event, 1), 1);
		seen |= 1u << event.token;
	}
	ck_assert_uint_eq(seen, 7);
	expect_over(&nest);

	mio_waker_destroy(waker);
	close_pipe(fds[0]);
	close_pipe(fds[1]);
	end_nest(&nest);
}
END_TEST

START_TEST(poll_in_a_poll)
{
	struct nest inner = new_nest();
	struct mio_poll *poll = new_poll();
	struct mio_waker *waker = new_nest_waker(&inner, 1);

	if (inner.fd >= 0) {
		assert_ok(mio_poll_register_fd(
		    poll, inner.fd, 7, MIO_READABLE, MIO_LEVEL));
		arm_quietly(&inner);
		expect_nothing(poll);
		assert_ok(mio_waker_wake(waker));
		expect_ready(poll, 7, MIO_READABLE, 0);
		expect_one(&inner, 1, MIO_READABLE);
		assert_ok(mio_poll_arm(inner.poll));
		expect_nothing(poll);
	}

	mio_waker_destroy(waker);
	mio_poll_destroy(poll);
	end_nest(&inner);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("nesting");
	TCase *states = new_case(suite, "states");

	tcase_add_test(states, bad_arguments_are_refused);
	tcase_add_test(states, exclusive_is_not_for_another_poll);
	tcase_add_test(states, cycle_is_refused);
	tcase_add_test(states, descriptor_is_one_and_close_on_exec_or_none);
	tcase_add_test(states, nothing_is_quiet);
	tcase_add_test(states, kernel_level);
	tcase_add_test(states, kernel_edge);
	tcase_add_test(states, waker_before_and_after_arming);
	tcase_add_test(states, armed_again_after_a_wake_and_before_one);
	tcase_add_test(states, user_edge);
	tcase_add_test(states, user_level);
	tcase_add_test(states, user_oneshot);
	tcase_add_loop_test(states, what_was_deregistered_is_quiet, 0, 2);
	tcase_add_test(states, array_filled_exactly);
	tcase_add_test(states, edges_that_did_not_fit_show);
	tcase_add_test(states, poll_in_a_poll);

	return run_suite(suite);
}
