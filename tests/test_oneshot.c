/* SPDX-License-Identifier: MIT */

/*
 * Oneshots of descriptors that are ready in both directions: whatever the
 * kernel keeps for each direction, one event is reported, to one thread. And
 * interests of 0.
 */

#include "config.h"
#include "lib/harness.h"

#include <poll.h>
#include <sched.h>
#include <stdatomic.h>

#define RW      (MIO_READABLE | MIO_WRITABLE)
#define THREADS 4
#define ROUNDS  400
#define STOP    ROUNDS

static void
unix_pair(mio_fd_t *fd, mio_fd_t *peer)
{
	mio_fd_t fds[2];

	assert_ok(mio_unix_pair(fds));
	*fd = fds[0];
	*peer = fds[1];
}

struct pool {
	struct mio_poll *poll;
	atomic_uint counts[ROUNDS + 1];
	atomic_uint ready[ROUNDS + 1];
};

static void *
consume(void *argument)
{
	struct pool *pool = argument;
	struct mio_event event = { .token = 0 };

	while (event.token != STOP) {
		must(mio_poll(pool->poll, &event, 1, PATIENCE) == 1);
		pool->ready[event.token] |= event.ready;
		pool->counts[event.token]++;
	}

	return NULL;
}

static void
wait_for_round(struct pool *pool, unsigned round)
{
	int64_t end = now_ns() + PATIENCE;
	int i;

	while (pool->counts[round] == 0) {
		ck_assert_int_lt(now_ns(), end);
		(void)sched_yield();
	}
	for (i = 0; i < 20; i++)
		(void)sched_yield(); /* another thread may report it too */
}

START_TEST(one_thread_gets_one_event)
{
	static struct pool pool;
	struct mio_waker *waker;
	pthread_t threads[THREADS];
	mio_fd_t fd, peer;
	unsigned i;

	memset(&pool, 0, sizeof(pool));
	pool.poll = new_poll();
	unix_pair(&fd, &peer);
	ck_assert_int_eq(mio_socket_send(peer, "x", 1), 1);
	for (i = 0; i < THREADS; i++)
		threads[i] = start(consume, &pool);

	assert_ok(mio_poll_register_fd(pool.poll, fd, 0, RW, MIO_ONESHOT));
	for (i = 1; i < ROUNDS; i++) {
		wait_for_round(&pool, i - 1);
		assert_ok(
		    mio_poll_reregister_fd(pool.poll, fd, i, RW, MIO_ONESHOT));
	}
	wait_for_round(&pool, ROUNDS - 1);

	assert_ok(mio_waker_create(&waker, pool.poll, STOP));
	for (i = 0; i < THREADS; i++) {
		assert_ok(mio_waker_wake(waker));
		while (pool.counts[STOP] <= i)
			(void)sched_yield();
	}
	for (i = 0; i < THREADS; i++)
		join(threads[i]);
	for (i = 0; i < ROUNDS; i++) {
		must(pool.counts[i] == 1);
		must((pool.ready[i] & RW) != 0);
	}
	mio_waker_destroy(waker);
	mio_poll_destroy(pool.poll);
	close_pair(fd, peer);
}
END_TEST

/* Neither direction is reported until it is registered anew. */
START_TEST(both_directions_are_disarmed)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t fd, peer;

	unix_pair(&fd, &peer);
	assert_ok(mio_poll_register_fd(poll, fd, 1, RW, MIO_ONESHOT));
	expect_ready(poll, 1, MIO_WRITABLE, 0);
	ck_assert_int_eq(mio_socket_send(peer, "x", 1), 1);
	expect_nothing(poll);
	assert_ok(mio_poll_reregister_fd(poll, fd, 2, RW, MIO_ONESHOT));
	expect_ready(poll, 2, RW, 0);
	expect_nothing(poll);
	assert_ok(mio_fd_close(peer));
	expect_nothing(poll);
	assert_ok(mio_poll_reregister_fd(poll, fd, 3, RW, MIO_ONESHOT));
	expect_ready(poll, 3, RW | MIO_HUP, 0);
	assert_error(mio_poll_register_fd(poll, fd, 4, RW, 0), EEXIST);
	assert_ok(mio_poll_deregister_fd(poll, fd));
	assert_ok(mio_fd_close(fd));
	mio_poll_destroy(poll);
}
END_TEST

/* Even if the array has room for no other event. */
START_TEST(one_event_has_both_directions)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t fds[2], peers[2];
	struct mio_event event;
	int i;

	for (i = 0; i < 2; i++) {
		unix_pair(&fds[i], &peers[i]);
		ck_assert_int_eq(mio_socket_send(peers[i], "x", 1), 1);
		assert_ok(mio_poll_register_fd(
		    poll, fds[i], (mio_token_t)i, RW, MIO_ONESHOT));
	}
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(mio_poll(poll, &event, 1, PATIENCE), 1);
		ck_assert_uint_eq(event.ready, RW);
	}
	expect_nothing(poll);
	for (i = 0; i < 2; i++)
		close_pair(fds[i], peers[i]);
	mio_poll_destroy(poll);
}
END_TEST

/* Errors, too, where nothing else is asked for. */
START_TEST(an_error_is_reported_once)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t fd, peer;
	int error, i;

	udp_pair(&fd, &peer);
	assert_ok(mio_fd_close(peer));
	assert_ok(mio_poll_register_fd(poll, fd, 1, 0, MIO_ONESHOT));
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(mio_socket_send(fd, "x", 1), 1);
		if (i == 0)
			expect_ready(poll, 1, MIO_ERROR, RW | MIO_HUP);
		expect_nothing(poll);
		assert_ok(mio_socket_take_error(fd, &error));
		ck_assert_int_eq(error, -ECONNREFUSED);
	}
	assert_ok(mio_poll_reregister_fd(poll, fd, 2, 0, MIO_ONESHOT));
	expect_nothing(poll);
	ck_assert_int_eq(mio_socket_send(fd, "x", 1), 1);
	expect_ready(poll, 2, MIO_ERROR, RW | MIO_HUP);
	assert_ok(mio_fd_close(fd));
	mio_poll_destroy(poll);
}
END_TEST

/* With an interest of 0; an error is reported after it. */
START_TEST(a_datagram_is_no_error)
{
	static const unsigned options[] = { MIO_LEVEL, MIO_EDGE, MIO_ONESHOT };
	struct mio_poll *poll = new_poll();
	mio_fd_t fd, peer;

	udp_pair(&fd, &peer);
	assert_ok(mio_poll_register_fd(poll, fd, 7, 0, options[_i]));
	ck_assert_int_eq(mio_socket_send(peer, "x", 1), 1);
	wait_for(fd, POLLIN);
	expect_nothing(poll);
	ck_assert_int_eq(mio_socket_recv(fd, &(char){ 0 }, 1), 1);
	assert_ok(mio_fd_close(peer));
	ck_assert_int_eq(mio_socket_send(fd, "x", 1), 1);
	expect_ready(poll, 7, RW | MIO_ERROR, MIO_WRITE_CLOSED);
	assert_ok(mio_fd_close(fd));
	mio_poll_destroy(poll);
}
END_TEST

/* What is no hang-up does not use up a oneshot with an interest of 0. */
START_TEST(an_end_is_reported_after_data)
{
	struct mio_poll *poll = new_poll();
	int fds[2];

	make_pipe(fds);
	assert_ok(mio_poll_register_fd(poll, fds[0], 1, 0, MIO_ONESHOT));
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	expect_nothing(poll);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	expect_nothing(poll);
	ck_assert_int_eq(close(fds[1]), 0);
	expect_ready(poll, 1, MIO_READABLE | MIO_READ_CLOSED, RW | MIO_HUP);
	expect_nothing(poll);
	ck_assert_int_eq(close(fds[0]), 0);
	mio_poll_destroy(poll);
}
END_TEST

/* Two at once, and room for one. */
START_TEST(no_end_is_lost)
{
	static const unsigned options[] = { MIO_EDGE, MIO_ONESHOT };
	struct mio_poll *poll = new_poll();
	mio_fd_t fds[2], peers[2];
	struct mio_event event;
	unsigned seen = 0;
	int i;

	for (i = 0; i < 2; i++) {
		unix_pair(&fds[i], &peers[i]);
		assert_ok(mio_poll_register_fd(
		    poll, fds[i], (mio_token_t)i, 0, options[_i]));
		assert_ok(mio_fd_close(peers[i]));
	}
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(mio_poll(poll, &event, 1, PATIENCE), 1);
		seen |= 1u << event.token;
	}
	ck_assert_uint_eq(seen, 3);
	expect_nothing(poll);
	for (i = 0; i < 2; i++)
		assert_ok(mio_fd_close(fds[i]));
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(an_end_is_reported_after_half_of_it)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t client, server, first, second;

	tcp_pair(&client, &server);
	first = _i == 0 ? client : server;
	second = _i == 0 ? server : client;
	assert_ok(mio_poll_register_fd(poll, server, 1, 0, MIO_ONESHOT));
	assert_ok(mio_socket_shutdown(first, MIO_SHUT_WRITE));
	wait_for(second, POLLIN);
	expect_nothing(poll);
	assert_ok(mio_socket_shutdown(second, MIO_SHUT_WRITE));
	expect_ready(poll, 1, RW | MIO_HUP, 0);
	expect_nothing(poll);
	close_pair(client, server);
	mio_poll_destroy(poll);
}
END_TEST

/* From and to a oneshot, and to an interest of 0 and back. */
START_TEST(any_change_of_options)
{
	static const unsigned options[] = { MIO_LEVEL, MIO_EDGE, MIO_ONESHOT,
		MIO_EDGE | MIO_ONESHOT };
	struct mio_poll *poll = new_poll();
	mio_fd_t fd, peer;
	unsigned from, to;

	unix_pair(&fd, &peer);
	ck_assert_int_eq(mio_socket_send(peer, "x", 1), 1);
	assert_ok(mio_poll_register_fd(poll, fd, 0, RW, 0));
	for (from = 0; from < 16; from++)
		for (to = 0; to < 16; to++) {
			unsigned interest = to / 4 & RW;

			assert_ok(mio_poll_reregister_fd(
			    poll, fd, 1, from / 4 & RW, options[from % 4]));
			assert_ok(mio_poll_reregister_fd(
			    poll, fd, 2, interest, options[to % 4]));
			if (interest != 0)
				expect_ready(poll, 2, interest, 0);
			if (interest == 0 || to % 4 != 0)
				expect_nothing(poll);
			assert_error(
			    mio_poll_register_fd(poll, fd, 3, RW, 0), EEXIST);
		}
	assert_ok(mio_poll_deregister_fd(poll, fd));
	assert_error(mio_poll_deregister_fd(poll, fd), ENOENT);
	close_pair(fd, peer);
	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("oneshot");
	TCase *tcase = new_case(suite, "oneshot");

	tcase_add_test(tcase, one_thread_gets_one_event);
	tcase_add_test(tcase, both_directions_are_disarmed);
	tcase_add_test(tcase, one_event_has_both_directions);
	tcase_add_test(tcase, an_error_is_reported_once);
	tcase_add_loop_test(tcase, a_datagram_is_no_error, 0, 3);
	tcase_add_test(tcase, an_end_is_reported_after_data);
	tcase_add_loop_test(tcase, no_end_is_lost, 0, 2);
	tcase_add_loop_test(tcase, an_end_is_reported_after_half_of_it, 0, 2);
	tcase_add_test(tcase, any_change_of_options);

	return run_suite(suite);
}
