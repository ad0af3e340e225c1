/* SPDX-License-Identifier: MIT */

/*
 * Writes to a pipe that nobody reads: -EPIPE, and the program's signals are as
 * they were, whatever they were. On a kernel with a flag for that, and on one
 * that says in each way there is that it cannot.
 */

#include "config.h"
#include "lib/fault_control.h"
#include "lib/harness.h"

#include <signal.h>

/* 0 is this kernel as it is; each is a run of a loop test. */
static const int refusals[] = { 0, ENOSYS, EPERM, EOPNOTSUPP, EINVAL };

#define REFUSALS 5

static volatile sig_atomic_t handled;

static void
count_signal(int number)
{
	(void)number;
	handled++;
}

static void
refuse(int error)
{
	if (error != 0)
		fault_arm_all("pwritev2", error);
}

static mio_fd_t
broken_pipe(void)
{
	mio_fd_t fds[2];

	assert_ok(mio_pipe_create(fds));
	assert_ok(mio_fd_close(fds[0]));

	return fds[1];
}

/* Two writes, as what the first finds out may change the second. */
static void
write_to(mio_fd_t fd)
{
	assert_error(mio_pipe_write(fd, "x", 1), EPIPE);
	assert_error(mio_pipe_write(fd, "x", 1), EPIPE);
}

static void
set_handler(void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	ck_assert_int_eq(sigaction(SIGPIPE, &action, NULL), 0);
}

static void
assert_handler(void (*handler)(int))
{
	struct sigaction action;

	ck_assert_int_eq(sigaction(SIGPIPE, NULL, &action), 0);
	ck_assert(action.sa_handler == handler);
}

static void
block(bool on)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	ck_assert_int_eq(
	    pthread_sigmask(on ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL), 0);
}

static bool
is_blocked(void)
{
	sigset_t set;

	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &set), 0);

	return sigismember(&set, SIGPIPE);
}

static bool
is_pending(void)
{
	sigset_t set;

	ck_assert_int_eq(sigpending(&set), 0);

	return sigismember(&set, SIGPIPE);
}

START_TEST(disposition_stays)
{
	static void (*const handlers[])(int) = { SIG_DFL, SIG_IGN,
		count_signal };
	mio_fd_t fd = broken_pipe();
	int i;

	refuse(refusals[_i]);
	for (i = 0; i < 3; i++) {
		set_handler(handlers[i]);
		write_to(fd);
		assert_handler(handlers[i]);
		ck_assert(!is_blocked());
		ck_assert(!is_pending());
	}
	ck_assert_int_eq(handled, 0);
	assert_ok(mio_fd_close(fd));
}
END_TEST

START_TEST(blocked_stays_blocked_and_nothing_pends)
{
	mio_fd_t fd = broken_pipe();

	set_handler(count_signal);
	block(true);
	refuse(refusals[_i]);
	write_to(fd);
	ck_assert(is_blocked());
	ck_assert(!is_pending());
	block(false);
	ck_assert_int_eq(handled, 0);
	assert_ok(mio_fd_close(fd));
}
END_TEST

START_TEST(pending_stays_pending_and_comes_once)
{
	mio_fd_t fd = broken_pipe();

	set_handler(count_signal);
	block(true);
	ck_assert_int_eq(raise(SIGPIPE), 0);
	refuse(refusals[_i]);
	write_to(fd);
	ck_assert(is_blocked());
	ck_assert(is_pending());
	ck_assert_int_eq(handled, 0);
	block(false);
	ck_assert_int_eq(handled, 1);
	assert_ok(mio_fd_close(fd));
}
END_TEST

static void *
write_in_thread(void *argument)
{
	mio_fd_t fd = *(mio_fd_t *)argument;

	write_to(fd);
	ck_assert(!is_blocked());
	ck_assert(!is_pending());

	return NULL;
}

START_TEST(other_threads_do_not_notice)
{
	mio_fd_t fd = broken_pipe();

	set_handler(count_signal);
	refuse(refusals[_i]);
	join(start(write_in_thread, &fd));
	ck_assert(!is_blocked());
	ck_assert(!is_pending());
	ck_assert_int_eq(handled, 0);
	assert_ok(mio_fd_close(fd));
}
END_TEST

/* A socket says it with the same signal. */
START_TEST(sockets_raise_none_either)
{
	mio_fd_t fds[2];

	assert_ok(mio_unix_pair(fds));
	assert_ok(mio_fd_close(fds[0]));
	set_handler(count_signal);
	refuse(refusals[_i]);
	write_to(fds[1]);
	ck_assert(!is_pending());
	ck_assert_int_eq(handled, 0);
	assert_ok(mio_fd_close(fds[1]));
}
END_TEST

/* What works without the flag shows that the kernel has none. */
START_TEST(refusal_is_remembered_after_a_success)
{
	mio_fd_t fd = broken_pipe(), fds[2];
	char byte;
	int i;

	assert_ok(mio_pipe_create(fds));
	fault_reset_counts();
	refuse(refusals[_i]);
	write_to(fd);
	ck_assert_uint_eq(fault_count("pwritev2"), 2);
	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(mio_pipe_write(fds[1], "x", 1), 1);
		ck_assert_int_eq(mio_pipe_read(fds[0], &byte, 1), 1);
		ck_assert_uint_eq(fault_count("pwritev2"), 3);
	}
	write_to(fd);
	ck_assert_uint_eq(fault_count("pwritev2"), 3);
	ck_assert(fault_disarm());
	close_pipe(fds);
	assert_ok(mio_fd_close(fd));
}
END_TEST

/* Some files know no flags, as an eventfd: that says nothing about pipes. */
START_TEST(refusal_of_another_file_is_not_remembered)
{
	mio_fd_t fds[2], other[2];

	make_pipe(fds);
	tcp_pair(&other[0], &other[1]);
	fault_reset_counts();
	refuse(refusals[_i]);
	ck_assert_int_eq(mio_pipe_write(other[0], "x", 1), 1);
	ck_assert_int_eq(mio_pipe_write(other[0], "x", 1), 1);
	ck_assert_uint_eq(fault_count("pwritev2"), 2);
	(void)fault_disarm(); /* the kernel's own way makes none fail */
	ck_assert_int_eq(mio_pipe_write(fds[1], "x", 1), 1);
	ck_assert_uint_eq(fault_count("pwritev2"), 3);
	close_pipe(fds);
	close_pair(other[0], other[1]);
}
END_TEST

START_TEST(errors_come_through_a_refusal)
{
	mio_fd_t fds[2];

	assert_ok(mio_pipe_create(fds));
	refuse(refusals[_i]);
	assert_error(mio_pipe_write(fds[0], "x", 1), EBADF);
	while (mio_pipe_write(fds[1], "0123456789abcdef", 16) > 0)
		continue;
	assert_error(mio_pipe_write(fds[1], "x", 1), EAGAIN);
	ck_assert(!is_blocked());
	close_pipe(fds);
}
END_TEST

START_TEST(interrupted_writes_go_on)
{
	mio_fd_t fds[2];

	assert_ok(mio_pipe_create(fds));
	fault_arm("pwritev2", 1, EINTR);
	ck_assert_int_eq(mio_pipe_write(fds[1], "x", 1), 1);
	ck_assert(fault_disarm());
	fault_arm_all("pwritev2", ENOSYS);
	ck_assert_int_eq(mio_pipe_write(fds[1], "x", 1), 1);
	/* a kernel without it has said so by now, and is not asked again */
	ck_assert(fault_disarm() == fault_has("pwritev2"));
	fault_arm("writev", 1, EINTR);
	ck_assert_int_eq(mio_pipe_write(fds[1], "x", 1), 1);
	ck_assert(fault_disarm());
	close_pipe(fds);
}
END_TEST

/* A sandbox that came later and refuses what is needed without the flag. */
static const char *const signal_calls[] = {
	"pthread_sigmask", "sigpending", "sigtimedwait",
};

START_TEST(signals_refused_end_no_process)
{
	mio_fd_t fd = broken_pipe(), fds[2];
	int error = _i % 2 ? ENOSYS : EPERM;
	char byte;

	assert_ok(mio_pipe_create(fds));
	refuse(EOPNOTSUPP);
	ck_assert_int_eq(mio_pipe_write(fds[1], "x", 1), 1);
	ck_assert(fault_disarm());

	set_handler(count_signal);
	fault_arm_all(signal_calls[_i / 2], error);
	if (_i / 2 == 0)
		assert_error(mio_pipe_write(fd, "x", 1), error);
	else
		write_to(fd);
	ck_assert(fault_disarm());
	ck_assert_int_eq(handled, 0);

	/* one that cannot be taken stays where it does no harm */
	ck_assert_int_eq(is_blocked(), _i / 2 == 2);
	ck_assert_int_eq(is_pending(), _i / 2 == 2);
	ck_assert_int_eq(mio_pipe_write(fds[1], "x", 1), 1);
	ck_assert_int_eq(mio_pipe_read(fds[0], &byte, 1), 1);
	close_pipe(fds);
	assert_ok(mio_fd_close(fd));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sigpipe");
	TCase *tcase = new_case(suite, "signals");

	tcase_add_loop_test(tcase, disposition_stays, 0, REFUSALS);
	tcase_add_loop_test(
	    tcase, blocked_stays_blocked_and_nothing_pends, 0, REFUSALS);
	tcase_add_loop_test(
	    tcase, pending_stays_pending_and_comes_once, 0, REFUSALS);
	tcase_add_loop_test(tcase, other_threads_do_not_notice, 0, REFUSALS);
	tcase_add_loop_test(tcase, sockets_raise_none_either, 0, REFUSALS);

	tcase = new_case(suite, "refusals");
	tcase_add_loop_test(
	    tcase, refusal_is_remembered_after_a_success, 1, REFUSALS);
	tcase_add_loop_test(
	    tcase, refusal_of_another_file_is_not_remembered, 0, REFUSALS);
	tcase_add_loop_test(tcase, errors_come_through_a_refusal, 0, REFUSALS);
	tcase_add_test(tcase, interrupted_writes_go_on);
	tcase_add_loop_test(tcase, signals_refused_end_no_process, 0, 6);

	return run_suite(suite);
}
