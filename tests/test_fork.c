/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/harness.h"

#include <poll.h>
#include <sched.h>

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

		int i, own_fds[8];

		/* they may have numbers that the poll had in the parent */
		for (i = 0; i < 8; i++)
			own_fds[i] = dup(fds[0]);
		mio_waker_destroy(waker);
		mio_poll_destroy(poll);
		for (i = 0; i < 8; i++)
			if (close(own_fds[i]) < 0)
				_exit(2);
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

struct everything {
	struct mio_poll *poll;
	struct mio_waker *waker;
	struct mio_timer *timer;
	struct mio_registration *registration;
	struct mio_readiness *readiness;
	int fds[2];
	_Atomic bool over;
};

static void *
use_all_the_time(void *argument)
{
	struct everything *all = argument;
	struct mio_event events[4];
	mio_timeout_t timeout;

	while (!all->over) {
		must(mio_timer_set(all->timer, SECONDS(100), 1, &timeout) == 0);
		must(mio_waker_wake(all->waker) == 0);
		must(mio_readiness_set(all->readiness, MIO_READABLE) == 0);
		must(mio_timer_cancel(all->timer, timeout, NULL) == 0);
		must(mio_poll_reregister(all->poll,
			 mio_registration_source(all->registration), 3,
			 MIO_READABLE, MIO_EDGE) == 0);
		must(mio_poll(all->poll, events, 4, 0) >= 0);
	}

	return NULL;
}

static void *
poll_all_the_time(void *argument)
{
	struct everything *all = argument;
	struct mio_event events[2];

	while (!all->over)
		must(mio_poll(all->poll, events, 2, MS(1)) >= 0);

	return NULL;
}

static void
destroy_everything(struct everything *all, int order)
{
	if (order & 1)
		mio_poll_destroy(all->poll);
	mio_waker_destroy(all->waker);
	mio_timer_destroy(all->timer);
	if (order & 2)
		mio_readiness_unref(all->readiness);
	mio_registration_destroy(all->registration);
	if (!(order & 2))
		mio_readiness_unref(all->readiness);
	if (!(order & 1))
		mio_poll_destroy(all->poll);
}

/* Threads that the child lacks may hold locks and have half changed lists. */
START_TEST(child_may_destroy_a_busy_poll)
{
	struct everything all = { .poll = new_poll() };
	pthread_t threads[2];
	int status, i;

	make_pipe(all.fds);
	assert_ok(mio_waker_create(&all.waker, all.poll, 1));
	assert_ok(mio_timer_create(&all.timer, 0, 16));
	assert_ok(mio_poll_register(all.poll, mio_timer_source(all.timer), 2,
	    MIO_READABLE, MIO_EDGE));
	assert_ok(mio_registration_create(&all.registration, &all.readiness));
	assert_ok(mio_poll_register(all.poll,
	    mio_registration_source(all.registration), 3, MIO_READABLE, 0));
	assert_ok(mio_poll_register_fd(
	    all.poll, all.fds[1], 4, MIO_WRITABLE, MIO_EDGE));
	threads[0] = start(use_all_the_time, &all);
	threads[1] = start(poll_all_the_time, &all);
	for (i = 0; i < (is_slowed_down() ? 20 : 300); i++) {
		pid_t pid = fork();

		ck_assert_int_ge(pid, 0);
		if (pid == 0) {
			struct mio_poll *own;

			(void)alarm(20);
			destroy_everything(&all, i);
			if (mio_poll_create(&own) != 0)
				_exit(1);
			mio_poll_destroy(own);
			_exit(0);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
	}
	all.over = true;
	join(threads[0]);
	join(threads[1]);

	/* and the parent's is as good as before */
	assert_ok(mio_timer_set(all.timer, (uint64_t)MS(5), 1, NULL));
	for (status = 0; !(status & 4);) {
		struct mio_event event;

		ck_assert_int_eq(mio_poll(all.poll, &event, 1, PATIENCE), 1);
		status |= 1 << event.token;
	}
	destroy_everything(&all, 0);
	close_pipe(all.fds);
}
END_TEST

#ifdef CLONE_NEWPID

/* A new namespace, whose first child is its number 1; false: not allowed. */
static bool
enter_namespace(int more)
{
	return unshare(more | CLONE_NEWPID) == 0;
}

static int
reap(pid_t pid)
{
	int status = -1;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;

	return WEXITSTATUS(status);
}

#define NOT_HERE 77

/*
 * Both are number 1 of their namespaces. In the first one: 0 when the alarm
 * still rings after the second has destroyed what it inherited.
 */
static int
be_number_one(void)
{
	struct mio_poll *armed = new_poll();
	struct pollfd look = { .fd = mio_poll_fd(armed), .events = POLLIN };
	struct mio_timer *timer;
	struct mio_waker *waker;
	struct mio_event event;
	mio_token_t state;
	pid_t pid;

	if (getpid() != 1)
		return 2;
	assert_ok(mio_waker_create(&waker, armed, 2));
	assert_ok(mio_timer_create(&timer, 0, 0));
	assert_ok(mio_poll_register(
	    armed, mio_timer_source(timer), 1, MIO_READABLE, MIO_EDGE));
	assert_ok(mio_timer_set(timer, (uint64_t)MS(100), 7, NULL));
	assert_ok(mio_poll_arm(armed));
	if (!enter_namespace(0))
		return NOT_HERE;
	pid = fork();
	if (pid == 0) {
		if (getpid() != 1)
			_exit(3);
		(void)alarm(20);
		mio_timer_destroy(timer);
		mio_waker_destroy(waker);
		mio_poll_destroy(armed);
		_exit(0);
	}
	if (reap(pid) != 0)
		return 4;
	if (look.fd >= 0 && has_alarm() && poll(&look, 1, 20000) != 1)
		return 5;
	if (mio_poll(armed, &event, 1, PATIENCE) != 1 || event.token != 1)
		return 6;
	if (mio_timer_expire(timer, &state, 1) != 1 || state != 7)
		return 7;
	if (mio_waker_wake(waker) != 0 ||
	    mio_poll(armed, &event, 1, PATIENCE) != 1 || event.token != 2)
		return 8;
	mio_timer_destroy(timer);
	mio_waker_destroy(waker);
	mio_poll_destroy(armed);

	return 0;
}

/* A process cannot be recognized by its number alone. */
START_TEST(child_has_the_number_of_its_parent)
{
	pid_t pid = fork();
	int result;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (!enter_namespace(CLONE_NEWUSER))
			_exit(NOT_HERE);
		pid = fork();
		if (pid == 0)
			_exit(be_number_one());
		_exit(reap(pid));
	}
	result = reap(pid);
	if (result != NOT_HERE)
		ck_assert_int_eq(result, 0);
}
END_TEST

#define ADD_NUMBER_ONE(tcase) \
	tcase_add_test(tcase, child_has_the_number_of_its_parent)

#else

#define ADD_NUMBER_ONE(tcase)

#endif

int
main(void)
{
	Suite *suite = suite_create("fork");
	TCase *fork_case = new_case(suite, "fork");

	tcase_add_test(fork_case, child_may_destroy_what_it_inherited);
	tcase_add_test(fork_case, child_may_destroy_an_armed_timer);
	tcase_add_test(fork_case, child_of_a_busy_process_can_make_a_poll);
	tcase_add_test(fork_case, child_may_destroy_a_busy_channel);
	tcase_add_test(fork_case, child_may_destroy_a_busy_poll);
	ADD_NUMBER_ONE(fork_case);

	return run_suite(suite);
}
