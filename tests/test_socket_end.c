/* SPDX-License-Identifier: MIT */

/* How sockets end: half, whole, or broken. */

#include "config.h"
#include "lib/harness.h"

#include <poll.h>
#include <signal.h>

#define MIB (1024 * 1024)

static mio_fd_t
new_socket(int family, int type)
{
	mio_fd_t fd = MIO_INVALID_FD;

	assert_ok(mio_socket_create(&fd, family, type));

	return fd;
}

/* Closes server so that the client gets a reset, and has it by now. */
static void
reset(mio_fd_t client, mio_fd_t server)
{
	assert_ok(mio_tcp_set_linger(server, 0));
	assert_ok(mio_fd_close(server));
	wait_for(client, POLLIN);
}

START_TEST(what_is_not_connected_carries_nothing)
{
	mio_fd_t fd = new_socket(AF_UNIX, SOCK_STREAM);
	char byte;

	assert_error(mio_socket_send(fd, "x", 1), ENOTCONN);
	assert_ok(mio_fd_close(fd));

	fd = new_socket(AF_INET, SOCK_STREAM);
	assert_error(mio_socket_recv(fd, &byte, 1), ENOTCONN);
	assert_error(mio_socket_peek(fd, &byte, 1), ENOTCONN);
	assert_error(
	    mio_socket_recvv(fd, &(struct iovec){ &byte, 1 }, 1), ENOTCONN);
	assert_ok(mio_fd_close(fd));
}
END_TEST

START_TEST(shutdown_ends_the_way_that_was_named)
{
	mio_fd_t client, server;
	char byte;

	tcp_pair(&client, &server);
	assert_error(mio_socket_shutdown(client, -1), EINVAL);
	assert_error(mio_socket_shutdown(client, 3), EINVAL);

	assert_ok(mio_socket_shutdown(client, MIO_SHUT_WRITE));
	wait_for(server, POLLIN);
	ck_assert_int_eq(mio_socket_recv(server, &byte, 1), 0);
	assert_error(mio_socket_send(client, "x", 1), EPIPE);
	ck_assert_int_eq(mio_socket_send(server, "x", 1), 1);
	wait_for(client, POLLIN);
	ck_assert_int_eq(mio_socket_recv(client, &byte, 1), 1);

	assert_ok(mio_socket_shutdown(server, MIO_SHUT_READ));
	ck_assert_int_eq(mio_socket_recv(server, &byte, 1), 0);
	assert_ok(mio_socket_shutdown(server, MIO_SHUT_BOTH));
	assert_error(mio_socket_send(server, "x", 1), EPIPE);

	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(server));
}
END_TEST

START_TEST(shutdown_of_what_is_not_connected_is_reported)
{
	mio_fd_t fd = new_socket(AF_INET, SOCK_STREAM);

	assert_error(mio_socket_shutdown(fd, MIO_SHUT_READ), ENOTCONN);
	assert_error(mio_socket_shutdown(fd, MIO_SHUT_WRITE), ENOTCONN);
	assert_error(mio_socket_shutdown(fd, MIO_SHUT_BOTH), ENOTCONN);
	assert_ok(mio_fd_close(fd));
}
END_TEST

static void
assert_broken_without_signal(mio_fd_t fd)
{
	struct iovec vector = { &(char){ 'x' }, 1 };
	sigset_t block, before, after, pending;

	/* the disposition that ends the process */
	ck_assert_ptr_ne(signal(SIGPIPE, SIG_DFL), SIG_ERR);
	assert_error(mio_socket_send(fd, "x", 1), EPIPE);
	assert_error(mio_socket_sendv(fd, &vector, 1), EPIPE);

	ck_assert_int_eq(sigemptyset(&block), 0);
	ck_assert_int_eq(sigaddset(&block, SIGPIPE), 0);
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, &block, NULL), 0);
	/* the C library fills only as much as the kernel has */
	memset(&before, 0, sizeof(before));
	memset(&after, 0, sizeof(after));
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, NULL, &before), 0);
	assert_error(mio_socket_send(fd, "x", 1), EPIPE);
	assert_error(mio_socket_sendv(fd, &vector, 1), EPIPE);

	ck_assert_int_eq(sigpending(&pending), 0);
	ck_assert_int_eq(sigismember(&pending, SIGPIPE), 0);
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, NULL, &after), 0);
	ck_assert_mem_eq(&before, &after, sizeof(before));
	ck_assert_int_eq(sigprocmask(SIG_UNBLOCK, &block, NULL), 0);
}

START_TEST(broken_tcp_raises_no_signal)
{
	mio_fd_t client, server;

	tcp_pair(&client, &server);
	assert_ok(mio_socket_shutdown(client, MIO_SHUT_WRITE));
	assert_broken_without_signal(client);
	close_pair(client, server);
}
END_TEST

START_TEST(broken_unix_socket_raises_no_signal)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_ok(mio_fd_adopt(fds[0]));
	assert_ok(mio_fd_close(fds[1]));
	assert_broken_without_signal(fds[0]);
	assert_ok(mio_fd_close(fds[0]));
}
END_TEST

/* A SIGPIPE that was there before is the program's: it must stay pending. */
START_TEST(pending_signal_of_the_program_stays)
{
	sigset_t block, pending;
	mio_fd_t client, server;

	tcp_pair(&client, &server);
	assert_ok(mio_socket_shutdown(client, MIO_SHUT_WRITE));
	ck_assert_int_eq(sigemptyset(&block), 0);
	ck_assert_int_eq(sigaddset(&block, SIGPIPE), 0);
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, &block, NULL), 0);
	ck_assert_int_eq(raise(SIGPIPE), 0);

	assert_error(mio_socket_send(client, "x", 1), EPIPE);
	ck_assert_int_eq(sigpending(&pending), 0);
	ck_assert_int_eq(sigismember(&pending, SIGPIPE), 1);

	ck_assert_ptr_ne(signal(SIGPIPE, SIG_IGN), SIG_ERR);
	ck_assert_int_eq(sigprocmask(SIG_UNBLOCK, &block, NULL), 0);
	close_pair(client, server);
}
END_TEST

START_TEST(reset_is_reported_to_the_receiver)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t client, server;
	char byte = '.';

	tcp_pair(&client, &server);
	reset(client, server);
	assert_ok(mio_poll_register_fd(
	    poll, client, 4, MIO_READABLE | MIO_WRITABLE, 0));
	expect_ready(poll, 4,
	    MIO_READABLE | MIO_WRITABLE | MIO_READ_CLOSED | MIO_WRITE_CLOSED |
		MIO_ERROR,
	    0);
	assert_error(mio_socket_recv(client, &byte, 1), ECONNRESET);
	ck_assert_int_eq(mio_socket_recv(client, &byte, 1), 0);
	ck_assert_int_eq(byte, '.');
	assert_broken_without_signal(client);
	assert_ok(mio_fd_close(client));
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(reset_is_reported_to_the_sender)
{
	mio_fd_t client, server;
	int error = -7;

	tcp_pair(&client, &server);
	reset(client, server);
	assert_error(mio_socket_send(client, "x", 1), ECONNRESET);
	assert_error(mio_socket_send(client, "x", 1), EPIPE);
	assert_ok(mio_socket_take_error(client, &error));
	ck_assert_int_eq(error, 0);
	assert_ok(mio_fd_close(client));
}
END_TEST

/*
 * mio before 0.6.17 reported the peer's half-close as a hang-up, and writers
 * gave up. Level, then edge.
 */
START_TEST(half_closed_peers_are_still_written_to)
{
	struct mio_poll *poll = new_poll();
	const unsigned end = MIO_READABLE | MIO_READ_CLOSED;
	const unsigned mode = _i == 0 ? MIO_LEVEL : MIO_EDGE;
	static char bytes[65536];
	size_t sent = 0, got = 0;
	unsigned seen = 0;
	mio_fd_t client, server;
	struct mio_event event;
	ssize_t n;

	tcp_pair(&client, &server);
	assert_ok(mio_poll_register_fd(
	    poll, client, 1, MIO_READABLE | MIO_WRITABLE, mode));
	assert_ok(mio_socket_shutdown(server, MIO_SHUT_WRITE));
	wait_for(client, POLLIN);

	while (sent < MIB) {
		event = expect_event(poll);
		ck_assert_uint_eq(
		    event.ready & (MIO_WRITE_CLOSED | MIO_ERROR), 0);
		ck_assert_uint_eq(
		    (event.ready | unchanged(mode, end)) & end, end);
		seen |= event.ready;
		while ((n = mio_socket_send(client, bytes, sizeof(bytes))) > 0)
			sent += (size_t)n;
		assert_error(n, EAGAIN);
		while (got < sent) {
			wait_for(server, POLLIN);
			n = mio_socket_recv(server, bytes, sizeof(bytes));
			ck_assert_int_gt(n, 0);
			got += (size_t)n;
		}
	}
	ck_assert_uint_eq(got, sent);
	ck_assert_uint_eq(seen, end | MIO_WRITABLE);

	close_pair(client, server);
	mio_poll_destroy(poll);
}
END_TEST

/* mio before 0.7.1 reported nothing for a full pipe whose reader closed. */
START_TEST(full_socket_whose_peer_goes_is_writable_and_closed)
{
	struct mio_poll *poll = new_poll();
	static const char bytes[65536];
	int fds[2];
	ssize_t n;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_ok(mio_fd_adopt(fds[0]));
	while ((n = mio_socket_send(fds[0], bytes, sizeof(bytes))) > 0)
		continue;
	assert_error(n, EAGAIN);
	assert_ok(mio_poll_register_fd(
	    poll, fds[0], 1, MIO_WRITABLE, _i == 0 ? MIO_LEVEL : MIO_EDGE));
	expect_nothing(poll);

	assert_ok(mio_fd_close(fds[1]));
	expect_ready(poll, 1, MIO_WRITABLE | MIO_WRITE_CLOSED,
	    MIO_READABLE | MIO_READ_CLOSED | MIO_ERROR);
	assert_ok(mio_fd_close(fds[0]));
	mio_poll_destroy(poll);
}
END_TEST

#ifdef MSG_ERRQUEUE
/* Takes what stands in the error queue: how many entries. */
static int
empty_error_queue(mio_fd_t fd)
{
	char bytes[64];
	_Alignas(struct cmsghdr) char control[512];
	struct iovec vector = { bytes, sizeof(bytes) };
	struct msghdr msg;
	int count = 0;

	do
		msg = (struct msghdr){
			.msg_iov = &vector,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};
	while (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0 &&
	    ++count < 100);

	return count;
}

/*
 * The kernel reports a failed connection and one with a transmit timestamp in
 * its error queue in the same way: the event is a hint to try.
 */
START_TEST(error_queue_of_a_healthy_stream_is_no_error)
{
	const unsigned all = MIO_READABLE | MIO_WRITABLE | MIO_WRITE_CLOSED;
	int times = 0x12; /* SO_TIMESTAMPING: by software, when sending */
	struct mio_poll *poll = new_poll();
	mio_fd_t client, server;
	int error = -7;

	tcp_pair(&client, &server);
	assert_ok(mio_poll_register_fd(
	    poll, client, 1, MIO_READABLE, MIO_LEVEL));
	if (setsockopt(client, SOL_SOCKET, SO_TIMESTAMPING, &times,
		sizeof(times)) == 0) {
		ck_assert_int_eq(mio_socket_send(client, "x", 1), 1);
		expect_ready(poll, 1, MIO_ERROR, all);
		assert_ok(mio_socket_take_error(client, &error));
		ck_assert_int_eq(error, 0);
		assert_error(mio_socket_recv(client, &(char){ 0 }, 1), EAGAIN);
		ck_assert_int_eq(mio_socket_send(client, "y", 1), 1);
		wait_for(server, POLLIN);

		ck_assert_int_gt(empty_error_queue(client), 0);
		expect_nothing(poll);
		ck_assert_int_eq(mio_socket_send(server, "z", 1), 1);
		wait_for(client, POLLIN);
	}
	close_pair(client, server);
	mio_poll_destroy(poll);
}
END_TEST
#endif

int
main(void)
{
	Suite *suite = suite_create("socket_end");
	TCase *tcase = new_case(suite, "ends");

	tcase_add_test(tcase, what_is_not_connected_carries_nothing);
	tcase_add_test(tcase, shutdown_ends_the_way_that_was_named);
	tcase_add_test(tcase, shutdown_of_what_is_not_connected_is_reported);
	tcase_add_test(tcase, broken_tcp_raises_no_signal);
	tcase_add_test(tcase, broken_unix_socket_raises_no_signal);
	tcase_add_test(tcase, pending_signal_of_the_program_stays);
	tcase_add_test(tcase, reset_is_reported_to_the_receiver);
	tcase_add_test(tcase, reset_is_reported_to_the_sender);
	tcase_add_loop_test(
	    tcase, half_closed_peers_are_still_written_to, 0, 2);
	tcase_add_loop_test(
	    tcase, full_socket_whose_peer_goes_is_writable_and_closed, 0, 2);
#ifdef MSG_ERRQUEUE
	tcase_add_test(tcase, error_queue_of_a_healthy_stream_is_no_error);
#endif

	return run_suite(suite);
}
