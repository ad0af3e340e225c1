/* SPDX-License-Identifier: MIT */

/* The options of all sockets, each read back from the system directly. */

#include "config.h"
#include "lib/harness.h"

#include <limits.h>
#include <poll.h>

static mio_fd_t
new_socket(int family, int type)
{
	mio_fd_t fd = MIO_INVALID_FD;

	assert_ok(mio_socket_create(&fd, family, type));

	return fd;
}

/* An IPv6 socket, or MIO_INVALID_FD where the system has none. */
static mio_fd_t
new_socket6(void)
{
	mio_fd_t fd = MIO_INVALID_FD;
	int r = mio_socket_create(&fd, AF_INET6, SOCK_STREAM);

	if (r != -EAFNOSUPPORT)
		assert_ok(r);

	return fd;
}

static void
check_ttl(mio_fd_t fd, int level, int name)
{
	static const unsigned ttls[] = { 1, 64, 255 };
	unsigned ttl;
	size_t i;

	for (i = 0; i < sizeof(ttls) / sizeof(ttls[0]); i++) {
		assert_ok(mio_socket_set_ttl(fd, ttls[i]));
		ck_assert_int_eq(option_of(fd, level, name), (int)ttls[i]);
		assert_ok(mio_socket_get_ttl(fd, &ttl));
		ck_assert_uint_eq(ttl, ttls[i]);
	}

	assert_error(mio_socket_set_ttl(fd, 0), ERANGE);
	assert_error(mio_socket_set_ttl(fd, 256), ERANGE);
	assert_error(mio_socket_set_ttl(fd, UINT_MAX), ERANGE);
	ck_assert_int_eq(option_of(fd, level, name), 255);
}

START_TEST(ttl_is_the_time_to_live_of_ipv4)
{
	mio_fd_t fd = new_socket(AF_INET, SOCK_STREAM);

	check_ttl(fd, IPPROTO_IP, IP_TTL);
	assert_ok(mio_fd_close(fd));
	fd = new_socket(AF_INET, SOCK_DGRAM);
	check_ttl(fd, IPPROTO_IP, IP_TTL);
	assert_ok(mio_fd_close(fd));
}
END_TEST

START_TEST(ttl_is_the_hop_limit_of_ipv6)
{
	mio_fd_t fd = new_socket6();

	if (fd == MIO_INVALID_FD)
		return;

	check_ttl(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS);
	assert_ok(mio_fd_close(fd));
}
END_TEST

/* The time to live that a datagram sent to fd arrived with. */
static int
arrived_with(mio_fd_t fd)
{
	_Alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(int))];
	char byte;
	/* qemu receives nothing else for an empty array */
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = bytes,
		.msg_controllen = sizeof(bytes),
	};
	int ttl = -1;

	wait_for(fd, POLLIN);
	ck_assert_int_eq((int)recvmsg(fd, &msg, 0), 0);
	if (msg.msg_controllen > 0)
		memcpy(&ttl, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(ttl));

	return ttl;
}

/* It reached the IPv6 peers of a socket that has both kinds, and no others. */
START_TEST(ttl_is_of_both_kinds_of_peers_on_an_ipv6_socket)
{
	struct sockaddr_in6 addr = { .sin6_family = AF_INET6 };
	static const unsigned char mapped[16] = { [10] = 255, 255, 127,
		[15] = 1 };
	mio_fd_t four = udp_on_loopback(NULL);
	mio_fd_t fd;

	if (has_ipv6()) {
		fd = new_socket(AF_INET6, SOCK_DGRAM);
		assert_ok(mio_socket_set_only_v6(fd, false));
		assert_ok(mio_socket_set_ttl(fd, 7));
		ck_assert_int_eq(
		    option_of(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 7);

		ck_assert_int_eq(setsockopt(four, IPPROTO_IP, IP_RECVTTL,
				     &(int){ 1 }, sizeof(int)),
		    0);
		memcpy(&addr.sin6_addr, mapped, sizeof(mapped));
		addr.sin6_port = htons((uint16_t)port_of(four));
		assert_ok(mio_udp_send_to(
		    fd, NULL, 0, (struct sockaddr *)&addr, sizeof(addr)));
		ck_assert_int_eq(arrived_with(four), 7);
		assert_ok(mio_fd_close(fd));
	}
	assert_ok(mio_fd_close(four));
}
END_TEST

START_TEST(ttl_is_nothing_of_other_families)
{
	mio_fd_t fd = new_socket(AF_UNIX, SOCK_STREAM);
	unsigned ttl = 4321;

	assert_error(mio_socket_set_ttl(fd, 64), ENOPROTOOPT);
	assert_error(mio_socket_get_ttl(fd, &ttl), ENOPROTOOPT);
	ck_assert_uint_eq(ttl, 4321);
	assert_ok(mio_fd_close(fd));
}
END_TEST

START_TEST(only_v6_is_set_before_bind)
{
	struct sockaddr_in6 addr = loopback6(0);
	mio_fd_t fd = new_socket6();
	bool on = true;
	int r;

	if (fd == MIO_INVALID_FD)
		return;

	assert_ok(mio_socket_set_only_v6(fd, false));
	ck_assert_int_eq(option_of(fd, IPPROTO_IPV6, IPV6_V6ONLY), 0);
	assert_ok(mio_socket_get_only_v6(fd, &on));
	ck_assert(!on);
	assert_ok(mio_socket_set_only_v6(fd, true));
	ck_assert_int_eq(option_of(fd, IPPROTO_IPV6, IPV6_V6ONLY), 1);
	assert_ok(mio_socket_get_only_v6(fd, &on));
	ck_assert(on);

	r = mio_socket_bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	if (r == 0)
		assert_error(mio_socket_set_only_v6(fd, false), EINVAL);
	else
		assert_error(r, EADDRNOTAVAIL);
	assert_ok(mio_fd_close(fd));
}
END_TEST

START_TEST(only_v6_is_nothing_of_other_families)
{
	static const int families[] = { AF_INET, AF_UNIX };
	unsigned char on;
	mio_fd_t fd;
	size_t i;

	memset(&on, 0xa5, sizeof(on));
	for (i = 0; i < 2; i++) {
		fd = new_socket(families[i], SOCK_STREAM);
		assert_error(mio_socket_set_only_v6(fd, true), ENOPROTOOPT);
		assert_error(mio_socket_set_only_v6(fd, false), ENOPROTOOPT);
		assert_error(
		    mio_socket_get_only_v6(fd, (bool *)&on), ENOPROTOOPT);
		assert_ok(mio_fd_close(fd));
	}
	ck_assert_uint_eq(on, 0xa5);
}
END_TEST

START_TEST(reuse_options_go_on_and_off)
{
	mio_fd_t fd = new_socket(AF_INET, SOCK_STREAM);
	bool on = true;
	int i;

	assert_ok(mio_socket_get_reuse_addr(fd, &on));
	ck_assert(!on);
	on = true;
	assert_ok(mio_socket_get_reuse_port(fd, &on));
	ck_assert(!on);

	for (i = 1; i >= 0; i--) {
		assert_ok(mio_socket_set_reuse_addr(fd, i != 0));
		ck_assert_int_eq(option_of(fd, SOL_SOCKET, SO_REUSEADDR), i);
		assert_ok(mio_socket_get_reuse_addr(fd, &on));
		ck_assert_int_eq(on, i);
		ck_assert_int_eq(option_of(fd, SOL_SOCKET, SO_REUSEPORT), 0);

		assert_ok(mio_socket_set_reuse_port(fd, i != 0));
		ck_assert_int_eq(option_of(fd, SOL_SOCKET, SO_REUSEPORT), i);
		assert_ok(mio_socket_get_reuse_port(fd, &on));
		ck_assert_int_eq(on, i);
		assert_ok(mio_socket_set_reuse_port(fd, false));
	}

	assert_ok(mio_fd_close(fd));
}
END_TEST

/* Kernels before 6.9 let a Unix domain socket have it, for nothing. */
START_TEST(reuse_port_is_not_for_every_family)
{
	mio_fd_t fd = new_socket(AF_UNIX, SOCK_STREAM);
	int r = mio_socket_set_reuse_port(fd, true);

	if (r != 0 && r != -ENOPROTOOPT)
		assert_error(r, EOPNOTSUPP);
	assert_ok(mio_fd_close(fd));
}
END_TEST

typedef int set_size_call(mio_fd_t fd, size_t size);
typedef int get_size_call(mio_fd_t fd, size_t *size);

static void
check_size(set_size_call *set, get_size_call *get, int name)
{
	mio_fd_t fd = new_socket(AF_INET, SOCK_STREAM);
	size_t size = 0;
	int before;

	assert_ok(get(fd, &size));
	ck_assert_int_eq((int)size, option_of(fd, SOL_SOCKET, name));

	assert_ok(set(fd, 65536));
	before = option_of(fd, SOL_SOCKET, name);
#ifdef __linux__
	ck_assert_int_eq(before, 2 * 65536);
#endif
	assert_ok(get(fd, &size));
	ck_assert_uint_eq(size, (size_t)before);

	assert_error(set(fd, (size_t)INT_MAX + 1), ERANGE);
	assert_error(set(fd, SIZE_MAX), ERANGE);
	/* would wrap to 1 in 32 bits */
	if (SIZE_MAX > UINT32_MAX)
		assert_error(set(fd, (size_t)UINT32_MAX + 2), ERANGE);
	ck_assert_int_eq(option_of(fd, SOL_SOCKET, name), before);

	/* the system has a largest and a smallest */
	assert_ok(set(fd, INT_MAX));
	ck_assert_int_ge(option_of(fd, SOL_SOCKET, name), before);
	assert_ok(set(fd, 0));
	ck_assert_int_le(option_of(fd, SOL_SOCKET, name), before);

	assert_ok(mio_fd_close(fd));
}

START_TEST(buffer_sizes_are_set_and_reported)
{
	check_size(mio_socket_set_recv_buffer_size,
	    mio_socket_get_recv_buffer_size, SO_RCVBUF);
	check_size(mio_socket_set_send_buffer_size,
	    mio_socket_get_send_buffer_size, SO_SNDBUF);
}
END_TEST

START_TEST(take_error_takes_it)
{
	struct sockaddr_in addr = loopback(closed_port());
	mio_fd_t fd = new_socket(AF_INET, SOCK_STREAM);
	int error = -7;
	int r;

	assert_error(mio_socket_take_error(fd, NULL), EINVAL);
	assert_ok(mio_socket_take_error(fd, &error));
	ck_assert_int_eq(error, 0);

	r = mio_socket_connect(fd, (struct sockaddr *)&addr, sizeof(addr));
	if (r == 0) {
		wait_for(fd, POLLOUT);
		assert_ok(mio_socket_take_error(fd, &error));
		ck_assert_int_eq(error, -ECONNREFUSED);
		assert_ok(mio_socket_take_error(fd, &error));
		ck_assert_int_eq(error, 0);
	} else {
		assert_error(r, ECONNREFUSED);
	}

	assert_ok(mio_fd_close(fd));
}
END_TEST

static struct {
	unsigned ttl;
	bool on;
	size_t size;
} out;

#define CALL(name, call) \
	static int name(mio_fd_t fd) \
	{ \
		return call; \
	}

CALL(set_ttl, mio_socket_set_ttl(fd, 5))
CALL(get_ttl, mio_socket_get_ttl(fd, &out.ttl))
CALL(set_only_v6, mio_socket_set_only_v6(fd, true))
CALL(get_only_v6, mio_socket_get_only_v6(fd, &out.on))
CALL(set_reuse_addr, mio_socket_set_reuse_addr(fd, true))
CALL(get_reuse_addr, mio_socket_get_reuse_addr(fd, &out.on))
CALL(set_reuse_port, mio_socket_set_reuse_port(fd, true))
CALL(get_reuse_port, mio_socket_get_reuse_port(fd, &out.on))
CALL(set_recv_buffer, mio_socket_set_recv_buffer_size(fd, 65536))
CALL(get_recv_buffer, mio_socket_get_recv_buffer_size(fd, &out.size))
CALL(set_send_buffer, mio_socket_set_send_buffer_size(fd, 65536))
CALL(get_send_buffer, mio_socket_get_send_buffer_size(fd, &out.size))

static int (*const calls[])(mio_fd_t fd) = {
	set_ttl,
	get_ttl,
	set_only_v6,
	get_only_v6,
	set_reuse_addr,
	get_reuse_addr,
	set_reuse_port,
	get_reuse_port,
	set_recv_buffer,
	get_recv_buffer,
	set_send_buffer,
	get_send_buffer,
};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

START_TEST(options_report_bad_descriptors_and_what_is_no_socket)
{
	const unsigned char *bytes = (const unsigned char *)&out;
	int fds[2];
	size_t i;

	memset(&out, 0xa5, sizeof(out));
	ck_assert_int_eq(pipe(fds), 0);
	for (i = 0; i < CALLS; i++) {
		assert_error(calls[i](MIO_INVALID_FD), EBADF);
		assert_error(calls[i](INT_MAX), EBADF);
		assert_error(calls[i](fds[0]), ENOTSOCK);
	}
	assert_ok(mio_fd_close(fds[0]));
	for (i = 0; i < CALLS; i++)
		assert_error(calls[i](fds[0]), EBADF);
	for (i = 0; i < sizeof(out); i++)
		ck_assert_uint_eq(bytes[i], 0xa5);
	assert_ok(mio_fd_close(fds[1]));
}
END_TEST

START_TEST(options_need_a_place_for_the_value)
{
	mio_fd_t fd = new_socket(AF_INET, SOCK_STREAM);

	assert_error(mio_socket_get_ttl(fd, NULL), EINVAL);
	assert_error(mio_socket_get_only_v6(fd, NULL), EINVAL);
	assert_error(mio_socket_get_reuse_addr(fd, NULL), EINVAL);
	assert_error(mio_socket_get_reuse_port(fd, NULL), EINVAL);
	assert_error(mio_socket_get_recv_buffer_size(fd, NULL), EINVAL);
	assert_error(mio_socket_get_send_buffer_size(fd, NULL), EINVAL);
	assert_ok(mio_fd_close(fd));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("socket_option");
	TCase *tcase = new_case(suite, "options");

	tcase_add_test(tcase, ttl_is_the_time_to_live_of_ipv4);
	tcase_add_test(tcase, ttl_is_the_hop_limit_of_ipv6);
	tcase_add_test(
	    tcase, ttl_is_of_both_kinds_of_peers_on_an_ipv6_socket);
	tcase_add_test(tcase, ttl_is_nothing_of_other_families);
	tcase_add_test(tcase, only_v6_is_set_before_bind);
	tcase_add_test(tcase, only_v6_is_nothing_of_other_families);
	tcase_add_test(tcase, reuse_options_go_on_and_off);
	tcase_add_test(tcase, reuse_port_is_not_for_every_family);
	tcase_add_test(tcase, buffer_sizes_are_set_and_reported);
	tcase_add_test(tcase, take_error_takes_it);
	tcase_add_test(
	    tcase, options_report_bad_descriptors_and_what_is_no_socket);
	tcase_add_test(tcase, options_need_a_place_for_the_value);

	return run_suite(suite);
}
