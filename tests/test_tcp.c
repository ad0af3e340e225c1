/* SPDX-License-Identifier: MIT */

/* Connecting, listening and accepting; test_tcp_option.c has the options. */

#include "config.h"
#include "lib/harness.h"

#include <limits.h>
#include <poll.h>

#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/un.h>

static const struct sockaddr_un unix_addr = { .sun_family = AF_UNIX };

static int
listen_v4(mio_fd_t *out, unsigned port, int backlog, unsigned flags)
{
	struct sockaddr_in addr = loopback(port);

	return mio_tcp_listen(
	    out, (struct sockaddr *)&addr, sizeof(addr), backlog, flags);
}

static int
connect_v4(mio_fd_t *out, unsigned port)
{
	struct sockaddr_in addr = loopback(port);

	return mio_tcp_connect(out, (struct sockaddr *)&addr, sizeof(addr));
}

static void
set_fd_limit(rlim_t most, struct rlimit *before)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, before), 0);
	limit = *before;
	limit.rlim_cur = most;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

START_TEST(connect_reports_the_outcome_when_writable)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t listener = listen_on_loopback();
	mio_fd_t fd = -7;

	assert_ok(connect_v4(&fd, port_of(listener)));
	assert_nonblock_cloexec(fd);
	assert_ok(mio_poll_register_fd(poll, fd, 1, MIO_WRITABLE, MIO_EDGE));
	expect_ready(poll, 1, MIO_WRITABLE, 0);
	assert_ok(mio_socket_connect_finish(fd));
	assert_ok(mio_fd_close(fd));
	assert_ok(mio_fd_close(listener));
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(connect_refused_is_writable_and_reported)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t fd = -7;
	int r = connect_v4(&fd, closed_port());

	if (r == 0) {
		assert_ok(
		    mio_poll_register_fd(poll, fd, 1, MIO_WRITABLE, MIO_EDGE));
		expect_ready(poll, 1,
		    MIO_READABLE | MIO_WRITABLE | MIO_READ_CLOSED |
			MIO_WRITE_CLOSED | MIO_ERROR,
		    0);
		assert_error(mio_socket_connect_finish(fd), ECONNREFUSED);
		assert_error(mio_socket_connect_finish(fd), ENOTCONN);
		assert_ok(mio_fd_close(fd));
	} else {
		assert_error(r, ECONNREFUSED);
		ck_assert_int_eq(fd, -7);
	}
	mio_poll_destroy(poll);
}
END_TEST

/* Connects when there is something to send; false where that is not known. */
static bool
connect_lazily(mio_fd_t *out, unsigned port)
{
	struct sockaddr_in addr = loopback(port);
	bool lazy = false;

	assert_ok(mio_socket_create(out, AF_INET, SOCK_STREAM));
#if defined(TCP_FASTOPEN_CONNECT) && defined(TCP_FASTOPEN_NO_COOKIE)
	lazy = setsockopt(*out, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &(int){ 1 },
		   sizeof(int)) == 0 &&
	    setsockopt(*out, IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, &(int){ 1 },
		sizeof(int)) == 0;
#endif
	assert_error(mio_socket_connect_finish(*out), ENOTCONN);
	ck_assert_int_le(mio_socket_connect(*out, (struct sockaddr *)&addr,
			     sizeof(addr)),
	    0);

	return lazy;
}

/*
 * It was reported as unconnected, although it only waited for the first bytes.
 */
START_TEST(fast_open_is_ready_before_it_connects)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t listener = listen_on_loopback(), fd, server;
	char got[6] = "";

	if (connect_lazily(&fd, port_of(listener))) {
		assert_ok(
		    mio_poll_register_fd(poll, fd, 1, MIO_WRITABLE, MIO_EDGE));
		expect_ready(poll, 1, MIO_WRITABLE, 0);
		assert_ok(mio_socket_connect_finish(fd));
		assert_ok(mio_socket_connect_finish(fd));
		ck_assert_int_eq(mio_socket_send(fd, "hello", 5), 5);
		wait_for(listener, POLLIN);
		assert_ok(mio_tcp_accept(listener, &server, NULL, NULL));
		wait_for(server, POLLIN);
		ck_assert_int_eq(mio_socket_recv(server, got, 5), 5);
		ck_assert_str_eq(got, "hello");
		assert_ok(mio_socket_connect_finish(fd));
		assert_ok(mio_fd_close(server));
	}
	close_pair(fd, listener);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(fast_open_reports_a_refusal_after_the_first_bytes)
{
	mio_fd_t fd;
	ssize_t n;

	if (connect_lazily(&fd, closed_port())) {
		assert_ok(mio_socket_connect_finish(fd));
		n = mio_socket_send(fd, "hello", 5);
		wait_for(fd, POLLOUT);
		if (n == 5)
			n = mio_socket_connect_finish(fd);
		assert_error(n, ECONNREFUSED);
		assert_error(mio_socket_connect_finish(fd), ENOTCONN);
	}
	assert_ok(mio_fd_close(fd));
}
END_TEST

/* qemu makes room for it on its stack. */
static void
connect_with_a_long_address(void)
{
	struct sockaddr_in addr = loopback(1);

	(void)connect(
	    socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&addr, INT_MAX);
}

START_TEST(connect_refuses_bad_arguments)
{
	struct sockaddr_in addr = loopback(1);
	struct sockaddr *a = (struct sockaddr *)&addr;
	struct sockaddr_in6 addr6 = loopback6(1);
	mio_fd_t fd = -7;

	assert_error(mio_tcp_connect(NULL, a, sizeof(addr)), EINVAL);
	assert_error(mio_tcp_connect(&fd, NULL, sizeof(addr)), EINVAL);
	assert_error(mio_tcp_connect(&fd, a, 0), EINVAL);
	assert_error(mio_tcp_connect(&fd, a, 1), EINVAL);
	assert_error(mio_tcp_connect(&fd, a, sizeof(addr.sin_family)), EINVAL);
	assert_error(mio_tcp_connect(&fd, a, (socklen_t)-1), EINVAL);
	if (survives(connect_with_a_long_address))
		assert_error(mio_tcp_connect(&fd, a, INT_MAX), EINVAL);
	assert_error(mio_tcp_connect(&fd, (const struct sockaddr *)&unix_addr,
			 sizeof(unix_addr)),
	    EAFNOSUPPORT);
	if (has_ipv6())
		assert_error(mio_tcp_connect(
				 &fd, (struct sockaddr *)&addr6, sizeof(addr)),
		    EINVAL);

	addr6.sin6_addr = (struct in6_addr){ { { 0xfe, 0x80, [15] = 1 } } };
	if (has_ipv6())
		assert_error(mio_tcp_connect(&fd, (struct sockaddr *)&addr6,
				 sizeof(addr6)),
		    EINVAL);

	/* no system lets TCP go to all of them */
	addr.sin_addr.s_addr = htonl(INADDR_BROADCAST);
	ck_assert_int_lt(mio_tcp_connect(&fd, a, sizeof(addr)), 0);
	ck_assert_int_eq(fd, -7);
}
END_TEST

START_TEST(descriptor_limit_is_reported_and_leaves_connections_queued)
{
	mio_fd_t listener = listen_on_loopback();
	unsigned port = port_of(listener);
	struct sockaddr_storage peer;
	mio_fd_t client, fd = -7;
	struct rlimit limit;
	socklen_t len = 4321;

	/* valgrind makes the limit up, after the kernel has accepted */
	if (is_slowed_down()) {
		assert_ok(mio_fd_close(listener));
		return;
	}

	assert_ok(connect_v4(&client, port));
	wait_for(listener, POLLIN);

	set_fd_limit(0, &limit);
	assert_error(connect_v4(&fd, port), EMFILE);
	assert_error(listen_v4(&fd, 0, 0, 0), EMFILE);
	assert_error(mio_tcp_accept(listener, &fd, &peer, &len), EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(fd, -7);
	ck_assert_uint_eq(len, 4321);

	assert_ok(mio_tcp_accept(listener, &fd, &peer, &len));
	assert_ok(mio_fd_close(fd));
	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(listener));
}
END_TEST

START_TEST(listen_sets_reuse_addr_and_no_more_than_was_asked)
{
	mio_fd_t plain, port;

	assert_ok(listen_v4(&plain, 0, 0, 0));
	assert_nonblock_cloexec(plain);
	ck_assert_int_eq(option_of(plain, SOL_SOCKET, SO_ACCEPTCONN), 1);
	ck_assert_int_eq(option_of(plain, SOL_SOCKET, SO_REUSEADDR), 1);
	ck_assert_int_eq(option_of(plain, SOL_SOCKET, SO_REUSEPORT), 0);

	assert_ok(listen_v4(&port, 0, 0, MIO_REUSEPORT));
	assert_nonblock_cloexec(port);
	ck_assert_int_eq(option_of(port, SOL_SOCKET, SO_REUSEADDR), 1);
	ck_assert_int_eq(option_of(port, SOL_SOCKET, SO_REUSEPORT), 1);

	assert_ok(mio_fd_close(plain));
	assert_ok(mio_fd_close(port));
}
END_TEST

START_TEST(listen_refuses_bad_arguments)
{
	struct sockaddr_in6 addr6 = loopback6(0);
	struct sockaddr *a6 = (struct sockaddr *)&addr6;
	struct sockaddr_in addr = loopback(0);
	struct sockaddr *a = (struct sockaddr *)&addr;
	mio_fd_t fd = -7;

	assert_error(mio_tcp_listen(NULL, a, sizeof(addr), 0, 0), EINVAL);
	assert_error(mio_tcp_listen(&fd, NULL, sizeof(addr), 0, 0), EINVAL);
	assert_error(mio_tcp_listen(&fd, a, 0, 0, 0), EINVAL);
	assert_error(mio_tcp_listen(&fd, a, 1, 0, 0), EINVAL);
	assert_error(
	    mio_tcp_listen(&fd, a, sizeof(addr.sin_family), 0, 0), EINVAL);
	assert_error(mio_tcp_listen(&fd, a, (socklen_t)-1, 0, 0), EINVAL);
	assert_error(mio_tcp_listen(&fd, a, sizeof(addr), 0, 0x4), EINVAL);
	assert_error(mio_tcp_listen(&fd, a, sizeof(addr), 0, UINT_MAX), EINVAL);
	assert_error(
	    mio_tcp_listen(&fd, a, sizeof(addr), 0, MIO_ONLY_V6), EINVAL);
	assert_error(mio_tcp_listen(&fd, (const struct sockaddr *)&unix_addr,
			 sizeof(unix_addr), 0, 0),
	    EAFNOSUPPORT);
	addr6.sin6_addr = (struct in6_addr){ { { 0xfe, 0x80, [15] = 1 } } };
	if (has_ipv6())
		assert_error(mio_tcp_listen(&fd, a6, sizeof(addr6), 0, 0),
		    EINVAL);
	addr6.sin6_scope_id = INT32_MAX;
	if (has_ipv6())
		assert_error(mio_tcp_listen(&fd, a6, sizeof(addr6), 0, 0),
		    ENODEV);

	/* TEST-NET-1 of RFC 5737 is nobody's */
	addr.sin_addr.s_addr = htonl(0xc0000201);
	assert_error(mio_tcp_listen(&fd, a, sizeof(addr), 0, 0), EADDRNOTAVAIL);
	ck_assert_int_eq(fd, -7);
}
END_TEST

START_TEST(listen_shares_a_port_only_when_all_agree)
{
	mio_fd_t plain, first, second = -7;

	assert_ok(listen_v4(&plain, 0, 0, 0));
	assert_error(listen_v4(&second, port_of(plain), 0, 0), EADDRINUSE);
	assert_error(
	    listen_v4(&second, port_of(plain), 0, MIO_REUSEPORT), EADDRINUSE);

	assert_ok(listen_v4(&first, 0, 0, MIO_REUSEPORT));
	assert_error(listen_v4(&second, port_of(first), 0, 0), EADDRINUSE);
	ck_assert_int_eq(second, -7);
	assert_ok(listen_v4(&second, port_of(first), 0, MIO_REUSEPORT));
	ck_assert_uint_eq(port_of(second), port_of(first));

	assert_ok(mio_fd_close(plain));
	assert_ok(mio_fd_close(first));
	assert_ok(mio_fd_close(second));
}
END_TEST

START_TEST(listen_to_a_reserved_port_is_refused)
{
	uid_t before = geteuid();
	mio_fd_t fd = -7;
	int r;

	/* root may have any */
	if (before == 0)
		ck_assert_int_eq(seteuid(65534), 0);
	r = listen_v4(&fd, 1, 0, 0);
	ck_assert_int_eq(seteuid(before), 0);

	/* a container may have opened them all */
	if (r == 0)
		assert_ok(mio_fd_close(fd));
	else if (r != -EADDRINUSE)
		assert_error(r, EACCES);
}
END_TEST

/* Who closes first keeps the port in TIME_WAIT. */
START_TEST(listen_again_where_connections_have_just_ended)
{
	mio_fd_t listener = listen_on_loopback();
	unsigned port = port_of(listener);
	mio_fd_t client, server;

	assert_ok(connect_v4(&client, port));
	wait_for(listener, POLLIN);
	assert_ok(mio_tcp_accept(listener, &server, NULL, NULL));
	assert_ok(mio_fd_close(server));
	wait_for(client, POLLIN);
	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(listener));

	assert_ok(listen_v4(&listener, port, 0, 0));
	assert_ok(mio_fd_close(listener));
}
END_TEST

#define CROWD 100

START_TEST(backlog_of_0_or_less_is_a_large_one)
{
	static const int backlogs[] = { 0, -1, INT_MIN };
	mio_fd_t listener, clients[CROWD];
	int i;

	assert_ok(listen_v4(&listener, 0, backlogs[_i], 0));
	for (i = 0; i < CROWD; i++) {
		assert_ok(connect_v4(&clients[i], port_of(listener)));
		wait_for(clients[i], POLLOUT);
		assert_ok(mio_socket_connect_finish(clients[i]));
	}
	for (i = 0; i < CROWD; i++)
		assert_ok(mio_fd_close(clients[i]));
	assert_ok(mio_fd_close(listener));
}
END_TEST

START_TEST(accept_reports_the_peer)
{
	mio_fd_t listener = listen_on_loopback();
	struct sockaddr_storage local, peer;
	socklen_t local_len, len = 1;
	mio_fd_t client, server = -7;

	assert_ok(connect_v4(&client, port_of(listener)));
	wait_for(listener, POLLIN);
	assert_ok(mio_tcp_accept(listener, &server, &peer, &len));
	assert_nonblock_cloexec(server);
	assert_ok(mio_socket_local_addr(client, &local, &local_len));
	ck_assert_uint_eq(len, sizeof(struct sockaddr_in));
	ck_assert_uint_eq(len, local_len);
	ck_assert_mem_eq(&peer, &local, len);

	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(server));
	assert_ok(mio_fd_close(listener));
}
END_TEST

START_TEST(accept_failing_touches_nothing)
{
	mio_fd_t listener = listen_on_loopback();
	struct sockaddr_storage peer, before;
	mio_fd_t fd = -7, client, datagram;
	socklen_t len = 4321;
	int fds[2];

	memset(&peer, 0xa5, sizeof(peer));
	before = peer;
	assert_error(mio_tcp_accept(listener, &fd, &peer, &len), EAGAIN);
	assert_error(mio_tcp_accept(listener, &fd, NULL, NULL), EAGAIN);

	assert_ok(connect_v4(&client, port_of(listener)));
	wait_for(listener, POLLIN);
	assert_error(mio_tcp_accept(listener, NULL, &peer, &len), EINVAL);
	assert_error(mio_tcp_accept(listener, &fd, NULL, &len), EINVAL);
	assert_error(mio_tcp_accept(listener, &fd, &peer, NULL), EINVAL);
	assert_error(mio_tcp_accept(-1, &fd, &peer, &len), EBADF);
	assert_error(mio_tcp_accept(client, &fd, &peer, &len), EINVAL);
	ck_assert_int_eq(pipe(fds), 0);
	assert_error(mio_tcp_accept(fds[0], &fd, &peer, &len), ENOTSOCK);
	assert_ok(mio_socket_create(&datagram, AF_INET, SOCK_DGRAM));
	assert_error(mio_tcp_accept(datagram, &fd, &peer, &len), EOPNOTSUPP);

	ck_assert_int_eq(fd, -7);
	ck_assert_uint_eq(len, 4321);
	ck_assert_mem_eq(&peer, &before, sizeof(peer));

	/* the connection is still there */
	assert_ok(mio_tcp_accept(listener, &fd, NULL, NULL));
	assert_ok(mio_fd_close(fd));
	assert_ok(mio_fd_close(fds[0]));
	assert_ok(mio_fd_close(fds[1]));
	assert_ok(mio_fd_close(datagram));
	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(listener));
}
END_TEST

START_TEST(accept_that_blocks_lets_the_next_edge_through)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t listener = listen_on_loopback();
	mio_fd_t client, server;
	int i;

	assert_ok(
	    mio_poll_register_fd(poll, listener, 1, MIO_READABLE, MIO_EDGE));
	for (i = 0; i < 3; i++) {
		expect_nothing(poll);
		assert_ok(connect_v4(&client, port_of(listener)));
		expect_ready(poll, 1, MIO_READABLE, 0);
		assert_ok(mio_tcp_accept(listener, &server, NULL, NULL));
		assert_error(
		    mio_tcp_accept(listener, &server, NULL, NULL), EAGAIN);
		assert_ok(mio_fd_close(client));
		assert_ok(mio_fd_close(server));
	}
	assert_ok(mio_fd_close(listener));
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(ipv6_connections_carry_ipv6_addresses)
{
	struct sockaddr_in6 addr = loopback6(0);
	struct sockaddr_storage local, peer;
	socklen_t local_len, len;
	mio_fd_t listener, client, server;

	if (!has_ipv6())
		return;

	assert_ok(mio_tcp_listen(
	    &listener, (struct sockaddr *)&addr, sizeof(addr), 0, 0));
	addr = loopback6(port_of(listener));
	assert_ok(
	    mio_tcp_connect(&client, (struct sockaddr *)&addr, sizeof(addr)));
	wait_for(listener, POLLIN);
	assert_ok(mio_tcp_accept(listener, &server, &peer, &len));
	assert_nonblock_cloexec(listener);
	assert_nonblock_cloexec(client);
	assert_nonblock_cloexec(server);
	assert_ok(mio_socket_local_addr(client, &local, &local_len));
	ck_assert_uint_eq(len, sizeof(struct sockaddr_in6));
	ck_assert_int_eq(peer.ss_family, AF_INET6);
	ck_assert_uint_eq(len, local_len);
	ck_assert_mem_eq(&peer, &local, len);

	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(server));
	assert_ok(mio_fd_close(listener));
}
END_TEST

START_TEST(only_v6_leaves_the_port_to_ipv4)
{
	struct sockaddr_in6 any6 = { .sin6_family = AF_INET6 };
	mio_fd_t six, four, client;

	if (!has_ipv6())
		return;

	assert_ok(mio_tcp_listen(&six, (struct sockaddr *)&any6, sizeof(any6),
	    0, MIO_ONLY_V6 | MIO_REUSEPORT));
	ck_assert_int_eq(option_of(six, IPPROTO_IPV6, IPV6_V6ONLY), 1);
	assert_ok(listen_v4(&four, port_of(six), 0, 0));
	assert_ok(connect_v4(&client, port_of(six)));
	wait_for(four, POLLIN);
	assert_error(mio_tcp_accept(six, &client, NULL, NULL), EAGAIN);

	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(four));
	assert_ok(mio_fd_close(six));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tcp");
	TCase *tcase = new_case(suite, "connecting");

	tcase_add_test(tcase, connect_reports_the_outcome_when_writable);
	tcase_add_test(tcase, connect_refused_is_writable_and_reported);
	tcase_add_test(tcase, fast_open_is_ready_before_it_connects);
	tcase_add_test(
	    tcase, fast_open_reports_a_refusal_after_the_first_bytes);
	tcase_add_test(tcase, connect_refuses_bad_arguments);
	tcase_add_test(
	    tcase, descriptor_limit_is_reported_and_leaves_connections_queued);

	tcase = new_case(suite, "listening");
	tcase_add_test(
	    tcase, listen_sets_reuse_addr_and_no_more_than_was_asked);
	tcase_add_test(tcase, listen_refuses_bad_arguments);
	tcase_add_test(tcase, listen_shares_a_port_only_when_all_agree);
	tcase_add_test(tcase, listen_to_a_reserved_port_is_refused);
	tcase_add_test(tcase, listen_again_where_connections_have_just_ended);
	tcase_add_loop_test(tcase, backlog_of_0_or_less_is_a_large_one, 0, 3);
	tcase_add_test(tcase, accept_reports_the_peer);
	tcase_add_test(tcase, accept_failing_touches_nothing);
	tcase_add_test(tcase, accept_that_blocks_lets_the_next_edge_through);
	tcase_add_test(tcase, ipv6_connections_carry_ipv6_addresses);
	tcase_add_test(tcase, only_v6_leaves_the_port_to_ipv4);

	return run_suite(suite);
}
