/* SPDX-License-Identifier: MIT */

/* Datagrams one by one; batches and groups have files of their own. */

#include "config.h"
#include "lib/harness.h"

#include <limits.h>
#include <poll.h>

#include <sys/un.h>

#define ADDRESS(a) (struct sockaddr *)&(a), sizeof(a)

START_TEST(bind_makes_a_socket_of_the_family)
{
	struct sockaddr_in addr = loopback(0);
	mio_fd_t fd = -7;

	assert_ok(mio_udp_bind(&fd, ADDRESS(addr), 0));
	assert_nonblock_cloexec(fd);
	ck_assert_int_eq(option_of(fd, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
	ck_assert_int_eq(option_of(fd, SOL_SOCKET, SO_REUSEADDR), 0);
	ck_assert_int_eq(option_of(fd, SOL_SOCKET, SO_REUSEPORT), 0);
	ck_assert_uint_ne(port_of(fd), 0);
	assert_ok(mio_fd_close(fd));
}
END_TEST

START_TEST(bind_shares_a_port_only_when_all_agree)
{
	struct sockaddr_in addr = loopback(0);
	mio_fd_t first, second = -7;

	first = udp_on_loopback(&addr);
	assert_error(mio_udp_bind(&second, ADDRESS(addr), 0), EADDRINUSE);
	assert_error(mio_udp_bind(&second, ADDRESS(addr), MIO_REUSEPORT),
	    EADDRINUSE);
	ck_assert_int_eq(second, -7);
	assert_ok(mio_fd_close(first));

	addr = loopback(0);
	assert_ok(mio_udp_bind(&first, ADDRESS(addr), MIO_REUSEPORT));
	addr = loopback(port_of(first));
	assert_ok(mio_udp_bind(&second, ADDRESS(addr), MIO_REUSEPORT));
	ck_assert_int_eq(option_of(second, SOL_SOCKET, SO_REUSEPORT), 1);
	close_pair(first, second);
}
END_TEST

START_TEST(bind_refuses_bad_arguments)
{
	static const struct sockaddr_un other = { .sun_family = AF_UNIX };
	struct sockaddr_in6 addr6 = loopback6(0);
	struct sockaddr_in addr = loopback(0);
	struct sockaddr *a = (struct sockaddr *)&addr;
	mio_fd_t fd = -7;

	assert_error(mio_udp_bind(NULL, a, sizeof(addr), 0), EINVAL);
	assert_error(mio_udp_bind(&fd, NULL, sizeof(addr), 0), EINVAL);
	assert_error(mio_udp_bind(&fd, a, 0, 0), EINVAL);
	assert_error(mio_udp_bind(&fd, a, 1, 0), EINVAL);
	assert_error(mio_udp_bind(&fd, a, sizeof(addr.sin_family), 0), EINVAL);
	assert_error(mio_udp_bind(&fd, a, (socklen_t)-1, 0), EINVAL);
	assert_error(mio_udp_bind(&fd, a, sizeof(addr), 0x4), EINVAL);
	assert_error(mio_udp_bind(&fd, a, sizeof(addr), UINT_MAX), EINVAL);
	assert_error(mio_udp_bind(&fd, a, sizeof(addr), MIO_ONLY_V6), EINVAL);
	assert_error(mio_udp_bind(&fd, (const struct sockaddr *)&other,
	    sizeof(other), 0), EAFNOSUPPORT);
	addr6.sin6_addr = (struct in6_addr){ { { 0xfe, 0x80, [15] = 1 } } };
	if (has_ipv6())
		assert_error(mio_udp_bind(&fd, ADDRESS(addr6), 0), EINVAL);
	addr6.sin6_scope_id = INT32_MAX;
	if (has_ipv6())
		assert_error(mio_udp_bind(&fd, ADDRESS(addr6), 0), ENODEV);

	/* TEST-NET-1 of RFC 5737 is nobody's */
	addr.sin_addr.s_addr = htonl(0xc0000201);
	assert_error(mio_udp_bind(&fd, a, sizeof(addr), 0), EADDRNOTAVAIL);
	ck_assert_int_eq(fd, -7);
}
END_TEST

START_TEST(only_v6_leaves_the_port_to_ipv4)
{
	struct sockaddr_in6 any6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in addr;
	mio_fd_t six, four;

	if (!has_ipv6())
		return;

	assert_ok(mio_udp_bind(&six, ADDRESS(any6), MIO_ONLY_V6));
	ck_assert_int_eq(option_of(six, IPPROTO_IPV6, IPV6_V6ONLY), 1);
	addr = loopback(port_of(six));
	assert_ok(mio_udp_bind(&four, ADDRESS(addr), 0));
	close_pair(six, four);
}
END_TEST

/* What is received is what was sent, and its source is the sender. */
static void
exchange(mio_fd_t from, mio_fd_t to, const struct sockaddr *addr,
    socklen_t addr_len)
{
	struct sockaddr_storage local, peer;
	socklen_t local_len, len = 1;
	char got[8] = "........";

	ck_assert_int_eq(mio_udp_send_to(from, "hello", 5, addr, addr_len), 5);
	wait_for(to, POLLIN);
	assert_ok(mio_socket_local_addr(from, &local, &local_len));

	ck_assert_int_eq(mio_udp_peek_from(to, got, 2, &peer, &len), 2);
	ck_assert_mem_eq(got, "he......", 8);
	ck_assert_uint_eq(len, local_len);
	ck_assert_mem_eq(&peer, &local, len);
	memset(&peer, 0, sizeof(peer));
	ck_assert_int_eq(mio_udp_peek_from(to, got, 8, NULL, NULL), 5);
	ck_assert_int_eq(mio_udp_recv_from(to, got, 8, &peer, &len), 5);
	ck_assert_mem_eq(got, "hello...", 8);
	ck_assert_uint_eq(len, local_len);
	ck_assert_mem_eq(&peer, &local, len);
	assert_error(mio_udp_recv_from(to, got, 8, NULL, NULL), EAGAIN);
}

START_TEST(datagrams_report_their_source)
{
	struct sockaddr_in addr;
	mio_fd_t from = udp_on_loopback(NULL);
	mio_fd_t to = udp_on_loopback(&addr);

	exchange(from, to, ADDRESS(addr));
	close_pair(from, to);
}
END_TEST

START_TEST(datagrams_go_over_ipv6)
{
	struct sockaddr_in6 addr = loopback6(0);
	mio_fd_t from, to;

	if (!has_ipv6())
		return;

	assert_ok(mio_udp_bind(&from, ADDRESS(addr), 0));
	assert_ok(mio_udp_bind(&to, ADDRESS(addr), 0));
	addr = loopback6(port_of(to));
	exchange(from, to, ADDRESS(addr));
	close_pair(from, to);
}
END_TEST

START_TEST(datagrams_too_long_for_the_buffer_are_cut_off)
{
	struct sockaddr_in addr;
	mio_fd_t fd = udp_on_loopback(&addr);
	char got[4] = "....";

	ck_assert_int_eq(mio_udp_send_to(fd, "hello", 5, ADDRESS(addr)), 5);
	ck_assert_int_eq(mio_udp_send_to(fd, "next", 4, ADDRESS(addr)), 4);
	wait_for(fd, POLLIN);
	ck_assert_int_eq(mio_udp_recv_from(fd, got, 3, NULL, NULL), 3);
	ck_assert_mem_eq(got, "hel.", 4);
	wait_for(fd, POLLIN);
	ck_assert_int_eq(mio_udp_recv_from(fd, NULL, 0, NULL, NULL), 0);
	assert_error(mio_udp_recv_from(fd, got, 4, NULL, NULL), EAGAIN);
	assert_ok(mio_fd_close(fd));
}
END_TEST

START_TEST(empty_datagrams_are_datagrams)
{
	struct sockaddr_in addr;
	struct sockaddr_storage peer;
	mio_fd_t fd = udp_on_loopback(&addr);
	socklen_t len = 0;
	char byte;

	assert_ok(mio_udp_send_to(fd, NULL, 0, ADDRESS(addr)));
	wait_for(fd, POLLIN);
	assert_ok(mio_udp_recv_from(fd, &byte, 1, &peer, &len));
	ck_assert_uint_eq(len, sizeof(addr));
	assert_error(mio_udp_recv_from(fd, &byte, 1, NULL, NULL), EAGAIN);
	assert_ok(mio_fd_close(fd));
}
END_TEST

#define LARGEST 65507 /* what IPv4 leaves of 65535 bytes */

START_TEST(lengths_up_to_the_largest_go_through)
{
	static char out[LARGEST + 1], in[LARGEST + 1];
	struct sockaddr_in addr;
	mio_fd_t fd = udp_on_loopback(&addr);

	memset(out, 'x', sizeof(out));
	ck_assert_int_eq(
	    mio_udp_send_to(fd, out, LARGEST, ADDRESS(addr)), LARGEST);
	wait_for(fd, POLLIN);
	ck_assert_int_eq(
	    mio_udp_recv_from(fd, in, sizeof(in), NULL, NULL), LARGEST);
	ck_assert_mem_eq(in, out, LARGEST);
	assert_error(
	    mio_udp_send_to(fd, out, LARGEST + 1, ADDRESS(addr)), EMSGSIZE);
	assert_ok(mio_fd_close(fd));
}
END_TEST

START_TEST(transfers_refuse_bad_arguments)
{
	struct sockaddr_storage peer, before;
	struct sockaddr_in6 addr6 = loopback6(1);
	struct sockaddr_in addr, nowhere = loopback(1);
	mio_fd_t fd = udp_on_loopback(&addr);
	socklen_t len = 4321;
	char byte = '.';
	int fds[2];

	memset(&peer, 0xa5, sizeof(peer));
	before = peer;
	make_pipe(fds);

	assert_error(mio_udp_send_to(fd, NULL, 1, ADDRESS(addr)), EINVAL);
	assert_error(mio_udp_send_to(fd, "x", 1, NULL, 0), EINVAL);
	assert_error(mio_udp_send_to(fd, "x", 1,
	    (struct sockaddr *)&addr, 1), EINVAL);
	assert_error(mio_udp_send_to(fd, "x", 1, ADDRESS(addr6)),
	    EAFNOSUPPORT);
	assert_error(mio_udp_send_to(-1, "x", 1, ADDRESS(addr)), EBADF);
	assert_error(mio_udp_send_to(fds[1], "x", 1, ADDRESS(addr)), ENOTSOCK);

	nowhere.sin_port = 0;
	assert_error(mio_udp_send_to(fd, "x", 1, ADDRESS(nowhere)), EINVAL);

	assert_ok(mio_udp_send_to(fd, "", 0, ADDRESS(addr)));
	wait_for(fd, POLLIN);
	assert_error(mio_udp_recv_from(fd, NULL, 1, &peer, &len), EINVAL);
	assert_error(mio_udp_recv_from(fd, &byte, 1, NULL, &len), EINVAL);
	assert_error(mio_udp_recv_from(fd, &byte, 1, &peer, NULL), EINVAL);
	assert_error(mio_udp_peek_from(fd, NULL, 1, &peer, &len), EINVAL);
	assert_error(mio_udp_peek_from(fd, &byte, 1, NULL, &len), EINVAL);
	assert_error(mio_udp_peek_from(fd, &byte, 1, &peer, NULL), EINVAL);
	assert_error(mio_udp_recv_from(-1, &byte, 1, &peer, &len), EBADF);
	assert_error(
	    mio_udp_recv_from(fds[0], &byte, 1, &peer, &len), ENOTSOCK);
	assert_ok(mio_udp_recv_from(fd, &byte, 1, NULL, NULL));
	assert_error(mio_udp_recv_from(fd, &byte, 1, &peer, &len), EAGAIN);
	assert_error(mio_udp_peek_from(fd, &byte, 1, &peer, &len), EAGAIN);

	ck_assert_int_eq(byte, '.');
	ck_assert_uint_eq(len, 4321);
	ck_assert_mem_eq(&peer, &before, sizeof(peer));
	close_pipe(fds);
	assert_ok(mio_fd_close(fd));
}
END_TEST

START_TEST(connected_sockets_hear_their_peer_only)
{
	struct sockaddr_in addr;
	mio_fd_t first, second, stranger = udp_on_loopback(NULL);
	char byte;

	udp_pair(&first, &second);
	addr = loopback(port_of(second));
	ck_assert_int_eq(mio_udp_send_to(stranger, "x", 1, ADDRESS(addr)), 1);
	ck_assert_int_eq(mio_socket_send(first, "y", 1), 1);
	wait_for(second, POLLIN);
	ck_assert_int_eq(mio_socket_peek(second, &byte, 1), 1);
	ck_assert_int_eq(mio_socket_recv(second, &byte, 1), 1);
	ck_assert_int_eq(byte, 'y');
	assert_error(mio_socket_recv(second, &byte, 1), EAGAIN);

	/* no peer any more */
	memset(&addr, 0, sizeof(addr));
	assert_ok(mio_udp_connect(first, ADDRESS(addr)));
	assert_error(mio_socket_send(first, "z", 1), EDESTADDRREQ);
	close_pair(first, second);
	assert_ok(mio_fd_close(stranger));
}
END_TEST

START_TEST(connect_refuses_bad_arguments)
{
	struct sockaddr_in6 addr6 = loopback6(1);
	struct sockaddr_in addr = loopback(1);
	mio_fd_t fd = udp_on_loopback(NULL);

	assert_error(mio_udp_connect(fd, NULL, sizeof(addr)), EINVAL);
	assert_error(mio_udp_connect(fd, (struct sockaddr *)&addr, 1), EINVAL);
	assert_error(mio_udp_connect(fd, ADDRESS(addr6)), EAFNOSUPPORT);
	assert_error(mio_udp_connect(-1, ADDRESS(addr)), EBADF);
	addr.sin_port = addr6.sin6_port = 0;
	assert_error(mio_udp_connect(fd, ADDRESS(addr)), EINVAL);
	assert_error(mio_udp_connect(fd, ADDRESS(addr6)), EINVAL);
	addr.sin_port = htons(1);
	addr.sin_addr.s_addr = htonl(INADDR_BROADCAST);
	ck_assert_int_lt(mio_udp_connect(fd, ADDRESS(addr)), 0);
	assert_ok(mio_fd_close(fd));
}
END_TEST

START_TEST(sockets_of_ipv6_have_their_own_errors)
{
	struct sockaddr_un other = { .sun_family = AF_UNIX };
	struct sockaddr_in6 addr = loopback6(40001);
	struct sockaddr_in four = loopback(40001);
	struct mio_datagram datagram = {
		.data = &(char){ 0 },
		.len = 1,
		.addr_len = sizeof(other),
	};
	mio_fd_t fd;

	if (!has_ipv6())
		return;

	assert_ok(mio_socket_create(&fd, AF_INET6, SOCK_DGRAM));
	memcpy(&datagram.addr, &other, sizeof(other));
	addr.sin6_addr = (struct in6_addr){ { { 0xfe, 0x80, [15] = 1 } } };
	assert_error(mio_socket_bind(fd, ADDRESS(four)), EINVAL);
	assert_error(mio_socket_bind(fd, ADDRESS(addr)), EINVAL);
	assert_error(mio_udp_send_to(fd, "x", 1, ADDRESS(other)), EINVAL);
	assert_error(mio_udp_send_batch(fd, &datagram, 1), EINVAL);
	assert_error(mio_udp_connect(fd, ADDRESS(addr)), EINVAL);
	assert_error(mio_socket_connect(fd, ADDRESS(addr)), EINVAL);
	assert_ok(mio_fd_close(fd));
}
END_TEST

START_TEST(ends_have_their_errors)
{
	struct sockaddr_in addr = loopback(9), all = loopback(9);
	struct sockaddr_in6 addr6 = loopback6(9);
	struct mio_datagram datagram = {
		.data = &(char){ 0 },
		.len = 1,
		.addr_len = sizeof(addr),
	};
	mio_fd_t first, second, six;

	udp_pair(&first, &second);
	all.sin_addr.s_addr = htonl(0x7fffffff);
	memcpy(&datagram.addr, &all, sizeof(all));
	assert_error(mio_udp_send_batch(first, &datagram, 1), EACCES);
	assert_error(mio_udp_connect(first, ADDRESS(all)), EACCES);
	memcpy(&datagram.addr, &addr6, sizeof(addr6));
	datagram.addr_len = sizeof(addr6);
	assert_error(mio_udp_send_batch(first, &datagram, 1), EAFNOSUPPORT);
	memcpy(&datagram.addr, &addr, sizeof(addr));
	datagram.addr_len = sizeof(addr);

	assert_ok(mio_fd_close(second));
	ck_assert_int_eq(mio_socket_send(first, "x", 1), 1);
	wait_for(first, POLLIN);
	assert_error(mio_udp_recv_batch(first, &datagram, 1), ECONNREFUSED);
	assert_ok(mio_socket_shutdown(first, MIO_SHUT_WRITE));
	assert_error(mio_udp_send_to(first, "x", 1, ADDRESS(addr)), EPIPE);
	datagram.addr_len = 0;
	assert_error(mio_udp_send_batch(first, &datagram, 1), EPIPE);
	assert_ok(mio_fd_close(first));
	if (!has_ipv6())
		return;

	addr6.sin6_port = 0; /* any other may need privileges */
	assert_ok(mio_udp_bind(&six, ADDRESS(addr6), MIO_ONLY_V6));
	assert_error(mio_udp_send_to(six, "x", 1, ADDRESS(addr)), ENETUNREACH);
	memcpy(&datagram.addr, &addr, sizeof(addr));
	datagram.addr_len = sizeof(addr);
	assert_error(mio_udp_send_batch(six, &datagram, 1), ENETUNREACH);
	assert_ok(mio_fd_close(six));
}
END_TEST

/* 200 segments are more than any kernel sends at a time. */
START_TEST(too_many_segments_are_refused)
{
	static char bytes[200];
	struct sockaddr_in addr = loopback(9);
	struct mio_datagram datagram = {
		.data = bytes,
		.len = sizeof(bytes),
		.addr_len = sizeof(addr),
	};
	mio_fd_t first, second;

	udp_pair(&first, &second);
	memcpy(&datagram.addr, &addr, sizeof(addr));
	if (mio_udp_set_segment_size(first, 1) == 0) {
		assert_error(
		    mio_socket_send(first, bytes, sizeof(bytes)), EINVAL);
		assert_error(mio_udp_send_to(
		    first, bytes, sizeof(bytes), ADDRESS(addr)), EINVAL);
		assert_error(mio_udp_send_batch(first, &datagram, 1), EINVAL);
	}
	datagram.len = 1;
	datagram.addr_len = 1;
	assert_error(mio_udp_send_batch(second, &datagram, 1), EINVAL);
	datagram.addr_len = sizeof(addr);
	addr.sin_port = 0;
	memcpy(&datagram.addr, &addr, sizeof(addr));
	assert_error(mio_udp_send_batch(second, &datagram, 1), EINVAL);
	close_pair(first, second);
}
END_TEST

START_TEST(refusals_are_reported_to_the_connected)
{
	struct sockaddr_in addr;
	mio_fd_t gone = udp_on_loopback(&addr), fd = udp_on_loopback(NULL);
	char byte;

	assert_ok(mio_fd_close(gone));
	assert_ok(mio_udp_connect(fd, ADDRESS(addr)));
	ck_assert_int_eq(mio_socket_send(fd, "x", 1), 1);
	wait_for(fd, POLLIN);
	assert_error(mio_udp_recv_from(fd, &byte, 1, NULL, NULL), ECONNREFUSED);
	assert_error(mio_udp_recv_from(fd, &byte, 1, NULL, NULL), EAGAIN);
	assert_ok(mio_fd_close(fd));
}
END_TEST

START_TEST(broadcast_has_to_be_allowed)
{
	struct sockaddr_in addr = loopback(9);
	mio_fd_t fd = udp_on_loopback(NULL);
	bool on = true;

	/* the loopback network's own */
	addr.sin_addr.s_addr = htonl(0x7fffffff);
	assert_ok(mio_udp_get_broadcast(fd, &on));
	ck_assert(!on);
	assert_error(mio_udp_send_to(fd, "x", 1, ADDRESS(addr)), EACCES);

	assert_ok(mio_udp_set_broadcast(fd, true));
	ck_assert_int_eq(option_of(fd, SOL_SOCKET, SO_BROADCAST), 1);
	assert_ok(mio_udp_get_broadcast(fd, &on));
	ck_assert(on);
	ck_assert_int_eq(mio_udp_send_to(fd, "x", 1, ADDRESS(addr)), 1);
	assert_ok(mio_udp_set_broadcast(fd, false));
	ck_assert_int_eq(option_of(fd, SOL_SOCKET, SO_BROADCAST), 0);

	assert_error(mio_udp_get_broadcast(fd, NULL), EINVAL);
	assert_error(mio_udp_set_broadcast(-1, true), EBADF);
	assert_error(mio_udp_get_broadcast(-1, &on), EBADF);
	assert_ok(mio_fd_close(fd));
}
END_TEST

static ssize_t
recv_plain(mio_fd_t fd, char *byte)
{
	return mio_udp_recv_from(fd, byte, 1, NULL, NULL);
}

static ssize_t
peek_plain(mio_fd_t fd, char *byte)
{
	return mio_udp_peek_from(fd, byte, 1, NULL, NULL);
}

static ssize_t
recv_batch(mio_fd_t fd, char *byte)
{
	struct mio_datagram datagram = { .data = byte, .len = 1 };

	return mio_udp_recv_batch(fd, &datagram, 1);
}

static ssize_t
recv_fds(mio_fd_t fd, char *byte)
{
	size_t none = 0;

	return mio_unix_recv_fds(fd, byte, 1, NULL, &none);
}

/* mio before 1.1.0: a peek that would have blocked did not re-arm. */
START_TEST(every_call_that_blocks_lets_the_next_edge_through)
{
	static ssize_t (*const calls[])(mio_fd_t, char *) = { recv_plain,
		peek_plain, recv_batch, recv_fds };
	struct mio_poll *poll = new_poll();
	mio_fd_t first, second;
	char byte;
	size_t i;

	udp_pair(&first, &second);
	assert_ok(
	    mio_poll_register_fd(poll, second, 1, MIO_READABLE, MIO_EDGE));
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		ck_assert_int_eq(mio_socket_send(first, "x", 1), 1);
		expect_ready(poll, 1, MIO_READABLE, 0);
		ck_assert_int_eq(recv_plain(second, &byte), 1);
		assert_error(calls[i](second, &byte), EAGAIN);
		expect_nothing(poll);
	}
	close_pair(first, second);
	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("udp");
	TCase *tcase = new_case(suite, "binding");

	tcase_add_test(tcase, bind_makes_a_socket_of_the_family);
	tcase_add_test(tcase, bind_shares_a_port_only_when_all_agree);
	tcase_add_test(tcase, bind_refuses_bad_arguments);
	tcase_add_test(tcase, only_v6_leaves_the_port_to_ipv4);

	tcase = new_case(suite, "transfer");
	tcase_add_test(tcase, datagrams_report_their_source);
	tcase_add_test(tcase, datagrams_go_over_ipv6);
	tcase_add_test(tcase, datagrams_too_long_for_the_buffer_are_cut_off);
	tcase_add_test(tcase, empty_datagrams_are_datagrams);
	tcase_add_test(tcase, lengths_up_to_the_largest_go_through);
	tcase_add_test(tcase, transfers_refuse_bad_arguments);
	tcase_add_test(
	    tcase, every_call_that_blocks_lets_the_next_edge_through);

	tcase = new_case(suite, "connecting");
	tcase_add_test(tcase, connected_sockets_hear_their_peer_only);
	tcase_add_test(tcase, connect_refuses_bad_arguments);
	tcase_add_test(tcase, sockets_of_ipv6_have_their_own_errors);
	tcase_add_test(tcase, ends_have_their_errors);
	tcase_add_test(tcase, too_many_segments_are_refused);
	tcase_add_test(tcase, refusals_are_reported_to_the_connected);
	tcase_add_test(tcase, broadcast_has_to_be_allowed);

	return run_suite(suite);
}
