/* SPDX-License-Identifier: MIT */

/*
 * Sockets until they are connected. What they carry is in test_socket_io.c, how
 * they end in test_socket_end.c, their options in test_socket_option.c.
 */

#include "config.h"
#include "lib/harness.h"

#include <poll.h>

#include <sys/resource.h>
#include <sys/un.h>

static void
fill_outputs(void *outputs, size_t size)
{
	memset(outputs, 0xa5, size);
}

static void
assert_untouched(const void *outputs, size_t size)
{
	const unsigned char *bytes = outputs;
	size_t i;

	for (i = 0; i < size; i++)
		ck_assert_uint_eq(bytes[i], 0xa5);
}

static mio_fd_t
new_socket(int family, int type)
{
	mio_fd_t fd = MIO_INVALID_FD;

	assert_ok(mio_socket_create(&fd, family, type));

	return fd;
}

static int
bind_v4(mio_fd_t fd, unsigned port)
{
	struct sockaddr_in addr = loopback(port);

	return mio_socket_bind(fd, (struct sockaddr *)&addr, sizeof(addr));
}

static int
connect_v4(mio_fd_t fd, unsigned port)
{
	struct sockaddr_in addr = loopback(port);

	return mio_socket_connect(fd, (struct sockaddr *)&addr, sizeof(addr));
}

/* A name that the kernel chooses, in Linux's abstract namespace. */
static void
bind_unix(mio_fd_t fd, struct sockaddr_storage *addr, socklen_t *len)
{
	const struct sockaddr any = { .sa_family = AF_UNIX };

	assert_ok(mio_socket_bind(fd, &any, sizeof(any.sa_family)));
	assert_ok(mio_socket_local_addr(fd, addr, len));
}

/* Connects until no more connections are accepted; returns how many tried. */
#define CROWD 16

static mio_fd_t
listen_with_full_backlog(mio_fd_t crowd[CROWD], int *count)
{
	mio_fd_t listener = new_socket(AF_INET, SOCK_STREAM);
	struct pollfd look = { .events = POLLOUT };

	assert_ok(bind_v4(listener, 0));
	assert_ok(mio_socket_listen(listener, 1));

	for (*count = 0; *count < CROWD;) {
		look.fd = crowd[*count] = new_socket(AF_INET, SOCK_STREAM);
		assert_ok(connect_v4(look.fd, port_of(listener)));
		++*count;
		if (poll(&look, 1, 50) == 0)
			return listener;
	}
	ck_abort_msg("a backlog of 1 took them all");

	return MIO_INVALID_FD;
}

static void
close_all(mio_fd_t *fds, int count)
{
	int i;

	for (i = 0; i < count; i++)
		assert_ok(mio_fd_close(fds[i]));
}

START_TEST(create_makes_sockets_of_every_family)
{
	static const int kinds[][2] = {
		{ AF_INET, SOCK_STREAM },
		{ AF_INET, SOCK_DGRAM },
		{ AF_UNIX, SOCK_STREAM },
		{ AF_UNIX, SOCK_DGRAM },
		{ AF_INET6, SOCK_STREAM },
	};
	mio_fd_t fd = -7;
	size_t i;
	int r;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		r = mio_socket_create(&fd, kinds[i][0], kinds[i][1]);
		if (kinds[i][0] == AF_INET6 && r == -EAFNOSUPPORT)
			continue;
		assert_ok(r);
		assert_nonblock_cloexec(fd);
		assert_ok(mio_fd_close(fd));
	}
}
END_TEST

START_TEST(create_refuses_what_there_is_not)
{
	mio_fd_t fd = -7;

	assert_error(mio_socket_create(NULL, AF_INET, SOCK_STREAM), EINVAL);
	assert_error(mio_socket_create(&fd, 9999, SOCK_STREAM), EAFNOSUPPORT);
	assert_error(
	    mio_socket_create(&fd, AF_INET, SOCK_SEQPACKET), ESOCKTNOSUPPORT);
	assert_error(mio_socket_create(&fd, AF_INET, -1), EINVAL);
	assert_error(
	    mio_socket_create(&fd, AF_INET, SOCK_RAW), EPROTONOSUPPORT);
	ck_assert_int_eq(fd, -7);
}
END_TEST

START_TEST(create_reports_the_descriptor_limit)
{
	struct rlimit limit, none;
	mio_fd_t fd = -7;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_error(mio_socket_create(&fd, AF_INET, SOCK_STREAM), EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(fd, -7);
}
END_TEST

START_TEST(bind_gives_the_address_and_reports_why_not)
{
	mio_fd_t first = new_socket(AF_INET, SOCK_STREAM);
	mio_fd_t second = new_socket(AF_INET, SOCK_STREAM);
	struct sockaddr_in addr = loopback(0);
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	assert_error(mio_socket_bind(first, NULL, sizeof(addr)), EINVAL);
	assert_error(
	    mio_socket_bind(first, (struct sockaddr *)&addr, 0), EINVAL);
	assert_error(
	    mio_socket_bind(first, (struct sockaddr *)&addr, sizeof(addr) - 9),
	    EINVAL);
	assert_error(
	    mio_socket_bind(first, (struct sockaddr *)&addr, (socklen_t)-1),
	    EINVAL);
	assert_error(mio_socket_bind(first, (struct sockaddr *)&un, sizeof(un)),
	    EAFNOSUPPORT);

	assert_ok(bind_v4(first, 0));
	ck_assert_uint_ne(port_of(first), 0);
	assert_error(bind_v4(first, 0), EINVAL);
	assert_error(bind_v4(second, port_of(first)), EADDRINUSE);

	/* TEST-NET-1 of RFC 5737 is nobody's */
	addr.sin_addr.s_addr = htonl(0xc0000201);
	assert_error(
	    mio_socket_bind(second, (struct sockaddr *)&addr, sizeof(addr)),
	    EADDRNOTAVAIL);
	assert_ok(bind_v4(second, 0));

	assert_ok(mio_fd_close(first));
	assert_ok(mio_fd_close(second));
}
END_TEST

/* Root may have any port, so this is done as somebody else. */
START_TEST(bind_to_a_reserved_port_is_refused)
{
	mio_fd_t fd = new_socket(AF_INET, SOCK_STREAM);
	uid_t before = geteuid();
	int r;

	if (before == 0)
		ck_assert_int_eq(seteuid(65534), 0);
	r = bind_v4(fd, 1);
	ck_assert_int_eq(seteuid(before), 0);

	/* a container may have opened them all, or somebody may be there */
	if (r != 0 && r != -EADDRINUSE)
		assert_error(r, EACCES);
	assert_ok(mio_fd_close(fd));
}
END_TEST

START_TEST(listen_takes_any_backlog)
{
	static const int backlogs[] = { 0, -1, INT32_MIN, 1, INT32_MAX };
	mio_fd_t fd = new_socket(AF_INET, SOCK_STREAM);
	size_t i;

	assert_ok(bind_v4(fd, 0));
	for (i = 0; i < sizeof(backlogs) / sizeof(backlogs[0]); i++)
		assert_ok(mio_socket_listen(fd, backlogs[i]));

	assert_ok(mio_fd_close(fd));
}
END_TEST

/* With SO_REUSEADDR two may be bound, but only one may listen. */
START_TEST(listen_reports_why_not)
{
	mio_fd_t first = new_socket(AF_INET, SOCK_STREAM);
	mio_fd_t second = new_socket(AF_INET, SOCK_STREAM);
	mio_fd_t datagram = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(mio_socket_set_reuse_addr(first, true));
	assert_ok(mio_socket_set_reuse_addr(second, true));
	assert_ok(bind_v4(first, 0));
	assert_ok(bind_v4(second, port_of(first)));
	assert_ok(mio_socket_listen(first, 0));
	assert_error(mio_socket_listen(second, 0), EADDRINUSE);
	assert_error(mio_socket_listen(datagram, 0), EOPNOTSUPP);
	assert_error(connect_v4(first, port_of(first)), EISCONN);

	assert_ok(mio_fd_close(first));
	assert_ok(mio_fd_close(second));
	assert_ok(mio_fd_close(datagram));
}
END_TEST

START_TEST(connect_reports_what_is_wrong_at_once)
{
	mio_fd_t fd = new_socket(AF_INET, SOCK_STREAM);
	struct sockaddr_in addr = loopback(1);

	assert_error(mio_socket_connect(fd, NULL, sizeof(addr)), EINVAL);
	assert_error(
	    mio_socket_connect(fd, (struct sockaddr *)&addr, 0), EINVAL);
	assert_error(
	    mio_socket_connect(fd, (struct sockaddr *)&addr, (socklen_t)-1),
	    EINVAL);

	/* TCP goes to one host only */
	addr.sin_addr.s_addr = htonl(INADDR_BROADCAST);
	assert_error(
	    mio_socket_connect(fd, (struct sockaddr *)&addr, sizeof(addr)),
	    ENETUNREACH);

	assert_ok(mio_fd_close(fd));
}
END_TEST

START_TEST(connecting_twice_is_reported)
{
	mio_fd_t crowd[CROWD], client, server;
	int count;
	mio_fd_t listener = listen_with_full_backlog(crowd, &count);
	int r;

	assert_error(connect_v4(crowd[count - 1], port_of(listener)), EALREADY);

	/* Linux has not reported yet that the first call has succeeded */
	tcp_pair(&client, &server);
	r = connect_v4(client, port_of(listener));
	if (r == 0)
		r = connect_v4(client, port_of(listener));
	assert_error(r, EISCONN);

	close_all(crowd, count);
	assert_ok(mio_fd_close(listener));
	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(server));
}
END_TEST

/* mio before 0.8.3 took this EAGAIN for a connection in progress. */
START_TEST(connect_to_a_full_unix_listener_would_block)
{
	mio_fd_t listener = new_socket(AF_UNIX, SOCK_STREAM);
	struct mio_poll *poll = new_poll();
	struct sockaddr_storage addr;
	mio_fd_t fds[CROWD];
	socklen_t len;
	int count = 0;
	int r;

	bind_unix(listener, &addr, &len);
	fds[0] = new_socket(AF_UNIX, SOCK_STREAM);
	assert_error(mio_socket_connect(fds[0], (struct sockaddr *)&addr, len),
	    ECONNREFUSED);
	assert_ok(mio_fd_close(fds[0]));

	assert_ok(mio_socket_listen(listener, 1));
	do {
		ck_assert_int_lt(count, CROWD);
		fds[count] = new_socket(AF_UNIX, SOCK_STREAM);
		r = mio_socket_connect(
		    fds[count++], (struct sockaddr *)&addr, len);
	} while (r == 0);
	assert_error(r, EAGAIN);

	/* it is as it was: not connected, and to be tried again */
	assert_error(mio_socket_connect_finish(fds[count - 1]), ENOTCONN);
	assert_ok(mio_poll_register_fd(
	    poll, fds[count - 1], 5, MIO_READABLE | MIO_WRITABLE, MIO_ONESHOT));
	if (sees_unconnected())
		expect_ready(
		    poll, 5, MIO_READABLE | MIO_WRITABLE | MIO_HUP, 0);
	assert_ok(mio_tcp_accept(listener, &fds[count], NULL, NULL));
	assert_ok(
	    mio_socket_connect(fds[count - 1], (struct sockaddr *)&addr, len));
	assert_ok(mio_socket_connect_finish(fds[count - 1]));

	close_all(fds, count + 1);
	assert_ok(mio_fd_close(listener));
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(connect_finish_returns_0_as_often_as_asked)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t listener = listen_on_loopback();
	mio_fd_t fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(connect_v4(fd, port_of(listener)));
	assert_ok(mio_poll_register_fd(poll, fd, 9, MIO_WRITABLE, 0));
	expect_ready(poll, 9, MIO_WRITABLE, 0);
	assert_ok(mio_socket_connect_finish(fd));
	assert_ok(mio_socket_connect_finish(fd));

	assert_ok(mio_fd_close(fd));
	assert_ok(mio_fd_close(listener));
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(connect_finish_reports_a_failure_once)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t fd = new_socket(AF_INET, SOCK_STREAM);
	int r = connect_v4(fd, closed_port());

	/* a kernel may know at once */
	if (r == 0) {
		assert_ok(mio_poll_register_fd(
		    poll, fd, 9, MIO_READABLE | MIO_WRITABLE, 0));
		expect_ready(poll, 9,
		    MIO_READABLE | MIO_WRITABLE | MIO_READ_CLOSED |
			MIO_WRITE_CLOSED | MIO_ERROR,
		    0);
		r = mio_socket_connect_finish(fd);
	}
	assert_error(r, ECONNREFUSED);
	assert_error(mio_socket_connect_finish(fd), ENOTCONN);
	assert_error(mio_socket_connect_finish(fd), ENOTCONN);

	assert_ok(mio_fd_close(fd));
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(connect_finish_of_a_socket_that_never_connected)
{
	mio_fd_t fd = new_socket(AF_INET, SOCK_STREAM);

	assert_error(mio_socket_connect_finish(fd), ENOTCONN);
	assert_ok(bind_v4(fd, 0));
	assert_ok(mio_socket_listen(fd, 0));
	ck_assert_int_lt(mio_socket_connect_finish(fd), 0);
	assert_ok(mio_fd_close(fd));
}
END_TEST

/*
 * Where there is no room, the client tries again after a second. Until then it
 * is still connecting, and the edge is reported although it was checked before.
 */
START_TEST(connect_finish_says_not_yet_until_there_is_room)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t crowd[CROWD], fd, server;
	int count;
	mio_fd_t listener = listen_with_full_backlog(crowd, &count);

	fd = crowd[count - 1];
	assert_error(mio_socket_connect_finish(fd), EINPROGRESS);
	assert_ok(mio_poll_register_fd(poll, fd, 3, MIO_WRITABLE, MIO_EDGE));
	expect_nothing(poll);
	assert_error(mio_socket_connect_finish(fd), EINPROGRESS);
	assert_error(mio_socket_send(fd, "x", 1), EAGAIN);
	assert_error(mio_socket_recv(fd, &(char){ 0 }, 1), EAGAIN);

	while (mio_tcp_accept(listener, &server, NULL, NULL) == 0)
		assert_ok(mio_fd_close(server));
	expect_ready(poll, 3, MIO_WRITABLE, 0);
	assert_ok(mio_socket_connect_finish(fd));

	close_all(crowd, count);
	assert_ok(mio_fd_close(listener));
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(addresses_of_both_ends_agree)
{
	struct sockaddr_storage local, peer;
	socklen_t local_len = 1, peer_len = 2;
	mio_fd_t client, server;

	tcp_pair(&client, &server);
	fill_outputs(&local, sizeof(local));
	fill_outputs(&peer, sizeof(peer));
	assert_ok(mio_socket_local_addr(client, &local, &local_len));
	assert_ok(mio_socket_peer_addr(server, &peer, &peer_len));
	ck_assert_uint_eq(local_len, sizeof(struct sockaddr_in));
	ck_assert_uint_eq(peer_len, local_len);
	ck_assert_int_eq(local.ss_family, AF_INET);
	ck_assert_mem_eq(&local, &peer, local_len);

	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(server));
}
END_TEST

START_TEST(addresses_stay_untouched_on_failure)
{
	mio_fd_t fd = new_socket(AF_INET, SOCK_STREAM);
	struct sockaddr_storage addr;
	socklen_t len = 4321;

	fill_outputs(&addr, sizeof(addr));
	assert_error(mio_socket_local_addr(fd, NULL, &len), EINVAL);
	assert_error(mio_socket_local_addr(fd, &addr, NULL), EINVAL);
	assert_error(mio_socket_peer_addr(fd, NULL, &len), EINVAL);
	assert_error(mio_socket_peer_addr(fd, &addr, NULL), EINVAL);
	assert_error(mio_socket_peer_addr(fd, &addr, &len), ENOTCONN);
	assert_untouched(&addr, sizeof(addr));
	ck_assert_uint_eq(len, 4321);

	assert_ok(mio_socket_local_addr(fd, &addr, &len));
	ck_assert_int_eq(addr.ss_family, AF_INET);
	assert_ok(mio_fd_close(fd));
}
END_TEST

START_TEST(addresses_of_unix_sockets)
{
	mio_fd_t fd = new_socket(AF_UNIX, SOCK_STREAM);
	struct sockaddr_storage addr;
	socklen_t len = 0;

	assert_ok(mio_socket_local_addr(fd, &addr, &len));
	ck_assert_int_eq(addr.ss_family, AF_UNIX);
	ck_assert_uint_eq(len, offsetof(struct sockaddr_un, sun_path));
	bind_unix(fd, &addr, &len);
	ck_assert_uint_gt(len, offsetof(struct sockaddr_un, sun_path));
	assert_ok(mio_fd_close(fd));
}
END_TEST

static struct {
	struct sockaddr_storage addr;
	socklen_t len;
	int error;
	char bytes[8];
} out;

static struct iovec vector = { out.bytes, sizeof(out.bytes) };

#define CALL(name, call) \
	static int name(mio_fd_t fd) \
	{ \
		return (int)(call); \
	}

CALL(try_bind, bind_v4(fd, 0))
CALL(try_listen, mio_socket_listen(fd, 0))
CALL(try_connect, connect_v4(fd, 1))
CALL(try_connect_finish, mio_socket_connect_finish(fd))
CALL(try_recv, mio_socket_recv(fd, out.bytes, 1))
CALL(try_recvv, mio_socket_recvv(fd, &vector, 1))
CALL(try_recvv_nothing, mio_socket_recvv(fd, &vector, 0))
CALL(try_peek, mio_socket_peek(fd, out.bytes, 1))
CALL(try_send, mio_socket_send(fd, "x", 1))
CALL(try_sendv, mio_socket_sendv(fd, &vector, 1))
CALL(try_sendv_nothing, mio_socket_sendv(fd, &vector, 0))
CALL(try_shutdown, mio_socket_shutdown(fd, MIO_SHUT_BOTH))
CALL(try_local_addr, mio_socket_local_addr(fd, &out.addr, &out.len))
CALL(try_peer_addr, mio_socket_peer_addr(fd, &out.addr, &out.len))
CALL(try_take_error, mio_socket_take_error(fd, &out.error))

static int (*const calls[])(mio_fd_t fd) = {
	try_bind,
	try_listen,
	try_connect,
	try_connect_finish,
	try_recv,
	try_recvv,
	try_recvv_nothing,
	try_peek,
	try_send,
	try_sendv,
	try_sendv_nothing,
	try_shutdown,
	try_local_addr,
	try_peer_addr,
	try_take_error,
};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

START_TEST(calls_report_bad_descriptors_and_what_is_no_socket)
{
	int fds[2];
	size_t i;

	ck_assert_int_eq(pipe(fds), 0);
	fill_outputs(&out, sizeof(out));
	for (i = 0; i < CALLS; i++) {
		assert_error(calls[i](MIO_INVALID_FD), EBADF);
		assert_error(calls[i](INT32_MAX), EBADF);
		assert_error(calls[i](fds[0]), ENOTSOCK);
	}
	assert_ok(mio_fd_close(fds[0]));
	for (i = 0; i < CALLS; i++)
		assert_error(calls[i](fds[0]), EBADF);
	assert_untouched(&out, sizeof(out));
	assert_ok(mio_fd_close(fds[1]));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("socket");
	TCase *tcase = new_case(suite, "making");

	tcase_add_test(tcase, create_makes_sockets_of_every_family);
	tcase_add_test(tcase, create_refuses_what_there_is_not);
	tcase_add_test(tcase, create_reports_the_descriptor_limit);
	tcase_add_test(tcase, bind_gives_the_address_and_reports_why_not);
	tcase_add_test(tcase, bind_to_a_reserved_port_is_refused);
	tcase_add_test(tcase, listen_takes_any_backlog);
	tcase_add_test(tcase, listen_reports_why_not);

	tcase = new_case(suite, "connecting");
	tcase_add_test(tcase, connect_reports_what_is_wrong_at_once);
	tcase_add_test(tcase, connecting_twice_is_reported);
	tcase_add_test(tcase, connect_to_a_full_unix_listener_would_block);
	tcase_add_test(tcase, connect_finish_returns_0_as_often_as_asked);
	tcase_add_test(tcase, connect_finish_reports_a_failure_once);
	tcase_add_test(tcase, connect_finish_of_a_socket_that_never_connected);
	tcase_add_test(tcase, connect_finish_says_not_yet_until_there_is_room);

	tcase = new_case(suite, "addresses");
	tcase_add_test(tcase, addresses_of_both_ends_agree);
	tcase_add_test(tcase, addresses_stay_untouched_on_failure);
	tcase_add_test(tcase, addresses_of_unix_sockets);
	tcase_add_test(
	    tcase, calls_report_bad_descriptors_and_what_is_no_socket);

	return run_suite(suite);
}
