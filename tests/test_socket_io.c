/* SPDX-License-Identifier: MIT */

/* What goes through sockets; how that ends is in test_socket_end.c. */

#include "config.h"
#include "lib/harness.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>

#include <sys/mman.h>
#include <sys/time.h>

#define MIB (1024 * 1024)

START_TEST(bytes_are_received_as_sent)
{
	char got[8] = "........";
	mio_fd_t client, server;

	tcp_pair(&client, &server);
	assert_error(mio_socket_recv(server, got, sizeof(got)), EAGAIN);
	assert_error(mio_socket_peek(server, got, sizeof(got)), EAGAIN);
	assert_error(
	    mio_socket_recvv(server, &(struct iovec){ got, 8 }, 1), EAGAIN);
	ck_assert_mem_eq(got, "........", 8);

	ck_assert_int_eq(mio_socket_send(client, "hello", 5), 5);
	wait_for(server, POLLIN);
	ck_assert_int_eq(mio_socket_recv(server, got, 2), 2);
	ck_assert_int_eq(mio_socket_recv(server, got + 2, 6), 3);
	ck_assert_mem_eq(got, "hello...", 8);
	assert_error(mio_socket_recv(server, got, sizeof(got)), EAGAIN);

	close_pair(client, server);
}
END_TEST

START_TEST(peek_leaves_the_bytes)
{
	mio_fd_t client, server;
	char got[4] = "....";
	int i;

	tcp_pair(&client, &server);
	ck_assert_int_eq(mio_socket_send(client, "abc", 3), 3);
	wait_for(server, POLLIN);
	for (i = 0; i < 3; i++) {
		memset(got, '.', sizeof(got));
		ck_assert_int_eq(mio_socket_peek(server, got, 4), 3);
		ck_assert_mem_eq(got, "abc.", 4);
	}
	ck_assert_int_eq(mio_socket_recv(server, got, 4), 3);
	assert_error(mio_socket_peek(server, got, 4), EAGAIN);

	close_pair(client, server);
}
END_TEST

/* mio before 1.1.0: a peek that would have blocked did not re-arm. */
START_TEST(every_call_that_blocks_lets_the_next_edge_through)
{
	struct mio_poll *poll = new_poll();
	struct iovec vector;
	mio_fd_t client, server;
	char byte;
	int i;

	vector = (struct iovec){ &byte, 1 };
	tcp_pair(&client, &server);
	assert_ok(
	    mio_poll_register_fd(poll, server, 1, MIO_READABLE, MIO_EDGE));

	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(mio_socket_send(client, "x", 1), 1);
		expect_ready(poll, 1, MIO_READABLE, 0);
		ck_assert_int_eq(mio_socket_recv(server, &byte, 1), 1);
		if (i == 0)
			assert_error(mio_socket_peek(server, &byte, 1), EAGAIN);
		else if (i == 1)
			assert_error(
			    mio_socket_recvv(server, &vector, 1), EAGAIN);
		else
			assert_error(mio_socket_recv(server, &byte, 1), EAGAIN);
		expect_nothing(poll);
	}

	close_pair(client, server);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(end_of_a_stream_is_0)
{
	mio_fd_t client, server;
	char byte = '.';

	tcp_pair(&client, &server);
	assert_ok(mio_fd_close(client));
	wait_for(server, POLLIN);
	ck_assert_int_eq(mio_socket_peek(server, &byte, 1), 0);
	ck_assert_int_eq(mio_socket_recv(server, &byte, 1), 0);
	ck_assert_int_eq(
	    mio_socket_recvv(server, &(struct iovec){ &byte, 1 }, 1), 0);
	ck_assert_int_eq(byte, '.');
	assert_ok(mio_fd_close(server));
}
END_TEST

START_TEST(empty_datagrams_are_0_and_use_up_one)
{
	mio_fd_t first, second;
	char byte = '.';

	udp_pair(&first, &second);
	ck_assert_int_eq(mio_socket_send(first, NULL, 0), 0);
	ck_assert_int_eq(mio_socket_send(first, "x", 1), 1);
	wait_for(second, POLLIN);
	ck_assert_int_eq(mio_socket_peek(second, &byte, 1), 0);
	ck_assert_int_eq(mio_socket_recv(second, &byte, 1), 0);
	ck_assert_int_eq(byte, '.');
	ck_assert_int_eq(mio_socket_recv(second, &byte, 1), 1);
	assert_error(mio_socket_recv(second, &byte, 1), EAGAIN);
	close_pair(first, second);
}
END_TEST

START_TEST(datagrams_that_are_too_long_are_refused)
{
	static char bytes[70000];
	mio_fd_t first, second;

	udp_pair(&first, &second);
	assert_error(mio_socket_send(first, bytes, sizeof(bytes)), EMSGSIZE);
	assert_error(
	    mio_socket_sendv(first, &(struct iovec){ bytes, sizeof(bytes) }, 1),
	    EMSGSIZE);
	assert_error(mio_socket_recv(second, bytes, 1), EAGAIN);
	close_pair(first, second);
}
END_TEST

START_TEST(refused_datagrams_are_reported)
{
	mio_fd_t first, second;
	char byte;

	udp_pair(&first, &second);
	assert_ok(mio_fd_close(second));
	ck_assert_int_eq(mio_socket_send(first, "x", 1), 1);
	wait_for(first, POLLIN);
	assert_error(mio_socket_recv(first, &byte, 1), ECONNREFUSED);
	assert_error(mio_socket_recv(first, &byte, 1), EAGAIN);
	assert_ok(mio_fd_close(first));
}
END_TEST

START_TEST(buffers_must_be_there_where_there_is_a_length)
{
	mio_fd_t client, server;
	struct iovec vector = { &(char){ 0 }, 1 };
	struct iovec holes[] = { { &(char){ 0 }, 1 }, { NULL, 1 } };
	struct iovec much[] = { { &(char){ 0 }, SSIZE_MAX }, vector };

	tcp_pair(&client, &server);
	assert_error(mio_socket_recv(client, NULL, 1), EINVAL);
	assert_error(mio_socket_peek(client, NULL, 1), EINVAL);
	assert_error(mio_socket_send(client, NULL, 1), EINVAL);
	assert_error(mio_socket_recvv(client, NULL, 1), EINVAL);
	assert_error(mio_socket_sendv(client, NULL, 1), EINVAL);
	assert_error(mio_socket_recvv(client, NULL, 0), EINVAL);
	assert_error(mio_socket_sendv(client, NULL, 0), EINVAL);
	assert_error(mio_socket_recvv(client, &vector, -1), EINVAL);
	assert_error(mio_socket_recvv(client, holes, 2), EINVAL);
	assert_error(mio_socket_sendv(client, holes, 2), EINVAL);
	assert_error(mio_socket_recvv(client, much, 2), EINVAL);
	assert_error(mio_socket_sendv(client, much, 2), EINVAL);
	assert_error(mio_socket_sendv(client, &vector, INT_MIN), EINVAL);
	ck_assert_int_eq(mio_socket_send(client, NULL, 0), 0);
	assert_error(mio_socket_listen(client, 0), EINVAL);

	close_pair(client, server);
}
END_TEST

START_TEST(vectors_scatter_and_gather)
{
	char a[3] = "..", b[3] = "..", c[3] = "..";
	char text[] = "abcde";
	struct iovec from[] = { { text, 2 }, { text, 0 }, { text + 2, 3 } };
	struct iovec to[] = { { a, 2 }, { b, 2 }, { c, 2 } };
	mio_fd_t client, server;

	tcp_pair(&client, &server);
	ck_assert_int_eq(mio_socket_sendv(client, from, 0), 0);
	ck_assert_int_eq(mio_socket_recvv(server, to, 0), 0);
	ck_assert_int_eq(mio_socket_sendv(client, from, 3), 5);
	wait_for(server, POLLIN);
	ck_assert_int_eq(mio_socket_recvv(server, to, 0), 0);
	ck_assert_int_eq(mio_socket_recvv(server, to, 3), 5);
	ck_assert_str_eq(a, "ab");
	ck_assert_str_eq(b, "cd");
	ck_assert_str_eq(c, "e.");

	close_pair(client, server);
}
END_TEST

START_TEST(vectors_longer_than_the_limit_are_clipped)
{
	static char bytes[IOV_MAX + 10];
	static struct iovec vector[IOV_MAX + 10];
	mio_fd_t client, server;
	int i;

	for (i = 0; i < IOV_MAX + 10; i++)
		vector[i] = (struct iovec){ &bytes[i], 1 };

	tcp_pair(&client, &server);
	ck_assert_int_eq(
	    mio_socket_sendv(client, vector, IOV_MAX + 10), IOV_MAX);
	ck_assert_int_eq(mio_socket_send(client, bytes, 10), 10);
	while (mio_socket_peek(server, bytes, sizeof(bytes)) < IOV_MAX + 10)
		wait_for(server, POLLIN);
	ck_assert_int_eq(
	    mio_socket_recvv(server, vector, IOV_MAX + 10), IOV_MAX);
	ck_assert_int_eq(mio_socket_recv(server, bytes, 11), 10);

	close_pair(client, server);
}
END_TEST

static void
unix_pair_of(int type, mio_fd_t fds[2])
{
	ck_assert_int_eq(socketpair(AF_UNIX, type, 0, fds), 0);
	assert_ok(mio_fd_adopt(fds[0]));
	assert_ok(mio_fd_adopt(fds[1]));
}

static void
udp_pair_of(int type, mio_fd_t fds[2])
{
	(void)type;
	udp_pair(&fds[0], &fds[1]);
}

static const struct {
	void (*open)(int type, mio_fd_t fds[2]);
	int type;
} boundaries[] = {
	{ unix_pair_of, SOCK_DGRAM },
	{ unix_pair_of, SOCK_SEQPACKET },
	{ udp_pair_of, SOCK_DGRAM },
};

/*
 * Clipping these would send a message that is cut, and lose the end of one that
 * is received.
 */
START_TEST(vectors_longer_than_the_limit_are_refused_for_messages)
{
	static char bytes[IOV_MAX + 10];
	static struct iovec vector[IOV_MAX + 10];
	mio_fd_t fds[2];
	int i;

	for (i = 0; i < IOV_MAX + 10; i++)
		vector[i] = (struct iovec){ &bytes[i], 1 };

	boundaries[_i].open(boundaries[_i].type, fds);
	assert_error(
	    mio_socket_sendv(fds[0], vector, IOV_MAX + 1), EMSGSIZE);
	assert_error(mio_socket_recv(fds[1], bytes, 1), EAGAIN);

	memset(bytes, 'x', sizeof(bytes));
	ck_assert_int_eq(
	    mio_socket_send(fds[0], bytes, sizeof(bytes)), sizeof(bytes));
	wait_for(fds[1], POLLIN);
	memset(bytes, '.', sizeof(bytes));
	assert_error(
	    mio_socket_recvv(fds[1], vector, IOV_MAX + 1), EMSGSIZE);
	ck_assert_int_eq(bytes[0], '.');
	ck_assert_int_eq(
	    mio_socket_recv(fds[1], bytes, sizeof(bytes)), sizeof(bytes));
	ck_assert_int_eq(bytes[IOV_MAX + 9], 'x');

	/* as many as the limit says go through */
	ck_assert_int_eq(mio_socket_sendv(fds[0], vector, IOV_MAX), IOV_MAX);
	wait_for(fds[1], POLLIN);
	ck_assert_int_eq(mio_socket_recvv(fds[1], vector, IOV_MAX), IOV_MAX);

	close_pair(fds[0], fds[1]);
}
END_TEST

/* The kernel takes no more than 2 GiB at a time, and no int holds these. */
START_TEST(lengths_over_4_gib_are_clipped)
{
	const uint64_t asked = UINT64_C(5) << 30;
	size_t size = (size_t)asked;
	mio_fd_t client, server;
	ssize_t sent, n;
	char *area;

	if (size != asked)
		return;
	area = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area == MAP_FAILED)
		return;

	tcp_pair(&client, &server);
	assert_error(mio_socket_recv(server, area, size), EAGAIN);
	assert_error(mio_socket_peek(server, area, size), EAGAIN);
	sent = mio_socket_send(client, area, size);
	ck_assert_int_gt(sent, 0);
	ck_assert_int_le(sent, INT_MAX);

	while (sent > 0) {
		wait_for(server, POLLIN);
		n = mio_socket_recv(server, area, size);
		ck_assert_int_gt(n, 0);
		sent -= n;
	}
	ck_assert_int_eq(sent, 0);

	close_pair(client, server);
	ck_assert_int_eq(munmap(area, size), 0);
}
END_TEST

static volatile sig_atomic_t alarms;

static void
count_alarm(int number)
{
	(void)number;
	alarms++;
}

static void
set_alarms(int every_us)
{
	struct itimerval timer = {
		.it_interval.tv_usec = every_us,
		.it_value.tv_usec = every_us,
	};

	ck_assert_int_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

/* Sends what fits, receives what is there; fails on any error but EAGAIN. */
static void
move_bytes(struct mio_poll *poll, mio_fd_t client, mio_fd_t server,
    size_t *sent, size_t *got)
{
	static char bytes[4096];
	struct mio_event events[2];
	ssize_t n;
	int i, count;

	count = mio_poll(poll, events, 2, PATIENCE);
	ck_assert_int_gt(count, 0);
	for (i = 0; i < count; i++) {
		if (events[i].token == 1)
			n = mio_socket_send(client, bytes, sizeof(bytes));
		else
			n = mio_socket_recv(server, bytes, sizeof(bytes));
		if (n == -EAGAIN)
			continue;
		ck_assert_int_gt(n, 0);
		*(events[i].token == 1 ? sent : got) += (size_t)n;
	}
}

START_TEST(signals_every_millisecond_do_not_show)
{
	struct sigaction action = { .sa_handler = count_alarm };
	struct mio_poll *poll = new_poll();
	size_t sent = 0, got = 0;
	mio_fd_t client, server;

	tcp_pair(&client, &server);
	assert_ok(mio_poll_register_fd(poll, client, 1, MIO_WRITABLE, 0));
	assert_ok(mio_poll_register_fd(poll, server, 2, MIO_READABLE, 0));
	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);

	set_alarms(1000);
	while (sent < 4 * MIB || alarms < 10)
		move_bytes(poll, client, server, &sent, &got);
	assert_ok(mio_poll_deregister_fd(poll, client));
	while (got < sent)
		move_bytes(poll, client, server, &sent, &got);

	/* these have to wait */
	expect_nothing(poll);
	set_alarms(0);
	ck_assert_uint_eq(got, sent);

	close_pair(client, server);
	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("socket_io");
	TCase *tcase = new_case(suite, "transfer");

	tcase_add_test(tcase, bytes_are_received_as_sent);
	tcase_add_test(tcase, peek_leaves_the_bytes);
	tcase_add_test(
	    tcase, every_call_that_blocks_lets_the_next_edge_through);
	tcase_add_test(tcase, end_of_a_stream_is_0);
	tcase_add_test(tcase, empty_datagrams_are_0_and_use_up_one);
	tcase_add_test(tcase, datagrams_that_are_too_long_are_refused);
	tcase_add_test(tcase, refused_datagrams_are_reported);
	tcase_add_test(tcase, buffers_must_be_there_where_there_is_a_length);
	tcase_add_test(tcase, vectors_scatter_and_gather);
	tcase_add_test(tcase, vectors_longer_than_the_limit_are_clipped);
	tcase_add_loop_test(tcase,
	    vectors_longer_than_the_limit_are_refused_for_messages, 0,
	    sizeof(boundaries) / sizeof(boundaries[0]));
	tcase_add_test(tcase, lengths_over_4_gib_are_clipped);
	tcase_add_test(tcase, signals_every_millisecond_do_not_show);

	return run_suite(suite);
}
