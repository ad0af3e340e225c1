/* SPDX-License-Identifier: MIT */

/* Descriptors in messages: exactly those, close-on-exec, and none leaked. */

#include "config.h"
#include "lib/harness.h"
#include "lib/options.h"

#include <fcntl.h>
#include <poll.h>

#include <sys/resource.h>
#include <sys/stat.h>

#define MOST 253

static mio_fd_t ends[2]; /* [0] sends, [1] receives */

static void
open_ends(bool stream)
{
	assert_ok(
	    stream ? mio_unix_pair(ends) : mio_unix_datagram_pair(ends));
}

static void
close_ends(void)
{
	close_pair(ends[0], ends[1]);
}

/* count copies of this descriptor, in one message of a byte. */
static void
send_copies(mio_fd_t fd, size_t count)
{
	mio_fd_t fds[MOST];
	size_t i;

	for (i = 0; i < count; i++)
		fds[i] = fd;
	ck_assert_int_eq(mio_unix_send_fds(ends[0], "x", 1, fds, count), 1);
}

static void
assert_same_file(int a, int b)
{
	struct stat first, second;

	ck_assert_int_eq(fstat(a, &first), 0);
	ck_assert_int_eq(fstat(b, &second), 0);
	ck_assert_uint_eq(first.st_ino, second.st_ino);
	ck_assert_uint_eq(first.st_dev, second.st_dev);
}

/*
 * mio 0.6 counted the padding of its message as a descriptor, so that each
 * carried a copy of descriptor 0, which the receiver leaked.
 */
START_TEST(one_descriptor_is_one_descriptor)
{
	mio_fd_t got[4] = { -7, -7, -7, -7 };
	size_t count = 4;
	unsigned before;
	char byte = '.';
	int fds[2];

	open_ends(_i == 0);
	make_pipe(fds);
	before = count_fds();
	send_copies(fds[0], 1);
	ck_assert_int_eq(
	    mio_unix_recv_fds(ends[1], &byte, 1, got, &count), 1);
	ck_assert_int_eq(byte, 'x');
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(count_fds(), before + 1);
	ck_assert_int_ne(fcntl(got[0], F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_eq(got[1], -7);
	assert_same_file(got[0], fds[0]);
	assert_ok(mio_fd_close(got[0]));
	close_pipe(fds);
	close_ends();
}
END_TEST

START_TEST(descriptors_go_while_0_is_closed)
{
	mio_fd_t got[2] = { -7, -7 };
	int saved = dup(0);
	size_t count = 2;
	char byte;
	int fds[2];

	open_ends(true);
	make_pipe(fds);
	ck_assert_int_eq(close(0), 0);
	send_copies(fds[1], 1);
	ck_assert_int_eq(
	    mio_unix_recv_fds(ends[1], &byte, 1, got, &count), 1);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(got[0], 0);
	assert_same_file(got[0], fds[1]);
	ck_assert_int_eq(close(0), 0);
	if (saved >= 0) {
		ck_assert_int_eq(dup2(saved, 0), 0);
		ck_assert_int_eq(close(saved), 0);
	}
	close_pipe(fds);
	close_ends();
}
END_TEST

START_TEST(all_sizes_go_through_in_order)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 4, 5, 64, 252, MOST };
	mio_fd_t fds[MOST], got[MOST];
	size_t i, count = MOST, size = sizes[_i];
	unsigned before;
	char bytes[4];

	open_ends(true);
	for (i = 0; i < size; i++)
		fds[i] = ends[i % 2];
	before = count_fds();
	ck_assert_int_eq(mio_unix_send_fds(ends[0], "abc", 3,
	    size > 0 ? fds : NULL, size), 3);
	ck_assert_int_eq(
	    mio_unix_recv_fds(ends[1], bytes, 4, got, &count), 3);
	ck_assert_mem_eq(bytes, "abc", 3);
	ck_assert_uint_eq(count, size);
	ck_assert_uint_eq(count_fds(), before + size);
	for (i = 0; i < size; i++) {
		assert_same_file(got[i], ends[i % 2]);
		ck_assert_int_ne(fcntl(got[i], F_GETFD) & FD_CLOEXEC, 0);
		assert_ok(mio_fd_close(got[i]));
	}
	close_ends();
}
END_TEST

START_TEST(surplus_descriptors_are_counted_and_closed)
{
	mio_fd_t got[3] = { -7, -7, -7 };
	unsigned before;
	size_t count;
	char byte;

	open_ends(true);
	before = count_fds();
	send_copies(ends[0], 3);
	count = 1;
	ck_assert_int_eq(
	    mio_unix_recv_fds(ends[1], &byte, 1, got, &count), 1);
	ck_assert_uint_eq(count, 3);
	ck_assert_uint_eq(count_fds(), before + 1);
	assert_same_file(got[0], ends[0]);
	ck_assert_int_eq(got[1], -7);
	assert_ok(mio_fd_close(got[0]));

	/* no room at all; then by a call that knows of none */
	send_copies(ends[0], MOST);
	count = 0;
	ck_assert_int_eq(
	    mio_unix_recv_fds(ends[1], &byte, 1, NULL, &count), 1);
	ck_assert_uint_eq(count, MOST);
	send_copies(ends[0], 2);
	ck_assert_int_eq(mio_socket_recv(ends[1], &byte, 1), 1);
	ck_assert_uint_eq(count_fds(), before);
	close_ends();
}
END_TEST

/* Room for two more when four come. */
START_TEST(descriptor_limit_is_reported_and_the_bytes_come)
{
	mio_fd_t got[4] = { -7, -7, -7, -7 };
	struct rlimit before, limit;
	size_t count = 4;
	unsigned fds;
	char byte = '.';
	int next;

	/* valgrind keeps descriptors of its own */
	if (is_slowed_down())
		return;

	open_ends(true);
	fds = count_fds();
	send_copies(ends[0], 4);
	next = dup(0);
	ck_assert_int_ge(next, 0);
	ck_assert_int_eq(close(next), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = (rlim_t)next + 2;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(
	    mio_unix_recv_fds(ends[1], &byte, 1, got, &count), 1);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_int_eq(byte, 'x');
	ck_assert_uint_eq(count, 3);
	assert_same_file(got[0], ends[0]);
	assert_same_file(got[1], ends[0]);
	ck_assert_int_eq(got[2], MIO_INVALID_FD);
	ck_assert_int_eq(got[3], -7);
	close_pair(got[0], got[1]);
	ck_assert_uint_eq(count_fds(), fds);
	close_ends();
}
END_TEST

START_TEST(messages_without_descriptors_are_messages)
{
	mio_fd_t got[1] = { -7 };
	char bytes[4] = "....";
	size_t count = 1;

	open_ends(true);
	ck_assert_int_eq(mio_socket_send(ends[0], "ab", 2), 2);
	ck_assert_int_eq(
	    mio_unix_recv_fds(ends[1], bytes, 4, got, &count), 2);
	ck_assert_mem_eq(bytes, "ab..", 4);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(got[0], -7);

	/* and the end of a stream is one without bytes */
	assert_ok(mio_socket_shutdown(ends[0], MIO_SHUT_WRITE));
	count = 1;
	assert_ok(mio_unix_recv_fds(ends[1], bytes, 4, got, &count));
	ck_assert_uint_eq(count, 0);
	close_ends();
}
END_TEST

/* What else the kernel says with a message leaves the room for all of them. */
START_TEST(credentials_besides_take_no_room)
{
	static mio_fd_t got[MOST];
	size_t i, count = MOST;
	int on = 1;
	char byte;

	open_ends(true);
	if (SO_PASSCRED != -1)
		ck_assert_int_eq(setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED,
		    &on, sizeof(on)), 0);
	send_copies(ends[0], MOST);
	ck_assert_int_eq(
	    mio_unix_recv_fds(ends[1], &byte, 1, got, &count), 1);
	ck_assert_uint_eq(count, MOST);
	for (i = 0; i < MOST; i++)
		assert_ok(mio_fd_close(got[i]));
	close_ends();
}
END_TEST

#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif

/* The sender's process arrives as a descriptor, which nobody here asked for. */
START_TEST(descriptors_of_processes_are_closed)
{
	mio_fd_t got[2];
	size_t count = 2;
	unsigned before;
	int on = 1;
	char byte;

	open_ends(true);
	if (setsockopt(ends[1], SOL_SOCKET, SO_PASSPIDFD, &on, sizeof(on)) ==
	    0) {
		before = count_fds();
		send_copies(ends[0], 1);
		ck_assert_int_eq(
		    mio_unix_recv_fds(ends[1], &byte, 1, got, &count), 1);
		ck_assert_uint_eq(count, 1);
		assert_same_file(got[0], ends[0]);
		assert_ok(mio_fd_close(got[0]));
		ck_assert_uint_eq(count_fds(), before);
	}
	close_ends();
}
END_TEST

/* Under qemu, which makes more room, some are received that nobody sees. */
static void
receive_with_little_room(void)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec vector = { (char[1]){ 0 }, 1 };
	struct msghdr msg = { .msg_iov = &vector, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control) };
	unsigned before, seen;

	open_ends(true);
	before = count_fds();
	send_copies(ends[0], 3);
	if (recvmsg(ends[1], &msg, 0) != 1)
		_exit(EXIT_FAILURE);
	seen = (control.header.cmsg_len - CMSG_LEN(0)) / sizeof(int);
	if (count_fds() != before + seen)
		_exit(EXIT_FAILURE);
}

/* The batches of UDP work for datagrams of any family. */
START_TEST(batches_close_what_is_passed)
{
	struct mio_datagram datagrams[2];
	char bytes[2][8];
	unsigned before;
	int i;

	if (!survives(receive_with_little_room))
		return;

	for (i = 0; i < 2; i++) {
		open_ends(i == 0);
		before = count_fds();
		send_copies(ends[0], 1);
		send_copies(ends[0], 3);
		datagrams[0] = (struct mio_datagram){ .data = bytes[0],
			.len = 8 };
		datagrams[1] = (struct mio_datagram){ .data = bytes[1],
			.len = 8 };
		ck_assert_int_gt(mio_udp_recv_batch(ends[1], datagrams, 2), 0);
		ck_assert_uint_eq(datagrams[0].flags, 0);
		ck_assert_uint_eq(count_fds(), before);
		close_ends();
	}
}
END_TEST

START_TEST(other_families_are_refused)
{
	mio_fd_t client, server, got[1];
	size_t count = 1;
	char byte;

	tcp_pair(&client, &server);
	assert_error(mio_unix_send_fds(client, "x", 1, &client, 1), ENOTSUP);
	ck_assert_int_eq(mio_unix_send_fds(client, "y", 1, NULL, 0), 1);
	wait_for(server, POLLIN);
	ck_assert_int_eq(
	    mio_unix_recv_fds(server, &byte, 1, got, &count), 1);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(byte, 'y');
	close_pair(client, server);
}
END_TEST

START_TEST(datagrams_have_their_own_errors)
{
	static char large[4 << 20];
	mio_fd_t pair[2], alone;

	assert_ok(mio_unix_datagram_pair(pair));
	assert_ok(mio_unix_datagram(&alone));
	assert_error(mio_unix_send_fds(alone, "x", 1, pair, 1), ENOTCONN);
	assert_error(mio_unix_send_fds(
	    pair[0], large, sizeof(large), pair, 1), EMSGSIZE);
	assert_ok(mio_fd_close(pair[1]));
	assert_error(mio_unix_send_fds(pair[0], "x", 1, &alone, 1),
	    ECONNREFUSED);
	close_pair(pair[0], alone);
}
END_TEST

START_TEST(unread_bytes_reset_the_connection)
{
	mio_fd_t pair[2], got[1];
	size_t count = 1;
	char byte;

	assert_ok(mio_unix_pair(pair));
	ck_assert_int_eq(mio_socket_send(pair[0], "x", 1), 1);
	assert_ok(mio_fd_close(pair[1]));
	assert_error(
	    mio_unix_recv_fds(pair[0], &byte, 1, got, &count), ECONNRESET);
	assert_ok(mio_fd_close(pair[0]));
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
	mio_fd_t fds[MOST + 1], got[1] = { -7 };
	mio_fd_t alone;
	size_t i, count = 1;
	char byte = '.';
	int pipes[2];

	open_ends(true);
	make_pipe(pipes);
	for (i = 0; i <= MOST; i++)
		fds[i] = ends[0];
	assert_error(mio_unix_send_fds(ends[0], NULL, 1, fds, 1), EINVAL);
	assert_error(mio_unix_send_fds(ends[0], "x", 0, fds, 1), EINVAL);
	assert_error(mio_unix_send_fds(ends[0], "x", 0, NULL, 0), EINVAL);
	assert_error(mio_unix_send_fds(ends[0], "x", 1, NULL, 1), EINVAL);
	assert_error(
	    mio_unix_send_fds(ends[0], "x", 1, fds, MOST + 1), EINVAL);
	assert_error(
	    mio_unix_send_fds(ends[0], "x", 1, fds, SIZE_MAX), EINVAL);
	assert_error(mio_unix_send_fds(-1, "x", 1, fds, 1), EBADF);
	assert_error(mio_unix_send_fds(pipes[1], "x", 1, fds, 1), ENOTSOCK);
	fds[1] = MIO_INVALID_FD;
	assert_error(mio_unix_send_fds(ends[0], "x", 1, fds, 2), EBADF);
	assert_ok(mio_socket_create(&alone, AF_UNIX, SOCK_STREAM));
	assert_error(mio_unix_send_fds(alone, "x", 1, fds, 1), ENOTCONN);
	assert_error(mio_unix_recv_fds(alone, &byte, 1, got, &count), EINVAL);

	assert_error(mio_unix_recv_fds(ends[1], &byte, 1, got, &count), EAGAIN);
	send_copies(ends[0], 1);
	assert_error(mio_unix_recv_fds(ends[1], NULL, 1, got, &count), EINVAL);
	assert_error(
	    mio_unix_recv_fds(ends[1], &byte, 1, NULL, &count), EINVAL);
	assert_error(mio_unix_recv_fds(ends[1], &byte, 1, got, NULL), EINVAL);
	assert_error(mio_unix_recv_fds(-1, &byte, 1, got, &count), EBADF);
	assert_error(
	    mio_unix_recv_fds(pipes[0], &byte, 1, got, &count), ENOTSOCK);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(got[0], -7);
	ck_assert_int_eq(byte, '.');

	/* the peer is gone: what was not received goes with it */
	assert_ok(mio_fd_close(ends[1]));
	assert_error(mio_unix_send_fds(ends[0], "x", 1, fds, 1), EPIPE);
	close_pair(ends[0], alone);
	close_pipe(pipes);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("unix_fds");
	TCase *tcase = new_case(suite, "descriptors");

	tcase_add_loop_test(tcase, one_descriptor_is_one_descriptor, 0, 2);
	tcase_add_test(tcase, descriptors_go_while_0_is_closed);
	tcase_add_loop_test(tcase, all_sizes_go_through_in_order, 0, 9);
	tcase_add_test(tcase, surplus_descriptors_are_counted_and_closed);
	tcase_add_test(tcase, descriptor_limit_is_reported_and_the_bytes_come);
	tcase_add_test(tcase, messages_without_descriptors_are_messages);
	tcase_add_test(tcase, credentials_besides_take_no_room);
	tcase_add_test(tcase, descriptors_of_processes_are_closed);
	tcase_add_test(tcase, batches_close_what_is_passed);
	tcase_add_test(tcase, other_families_are_refused);
	tcase_add_test(tcase, datagrams_have_their_own_errors);
	tcase_add_test(tcase, unread_bytes_reset_the_connection);
	tcase_add_test(tcase, bad_arguments_are_refused);

	return run_suite(suite);
}
