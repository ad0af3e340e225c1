/* SPDX-License-Identifier: MIT */

/* Datagrams between sockets of this machine. */

#include "config.h"
#include "lib/harness.h"

#include <stddef.h>

#include <sys/un.h>

#define UNNAMED offsetof(struct sockaddr_un, sun_path)

/* One of this process's own names. */
static struct sockaddr_un
own_name(const char *what, socklen_t *len)
{
	struct sockaddr_un addr;
	char name[64];
	int n = snprintf(
	    name, sizeof(name), "mio-test-%ld-%s", (long)getpid(), what);

	assert_ok(mio_unix_abstract_addr(&addr, len, name, (size_t)n));

	return addr;
}

static mio_fd_t
bind_to(const char *what)
{
	socklen_t len;
	struct sockaddr_un addr = own_name(what, &len);
	mio_fd_t fd = MIO_INVALID_FD;

	assert_ok(mio_unix_datagram_bind(&fd, &addr, len));
	assert_nonblock_cloexec(fd);
	ck_assert_int_eq(option_of(fd, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);

	return fd;
}

START_TEST(datagrams_report_their_source)
{
	socklen_t to_len, from_len, len = 1;
	struct sockaddr_un to_addr = own_name("to", &to_len);
	struct sockaddr_un from_addr = own_name("from", &from_len), peer;
	mio_fd_t to = bind_to("to"), from = bind_to("from");
	char got[8] = "........";

	ck_assert_int_eq(
	    mio_unix_send_to(from, "hello", 5, &to_addr, to_len), 5);
	ck_assert_int_eq(mio_unix_recv_from(to, got, 8, &peer, &len), 5);
	ck_assert_mem_eq(got, "hello...", 8);
	ck_assert_uint_eq(len, from_len);
	ck_assert_mem_eq(&peer, &from_addr, len);

	/* cut off, empty, and of no interest whose */
	ck_assert_int_eq(
	    mio_unix_send_to(from, "abcde", 5, &to_addr, to_len), 5);
	ck_assert_int_eq(mio_unix_recv_from(to, got, 2, NULL, NULL), 2);
	assert_ok(mio_unix_send_to(from, NULL, 0, &to_addr, to_len));
	assert_ok(mio_unix_recv_from(to, NULL, 0, NULL, NULL));
	assert_error(mio_unix_recv_from(to, got, 2, NULL, NULL), EAGAIN);
	close_pair(to, from);
}
END_TEST

START_TEST(unnamed_senders_are_of_the_family)
{
	socklen_t to_len, len = 1;
	struct sockaddr_un to_addr = own_name("to", &to_len), peer;
	mio_fd_t to = bind_to("to"), from = -7;
	char byte;

	assert_ok(mio_unix_datagram(&from));
	assert_nonblock_cloexec(from);
	ck_assert_int_eq(mio_unix_send_to(from, "x", 1, &to_addr, to_len), 1);
	memset(&peer, 0xa5, sizeof(peer));
	ck_assert_int_eq(mio_unix_recv_from(to, &byte, 1, &peer, &len), 1);
	ck_assert_uint_eq(len, UNNAMED);
	ck_assert_int_eq(peer.sun_family, AF_UNIX);
	close_pair(to, from);
}
END_TEST

START_TEST(connected_ones_need_no_address)
{
	socklen_t to_len, from_len;
	struct sockaddr_un to_addr = own_name("to", &to_len);
	struct sockaddr_un from_addr = own_name("from", &from_len);
	mio_fd_t to = bind_to("to"), from = bind_to("from"), other;
	char byte = '.';

	assert_ok(mio_unix_datagram_connect(from, &to_addr, to_len));
	ck_assert_int_eq(mio_socket_send(from, "x", 1), 1);
	ck_assert_int_eq(mio_socket_recv(to, &byte, 1), 1);
	ck_assert_int_eq(byte, 'x');

	/* and hear nobody else */
	assert_ok(mio_unix_datagram(&other));
	assert_error(
	    mio_unix_send_to(other, "x", 1, &from_addr, from_len), EPERM);
	assert_ok(mio_fd_close(to));
	assert_error(mio_socket_send(from, "x", 1), ECONNREFUSED);
	close_pair(from, other);
}
END_TEST

START_TEST(pairs_carry_datagrams_both_ways)
{
	mio_fd_t fds[2] = { -7, -7 };
	char got[4] = "....";

	assert_ok(mio_unix_datagram_pair(fds));
	assert_nonblock_cloexec(fds[0]);
	assert_nonblock_cloexec(fds[1]);
	ck_assert_int_eq(option_of(fds[1], SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
	ck_assert_int_eq(mio_socket_send(fds[0], "ab", 2), 2);
	ck_assert_int_eq(mio_socket_send(fds[0], "c", 1), 1);
	ck_assert_int_eq(mio_socket_recv(fds[1], got, 4), 2);
	ck_assert_int_eq(mio_socket_recv(fds[1], got, 4), 1);
	ck_assert_int_eq(mio_socket_send(fds[1], "d", 1), 1);
	ck_assert_int_eq(mio_socket_recv(fds[0], got, 4), 1);
	assert_error(mio_unix_datagram_pair(NULL), EINVAL);
	close_pair(fds[0], fds[1]);
}
END_TEST

START_TEST(bind_and_connect_have_their_errors)
{
	struct sockaddr_in inet = loopback(1);
	struct sockaddr_un *other = (struct sockaddr_un *)&inet;
	socklen_t len, unnamed = offsetof(struct sockaddr_un, sun_path);
	struct sockaddr_un addr = own_name("it", &len);
	mio_fd_t it = bind_to("it"), fd = -7;

	assert_error(mio_unix_datagram(NULL), EINVAL);
	assert_error(mio_unix_datagram_bind(NULL, &addr, len), EINVAL);
	assert_error(mio_unix_datagram_bind(&fd, NULL, len), EINVAL);
	assert_error(mio_unix_datagram_bind(&fd, &addr, 1), EINVAL);
	assert_error(
	    mio_unix_datagram_bind(&fd, &addr, sizeof(addr) + 1), EINVAL);
	assert_error(mio_unix_datagram_bind(&fd, other, sizeof(inet)),
	    EAFNOSUPPORT);
	assert_error(mio_unix_datagram_bind(&fd, &addr, len), EADDRINUSE);
	ck_assert_int_eq(fd, -7);

	assert_error(mio_unix_datagram_connect(it, NULL, len), EINVAL);
	assert_error(mio_unix_datagram_connect(it, &addr, 1), EINVAL);
	assert_error(mio_unix_datagram_connect(it, other, sizeof(inet)),
	    EAFNOSUPPORT);
	assert_error(mio_unix_datagram_connect(-1, &addr, len), EBADF);
	assert_error(mio_unix_datagram_connect(it, &addr, unnamed), EINVAL);
	addr = own_name("nobody", &len);
	assert_error(mio_unix_datagram_connect(it, &addr, len), ECONNREFUSED);
	assert_ok(mio_fd_close(it));
}
END_TEST

START_TEST(paths_have_their_errors)
{
	static const struct {
		const char *path;
		int error;
	} rows[] = {
		{ "/nonexistent/socket", ENOENT },
		{ "/dev/null/socket", ENOTDIR },
	};
	struct sockaddr_un addr;
	mio_fd_t fd = -7, from;
	char loop[64];
	socklen_t len;
	size_t i;

	assert_ok(mio_unix_datagram(&from));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_ok(mio_unix_addr(&addr, &len, rows[i].path));
		assert_error(mio_unix_connect(&fd, &addr, len), rows[i].error);
		assert_error(mio_unix_datagram_connect(from, &addr, len),
		    rows[i].error);
		assert_error(mio_unix_send_to(from, "x", 1, &addr, len),
		    rows[i].error);
	}
	assert_ok(mio_unix_addr(&addr, &len, rows[1].path));
	assert_error(mio_unix_listen(&fd, &addr, len, 0), ENOTDIR);
	assert_error(mio_unix_datagram_bind(&fd, &addr, len), ENOTDIR);

	snprintf(loop, sizeof(loop), "/tmp/mio-loop-%ld", (long)getpid());
	ck_assert_int_eq(symlink(loop, loop), 0);
	assert_ok(mio_unix_addr(&addr, &len, loop));
	assert_error(mio_unix_connect(&fd, &addr, len), ELOOP);
	assert_error(mio_unix_datagram_connect(from, &addr, len), ELOOP);
	ck_assert_int_eq(unlink(loop), 0);
	ck_assert_int_eq(fd, -7);
	assert_ok(mio_fd_close(from));
}
END_TEST

START_TEST(ends_have_their_errors)
{
	socklen_t it_len, peer_len, third_len;
	struct sockaddr_un it_addr = own_name("it", &it_len);
	struct sockaddr_un peer_addr = own_name("peer", &peer_len);
	struct sockaddr_un third_addr = own_name("third", &third_len);
	mio_fd_t it = bind_to("it"), peer = bind_to("peer");
	mio_fd_t third = bind_to("third");
	char byte;

	/* the peer turns to a third one, and drops what it was sent */
	assert_ok(mio_unix_datagram_connect(it, &peer_addr, peer_len));
	assert_ok(mio_unix_datagram_connect(peer, &it_addr, it_len));
	ck_assert_int_eq(mio_socket_send(it, "x", 1), 1);
	assert_ok(mio_unix_datagram_connect(peer, &third_addr, third_len));
	assert_error(
	    mio_unix_recv_from(it, &byte, 1, NULL, NULL), ECONNRESET);

	assert_ok(mio_socket_shutdown(third, MIO_SHUT_READ));
	assert_error(
	    mio_unix_send_to(peer, "x", 1, &third_addr, third_len), EPIPE);
	assert_ok(mio_socket_shutdown(peer, MIO_SHUT_WRITE));
	assert_error(
	    mio_unix_send_to(peer, "x", 1, &third_addr, third_len), EPIPE);
	close_pair(it, peer);
	assert_ok(mio_fd_close(third));
}
END_TEST

START_TEST(transfers_have_their_errors)
{
	struct sockaddr_in inet = loopback(1);
	socklen_t addr_len, len = 4321;
	struct sockaddr_un addr = own_name("it", &addr_len), peer, before;
	mio_fd_t fd = bind_to("it");
	static char large[4 << 20];
	char byte = '.';
	int fds[2];

	memset(&peer, 0xa5, sizeof(peer));
	before = peer;
	make_pipe(fds);
	assert_error(mio_unix_send_to(fd, NULL, 1, &addr, addr_len), EINVAL);
	assert_error(mio_unix_send_to(fd, "x", 1, NULL, addr_len), EINVAL);
	assert_error(mio_unix_send_to(fd, "x", 1, &addr, 1), EINVAL);
	assert_error(mio_unix_send_to(fd, "x", 1,
	    (struct sockaddr_un *)&inet, sizeof(inet)), EAFNOSUPPORT);
	assert_error(mio_unix_send_to(-1, "x", 1, &addr, addr_len), EBADF);
	assert_error(
	    mio_unix_send_to(fds[1], "x", 1, &addr, addr_len), ENOTSOCK);

	ck_assert_int_eq(mio_unix_send_to(fd, "x", 1, &addr, addr_len), 1);
	assert_error(mio_unix_recv_from(fd, NULL, 1, &peer, &len), EINVAL);
	assert_error(mio_unix_recv_from(fd, &byte, 1, NULL, &len), EINVAL);
	assert_error(mio_unix_recv_from(fd, &byte, 1, &peer, NULL), EINVAL);
	assert_error(mio_unix_recv_from(-1, &byte, 1, &peer, &len), EBADF);
	assert_error(
	    mio_unix_recv_from(fds[0], &byte, 1, &peer, &len), ENOTSOCK);
	ck_assert_int_eq(mio_unix_recv_from(fd, &byte, 1, NULL, NULL), 1);
	byte = '.';
	assert_error(mio_unix_recv_from(fd, &byte, 1, &peer, &len), EAGAIN);
	ck_assert_int_eq(byte, '.');
	ck_assert_uint_eq(len, 4321);
	ck_assert_mem_eq(&peer, &before, sizeof(peer));

	assert_error(mio_unix_send_to(fd, large, sizeof(large), &addr,
	    addr_len), EMSGSIZE);
	assert_error(mio_unix_send_to(fd, "x", 1, &addr,
	    offsetof(struct sockaddr_un, sun_path)), EINVAL);
	addr = own_name("nobody", &addr_len);
	assert_error(
	    mio_unix_send_to(fd, "x", 1, &addr, addr_len), ECONNREFUSED);
	close_pipe(fds);
	assert_ok(mio_fd_close(fd));
}
END_TEST

START_TEST(full_queues_block_and_let_the_next_edge_through)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t fds[2];
	char byte;
	ssize_t n;
	int round;

	assert_ok(mio_unix_datagram_pair(fds));
	assert_ok(
	    mio_poll_register_fd(poll, fds[0], 1, MIO_WRITABLE, MIO_EDGE));
	assert_ok(
	    mio_poll_register_fd(poll, fds[1], 2, MIO_READABLE, MIO_EDGE));
	expect_ready(poll, 1, MIO_WRITABLE, 0);
	for (round = 0; round < 3; round++) {
		while ((n = mio_socket_send(fds[0], "x", 1)) == 1)
			continue;
		assert_error(n, EAGAIN);
		expect_ready(poll, 2, MIO_READABLE, 0);
		while ((n = mio_unix_recv_from(fds[1], &byte, 1, NULL, NULL)) ==
		    1)
			continue;
		assert_error(n, EAGAIN);
		expect_ready(poll, 1, MIO_WRITABLE, 0);
	}
	close_pair(fds[0], fds[1]);
	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("unix_datagram");
	TCase *tcase = new_case(suite, "datagrams");

	tcase_add_test(tcase, datagrams_report_their_source);
	tcase_add_test(tcase, unnamed_senders_are_of_the_family);
	tcase_add_test(tcase, connected_ones_need_no_address);
	tcase_add_test(tcase, pairs_carry_datagrams_both_ways);
	tcase_add_test(tcase, bind_and_connect_have_their_errors);
	tcase_add_test(tcase, paths_have_their_errors);
	tcase_add_test(tcase, ends_have_their_errors);
	tcase_add_test(tcase, transfers_have_their_errors);
	tcase_add_test(tcase, full_queues_block_and_let_the_next_edge_through);

	return run_suite(suite);
}
