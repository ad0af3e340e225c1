/* SPDX-License-Identifier: MIT */

/*
 * What a descriptor reports when: the table in mio(7), row by row, each with
 * level and with edge, and the bits' own arithmetic.
 */

#include "config.h"
#include "lib/harness.h"

#include <fcntl.h>
#include <poll.h>

#include <sys/un.h>

#define RW (MIO_READABLE | MIO_WRITABLE)
#define ALL (RW | MIO_HUP | MIO_ERROR)

static const unsigned modes[] = { MIO_LEVEL, MIO_EDGE };

/* Closing and resetting reach the other end a moment later. */
static void
wait_for_bits(int fd, short bits)
{
	struct pollfd look = { .fd = fd, .events = bits };
	int64_t end = now_ns() + PATIENCE;

	do
		ck_assert_int_ge(poll(&look, 1, 1), 0);
	while ((look.revents & bits) != bits && now_ns() < end);
}

static void
expect_row(mio_fd_t fd, unsigned mode, unsigned ready, unsigned allowed)
{
	struct mio_poll *poll = new_poll();

	assert_ok(mio_poll_register_fd(poll, fd, 7, RW, mode));
	expect_ready(poll, 7, ready, allowed);
	assert_ok(mio_poll_deregister_fd(poll, fd));
	mio_poll_destroy(poll);
}

START_TEST(bits_are_distinct_and_single)
{
	static const unsigned bits[] = {
		MIO_READABLE, MIO_WRITABLE, MIO_PRIORITY, MIO_ERROR,
		MIO_READ_CLOSED, MIO_WRITE_CLOSED, MIO_AIO, MIO_LIO,
	};
	unsigned seen = 0;
	size_t i;

	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		ck_assert_uint_ne(bits[i], 0);
		ck_assert_uint_eq(bits[i] & (bits[i] - 1), 0);
		ck_assert_uint_eq(seen & bits[i], 0);
		seen |= bits[i];
	}
	ck_assert_uint_eq(MIO_HUP, MIO_READ_CLOSED | MIO_WRITE_CLOSED);
	ck_assert_uint_eq(sizeof(struct mio_event), 16);
}
END_TEST

START_TEST(connected_socket_is_writable_then_readable)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t client, server;

	tcp_pair(&client, &server);
	assert_ok(mio_poll_register_fd(poll, server, 7, RW, modes[_i]));
	expect_ready(poll, 7, MIO_WRITABLE, 0);
	ck_assert_int_eq(mio_socket_send(client, "x", 1), 1);
	wait_for(server, POLLIN);
	expect_ready(poll, 7, RW, unchanged(modes[_i], MIO_WRITABLE));

	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(server));
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(peer_sent_fin_then_both_shut)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t client, server;

	tcp_pair(&client, &server);
	assert_ok(mio_poll_register_fd(poll, server, 7, RW, modes[_i]));
	expect_ready(poll, 7, MIO_WRITABLE, 0);

	assert_ok(mio_socket_shutdown(client, MIO_SHUT_WRITE));
	wait_for_bits(server, POLLIN);
	expect_ready(poll, 7, RW | MIO_READ_CLOSED,
	    unchanged(modes[_i], MIO_WRITABLE));

	assert_ok(mio_socket_shutdown(server, MIO_SHUT_WRITE));
	expect_ready(poll, 7, RW | MIO_HUP,
	    unchanged(modes[_i], MIO_READABLE | MIO_READ_CLOSED));

	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(server));
	mio_poll_destroy(poll);
}
END_TEST

/*
 * mio 0.6.16 and before: a half-closed peer was reported like a closed one, and
 * writers gave up or spun.
 */
START_TEST(half_closed_peer_still_takes_a_mebibyte)
{
	enum { TOTAL = 1 << 20 };
	const unsigned all = RW | MIO_READ_CLOSED;
	struct mio_poll *poll = new_poll();
	static char block[1 << 16];
	size_t sent = 0, received = 0;
	unsigned seen = 0;
	mio_fd_t client, server;
	struct mio_event event;
	ssize_t n;

	tcp_pair(&client, &server);
	assert_ok(mio_socket_shutdown(client, MIO_SHUT_WRITE));
	wait_for_bits(server, POLLIN);
	assert_ok(mio_poll_register_fd(poll, server, 7, RW, modes[_i]));

	while (sent < TOTAL) {
		event = expect_event(poll);
		seen |= event.ready;
		ck_assert_uint_eq(event.ready | unchanged(modes[_i], all), all);
		while (sent < TOTAL && (n = mio_socket_send(server, block,
		    sizeof(block))) > 0)
			sent += (size_t)n;
		wait_for(client, POLLIN);
		while ((n = mio_socket_recv(client, block, sizeof(block))) > 0)
			received += (size_t)n;
		ck_assert_int_eq(n, -EAGAIN);
		wait_for(server, POLLOUT);
	}
	ck_assert_uint_eq(seen, all);

	while (received < sent) {
		wait_for(client, POLLIN);
		n = mio_socket_recv(client, block, sizeof(block));
		ck_assert_int_gt(n, 0);
		received += (size_t)n;
	}
	ck_assert_uint_eq(received, sent);

	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(server));
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(peer_reset)
{
	mio_fd_t client, server;

	tcp_pair(&client, &server);
	assert_ok(mio_tcp_set_linger(client, 0));
	assert_ok(mio_fd_close(client));
	wait_for_bits(server, POLLHUP);
	expect_row(server, modes[_i], ALL, 0);
	assert_ok(mio_fd_close(server));
}
END_TEST

START_TEST(connection_refused)
{
	struct sockaddr_in addr = loopback(closed_port());
	mio_fd_t fd;

	assert_ok(mio_socket_create(&fd, AF_INET, SOCK_STREAM));
	(void)mio_socket_connect(fd, (struct sockaddr *)&addr, sizeof(addr));
	wait_for_bits(fd, POLLHUP);
	expect_row(fd, modes[_i], ALL, 0);
	assert_error(mio_socket_connect_finish(fd), ECONNREFUSED);
	assert_ok(mio_fd_close(fd));
}
END_TEST

START_TEST(socket_never_connected)
{
	mio_fd_t fd;

	assert_ok(mio_socket_create(&fd, AF_INET, SOCK_STREAM));
	if (sees_unconnected())
		expect_row(fd, modes[_i], RW | MIO_HUP, 0);
	assert_ok(mio_fd_close(fd));
}
END_TEST

/* The earlier hang-up does not hide that the connection was established. */
START_TEST(socket_registered_before_it_connects)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t listener = listen_on_loopback();
	struct sockaddr_in addr = loopback(port_of(listener));
	struct mio_event event;
	mio_fd_t fd;

	assert_ok(mio_socket_create(&fd, AF_INET, SOCK_STREAM));
	assert_ok(mio_poll_register_fd(poll, fd, 7, RW, modes[_i]));
	if (sees_unconnected())
		expect_ready(poll, 7, RW | MIO_HUP, 0);

	assert_ok(mio_socket_connect(fd, (struct sockaddr *)&addr,
	    sizeof(addr)));
	do
		event = expect_event(poll);
	while (mio_socket_connect_finish(fd) == -EINPROGRESS);
	ck_assert_uint_eq(event.ready, MIO_WRITABLE);
	assert_ok(mio_socket_connect_finish(fd));

	assert_ok(mio_fd_close(fd));
	assert_ok(mio_fd_close(listener));
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(pipe_reader_whose_writer_is_gone)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	assert_ok(mio_fd_close(fds[1]));
	expect_row(fds[0], modes[_i], MIO_READABLE | MIO_READ_CLOSED,
	    MIO_WRITABLE | MIO_WRITE_CLOSED);
	assert_ok(mio_fd_close(fds[0]));
}
END_TEST

START_TEST(pipe_writer_whose_reader_is_gone_with_room)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	assert_ok(mio_fd_close(fds[0]));
	expect_row(fds[1], modes[_i],
	    MIO_WRITABLE | MIO_WRITE_CLOSED | MIO_ERROR, MIO_READABLE);
	assert_ok(mio_fd_close(fds[1]));
}
END_TEST

START_TEST(pipe_writer_whose_reader_is_gone_and_one_interest)
{
	struct mio_poll *poll = new_poll();
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	assert_ok(mio_fd_close(fds[0]));
	assert_ok(mio_poll_register_fd(
	    poll, fds[1], 1, MIO_WRITABLE, modes[_i]));
	expect_ready(poll, 1, MIO_WRITABLE | MIO_WRITE_CLOSED | MIO_ERROR,
	    MIO_READABLE);
	assert_ok(mio_poll_deregister_fd(poll, fds[1]));
	assert_ok(mio_fd_close(fds[1]));
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(pipe_writer_whose_reader_is_gone_full)
{
	static char block[1 << 16];
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	assert_ok(mio_fd_adopt(fds[1]));
	while (write(fds[1], block, sizeof(block)) > 0)
		continue;
	assert_ok(mio_fd_close(fds[0]));
	expect_row(fds[1], modes[_i],
	    MIO_WRITABLE | MIO_WRITE_CLOSED | MIO_ERROR, MIO_READABLE);
	assert_ok(mio_fd_close(fds[1]));
}
END_TEST

START_TEST(pipe_writer_whose_reader_goes)
{
	struct mio_poll *poll = new_poll();
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	assert_ok(mio_poll_register_fd(
	    poll, fds[1], 1, MIO_WRITABLE, modes[_i]));
	expect_ready(poll, 1, MIO_WRITABLE, 0);
	assert_ok(mio_fd_close(fds[0]));
	expect_ready(poll, 1, MIO_WRITABLE | MIO_WRITE_CLOSED | MIO_ERROR,
	    MIO_READABLE);
	assert_ok(mio_fd_close(fds[1]));
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(icmp_error_on_a_datagram_socket)
{
	struct sockaddr_in addr;
	mio_fd_t closed, fd;

	assert_ok(mio_socket_create(&closed, AF_INET, SOCK_DGRAM));
	addr = loopback(0);
	assert_ok(mio_socket_bind(closed, (struct sockaddr *)&addr,
	    sizeof(addr)));
	addr = loopback(port_of(closed));
	assert_ok(mio_fd_close(closed));

	assert_ok(mio_socket_create(&fd, AF_INET, SOCK_DGRAM));
	assert_ok(mio_socket_connect(fd, (struct sockaddr *)&addr,
	    sizeof(addr)));
	ck_assert_int_eq(mio_socket_send(fd, "x", 1), 1);
	wait_for_bits(fd, POLLERR);
	expect_row(fd, modes[_i], RW | MIO_ERROR, MIO_WRITE_CLOSED);
	assert_error(mio_socket_recv(fd, &(char){ 0 }, 1), ECONNREFUSED);
	assert_ok(mio_fd_close(fd));
}
END_TEST

/* Once the error is taken, what comes after it is an edge like any other. */
START_TEST(datagram_after_an_error_that_was_taken)
{
	struct mio_poll *poll = new_poll();
	struct sockaddr_in addr = loopback(0);
	struct sockaddr_in peer_addr;
	mio_fd_t fd, peer;
	int error;

	assert_ok(mio_socket_create(&fd, AF_INET, SOCK_DGRAM));
	assert_ok(mio_socket_bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	addr = loopback(port_of(fd));
	assert_ok(mio_socket_create(&peer, AF_INET, SOCK_DGRAM));
	peer_addr = loopback(0);
	assert_ok(mio_socket_bind(
	    peer, (struct sockaddr *)&peer_addr, sizeof(peer_addr)));
	peer_addr = loopback(port_of(peer));
	assert_ok(mio_fd_close(peer));
	assert_ok(mio_socket_connect(
	    fd, (struct sockaddr *)&peer_addr, sizeof(peer_addr)));

	assert_ok(mio_poll_register_fd(poll, fd, 7, MIO_READABLE, MIO_EDGE));
	ck_assert_int_eq(mio_socket_send(fd, "x", 1), 1);
	wait_for_bits(fd, POLLERR);
	ck_assert_uint_ne(expect_event(poll).ready & MIO_ERROR, 0);
	if (_i == 0) {
		assert_ok(mio_socket_take_error(fd, &error));
		ck_assert_int_eq(error, -ECONNREFUSED);
	} else {
		assert_error(mio_socket_recv(fd, &(char){ 0 }, 1),
		    ECONNREFUSED);
	}

	assert_ok(mio_socket_create(&peer, AF_INET, SOCK_DGRAM));
	assert_ok(mio_socket_bind(
	    peer, (struct sockaddr *)&peer_addr, sizeof(peer_addr)));
	assert_ok(mio_socket_connect(
	    peer, (struct sockaddr *)&addr, sizeof(addr)));
	ck_assert_int_eq(mio_socket_send(peer, "y", 1), 1);
	ck_assert_uint_ne(expect_event(poll).ready & MIO_READABLE, 0);

	assert_ok(mio_fd_close(fd));
	assert_ok(mio_fd_close(peer));
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(unix_stream_whose_peer_closed)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_ok(mio_fd_close(fds[1]));
	expect_row(fds[0], modes[_i], RW | MIO_HUP, 0);
	assert_ok(mio_fd_close(fds[0]));
}
END_TEST

START_TEST(urgent_byte_is_priority_only_where_asked_for)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t client, server;
	int r;

	tcp_pair(&client, &server);
	assert_ok(mio_poll_register_fd(poll, server, 7, MIO_READABLE,
	    modes[_i]));
	ck_assert_int_eq(send(client, "u", 1, MSG_OOB), 1);
	wait_for(server, POLLPRI);
	expect_nothing(poll);

	r = mio_poll_reregister_fd(poll, server, 7,
	    MIO_READABLE | MIO_PRIORITY, modes[_i]);
	if (r != -ENOTSUP || !backend_is("kqueue")) {
		assert_ok(r);
		expect_ready(poll, 7, MIO_PRIORITY, 0);
	}

	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(server));
	mio_poll_destroy(poll);
}
END_TEST

static bool
has_priority(struct mio_poll *poll, int fd, unsigned options)
{
	int r = mio_poll_register_fd(poll, fd, 7, MIO_PRIORITY, options);

	if (r == -ENOTSUP && backend_is("kqueue"))
		return false;
	assert_ok(r);

	return true;
}

START_TEST(urgent_byte_alone_is_a_oneshot)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t client, server;

	tcp_pair(&client, &server);
	if (has_priority(poll, server, modes[_i] | MIO_ONESHOT)) {
		ck_assert_int_eq(send(client, "d", 1, 0), 1);
		wait_for(server, POLLIN);
		expect_nothing(poll);
		ck_assert_int_eq(send(client, "u", 1, MSG_OOB), 1);
		expect_ready(poll, 7, MIO_PRIORITY, 0);
		expect_nothing(poll);
		assert_ok(mio_poll_reregister_fd(poll, server, 8, MIO_PRIORITY,
		    modes[_i] | MIO_ONESHOT));
		expect_ready(poll, 8, MIO_PRIORITY, 0);
		assert_ok(mio_poll_deregister_fd(poll, server));
		expect_nothing(poll);
	}
	close_pair(client, server);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(pipe_without_urgent_bytes_still_ends)
{
	struct mio_poll *poll = new_poll();
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	if (has_priority(poll, fds[0], modes[_i])) {
		ck_assert_int_eq(write(fds[1], "x", 1), 1);
		expect_nothing(poll);
		ck_assert_int_eq(close(fds[1]), 0);
		expect_ready(poll, 7, MIO_READABLE | MIO_READ_CLOSED, ALL);
	} else {
		ck_assert_int_eq(close(fds[1]), 0);
	}
	ck_assert_int_eq(close(fds[0]), 0);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(fired_oneshot_says_nothing_when_closed)
{
	struct mio_poll *poll = new_poll();
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	assert_ok(mio_poll_register_fd(poll, fds[0], 7, MIO_READABLE,
	    modes[_i] | MIO_ONESHOT));
	expect_ready(poll, 7, MIO_READABLE, 0);
	expect_nothing(poll);
	ck_assert_int_eq(close(fds[1]), 0);
	expect_nothing(poll);

	assert_ok(mio_poll_reregister_fd(poll, fds[0], 8, MIO_READABLE,
	    modes[_i] | MIO_ONESHOT));
	expect_ready(poll, 8, MIO_READABLE | MIO_READ_CLOSED, ALL);

	assert_ok(mio_fd_close(fds[0]));
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(empty_interest_reports_hang_ups_only)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t client, server;

	tcp_pair(&client, &server);
	assert_ok(mio_poll_register_fd(poll, server, 7, 0, modes[_i]));
	ck_assert_int_eq(mio_socket_send(client, "x", 1), 1);
	wait_for(server, POLLIN);
	expect_nothing(poll);

	assert_ok(mio_tcp_set_linger(client, 0));
	assert_ok(mio_fd_close(client));
	expect_ready(poll, 7, ALL, 0);

	/* it lasts */
	if (modes[_i] == MIO_EDGE)
		expect_nothing(poll);
	else
		expect_ready(poll, 7, ALL, 0);

	assert_ok(mio_fd_close(server));
	mio_poll_destroy(poll);
}
END_TEST

/* A half-close is none, nor is it when this side has sent all. */
START_TEST(empty_interest_reports_the_end_of_a_connection)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t client, server, first, second;

	tcp_pair(&client, &server);
	assert_ok(mio_poll_register_fd(poll, server, 7, 0, modes[_i]));
	ck_assert_int_eq(mio_socket_send(client, "x", 1), 1);
	wait_for(server, POLLIN);
	expect_nothing(poll);
	ck_assert_int_eq(mio_socket_recv(server, &(char){ 0 }, 1), 1);
	first = _i == 0 ? client : server;
	second = _i == 0 ? server : client;
	assert_ok(mio_socket_shutdown(first, MIO_SHUT_WRITE));
	wait_for(second, POLLIN);
	expect_nothing(poll);
	assert_ok(mio_socket_shutdown(second, MIO_SHUT_WRITE));
	expect_ready(poll, 7, RW | MIO_HUP, 0);
	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(server));
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(write_interest_ignores_what_can_be_read)
{
	struct mio_poll *poll = new_poll();
	static char block[1 << 16];
	mio_fd_t client, server;

	tcp_pair(&client, &server);
	while (mio_socket_send(server, block, sizeof(block)) > 0)
		continue;
	assert_ok(mio_poll_register_fd(poll, server, 7, MIO_WRITABLE,
	    modes[_i]));
	ck_assert_int_eq(mio_socket_send(client, "x", 1), 1);
	wait_for(server, POLLIN);
	expect_nothing(poll);

	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(server));
	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("readiness");
	TCase *bits = new_case(suite, "bits");
	TCase *table = new_case(suite, "table");

	tcase_add_test(bits, bits_are_distinct_and_single);

#define ADD(test) tcase_add_loop_test(table, test, 0, 2)
	ADD(connected_socket_is_writable_then_readable);
	ADD(peer_sent_fin_then_both_shut);
	ADD(half_closed_peer_still_takes_a_mebibyte);
	ADD(peer_reset);
	ADD(connection_refused);
	ADD(socket_never_connected);
	ADD(socket_registered_before_it_connects);
	ADD(pipe_reader_whose_writer_is_gone);
	ADD(pipe_writer_whose_reader_is_gone_with_room);
	ADD(pipe_writer_whose_reader_is_gone_and_one_interest);
	ADD(pipe_writer_whose_reader_is_gone_full);
	ADD(pipe_writer_whose_reader_goes);
	ADD(icmp_error_on_a_datagram_socket);
	ADD(datagram_after_an_error_that_was_taken);
	ADD(unix_stream_whose_peer_closed);
	ADD(urgent_byte_is_priority_only_where_asked_for);
	ADD(urgent_byte_alone_is_a_oneshot);
	ADD(pipe_without_urgent_bytes_still_ends);
	ADD(fired_oneshot_says_nothing_when_closed);
	ADD(empty_interest_reports_hang_ups_only);
	ADD(empty_interest_reports_the_end_of_a_connection);
	ADD(write_interest_ignores_what_can_be_read);

	return run_suite(suite);
}
