/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/harness.h"

#include <poll.h>

#include <sys/wait.h>

/* The child destroys what it inherited; the parent's poll goes on. */
START_TEST(child_may_destroy_what_it_inherited)
{
	struct mio_poll *poll = new_poll();
	struct mio_waker *waker;
	int fds[2];
	int status;
	pid_t pid;

	make_pipe(fds);
	assert_ok(mio_waker_create(&waker, poll, 2));
	assert_ok(mio_poll_register_fd(poll, fds[0], 1, MIO_READABLE, 0));

	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct mio_poll *own;

		mio_waker_destroy(waker);
		mio_poll_destroy(poll);
		if (mio_poll_create(&own) != 0)
			_exit(1);
		mio_poll_destroy(own);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);

	expect_nothing(poll);
	assert_ok(mio_waker_wake(waker));
	expect_ready(poll, 2, MIO_READABLE, 0);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	expect_ready(poll, 1, MIO_READABLE, 0);

	close_pipe(fds);
	mio_waker_destroy(waker);
	mio_poll_destroy(poll);
}
END_TEST

/* The alarm is the parent's, who sleeps by it: here in another loop. */
START_TEST(child_may_destroy_an_armed_timer)
{
	struct mio_poll *armed = new_poll();
	struct pollfd look = { .fd = mio_poll_fd(armed), .events = POLLIN };
	struct mio_timer *timer;
	struct mio_event event;
	mio_token_t state;
	int status;
	pid_t pid;

	assert_ok(mio_timer_create(&timer, 0, 0));
	assert_ok(mio_poll_register(
	    armed, mio_timer_source(timer), 1, MIO_READABLE, 0));
	assert_ok(mio_timer_set(timer, (uint64_t)MS(50), 7, NULL));
	assert_ok(mio_poll_arm(armed));
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		mio_timer_destroy(timer);
		mio_poll_destroy(armed);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);

	if (look.fd >= 0 && has_alarm())
		ck_assert_int_eq(poll(&look, 1, 20000), 1);
	ck_assert_int_eq(mio_poll(armed, &event, 1, PATIENCE), 1);
	ck_assert_int_eq(mio_timer_expire(timer, &state, 1), 1);
	ck_assert_uint_eq(state, 7);
	mio_timer_destroy(timer);
	mio_poll_destroy(armed);
}
END_TEST

static _Atomic bool blocked_enough;

static void *
block_all_the_time(void *argument)
{
	while (!blocked_enough)
		(void)mio_fd_would_block(0);

	return argument;
}

/*
 * A lock of the poll(2) selector that another thread held when the process
 * forked stayed locked in the child, for ever.
 */
START_TEST(child_of_a_busy_process_can_make_a_poll)
{
	struct mio_poll *held = new_poll();
	pthread_t thread = start(block_all_the_time, NULL);
	int status;
	int i;

	for (i = 0; i < 200; i++) {
		pid_t pid = fork();

		ck_assert_int_ge(pid, 0);
		if (pid == 0) {
			struct mio_poll *poll;

			alarm(20);
			if (mio_poll_create(&poll) != 0)
				_exit(1);
			mio_poll_destroy(poll);
			_exit(0);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
	}
	blocked_enough = true;
	join(thread);
	mio_poll_destroy(held);
}
END_TEST

static void *
send_all_the_time(void *argument)
{
	struct mio_sender *sender = argument;
	uint64_t message = 0;

	while (mio_sender_send(sender, &message) == 0)
		message++;
	mio_sender_unref(sender);

	return NULL;
}

/* A channel's lock, too, may be held by a thread that the child lacks. */
START_TEST(child_may_destroy_a_busy_channel)
{
	struct mio_poll *poll = new_poll();
	struct mio_sender *sender;
	struct mio_receiver *receiver;
	struct mio_event event;
	uint64_t message, expected = 0;
	pthread_t thread;
	int status;
	int i;

	assert_ok(mio_sync_channel_create(&sender, &receiver, 8, 1));
	assert_ok(mio_poll_register(poll, mio_receiver_source(receiver), 1,
	    MIO_READABLE, 0));
	thread = start(send_all_the_time, mio_sender_ref(sender));
	for (i = 0; i < 200; i++) {
		pid_t pid = fork();

		ck_assert_int_ge(pid, 0);
		if (pid == 0) {
			alarm(20);
			mio_receiver_destroy(receiver);
			mio_sender_unref(sender);
			mio_poll_destroy(poll);
			_exit(0);
		}
		do {
			ck_assert_int_eq(mio_poll(poll, &event, 1, PATIENCE),
			    1);
			if (mio_receiver_recv(receiver, &message) == 0)
				ck_assert_uint_eq(message, expected++);
		} while (waitpid(pid, &status, WNOHANG) == 0);
		ck_assert_int_eq(status, 0);
	}
	mio_receiver_destroy(receiver);
	join(thread);
	mio_sender_unref(sender);
	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("fork");
	TCase *fork_case = new_case(suite, "fork");

	tcase_add_test(fork_case, child_may_destroy_what_it_inherited);
	tcase_add_test(fork_case, child_may_destroy_an_armed_timer);
	tcase_add_test(fork_case, child_of_a_busy_process_can_make_a_poll);
	tcase_add_test(fork_case, child_may_destroy_a_busy_channel);

	return run_suite(suite);
}
