/* SPDX-License-Identifier: MIT */

/* The options of TCP, each read back from the system directly. */

#include "sys/compat.h"
#include "lib/harness.h"

#include <limits.h>

#define KEEPALIVE_MAX 32767 /* seconds, of Linux */
#define HAS_IDLE      (TCP_KEEPIDLE != -1)

/* Others have limits of their own, or none up to that of an int. */
#ifdef __linux__
#define FIRST_OVER 0
#else
#define FIRST_OVER 2
#endif

START_TEST(nodelay_goes_on_and_off)
{
	mio_fd_t client, server;
	bool on = true;

	tcp_pair(&client, &server);
	assert_ok(mio_tcp_get_nodelay(client, &on));
	ck_assert(!on);
	assert_ok(mio_tcp_set_nodelay(client, true));
	ck_assert_int_eq(option_of(client, IPPROTO_TCP, TCP_NODELAY), 1);
	assert_ok(mio_tcp_get_nodelay(client, &on));
	ck_assert(on);
	assert_ok(mio_tcp_set_nodelay(client, false));
	ck_assert_int_eq(option_of(client, IPPROTO_TCP, TCP_NODELAY), 0);
	assert_error(mio_tcp_get_nodelay(client, NULL), EINVAL);
	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(server));
}
END_TEST

/* What is asked, and the whole seconds that come of it. */
static const struct {
	int64_t ns;
	int seconds;
} roundings[] = {
	{ 1, 1 },
	{ SECONDS(1) - 1, 1 },
	{ SECONDS(1), 1 },
	{ SECONDS(1) + 1, 2 },
	{ SECONDS(3), 3 },
	{ SECONDS(KEEPALIVE_MAX) - 1, KEEPALIVE_MAX },
	{ SECONDS(KEEPALIVE_MAX), KEEPALIVE_MAX },
};

#define ROUNDINGS (sizeof(roundings) / sizeof(roundings[0]))

START_TEST(keepalive_rounds_up_to_seconds)
{
	mio_fd_t client, server;
	int64_t ns = 0;
	size_t i;

	tcp_pair(&client, &server);
	assert_ok(mio_tcp_get_keepalive(client, &ns));
	ck_assert_int_lt(ns, 0);

	for (i = 0; HAS_IDLE && i < ROUNDINGS; i++) {
		assert_ok(mio_tcp_set_keepalive(client, roundings[i].ns));
		ck_assert_int_eq(
		    option_of(client, SOL_SOCKET, SO_KEEPALIVE), 1);
		ck_assert_int_eq(option_of(client, IPPROTO_TCP, TCP_KEEPIDLE),
		    roundings[i].seconds * MIO__KEEPIDLE_PER_SEC);
		assert_ok(mio_tcp_get_keepalive(client, &ns));
		ck_assert_int_eq(ns, SECONDS(roundings[i].seconds));
		assert_ok(
		    mio_tcp_set_keepalive(client, i % 2 ? -1 : INT64_MIN));
		ck_assert_int_eq(
		    option_of(client, SOL_SOCKET, SO_KEEPALIVE), 0);
		assert_ok(mio_tcp_get_keepalive(client, &ns));
		ck_assert_int_lt(ns, 0);
	}

	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(server));
}
END_TEST

/* As on OpenBSD: probes can be switched off, and are seen to be off. */
START_TEST(keepalive_without_an_idle_time_is_not_supported)
{
	mio_fd_t client, server;
	int64_t ns = 4321;
	int on = 1;

	if (HAS_IDLE)
		return;
	tcp_pair(&client, &server);
	assert_error(mio_tcp_set_keepalive(client, SECONDS(5)), ENOTSUP);
	ck_assert_int_eq(option_of(client, SOL_SOCKET, SO_KEEPALIVE), 0);
	ck_assert_int_eq(setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &on,
	    sizeof(on)), 0);
	assert_error(mio_tcp_get_keepalive(client, &ns), ENOTSUP);
	ck_assert_int_eq(ns, 4321);
	assert_ok(mio_tcp_set_keepalive(client, -1));
	assert_ok(mio_tcp_get_keepalive(client, &ns));
	ck_assert_int_lt(ns, 0);
	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(server));
}
END_TEST

START_TEST(keepalive_refused_changes_nothing)
{
	static const int64_t over[] = {
		SECONDS(KEEPALIVE_MAX) + 1,
		SECONDS(KEEPALIVE_MAX + 1),
		SECONDS(INT64_C(1) << 32),
		INT64_MAX,
	};
	mio_fd_t client, server;
	size_t i;

	if (!HAS_IDLE)
		return;
	tcp_pair(&client, &server);
	assert_ok(mio_tcp_set_keepalive(client, SECONDS(77)));
	assert_ok(mio_tcp_set_keepalive(client, -1));
	for (i = FIRST_OVER; i < sizeof(over) / sizeof(over[0]); i++)
		assert_error(mio_tcp_set_keepalive(client, over[i]), ERANGE);
	assert_error(mio_tcp_set_keepalive(client, 0), EINVAL);
	assert_error(mio_tcp_get_keepalive(client, NULL), EINVAL);
	ck_assert_int_eq(option_of(client, SOL_SOCKET, SO_KEEPALIVE), 0);
	ck_assert_int_eq(option_of(client, IPPROTO_TCP, TCP_KEEPIDLE),
	    77 * MIO__KEEPIDLE_PER_SEC);

	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(server));
}
END_TEST

static struct linger
linger_of(mio_fd_t fd)
{
	struct linger linger = { -1, -1 };
	socklen_t len = sizeof(linger);

	ck_assert_int_eq(
	    getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &len), 0);

	return linger;
}

/* mio before 0.7.8 mistook macOS's unit: what was set is what is read. */
START_TEST(linger_rounds_up_to_seconds)
{
	mio_fd_t client, server;
	int64_t ns = 0;
	size_t i;

	tcp_pair(&client, &server);
	assert_ok(mio_tcp_get_linger(client, &ns));
	ck_assert_int_lt(ns, 0);

	for (i = 0; i < ROUNDINGS; i++) {
		assert_ok(mio_tcp_set_linger(client, roundings[i].ns));
		ck_assert_int_eq(linger_of(client).l_onoff, 1);
		ck_assert_int_eq(
		    linger_of(client).l_linger, roundings[i].seconds);
		assert_ok(mio_tcp_get_linger(client, &ns));
		ck_assert_int_eq(ns, SECONDS(roundings[i].seconds));
	}

	assert_error(mio_tcp_set_linger(client, SECONDS(INT_MAX) + 1), ERANGE);
	assert_error(mio_tcp_set_linger(client, INT64_MAX), ERANGE);
	assert_error(mio_tcp_get_linger(client, NULL), EINVAL);
	ck_assert_int_eq(linger_of(client).l_linger, KEEPALIVE_MAX);

	assert_ok(mio_tcp_set_linger(client, 0));
	ck_assert_int_eq(linger_of(client).l_onoff, 1);
	ck_assert_int_eq(linger_of(client).l_linger, 0);
	assert_ok(mio_tcp_get_linger(client, &ns));
	ck_assert_int_eq(ns, 0);
	assert_ok(mio_tcp_set_linger(client, -1));
	ck_assert_int_eq(linger_of(client).l_onoff, 0);
	assert_ok(mio_tcp_set_linger(client, INT64_MIN));
	assert_ok(mio_tcp_get_linger(client, &ns));
	ck_assert_int_lt(ns, 0);

	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(server));
}
END_TEST

static void
check_no_options(mio_fd_t fd, int error)
{
	struct {
		int64_t ns;
		unsigned char on;
	} out = { 4321, 0xa5 };

	assert_error(mio_tcp_set_nodelay(fd, true), error);
	assert_error(mio_tcp_get_nodelay(fd, (bool *)&out.on), error);
	assert_error(mio_tcp_set_keepalive(fd, SECONDS(1)), error);
	assert_error(mio_tcp_set_keepalive(fd, -1), error);
	assert_error(mio_tcp_get_keepalive(fd, &out.ns), error);
	assert_error(mio_tcp_set_linger(fd, 0), error);
	assert_error(mio_tcp_get_linger(fd, &out.ns), error);
	ck_assert_int_eq(out.ns, 4321);
	ck_assert_uint_eq(out.on, 0xa5);
}

START_TEST(options_report_bad_descriptors_and_what_is_no_socket)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	check_no_options(MIO_INVALID_FD, EBADF);
	check_no_options(fds[0], ENOTSOCK);
	assert_ok(mio_fd_close(fds[0]));
	check_no_options(fds[0], EBADF);
	assert_ok(mio_fd_close(fds[1]));
}
END_TEST

/* Systems differ in which of two errors they report. */
START_TEST(options_are_for_tcp)
{
	mio_fd_t fds[2];
	bool on;
	int r;

	assert_ok(mio_unix_pair(fds));
	r = mio_tcp_set_nodelay(fds[0], true);
	if (r != -ENOPROTOOPT && r != -EINVAL)
		assert_error(r, EOPNOTSUPP);
	assert_error(mio_tcp_get_nodelay(fds[0], &on), -r);
	close_pair(fds[0], fds[1]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tcp_option");
	TCase *tcase = new_case(suite, "options");

	tcase_add_test(tcase, nodelay_goes_on_and_off);
	tcase_add_test(tcase, options_are_for_tcp);
	tcase_add_test(tcase, keepalive_rounds_up_to_seconds);
	tcase_add_test(
	    tcase, keepalive_without_an_idle_time_is_not_supported);
	tcase_add_test(tcase, keepalive_refused_changes_nothing);
	tcase_add_test(tcase, linger_rounds_up_to_seconds);
	tcase_add_test(
	    tcase, options_report_bad_descriptors_and_what_is_no_socket);

	return run_suite(suite);
}
