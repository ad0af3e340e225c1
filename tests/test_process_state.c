/* SPDX-License-Identifier: MIT */

/*
 * The library leaves alone what belongs to the process: the dispositions, the
 * mask and the pending signals, the umask, the locale, the environment, the
 * working directory, the limit of descriptors, the timer of setitimer(2) and
 * the number of threads stay the same at each step of the life of every
 * object, and no descriptor is left at its end.
 */

#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "lib/harness.h"

#define SIGNALS 65
#define FDS     256
#define TEXT    16384

extern char **environ;

struct signal_state {
	void (*handler)(int number);
	int flags;
	bool masks[SIGNALS];
	bool blocked, pending;
};

struct state {
	struct signal_state signals[SIGNALS];
	mode_t umask;
	struct rlimit limit;
	struct itimerval timer;
	unsigned threads;
	char locale[TEXT];
	char environment[TEXT];
	char directory[PATH_MAX];
};

static void
get_signals(struct signal_state *signals)
{
	struct sigaction action;
	sigset_t blocked, pending;
	int i, j;

	ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, NULL, &blocked), 0);
	assert_ok(sigpending(&pending));
	for (i = 1; i < SIGNALS; i++) {
		if (sigaction(i, NULL, &action) < 0)
			continue;
		signals[i].handler = action.sa_handler;
		signals[i].flags = action.sa_flags;
		signals[i].blocked = sigismember(&blocked, i) == 1;
		signals[i].pending = sigismember(&pending, i) == 1;
		for (j = 1; j < SIGNALS; j++)
			signals[i].masks[j] =
			    sigismember(&action.sa_mask, j) == 1;
	}
}

static void
get_environment(char *text)
{
	size_t used = 0;
	char **entry;
	int n;

	for (entry = environ; *entry != NULL; entry++) {
		n = snprintf(text + used, TEXT - used, "%p %.200s\n",
		    (void *)*entry, *entry);
		if (n < 0 || (size_t)n >= TEXT - used)
			break;
		used += (size_t)n;
	}
}

/* Threads are counted where the system shows them as files. */
static unsigned
count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	unsigned count = 0;

	if (dir == NULL)
		return 0;
	while (readdir(dir) != NULL)
		count++;
	ck_assert_int_eq(closedir(dir), 0);

	return count;
}

static void
get_state(struct state *state)
{
	const char *locale = setlocale(LC_ALL, NULL);

	memset(state, 0, sizeof(*state));
	get_signals(state->signals);
	state->umask = umask(0);
	(void)umask(state->umask);
	assert_ok(getrlimit(RLIMIT_NOFILE, &state->limit));
	assert_ok(getitimer(ITIMER_REAL, &state->timer));
	state->threads = count_threads();
	ck_assert_ptr_nonnull(locale);
	(void)snprintf(state->locale, sizeof(state->locale), "%s", locale);
	get_environment(state->environment);
	ck_assert_ptr_nonnull(
	    getcwd(state->directory, sizeof(state->directory)));
}

/* The flags of the descriptors that are open; -1 for those that are not. */
static void
get_fds(int (*flags)[2])
{
	int i;

	for (i = 0; i < FDS; i++) {
		flags[i][0] = fcntl(i, F_GETFD);
		flags[i][1] = fcntl(i, F_GETFL);
	}
}

static struct state before;
static int fds_before[FDS][2];

static void
expect_same(const char *step)
{
	static struct state now;
	int i;

	get_state(&now);
	for (i = 1; i < SIGNALS; i++)
		ck_assert_msg(memcmp(&now.signals[i], &before.signals[i],
				  sizeof(now.signals[i])) == 0,
		    "%s changes signal %d", step, i);
	ck_assert_msg(now.umask == before.umask, "%s: umask", step);
	ck_assert_msg(memcmp(&now.limit, &before.limit, sizeof(now.limit)) == 0,
	    "%s: RLIMIT_NOFILE", step);
	ck_assert_msg(memcmp(&now.timer, &before.timer, sizeof(now.timer)) == 0,
	    "%s: ITIMER_REAL", step);
	ck_assert_msg(now.threads == before.threads, "%s: threads", step);
	ck_assert_msg(strcmp(now.locale, before.locale) == 0, "%s: locale",
	    step);
	ck_assert_msg(strcmp(now.environment, before.environment) == 0,
	    "%s: environment", step);
	ck_assert_msg(strcmp(now.directory, before.directory) == 0,
	    "%s: directory", step);
}

static struct state *
begin(void)
{
	get_fds(fds_before);
	get_state(&before);

	return &before;
}

static void
end(void)
{
	int fds[FDS][2];
	int i;

	expect_same("the end");
	get_fds(fds);
	for (i = 0; i < FDS; i++)
		ck_assert_msg(fds[i][0] == fds_before[i][0] &&
			fds[i][1] == fds_before[i][1],
		    "descriptor %d", i);
}

/* A waker and a registration report once each. */
static void
use_poll(void)
{
	struct mio_registration *registration;
	struct mio_readiness *readiness;
	struct mio_waker *waker;
	struct mio_poll *poll;

	assert_ok(mio_poll_create(&poll));
	expect_same("mio_poll_create");
	assert_ok(mio_waker_create(&waker, poll, 1));
	assert_ok(mio_registration_create(&registration, &readiness));
	assert_ok(mio_poll_register(poll, mio_registration_source(registration),
	    2, MIO_READABLE, MIO_EDGE));
	expect_same("mio_poll_register");
	assert_ok(mio_waker_wake(waker));
	ck_assert_uint_eq(expect_event(poll).token, 1);
	assert_ok(mio_readiness_set(readiness, MIO_READABLE));
	ck_assert_uint_eq(expect_event(poll).token, 2);
	expect_same("mio_poll");
	assert_ok(mio_poll_deregister(
	    poll, mio_registration_source(registration)));
	mio_readiness_unref(readiness);
	mio_registration_destroy(registration);
	mio_waker_destroy(waker);
	mio_poll_destroy(poll);
	expect_same("mio_poll_destroy");
}

/* A timeout is waited for, in a poll and in a receiver without one. */
static void
use_timer_and_channel(void)
{
	struct mio_receiver *receiver;
	struct mio_sender *sender;
	struct mio_timer *timer;
	struct mio_poll *poll;
	mio_timeout_t timeout;
	mio_token_t token;
	int message = 5;

	assert_ok(mio_poll_create(&poll));
	assert_ok(mio_timer_create(&timer, 0, 4));
	assert_ok(mio_poll_register(
	    poll, mio_timer_source(timer), 1, MIO_READABLE, MIO_EDGE));
	assert_ok(mio_timer_set(timer, MS(1), 7, &timeout));
	ck_assert_uint_eq(expect_event(poll).token, 1);
	expect_same("a timeout");
	ck_assert_int_eq(mio_timer_expire(timer, &token, 1), 1);
	mio_timer_destroy(timer);

	assert_ok(mio_sync_channel_create(
	    &sender, &receiver, sizeof(message), 4));
	assert_ok(mio_poll_register(
	    poll, mio_receiver_source(receiver), 2, MIO_READABLE, MIO_EDGE));
	assert_ok(mio_sender_send(sender, &message));
	ck_assert_uint_eq(expect_event(poll).token, 2);
	assert_ok(mio_receiver_recv(receiver, &message));
	expect_same("a message");
	mio_sender_unref(sender);
	mio_receiver_destroy(receiver);
	mio_poll_destroy(poll);

	assert_ok(mio_channel_create(&sender, &receiver, sizeof(message)));
	assert_error(mio_receiver_recv_timeout(receiver, &message, MS(1)),
	    ETIMEDOUT);
	expect_same("mio_receiver_recv_timeout");
	mio_sender_unref(sender);
	mio_receiver_destroy(receiver);
	expect_same("mio_receiver_destroy");
}

static void
shut_down(struct mio_loop *loop, void *context)
{
	expect_same("a callback");
	++*(int *)context;
	mio_loop_shutdown(loop);
}

static void
use_loop(void)
{
	struct mio_loop *loop;
	mio_timeout_t timeout;
	int calls = 0;

	assert_ok(mio_loop_create(&loop, NULL));
	expect_same("mio_loop_create");
	assert_ok(mio_loop_post(loop, shut_down, &calls));
	assert_ok(mio_loop_run(loop, NULL, NULL));
	assert_ok(mio_loop_after(loop, MS(1), shut_down, &calls, &timeout));
	assert_ok(mio_loop_run(loop, NULL, NULL));
	ck_assert_int_eq(calls, 2);
	mio_loop_destroy(loop);
	expect_same("mio_loop_destroy");
}

/* Writes to what nobody reads fail, and raise no signal. */
static void
use_pipe_and_sockets(void)
{
	mio_fd_t pipe[2], pair[2], client, server;
	char byte = 'x';
	size_t count = 1;
	mio_fd_t copy;

	assert_ok(mio_pipe_create(pipe));
	ck_assert_int_eq(mio_pipe_write(pipe[1], &byte, 1), 1);
	assert_ok(mio_fd_close(pipe[0]));
	assert_error(mio_pipe_write(pipe[1], &byte, 1), EPIPE);
	expect_same("a broken pipe");
	assert_ok(mio_fd_close(pipe[1]));

	assert_ok(mio_unix_pair(pair));
	ck_assert_int_eq(mio_unix_send_fds(pair[0], &byte, 1, pair, 1), 1);
	ck_assert_int_eq(
	    mio_unix_recv_fds(pair[1], &byte, 1, &copy, &count), 1);
	assert_ok(mio_fd_close(copy));
	assert_ok(mio_fd_close(pair[1]));
	assert_error(mio_socket_send(pair[0], &byte, 1), EPIPE);
	expect_same("a broken connection");
	assert_ok(mio_fd_close(pair[0]));

	tcp_pair(&client, &server);
	close_pair(client, server);
	udp_pair(&client, &server);
	close_pair(client, server);
	expect_same("sockets");
}

static void
use_all(void)
{
	use_poll();
	use_timer_and_channel();
	use_loop();
	use_pipe_and_sockets();
}

START_TEST(a_fresh_process_is_left_alone)
{
	(void)begin();
	use_all();
	end();
}
END_TEST

static void
handler(int number)
{
	(void)number;
}

/* Each part of the state has a value that is not the default. */
START_TEST(settings_of_the_program_are_kept)
{
	struct sigaction action = {
		.sa_handler = handler,
		.sa_flags = SA_RESTART,
	};
	sigset_t set;

	(void)sigfillset(&action.sa_mask);
	assert_ok(sigaction(SIGUSR1, &action, NULL));
	assert_ok(sigaction(SIGPIPE, &action, NULL));
	(void)signal(SIGCHLD, SIG_IGN);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGUSR2);
	(void)sigaddset(&set, SIGPIPE);
	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
	assert_ok(raise(SIGUSR2));
	(void)umask(S_IRWXO | S_IWGRP);
	assert_ok(setenv("MIO", "set", 1));
	(void)setlocale(LC_ALL, "C.UTF-8");

	ck_assert(begin()->signals[SIGUSR2].pending);
	use_all();
	end();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("process_state");
	TCase *tcase = new_case(suite, "process_state");

	tcase_add_test(tcase, a_fresh_process_is_left_alone);
	tcase_add_test(tcase, settings_of_the_program_are_kept);

	return run_suite(suite);
}
