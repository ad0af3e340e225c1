/* SPDX-License-Identifier: MIT */

/* Accepting with made-up results of the system calls. */

#include "sys/compat.h"
#include "lib/fault_control.h"
#include "lib/harness.h"

#include <fcntl.h>
#include <poll.h>

#include <sys/un.h>

#ifdef HAVE_ACCEPT4
#define ACCEPT "accept4"
#else
#define ACCEPT "accept"
#endif

/* Of a connection that is no more by the time it is accepted. */
static const int losses[] = {
	ECONNABORTED,
	EHOSTDOWN,
	EHOSTUNREACH,
	ENETDOWN,
	ENETUNREACH,
	ENOPROTOOPT,
	EPROTO,
	ETIMEDOUT,
#ifdef ENONET
	ENONET,
#endif
};

#define LOSSES ((int)(sizeof(losses) / sizeof(losses[0])))

static mio_fd_t
connect_to(mio_fd_t listener)
{
	struct sockaddr_in addr = loopback(port_of(listener));
	mio_fd_t fd;

	assert_ok(
	    mio_tcp_connect(&fd, (struct sockaddr *)&addr, sizeof(addr)));
	wait_for(listener, POLLIN);

	return fd;
}

START_TEST(accept_passes_over_lost_connections)
{
	mio_fd_t listener = listen_on_loopback(), client, fd = -7;
	struct sockaddr_storage addr;
	socklen_t len;

	fault_arm(ACCEPT, 1, losses[_i]);
	assert_error(mio_tcp_accept(listener, &fd, NULL, NULL), EAGAIN);
	ck_assert(fault_disarm());
	ck_assert_int_eq(fd, -7);

	client = connect_to(listener);
	fault_arm(ACCEPT, 1, losses[_i]);
	assert_ok(mio_tcp_accept(listener, &fd, &addr, &len));
	ck_assert(fault_disarm());
	ck_assert_uint_eq(len, sizeof(struct sockaddr_in));
	close_pair(client, fd);
	assert_ok(mio_fd_close(listener));
}
END_TEST

/* An error that lasts is reported, and the program can wait, or give up. */
START_TEST(accept_reports_a_loss_that_lasts)
{
	mio_fd_t listener = listen_on_loopback(), client, fd = -7;

	client = connect_to(listener);
	fault_reset_counts();
	fault_arm_all(ACCEPT, losses[_i]);
	assert_error(
	    mio_tcp_accept(listener, &fd, NULL, NULL), losses[_i]);
	ck_assert(fault_disarm());
	ck_assert_uint_ge(fault_count(ACCEPT), 100);
	ck_assert_uint_le(fault_count(ACCEPT), 10000);
	ck_assert_int_eq(fd, -7);
	assert_ok(mio_tcp_accept(listener, &fd, NULL, NULL));
	close_pair(client, fd);
	assert_ok(mio_fd_close(listener));
}
END_TEST

/* Also of a Unix domain listener, and where a sandbox forbids to accept. */
START_TEST(accept_of_any_kind_reports_a_loss_and_a_sandbox)
{
	static const int errors[] = { ECONNABORTED, EPERM };
	mio_fd_t listener = listen_on_loopback(), local, fd = -7;
	struct sockaddr_un addr;
	char name[64];
	socklen_t len;
	int n;

	n = snprintf(name, sizeof(name), "/tmp/mio-accept-%ld", (long)getpid());
	ck_assert_int_lt(n, (int)sizeof(name));
	assert_ok(mio_unix_addr(&addr, &len, name));
	assert_ok(mio_unix_listen(&local, &addr, len, 0));
	fault_arm_all(NULL, errors[_i]);
	assert_error(mio_unix_accept(local, &fd, NULL, NULL), errors[_i]);
	assert_error(mio_tcp_accept(listener, &fd, NULL, NULL), errors[_i]);
	ck_assert(fault_disarm());
	ck_assert_int_eq(fd, -7);
	assert_error(mio_unix_accept(local, &fd, NULL, NULL), EAGAIN);
	assert_ok(mio_fd_close(local));
	assert_ok(mio_fd_close(listener));
	ck_assert_int_eq(unlink(name), 0);
}
END_TEST

static const int lasting[] = {
	EMFILE,
	ENFILE,
	ENOBUFS,
	ENOMEM,
	EOPNOTSUPP,
	EINVAL,
};

#define LASTING ((int)(sizeof(lasting) / sizeof(lasting[0])))

START_TEST(accept_reports_limits_and_what_will_last_at_once)
{
	mio_fd_t listener = listen_on_loopback(), client, fd = -7;

	client = connect_to(listener);
	fault_reset_counts();
	fault_arm(ACCEPT, 1, lasting[_i]);
	assert_error(
	    mio_tcp_accept(listener, &fd, NULL, NULL), lasting[_i]);
	ck_assert(fault_disarm());
	ck_assert_uint_eq(fault_count(ACCEPT), 1);
	ck_assert_int_eq(fd, -7);
	assert_ok(mio_tcp_accept(listener, &fd, NULL, NULL));
	close_pair(client, fd);
	assert_ok(mio_fd_close(listener));
}
END_TEST

/* As on macOS: nobody is at the other end, and the next one is accepted. */
START_TEST(accept_passes_over_connections_without_an_address)
{
	mio_fd_t listener = listen_on_loopback(), first, second, fd = -7;
	struct sockaddr_storage addr, own;
	socklen_t len, own_len;
	char byte;

	first = connect_to(listener);
	second = connect_to(listener);
	fault_accept_without_address(1);
	assert_ok(mio_tcp_accept(listener, &fd, &addr, &len));
	assert_ok(mio_socket_local_addr(second, &own, &own_len));
	ck_assert_uint_eq(len, own_len);
	ck_assert_mem_eq(&addr, &own, len);
	wait_for(first, POLLIN);
	ck_assert_int_eq(mio_socket_recv(first, &byte, 1), 0);
	close_pair(second, fd);
	assert_ok(mio_fd_close(first));

	fd = -7;
	first = connect_to(listener);
	fault_accept_without_address(1);
	assert_error(mio_tcp_accept(listener, &fd, NULL, NULL), EAGAIN);
	ck_assert_int_eq(fd, -7);
	assert_ok(mio_fd_close(first));
	assert_ok(mio_fd_close(listener));
}
END_TEST

/* It is what a Unix domain socket without a name has on some systems. */
START_TEST(accept_keeps_unix_connections_without_an_address)
{
	mio_fd_t listener, client, fd = -7;
	struct sockaddr_un addr;
	socklen_t len;

	assert_ok(mio_unix_addr(&addr, &len, "accept.sock"));
	(void)unlink("accept.sock");
	assert_ok(mio_unix_listen(&listener, &addr, len, 0));
	assert_ok(mio_unix_connect(&client, &addr, len));
	fault_accept_without_address(1);
	assert_ok(mio_unix_accept(listener, &fd, &addr, &len));
	ck_assert_uint_eq(len, offsetof(struct sockaddr_un, sun_path));
	ck_assert_int_eq(addr.sun_family, AF_UNIX);
	assert_ok(mio_socket_send(client, "x", 1) - 1);
	close_pair(client, fd);
	assert_ok(mio_fd_close(listener));
	(void)unlink("accept.sock");
}
END_TEST

/* A row of accepts asks once whether the listener blocks. */
START_TEST(accept_makes_one_call_for_a_connection)
{
	mio_fd_t listener = listen_on_loopback(), client, fd;
	int i;

	for (i = 0; i < 3; i++) {
		client = connect_to(listener);
		if (i == 1)
			fault_reset_counts();
		assert_ok(mio_tcp_accept(listener, &fd, NULL, NULL));
		close_pair(client, fd);
	}
	ck_assert_uint_eq(fault_count("accept4") + fault_count("accept"), 2);
	ck_assert_uint_eq(fault_count("poll"), 0);
	ck_assert_uint_eq(fault_count("getsockopt"), 0);
	/* and the client of the second round is made without flags */
	ck_assert_uint_eq(fault_count("fcntl"),
	    (fault_count("accept") > 0 ? 8 : 0) + (SOCK_CLOEXEC == 0 ? 4 : 0));
	assert_ok(mio_fd_close(listener));
}
END_TEST

/* On a blocking listener everything that can fail says so, or does no harm. */
START_TEST(accept_copes_with_a_blocking_listener_that_cannot_be_asked)
{
	mio_fd_t listener = listen_on_loopback(), client, fd = -7;
	int status = fcntl(listener, F_GETFL);

	ck_assert_int_eq(fcntl(listener, F_SETFL, status & ~O_NONBLOCK), 0);
	client = connect_to(listener);
	fault_arm("poll", 1, EINTR);
	assert_ok(mio_tcp_accept(listener, &fd, NULL, NULL));
	ck_assert(fault_disarm());
	close_pair(client, fd);

	fd = -7;
	fault_arm("poll", 1, ENOMEM);
	assert_error(mio_tcp_accept(listener, &fd, NULL, NULL), ENOMEM);
	ck_assert(fault_disarm());
	fault_arm("fcntl", 1, EBADF);
	assert_error(mio_tcp_accept(listener, &fd, NULL, NULL), EBADF);
	ck_assert(fault_disarm());
	ck_assert_int_eq(fd, -7);

	/* a sandbox does not let it be asked: it is taken for a usual one */
	client = connect_to(listener);
	fault_arm("fcntl", 1, EPERM);
	assert_ok(mio_tcp_accept(listener, &fd, NULL, NULL));
	ck_assert(fault_disarm());
	close_pair(client, fd);
	assert_ok(mio_fd_close(listener));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("accept");
	TCase *tcase = new_case(suite, "accept");

	tcase_add_loop_test(
	    tcase, accept_passes_over_lost_connections, 0, LOSSES);
	tcase_add_loop_test(tcase, accept_reports_a_loss_that_lasts, 0, LOSSES);
	tcase_add_loop_test(tcase,
	    accept_of_any_kind_reports_a_loss_and_a_sandbox, 0, 2);
	tcase_add_loop_test(tcase,
	    accept_reports_limits_and_what_will_last_at_once, 0, LASTING);
	tcase_add_test(
	    tcase, accept_passes_over_connections_without_an_address);
	tcase_add_test(
	    tcase, accept_keeps_unix_connections_without_an_address);
	tcase_add_test(tcase, accept_makes_one_call_for_a_connection);
	tcase_add_test(tcase,
	    accept_copes_with_a_blocking_listener_that_cannot_be_asked);

	return run_suite(suite);
}
