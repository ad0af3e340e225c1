/* SPDX-License-Identifier: MIT */

/* Groups and their options, on the loopback interface. */

#include "config.h"
#include "lib/harness.h"

#include <limits.h>
#include <poll.h>

#include <net/if.h>

/* Of the block for documentation, RFC 6676. */
static struct in_addr
group_v4(void)
{
	struct in_addr addr;

	ck_assert_int_eq(inet_pton(AF_INET, "233.252.0.1", &addr), 1);

	return addr;
}

/* For this machine alone. */
static struct in6_addr
group_v6(void)
{
	struct in6_addr addr;

	ck_assert_int_eq(inet_pton(AF_INET6, "ff01::114", &addr), 1);

	return addr;
}

static struct in_addr
loopback_interface(void)
{
	return loopback(0).sin_addr;
}

START_TEST(loop_v4_goes_off_and_on)
{
	mio_fd_t fd = udp_on_loopback(NULL);
	bool on = false;

	assert_ok(mio_udp_get_multicast_loop_v4(fd, &on));
	ck_assert(on);
	assert_ok(mio_udp_set_multicast_loop_v4(fd, false));
	ck_assert_int_eq(option_of(fd, IPPROTO_IP, IP_MULTICAST_LOOP), 0);
	assert_ok(mio_udp_get_multicast_loop_v4(fd, &on));
	ck_assert(!on);
	assert_ok(mio_udp_set_multicast_loop_v4(fd, true));
	ck_assert_int_eq(option_of(fd, IPPROTO_IP, IP_MULTICAST_LOOP), 1);

	assert_error(mio_udp_get_multicast_loop_v4(fd, NULL), EINVAL);
	assert_error(mio_udp_set_multicast_loop_v4(-1, true), EBADF);
	assert_error(mio_udp_get_multicast_loop_v4(-1, &on), EBADF);
	assert_ok(mio_fd_close(fd));
}
END_TEST

START_TEST(loop_v6_goes_off_and_on)
{
	struct sockaddr_in6 addr = loopback6(0);
	mio_fd_t fd, four = udp_on_loopback(NULL);
	bool on = false;

	assert_error(mio_udp_set_multicast_loop_v6(four, true), ENOPROTOOPT);
	assert_error(mio_udp_get_multicast_loop_v6(four, &on), ENOPROTOOPT);
	assert_error(mio_udp_get_multicast_loop_v6(four, NULL), EINVAL);
	assert_error(mio_udp_set_multicast_loop_v6(-1, true), EBADF);
	assert_ok(mio_fd_close(four));
	if (!has_ipv6())
		return;

	assert_ok(
	    mio_udp_bind(&fd, (struct sockaddr *)&addr, sizeof(addr), 0));
	assert_ok(mio_udp_get_multicast_loop_v6(fd, &on));
	ck_assert(on);
	assert_ok(mio_udp_set_multicast_loop_v6(fd, false));
	ck_assert_int_eq(option_of(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP), 0);
	assert_ok(mio_udp_get_multicast_loop_v6(fd, &on));
	ck_assert(!on);
	assert_ok(mio_udp_set_multicast_loop_v6(fd, true));
	ck_assert_int_eq(option_of(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP), 1);
	assert_ok(mio_fd_close(fd));
}
END_TEST

/* Into a byte; for 255 qemu of big-endian machines fills four. */
static bool
fills_a_byte(mio_fd_t fd, unsigned ttl)
{
	unsigned char bytes[4] = { 0 };
	socklen_t len = 1;

	return getsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, bytes, &len) == 0 &&
	    bytes[0] == ttl;
}

START_TEST(ttl_v4_has_its_range)
{
	static const unsigned good[] = { 1, 2, 128, 255 };
	static const unsigned bad[] = { 0, 256, 257, INT_MAX, UINT_MAX };
	mio_fd_t fd = udp_on_loopback(NULL);
	unsigned ttl = 0;
	size_t i;

	assert_ok(mio_udp_get_multicast_ttl_v4(fd, &ttl));
	ck_assert_uint_eq(ttl, 1);
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_ok(mio_udp_set_multicast_ttl_v4(fd, good[i]));
		ck_assert_int_eq(option_of(fd, IPPROTO_IP, IP_MULTICAST_TTL),
		    (int)good[i]);
		if (!fills_a_byte(fd, good[i]))
			continue;
		assert_ok(mio_udp_get_multicast_ttl_v4(fd, &ttl));
		ck_assert_uint_eq(ttl, good[i]);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_error(mio_udp_set_multicast_ttl_v4(fd, bad[i]), ERANGE);
	ck_assert_int_eq(option_of(fd, IPPROTO_IP, IP_MULTICAST_TTL), 255);

	assert_error(mio_udp_get_multicast_ttl_v4(fd, NULL), EINVAL);
	assert_error(mio_udp_set_multicast_ttl_v4(-1, 1), EBADF);
	assert_error(mio_udp_get_multicast_ttl_v4(-1, &ttl), EBADF);
	assert_ok(mio_fd_close(fd));
}
END_TEST

/* A socket for everything that comes to its port. */
static mio_fd_t
bind_to_any(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	mio_fd_t fd = MIO_INVALID_FD;

	assert_ok(mio_udp_bind(&fd, (struct sockaddr *)&any, sizeof(any), 0));

	return fd;
}

/* False where there is no such option, as under qemu. */
static bool
send_from(mio_fd_t fd, struct in_addr where)
{
	int r = setsockopt(
	    fd, IPPROTO_IP, IP_MULTICAST_IF, &where, sizeof(where));

	ck_assert(r == 0 || errno == ENOPROTOOPT);

	return r == 0;
}

START_TEST(members_get_what_is_sent_to_the_group)
{
	struct in_addr where = loopback_interface(), to = group_v4();
	mio_fd_t member = bind_to_any(), sender = udp_on_loopback(NULL);
	struct sockaddr_in addr = loopback(port_of(member));
	char byte = '.';

	addr.sin_addr = to;
	if (!send_from(sender, where)) {
		close_pair(member, sender);
		return;
	}
	assert_ok(mio_udp_join_multicast_v4(member, &to, &where));
	ck_assert_int_eq(mio_udp_send_to(sender, "x", 1,
	    (struct sockaddr *)&addr, sizeof(addr)), 1);
	wait_for(member, POLLIN);
	ck_assert_int_eq(
	    mio_udp_recv_from(member, &byte, 1, NULL, NULL), 1);
	ck_assert_int_eq(byte, 'x');

	assert_ok(mio_udp_leave_multicast_v4(member, &to, &where));
	assert_error(
	    mio_udp_leave_multicast_v4(member, &to, &where), EADDRNOTAVAIL);
	close_pair(member, sender);
}
END_TEST

START_TEST(membership_v4_has_its_errors)
{
	struct in_addr where = loopback_interface(), to = group_v4();
	struct in_addr nobody = { .s_addr = htonl(0xc0000201) };
	mio_fd_t fd = bind_to_any(), stream = listen_on_loopback();
	int fds[2];

	make_pipe(fds);
	assert_error(mio_udp_join_multicast_v4(fds[0], &to, &where), ENOTSOCK);
	assert_error(mio_udp_set_broadcast(fds[0], true), ENOTSOCK);
	close_pipe(fds);
	assert_error(mio_udp_join_multicast_v4(fd, NULL, &where), EINVAL);
	assert_error(mio_udp_join_multicast_v4(fd, &to, NULL), EINVAL);
	assert_error(mio_udp_leave_multicast_v4(fd, NULL, &where), EINVAL);
	assert_error(mio_udp_leave_multicast_v4(fd, &to, NULL), EINVAL);
	assert_error(mio_udp_join_multicast_v4(fd, &where, &where), EINVAL);
	assert_error(mio_udp_join_multicast_v4(fd, &to, &nobody), ENODEV);
	assert_error(mio_udp_join_multicast_v4(-1, &to, &where), EBADF);
	assert_error(mio_udp_leave_multicast_v4(-1, &to, &where), EBADF);
	assert_error(
	    mio_udp_leave_multicast_v4(fd, &to, &nobody), EADDRNOTAVAIL);
	assert_error(mio_udp_join_multicast_v4(stream, &to, &where), EPROTO);
	assert_error(mio_udp_leave_multicast_v4(stream, &to, &where), EPROTO);
	assert_error(mio_udp_set_multicast_ttl_v4(stream, 1), EINVAL);
	assert_ok(mio_fd_close(stream));

	assert_ok(mio_udp_join_multicast_v4(fd, &to, &where));
	assert_error(mio_udp_join_multicast_v4(fd, &to, &where), EADDRINUSE);
	assert_ok(mio_fd_close(fd));
}
END_TEST

START_TEST(membership_v6_begins_and_ends)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	struct in6_addr to = group_v6(), alone = loopback6(0).sin6_addr;
	unsigned lo = if_nametoindex("lo");
	mio_fd_t fd, four = udp_on_loopback(NULL);

	assert_error(mio_udp_join_multicast_v6(four, NULL, lo), EINVAL);
	assert_error(mio_udp_join_multicast_v6(four, &to, lo), ENOPROTOOPT);
	assert_error(mio_udp_leave_multicast_v6(four, &to, lo), ENOPROTOOPT);
	assert_error(mio_udp_join_multicast_v6(-1, &to, lo), EBADF);
	assert_ok(mio_fd_close(four));
	if (!has_ipv6())
		return;

	assert_ok(mio_udp_bind(&fd, (struct sockaddr *)&any, sizeof(any), 0));
	assert_error(mio_udp_leave_multicast_v6(fd, NULL, lo), EINVAL);
	assert_error(mio_udp_join_multicast_v6(fd, &alone, lo), EINVAL);
	assert_error(mio_udp_leave_multicast_v6(fd, &alone, lo), EINVAL);
	assert_error(mio_udp_join_multicast_v6(fd, &to, UINT_MAX), ENODEV);
	assert_ok(mio_udp_join_multicast_v6(fd, &to, lo));
	assert_error(mio_udp_join_multicast_v6(fd, &to, lo), EADDRINUSE);
	assert_ok(mio_udp_leave_multicast_v6(fd, &to, lo));
	assert_error(mio_udp_leave_multicast_v6(fd, &to, lo), EADDRNOTAVAIL);
	assert_ok(mio_fd_close(fd));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("udp_multicast");
	TCase *tcase = new_case(suite, "options");

	tcase_add_test(tcase, loop_v4_goes_off_and_on);
	tcase_add_test(tcase, loop_v6_goes_off_and_on);
	tcase_add_test(tcase, ttl_v4_has_its_range);

	tcase = new_case(suite, "groups");
	tcase_add_test(tcase, members_get_what_is_sent_to_the_group);
	tcase_add_test(tcase, membership_v4_has_its_errors);
	tcase_add_test(tcase, membership_v6_begins_and_ends);

	return run_suite(suite);
}
