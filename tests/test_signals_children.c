/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/harness.h"
#include "lib/process.h"

#include <signal.h>

#include <sys/signalfd.h>
#include <sys/uio.h>
#include <sys/wait.h>

/*
 * Linux's descriptors for signals and for processes in a poll, as
 * mio_process(7) has it. Where the kernel, or what stands in for it, has none
 * of them their tests are left out.
 */

#define CHILDREN 8

/* ---- signals */

START_TEST(signal_is_an_event)
{
	struct mio_poll *poll = new_poll();
	sigset_t set = block_one(SIGUSR1);
	mio_fd_t fd = watch(&set);

	assert_ok(mio_poll_register_fd(poll, fd, 7, MIO_READABLE, MIO_LEVEL));
	expect_nothing(poll);
	send_signal(SIGUSR1);
	expect_ready(poll, 7, MIO_READABLE, 0);
	ck_assert_uint_eq(take(fd), SIGUSR1);
	expect_nothing(poll);

	end_signals(fd, &set);
	mio_poll_destroy(poll);
}
END_TEST

static const unsigned options[] = {
	MIO_LEVEL,
	MIO_EDGE,
	MIO_LEVEL | MIO_ONESHOT,
	MIO_EDGE | MIO_ONESHOT,
};

START_TEST(signal_from_before_registering_is_an_event)
{
	struct mio_poll *poll = new_poll();
	sigset_t set = block_one(SIGUSR1);
	mio_fd_t fd;

	send_signal(SIGUSR1); /* before there is a descriptor, even */
	fd = watch(&set);
	assert_ok(mio_poll_register_fd(
	    poll, fd, 7, MIO_READABLE, options[_i]));
	expect_ready(poll, 7, MIO_READABLE, 0);
	ck_assert_uint_eq(take(fd), SIGUSR1);
	expect_nothing(poll);

	end_signals(fd, &set);
	mio_poll_destroy(poll);
}
END_TEST

static void *
send_from_a_thread(void *argument)
{
	send_signal(SIGUSR1);

	return argument;
}

START_TEST(signal_ends_a_wait)
{
	struct mio_poll *poll = new_poll();
	sigset_t set = block_one(SIGUSR1); /* which the threads inherit */
	mio_fd_t fd = watch(&set);
	int i;

	assert_ok(mio_poll_register_fd(poll, fd, 7, MIO_READABLE, MIO_EDGE));
	for (i = 0; i < 50; i++) {
		pthread_t thread = start(send_from_a_thread, NULL);

		expect_ready(poll, 7, MIO_READABLE, 0);
		ck_assert_uint_eq(take(fd), SIGUSR1);
		ck_assert_uint_eq(take(fd), 0);
		join(thread);
	}

	end_signals(fd, &set);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(several_signals_come_through_one_descriptor)
{
	static const int numbers[] = { SIGUSR1, SIGUSR2, SIGHUP, SIGTERM };
	struct mio_poll *poll = new_poll();
	sigset_t set = block(numbers, 4), taken;
	mio_fd_t fd = watch(&set);
	unsigned number;
	int i;

	assert_ok(mio_poll_register_fd(poll, fd, 7, MIO_READABLE, MIO_EDGE));
	for (i = 0; i < 8; i++) /* each twice, which is once */
		send_signal(numbers[i % 4]);
	expect_ready(poll, 7, MIO_READABLE, 0);
	sigemptyset(&taken);
	for (i = 0; (number = take(fd)) != 0; i++)
		sigaddset(&taken, (int)number);
	ck_assert_int_eq(i, 4);
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(sigismember(&taken, numbers[i]), 1);
	expect_nothing(poll);

	end_signals(fd, &set);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(real_time_signals_are_queued)
{
	struct mio_poll *poll = new_poll();
	sigset_t set = block_one(SIGRTMIN);
	mio_fd_t fd = watch(&set);
	struct signalfd_siginfo infos[8];
	int i;

	assert_ok(mio_poll_register_fd(poll, fd, 7, MIO_READABLE, MIO_EDGE));
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(sigqueue(getpid(), SIGRTMIN,
		    (union sigval){ .sival_int = i }), 0);
	expect_ready(poll, 7, MIO_READABLE, 0);
	ck_assert_int_eq(mio_pipe_read(fd, infos, sizeof(infos)),
	    3 * sizeof(infos[0]));
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(infos[i].ssi_int, i);

	end_signals(fd, &set);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(level_reports_a_signal_until_it_is_taken)
{
	struct mio_poll *poll = new_poll();
	sigset_t set = block_one(SIGUSR1);
	mio_fd_t fd = watch(&set);
	int i;

	assert_ok(mio_poll_register_fd(poll, fd, 7, MIO_READABLE, MIO_LEVEL));
	send_signal(SIGUSR1);
	for (i = 0; i < 3; i++)
		expect_ready(poll, 7, MIO_READABLE, 0);
	ck_assert_uint_eq(take(fd), SIGUSR1);
	expect_nothing(poll);

	end_signals(fd, &set);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(edge_reports_a_signal_once)
{
	struct mio_poll *poll = new_poll();
	sigset_t set = block_one(SIGUSR1);
	mio_fd_t fd = watch(&set);
	int i;

	assert_ok(mio_poll_register_fd(poll, fd, 7, MIO_READABLE, MIO_EDGE));
	for (i = 0; i < 3; i++) {
		send_signal(SIGUSR1);
		expect_ready(poll, 7, MIO_READABLE, 0);
		expect_nothing(poll);
		ck_assert_uint_eq(take(fd), SIGUSR1);
		ck_assert_uint_eq(take(fd), 0);
	}

	end_signals(fd, &set);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(edge_with_a_read_of_the_program_itself)
{
	struct mio_poll *poll = new_poll();
	sigset_t set = block_one(SIGUSR1);
	mio_fd_t fd = watch(&set);
	struct signalfd_siginfo info;
	int i;

	assert_ok(mio_poll_register_fd(poll, fd, 7, MIO_READABLE, MIO_EDGE));
	for (i = 0; i < 3; i++) {
		send_signal(SIGUSR1);
		expect_ready(poll, 7, MIO_READABLE, 0);
		ck_assert_int_eq(read(fd, &info, sizeof(info)), sizeof(info));
		ck_assert_int_eq(read(fd, &info, sizeof(info)), -1);
		ck_assert_int_eq(errno, EAGAIN);
		assert_ok(mio_fd_would_block(fd));
	}

	end_signals(fd, &set);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(oneshot_reports_a_signal_until_reregistered)
{
	struct mio_poll *poll = new_poll();
	sigset_t set = block_one(SIGUSR1);
	mio_fd_t fd = watch(&set);

	assert_ok(mio_poll_register_fd(
	    poll, fd, 7, MIO_READABLE, MIO_LEVEL | MIO_ONESHOT));
	send_signal(SIGUSR1);
	expect_ready(poll, 7, MIO_READABLE, 0);
	expect_nothing(poll);
	assert_ok(mio_poll_reregister_fd(
	    poll, fd, 8, MIO_READABLE, MIO_LEVEL | MIO_ONESHOT));
	expect_ready(poll, 8, MIO_READABLE, 0);
	ck_assert_uint_eq(take(fd), SIGUSR1);

	end_signals(fd, &set);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(signal_is_nothing_but_readable)
{
	struct mio_poll *poll = new_poll();
	sigset_t set = block_one(SIGUSR1);
	mio_fd_t fd = watch(&set);

	send_signal(SIGUSR1);
	assert_ok(mio_poll_register_fd(poll, fd, 7, MIO_WRITABLE, MIO_LEVEL));
	expect_nothing(poll);
	assert_ok(mio_poll_reregister_fd(
	    poll, fd, 7, MIO_READABLE | MIO_WRITABLE, MIO_LEVEL));
	expect_ready(poll, 7, MIO_READABLE, 0);
	ck_assert_uint_eq(take(fd), SIGUSR1);

	end_signals(fd, &set);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(each_descriptor_has_its_signals)
{
	struct mio_poll *poll = new_poll();
	sigset_t first = block_one(SIGUSR1), second = block_one(SIGUSR2);
	mio_fd_t fds[2] = { watch(&first), watch(&second) };

	assert_ok(mio_poll_register_fd(poll, fds[0], 1, MIO_READABLE, 0));
	assert_ok(mio_poll_register_fd(poll, fds[1], 2, MIO_READABLE, 0));
	send_signal(SIGUSR2);
	expect_ready(poll, 2, MIO_READABLE, 0);
	ck_assert_uint_eq(take(fds[0]), 0);
	ck_assert_uint_eq(take(fds[1]), SIGUSR2);
	send_signal(SIGUSR1);
	expect_ready(poll, 1, MIO_READABLE, 0);
	ck_assert_uint_eq(take(fds[0]), SIGUSR1);

	end_signals(fds[0], &first);
	end_signals(fds[1], &second);
	mio_poll_destroy(poll);
}
END_TEST

/* Three may be reported by one SIGCHLD: it says that some have ended. */
START_TEST(sigchld_reports_children)
{
	struct mio_poll *poll = new_poll();
	sigset_t set = block_one(SIGCHLD);
	mio_fd_t fd = watch(&set);
	struct child children[3];
	int i, status, left = 3, sum = 0;

	assert_ok(mio_poll_register_fd(poll, fd, 7, MIO_READABLE, MIO_EDGE));
	for (i = 0; i < 3; i++)
		children[i] = start_child(1 << i);
	expect_nothing(poll);
	for (i = 0; i < 3; i++)
		let_go(&children[i]);
	while (left > 0) {
		expect_ready(poll, 7, MIO_READABLE, 0);
		while (take(fd) != 0)
			;
		while (waitpid(-1, &status, WNOHANG) > 0) {
			sum += WEXITSTATUS(status);
			left--;
		}
	}
	ck_assert_int_eq(sum, 1 + 2 + 4);

	for (i = 0; i < 3; i++)
		assert_ok(mio_fd_close(children[i].go));
	while (take(fd) != 0) /* of one that was waited for already */
		;
	end_signals(fd, &set);
	mio_poll_destroy(poll);
}
END_TEST

/*
 * A child has a copy of each descriptor until it executes another program. What
 * is closed here meanwhile is open there, and so it may stay registered: it is
 * deregistered first.
 */
START_TEST(signal_is_silent_once_deregistered)
{
	struct mio_poll *poll = new_poll();
	sigset_t set = block_one(SIGUSR1);
	mio_fd_t fd = watch(&set);
	struct child holder;

	assert_ok(mio_poll_register_fd(poll, fd, 7, MIO_READABLE, MIO_LEVEL));
	holder = start_child(0);
	assert_ok(mio_poll_deregister_fd(poll, fd));
	assert_ok(mio_fd_close(fd));
	send_signal(SIGUSR1);
	expect_nothing(poll);

	let_go(&holder);
	wait_for_end(&holder);
	ck_assert_int_eq(reap(&holder), 0);
	fd = watch(&set);
	ck_assert_uint_eq(take(fd), SIGUSR1);
	end_signals(fd, &set);
	mio_poll_destroy(poll);
}
END_TEST

/* ---- children */

START_TEST(end_of_a_child_is_an_event)
{
	struct mio_poll *poll = new_poll();
	struct child child = start_watched(3);
	int i, status;

	assert_ok(mio_poll_register_fd(
	    poll, child.fd, 7, MIO_READABLE, MIO_LEVEL));
	expect_nothing(poll);
	let_go(&child);
	for (i = 0; i < 3; i++) /* there is nothing to read away */
		expect_ready(poll, 7, MIO_READABLE, 0);
	status = reap_watched(poll, &child);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	expect_nothing(poll);

	mio_poll_destroy(poll);
}
END_TEST

START_TEST(end_of_a_child_before_registering_is_an_event)
{
	struct mio_poll *poll = new_poll();
	struct child child = start_child(0);

	let_go(&child);
	wait_for_end(&child);
	child.fd = open_process(child.pid); /* not too late for that, even */
	ck_assert_int_ge(child.fd, 0);
	assert_ok(mio_poll_register_fd(
	    poll, child.fd, 7, MIO_READABLE, options[_i]));
	expect_ready(poll, 7, MIO_READABLE, 0);
	ck_assert_int_eq(reap_watched(poll, &child), 0);

	mio_poll_destroy(poll);
}
END_TEST

START_TEST(edge_reports_the_end_once)
{
	struct mio_poll *poll = new_poll();
	struct child child = start_watched(0);

	assert_ok(mio_poll_register_fd(
	    poll, child.fd, 7, MIO_READABLE, MIO_EDGE));
	let_go(&child);
	expect_ready(poll, 7, MIO_READABLE, 0);
	expect_nothing(poll);
	assert_ok(mio_poll_reregister_fd(
	    poll, child.fd, 8, MIO_READABLE, MIO_EDGE));
	expect_ready(poll, 8, MIO_READABLE, 0);
	ck_assert_int_eq(reap_watched(poll, &child), 0);

	mio_poll_destroy(poll);
}
END_TEST

START_TEST(killed_child_has_ended)
{
	struct mio_poll *poll = new_poll();
	struct child child = start_watched(0);
	int status;

	assert_ok(mio_poll_register_fd(
	    poll, child.fd, 7, MIO_READABLE, MIO_LEVEL));
	ck_assert_int_eq(kill(child.pid, SIGKILL), 0);
	expect_ready(poll, 7, MIO_READABLE, 0);
	status = reap_watched(poll, &child);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

	mio_poll_destroy(poll);
}
END_TEST

START_TEST(each_child_has_an_event)
{
	struct mio_poll *poll = new_poll();
	struct child children[CHILDREN];
	struct mio_event events[CHILDREN];
	int i, j, n, status, left = CHILDREN;

	for (i = 0; i < CHILDREN; i++) {
		children[i] = start_watched(i);
		assert_ok(mio_poll_register_fd(poll, children[i].fd,
		    (mio_token_t)i, MIO_READABLE, MIO_LEVEL));
	}
	expect_nothing(poll);

	/* the last one alone, and then the others as they come */
	let_go(&children[CHILDREN - 1]);
	expect_ready(poll, CHILDREN - 1, MIO_READABLE, 0);
	for (i = 0; i < CHILDREN - 1; i++)
		let_go(&children[i]);
	while (left > 0) {
		n = mio_poll(poll, events, CHILDREN, PATIENCE);
		ck_assert_int_gt(n, 0);
		for (j = 0; j < n; j++) {
			i = (int)events[j].token;
			ck_assert_uint_eq(events[j].ready, MIO_READABLE);
			status = reap_watched(poll, &children[i]);
			ck_assert(WIFEXITED(status));
			ck_assert_int_eq(WEXITSTATUS(status), i);
		}
		left -= n;
	}
	expect_nothing(poll);

	mio_poll_destroy(poll);
}
END_TEST

/* As with signals: another child has a copy, and gets nothing from it. */
START_TEST(child_is_silent_once_deregistered)
{
	struct mio_poll *poll = new_poll();
	struct child child = start_watched(0);
	struct child holder;

	assert_ok(mio_poll_register_fd(
	    poll, child.fd, 7, MIO_READABLE, MIO_LEVEL));
	holder = start_child(0);
	assert_ok(mio_poll_deregister_fd(poll, child.fd));
	assert_ok(mio_fd_close(child.fd));
	let_go(&child);
	wait_for_end(&child);
	expect_nothing(poll);
	ck_assert_int_eq(reap(&child), 0);
	expect_nothing(poll);

	let_go(&holder);
	wait_for_end(&holder);
	ck_assert_int_eq(reap(&holder), 0);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(signals_and_children_beside_others)
{
	struct mio_poll *poll = new_poll();
	sigset_t set = block_one(SIGUSR1);
	mio_fd_t fd = watch(&set);
	struct child child = start_watched(0);
	int fds[2];

	make_pipe(fds);
	assert_ok(mio_poll_register_fd(poll, fd, 1, MIO_READABLE, MIO_EDGE));
	assert_ok(mio_poll_register_fd(
	    poll, child.fd, 2, MIO_READABLE, MIO_EDGE));
	assert_ok(mio_poll_register_fd(
	    poll, fds[0], 3, MIO_READABLE, MIO_EDGE));

	ck_assert_int_eq(mio_pipe_write(fds[1], "x", 1), 1);
	expect_ready(poll, 3, MIO_READABLE, 0);
	let_go(&child);
	expect_ready(poll, 2, MIO_READABLE, 0);
	send_signal(SIGUSR1);
	expect_ready(poll, 1, MIO_READABLE, 0);

	ck_assert_uint_eq(take(fd), SIGUSR1);
	ck_assert_int_eq(reap_watched(poll, &child), 0);
	end_signals(fd, &set);
	close_pipe(fds);
	mio_poll_destroy(poll);
}
END_TEST

/* Whether a call that makes a descriptor is known and allowed. */
static bool
makes_one(int fd, const char *name)
{
	if (fd < 0) {
		printf("no %s here: %s\n", name, strerror(errno));
		return false;
	}
	close(fd);

	return true;
}

static void
add_signals(Suite *suite)
{
	TCase *signals = new_case(suite, "signals");

	tcase_add_test(signals, signal_is_an_event);
	tcase_add_loop_test(
	    signals, signal_from_before_registering_is_an_event, 0, 4);
	tcase_add_test(signals, signal_ends_a_wait);
	tcase_add_test(signals, several_signals_come_through_one_descriptor);
	tcase_add_test(signals, real_time_signals_are_queued);
	tcase_add_test(signals, level_reports_a_signal_until_it_is_taken);
	tcase_add_test(signals, edge_reports_a_signal_once);
	tcase_add_test(signals, edge_with_a_read_of_the_program_itself);
	tcase_add_test(signals, oneshot_reports_a_signal_until_reregistered);
	tcase_add_test(signals, signal_is_nothing_but_readable);
	tcase_add_test(signals, each_descriptor_has_its_signals);
	tcase_add_test(signals, sigchld_reports_children);
	tcase_add_test(signals, signal_is_silent_once_deregistered);
}

static void
add_children(Suite *suite)
{
	TCase *children = new_case(suite, "children");

	tcase_add_test(children, end_of_a_child_is_an_event);
	tcase_add_loop_test(
	    children, end_of_a_child_before_registering_is_an_event, 0, 4);
	tcase_add_test(children, edge_reports_the_end_once);
	tcase_add_test(children, killed_child_has_ended);
	tcase_add_test(children, each_child_has_an_event);
	tcase_add_test(children, child_is_silent_once_deregistered);
}

/* A vector, as the library reads: qemu of big-endian machines forgets that. */
static void
read_signal(void)
{
	struct signalfd_siginfo info = { .ssi_signo = 0 };
	struct iovec vector = { &info, sizeof(info) };
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_NONBLOCK);
	raise(SIGUSR1);
	if (readv(fd, &vector, 1) != sizeof(info) ||
	    info.ssi_signo != SIGUSR1)
		_exit(EXIT_FAILURE);
}

int
main(void)
{
	sigset_t none;
	bool signals, children;
	Suite *suite;

	sigemptyset(&none);
	signals = makes_one(signalfd(-1, &none, 0), "signalfd");
	if (signals && !survives(read_signal)) {
		printf("signalfd reads other signals here\n");
		signals = false;
	}
	children = makes_one(open_process(getpid()), "pidfd_open");
	if (!signals && !children)
		return 77;

	suite = suite_create("signals and children");
	if (signals)
		add_signals(suite);
	if (children)
		add_children(suite);
	if (signals && children)
		tcase_add_test(new_case(suite, "both"),
		    signals_and_children_beside_others);

	return run_suite(suite);
}
