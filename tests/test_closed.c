/* SPDX-License-Identifier: MIT */

/*
 * Descriptors that are closed behind the poll's back, by close(2), dup2(2) or
 * in masses: they are gone, and the waiting for the others goes on with what
 * time is left. Descriptors that another file has taken are that file's.
 */

#include "config.h"
#include "lib/harness.h"

#include <fcntl.h>

#define CROWD 200

/* How somebody who knows nothing of the poll takes a descriptor away. */
enum { CLOSE, DUP_IDLE, DUP_READY, WAYS };

static void
take_away(int fd, int way, const int idle[2], int ready)
{
	if (way == CLOSE)
		ck_assert_int_eq(close(fd), 0);
	else
		ck_assert_int_eq(
		    dup2(way == DUP_IDLE ? idle[0] : ready, fd), fd);
}

static void
give_back(int fd, int way)
{
	if (way != CLOSE)
		ck_assert_int_eq(close(fd), 0);
}

/* Nothing comes, in no less than the time and without working for it. */
static void
expect_sleep(struct mio_poll *poll)
{
	int64_t begin = now_ns(), cpu = cpu_ns();
	struct mio_event event;

	ck_assert_int_eq(mio_poll(poll, &event, 1, 5 * GLANCE), 0);
	ck_assert_int_ge(now_ns() - begin, 5 * GLANCE);
	if (!is_slowed_down())
		ck_assert_int_lt(cpu_ns() - cpu, 2 * GLANCE);
}

START_TEST(what_was_closed_is_not_waited_for)
{
	struct mio_poll *poll = new_poll();
	int fds[CROWD][2], idle[2], live[2], ready;
	int i;

	make_pipe(idle);
	make_pipe(live);
	ck_assert_int_ge(ready = open("/dev/null", O_RDWR), 0);
	for (i = 0; i < CROWD; i++) {
		make_pipe(fds[i]);
		assert_ok(mio_poll_register_fd(
		    poll, fds[i][0], 1, MIO_READABLE, _i / WAYS));
		if (i == CROWD / 2)
			assert_ok(mio_poll_register_fd(
			    poll, live[0], 2, MIO_READABLE, 0));
	}
	expect_nothing(poll);
	for (i = 0; i < CROWD; i++)
		take_away(fds[i][0], _i % WAYS, idle, ready);

	expect_sleep(poll);
	ck_assert_int_eq(write(live[1], "x", 1), 1);
	expect_ready(poll, 2, MIO_READABLE, 0);
	ck_assert_int_eq(read(live[0], &(char){ 0 }, 1), 1);
	expect_sleep(poll);

	for (i = 0; i < CROWD; i++) {
		give_back(fds[i][0], _i % WAYS);
		ck_assert_int_eq(close(fds[i][1]), 0);
	}
	ck_assert_int_eq(close(ready), 0);
	close_pipe(idle);
	close_pipe(live);
	mio_poll_destroy(poll);
}
END_TEST

/* All that was ready is closed before it is reported. */
START_TEST(what_was_closed_is_not_reported)
{
	struct mio_poll *poll = new_poll();
	struct mio_event events[CROWD];
	int fds[CROWD][2];
	int i, n, seen = 0;

	for (i = 0; i < CROWD; i++) {
		make_pipe(fds[i]);
		ck_assert_int_eq(write(fds[i][1], "x", 1), 1);
		assert_ok(mio_poll_register_fd(
		    poll, fds[i][0], (mio_token_t)i, MIO_READABLE, MIO_EDGE));
	}
	for (i = 0; i < CROWD; i += 2)
		ck_assert_int_eq(close(fds[i][0]), 0);

	while ((n = mio_poll(poll, events, CROWD, GLANCE)) > 0)
		for (i = 0; i < n; i++, seen++)
			ck_assert_uint_eq(events[i].token % 2, 1);
	ck_assert_int_eq(n, 0);
	ck_assert_int_eq(seen, CROWD / 2);

	for (i = 0; i < CROWD; i++) {
		if (i % 2 != 0)
			ck_assert_int_eq(close(fds[i][0]), 0);
		ck_assert_int_eq(close(fds[i][1]), 0);
	}
	mio_poll_destroy(poll);
}
END_TEST

static void *
wait_for_token_2(void *poll)
{
	expect_ready(poll, 2, MIO_READABLE, 0);

	return NULL;
}

/* Data for it then ends no wait. */
START_TEST(closed_while_a_thread_waits)
{
	struct mio_poll *poll = new_poll();
	int fds[2], live[2];
	pthread_t thread;

	make_pipe(fds);
	make_pipe(live);
	assert_ok(mio_poll_register_fd(poll, fds[0], 1, MIO_READABLE, 0));
	assert_ok(mio_poll_register_fd(poll, live[0], 2, MIO_READABLE, 0));
	thread = start(wait_for_token_2, poll);
	usleep(20000);
	ck_assert_int_eq(close(fds[0]), 0);
	(void)mio_pipe_write(fds[1], "x", 1); /* poll(2) holds the reader */
	usleep(20000);
	ck_assert_int_eq(write(live[1], "x", 1), 1);
	join(thread);

	ck_assert_int_eq(close(fds[1]), 0);
	close_pipe(live);
	mio_poll_destroy(poll);
}
END_TEST

static void
stop(struct mio_loop *loop, void *context, mio_token_t state)
{
	(void)context;
	(void)state;
	mio_loop_shutdown(loop);
}

static void
count_round(struct mio_loop *loop, void *context)
{
	(void)loop;
	++*(int *)context;
}

START_TEST(loop_sleeps_on)
{
	static const struct mio_handler handler = {
		.size = sizeof(handler),
		.timeout = stop,
		.tick = count_round,
	};
	int fds[CROWD][2];
	struct mio_loop *loop;
	int64_t cpu;
	int i, rounds = 0;

	assert_ok(mio_loop_create(&loop, NULL));
	for (i = 0; i < CROWD; i++) {
		make_pipe(fds[i]);
		assert_ok(mio_poll_register_fd(mio_loop_poll(loop), fds[i][0],
		    1, MIO_READABLE, MIO_LEVEL));
	}
	assert_ok(mio_loop_timeout(loop, 5 * GLANCE, 1, NULL));
	for (i = 0; i < CROWD; i++)
		close_pipe(fds[i]);

	cpu = cpu_ns();
	assert_ok(mio_loop_run(loop, &handler, &rounds));
	if (!is_slowed_down())
		ck_assert_int_lt(cpu_ns() - cpu, 2 * GLANCE);
	ck_assert_int_le(rounds, 3);
	mio_loop_destroy(loop);
}
END_TEST

/*
 * A program that closes all descriptors closes the poll's own, too. Then no
 * wait is possible: mio_poll reports that with every timeout, and no thread
 * spins.
 */
START_TEST(poll_without_its_own_descriptors_says_so)
{
	static const int64_t timeouts[] = { 0, MS(1), PATIENCE, -1 };
	struct mio_event event;
	struct mio_poll *poll;
	int lowest, fds[2], pipes[8];
	size_t i;

	ck_assert_int_ge(lowest = open("/dev/null", O_RDONLY), 0);
	ck_assert_int_eq(close(lowest), 0);
	poll = new_poll();
	make_pipe(fds);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	assert_ok(mio_poll_register_fd(poll, fds[0], 1, MIO_READABLE, 0));
	for (; lowest <= fds[1]; lowest++)
		(void)close(lowest);

	for (i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++) {
		assert_error(mio_poll(poll, &event, 1, timeouts[i]), EBADF);
		assert_error(mio_poll_interruptible(
		    poll, &event, 1, timeouts[i]), EBADF);
	}
	if (backend_is("epoll")) {
		assert_error(mio_poll_register_fd(
		    poll, 0, 1, MIO_READABLE, 0), EBADF);
		assert_error(mio_poll_reregister_fd(
		    poll, 0, 1, MIO_READABLE, 0), EBADF);
		assert_error(mio_poll_deregister_fd(poll, 0), EBADF);

		/* all numbers that the poll had are a pipe's now */
		for (i = 0; i < 8; i += 2)
			ck_assert_int_eq(pipe(&pipes[i]), 0);
		assert_error(mio_poll(poll, &event, 1, 0), EINVAL);
		assert_error(mio_poll_register_fd(
		    poll, pipes[0], 1, MIO_READABLE, 0), EINVAL);
		for (i = 0; i < 8; i++)
			ck_assert_int_eq(close(pipes[i]), 0);
	}
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(loop_without_its_own_descriptors_ends)
{
	struct mio_handler handler = { .size = sizeof(handler) };
	struct mio_loop *loop;
	int lowest, highest;

	ck_assert_int_ge(lowest = open("/dev/null", O_RDONLY), 0);
	ck_assert_int_eq(close(lowest), 0);
	assert_ok(mio_loop_create(&loop, NULL));
	ck_assert_int_ge(highest = open("/dev/null", O_RDONLY), 0);
	for (; lowest <= highest; lowest++)
		(void)close(lowest);

	assert_error(mio_loop_run(loop, &handler, NULL), EBADF);
	mio_loop_destroy(loop);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("closed");
	TCase *tcase = new_case(suite, "closed");

	tcase_add_loop_test(
	    tcase, what_was_closed_is_not_waited_for, 0, 2 * WAYS);
	tcase_add_test(tcase, what_was_closed_is_not_reported);
	tcase_add_test(tcase, closed_while_a_thread_waits);
	tcase_add_test(tcase, loop_sleeps_on);
	tcase_add_test(tcase, poll_without_its_own_descriptors_says_so);
	tcase_add_test(tcase, loop_without_its_own_descriptors_ends);

	return run_suite(suite);
}
