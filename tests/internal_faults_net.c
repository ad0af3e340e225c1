/* SPDX-License-Identifier: MIT */

/* UDP, Unix domain sockets and pipes with system calls failing in turn. */

#include "sys/compat.h"
#include "lib/fault_control.h"
#include "lib/fault_walk.h"
#include "lib/harness.h"

#include <fcntl.h>
#include <poll.h>

#include <net/if.h>
#include <sys/stat.h>

/* What a call finds; fd and peer are connected where there are two. */
static struct {
	mio_fd_t fd, peer;
	struct sockaddr_in addr, any; /* of fd, and for a new one */
	struct sockaddr_in6 any6;
	struct sockaddr_un name, path;
	socklen_t name_len, path_len;
	struct in_addr group, interface;
	struct in6_addr group6;
	char scoped[64]; /* an address with an interface's name */
} world;

/* What a call returns. */
static struct {
	mio_fd_t fd, fds[2];
	struct sockaddr_storage addr;
	struct sockaddr_un name;
	struct mio_credentials credentials;
	socklen_t len;
	char bytes[4];
	bool on;
	unsigned number;
} out;

/* Both ways, so these are not outputs alone. */
static char bytes[4];
static struct mio_datagram datagram;
static size_t room;
static struct iovec vector = { bytes, 1 };

/* What a scenario needs in its world. */
#define UDP	0x01u /* fd */
#define UDP6	0x02u /* fd; nothing is done where there is no IPv6 */
#define UDP_TO	0x04u /* fd and peer, with a byte for fd */
#define STREAMS 0x08u /* fd and peer, with a byte and a descriptor for fd */
#define LISTEN	0x10u /* fd, with peer waiting to be accepted */
#define NAMED	0x20u /* fd, a Unix datagram socket, with a byte for it */
#define PIPE	0x40u /* fd reads what peer writes, with a byte there */
#define OFFLOAD 0x80u /* segments; nothing is done where there are none */

#define ADDRESS(a) (struct sockaddr *)&world.a, sizeof(world.a)
#define NAME &world.name, world.name_len
#define PATH &world.path, world.path_len

static void
set_names(void)
{
	char interface[IF_NAMESIZE];
	char name[64];
	int n = snprintf(
	    name, sizeof(name), "/tmp/mio-faults-%ld", (long)getpid());

	assert_ok(mio_unix_abstract_addr(
	    &world.name, &world.name_len, name, (size_t)n));
	assert_ok(mio_unix_addr(&world.path, &world.path_len, name));
	ck_assert_ptr_nonnull(if_indextoname(1, interface));
	snprintf(world.scoped, sizeof(world.scoped), "fe80::1%%%s", interface);
	world.group.s_addr = htonl(0xe9fc0001); /* 233.252.0.1, RFC 6676 */
	world.interface = loopback(0).sin_addr;
	ck_assert_int_eq(
	    inet_pton(AF_INET6, "ff01::114", &world.group6), 1);
}

static void
open_streams(void)
{
	mio_fd_t fds[2];

	assert_ok(mio_unix_pair(fds));
	world.fd = fds[0];
	world.peer = fds[1];
	ck_assert_int_eq(
	    mio_unix_send_fds(world.peer, "x", 1, &world.fd, 1), 1);
}

static void
open_pipe(void)
{
	mio_fd_t fds[2];

	assert_ok(mio_pipe_create(fds));
	world.fd = fds[0];
	world.peer = fds[1];
	ck_assert_int_eq(mio_pipe_write(world.peer, "x", 1), 1);
}

static void
open_udp(unsigned needs)
{
	if (needs & UDP_TO) {
		udp_pair(&world.peer, &world.fd);
		ck_assert_int_eq(mio_socket_send(world.peer, "x", 1), 1);
		wait_for(world.fd, POLLIN);
	} else if (needs & UDP6) {
		assert_ok(mio_udp_bind(&world.fd, ADDRESS(any6), 0));
	} else {
		world.fd = udp_on_loopback(NULL);
	}
	if (!(needs & UDP6))
		world.addr = loopback(port_of(world.fd));
}

static void
build(const struct fault_scenario *s)
{
	memset(&world, 0, sizeof(world));
	world.fd = world.peer = MIO_INVALID_FD;
	world.any = loopback(0);
	world.any6 = loopback6(0);
	set_names();
	datagram = (struct mio_datagram){ .data = bytes, .len = 1 };
	room = 1;

	if (s->needs & (UDP | UDP6 | UDP_TO))
		open_udp(s->needs);
	if (s->needs & STREAMS)
		open_streams();
	if (s->needs & LISTEN) {
		assert_ok(mio_unix_listen(&world.fd, NAME, 0));
		assert_ok(mio_unix_connect(&world.peer, NAME));
	}
	if (s->needs & NAMED) {
		assert_ok(mio_unix_datagram_bind(&world.fd, NAME));
		ck_assert_int_eq(mio_unix_send_to(world.fd, "x", 1, NAME), 1);
	}
	if (s->needs & PIPE)
		open_pipe();
}

static void
tear_down(void)
{
	if (world.fd != MIO_INVALID_FD)
		assert_ok(mio_fd_close(world.fd));
	if (world.peer != MIO_INVALID_FD)
		assert_ok(mio_fd_close(world.peer));
}

static void
join_v4(void)
{
	assert_ok(mio_udp_join_multicast_v4(
	    world.fd, &world.group, &world.interface));
}

static void
join_v6(void)
{
	assert_ok(mio_udp_join_multicast_v6(world.fd, &world.group6, 1));
}

/* What is found out is remembered: the later call is made no more. */
static void
lack(const char *call, ssize_t (*run)(void))
{
	fault_arm_all(call, ENOSYS);
	ck_assert_int_eq(run(), 1);
	(void)fault_disarm(); /* only the first time */
}

static ssize_t
send_one(void)
{
	return mio_udp_send_batch(world.peer, &datagram, 1);
}

static ssize_t
receive_one(void)
{
	return mio_udp_recv_batch(world.fd, &datagram, 1);
}

static ssize_t
write_one(void)
{
	return mio_pipe_write(world.peer, "x", 1);
}

static void
lack_sendmmsg(void)
{
	lack("sendmmsg", send_one);
}

static void
lack_recvmmsg(void)
{
	lack("recvmmsg", receive_one);
	ck_assert_int_eq(mio_socket_send(world.peer, "x", 1), 1);
	wait_for(world.fd, POLLIN);
}

static void
lack_nosignal(void)
{
	lack("pwritev2", write_one);
}

#define RUN(name, call) \
	static int run_##name(void) \
	{ \
		return (int)(call); \
	}

RUN(udp_bind, mio_udp_bind(&out.fd, ADDRESS(any), MIO_REUSEPORT))
RUN(udp_bind6,
    mio_udp_bind(&out.fd, ADDRESS(any6), MIO_ONLY_V6 | MIO_REUSEPORT))
RUN(udp_connect, mio_udp_connect(world.fd, ADDRESS(addr)))
RUN(udp_send_to, mio_udp_send_to(world.fd, "x", 1, ADDRESS(addr)))
RUN(udp_recv_from,
    mio_udp_recv_from(world.fd, out.bytes, 1, &out.addr, &out.len))
RUN(udp_peek_from,
    mio_udp_peek_from(world.fd, out.bytes, 1, &out.addr, &out.len))
RUN(send_batch, mio_udp_send_batch(world.peer, &datagram, 1))
RUN(recv_batch, mio_udp_recv_batch(world.fd, &datagram, 1))
RUN(set_segment, mio_udp_set_segment_size(world.fd, 1000))
RUN(get_segment, mio_udp_get_segment_size(world.fd, &out.number))
RUN(set_offload, mio_udp_set_receive_offload(world.fd, true))
RUN(get_offload, mio_udp_get_receive_offload(world.fd, &out.on))
RUN(set_broadcast, mio_udp_set_broadcast(world.fd, true))
RUN(get_broadcast, mio_udp_get_broadcast(world.fd, &out.on))
RUN(set_loop, mio_udp_set_multicast_loop_v4(world.fd, false))
RUN(get_loop, mio_udp_get_multicast_loop_v4(world.fd, &out.on))
RUN(set_loop6, mio_udp_set_multicast_loop_v6(world.fd, false))
RUN(get_loop6, mio_udp_get_multicast_loop_v6(world.fd, &out.on))
RUN(set_ttl, mio_udp_set_multicast_ttl_v4(world.fd, 7))
RUN(get_ttl, mio_udp_get_multicast_ttl_v4(world.fd, &out.number))
RUN(join,
    mio_udp_join_multicast_v4(world.fd, &world.group, &world.interface))
RUN(leave,
    mio_udp_leave_multicast_v4(world.fd, &world.group, &world.interface))
RUN(join6, mio_udp_join_multicast_v6(world.fd, &world.group6, 1))
RUN(leave6, mio_udp_leave_multicast_v6(world.fd, &world.group6, 1))

RUN(address_parse,
    mio_address_parse(&out.addr, &out.len, world.scoped, 1))

RUN(unix_connect, mio_unix_connect(&out.fd, NAME))
RUN(unix_listen, mio_unix_listen(&out.fd, NAME, 0))
RUN(unix_listen_path, mio_unix_listen(&out.fd, PATH, 0))
RUN(unix_accept, mio_unix_accept(world.fd, &out.fd, &out.name, &out.len))
RUN(unix_pair, mio_unix_pair(out.fds))
RUN(datagram, mio_unix_datagram(&out.fd))
RUN(datagram_bind, mio_unix_datagram_bind(&out.fd, NAME))
RUN(datagram_connect, mio_unix_datagram_connect(world.fd, NAME))
RUN(datagram_pair, mio_unix_datagram_pair(out.fds))
RUN(unix_send_to, mio_unix_send_to(world.fd, "x", 1, NAME))
RUN(unix_recv_from,
    mio_unix_recv_from(world.fd, out.bytes, 1, &out.name, &out.len))
RUN(send_fds, mio_unix_send_fds(world.fd, "x", 1, &world.fd, 1))
RUN(recv_fds, mio_unix_recv_fds(world.fd, out.bytes, 1, &out.fd, &room))
#ifndef MIO_NO_CREDENTIALS
RUN(credentials, mio_unix_peer_credentials(world.fd, &out.credentials))
#endif

RUN(pipe_create, mio_pipe_create(out.fds))
RUN(pipe_read, mio_pipe_read(world.fd, out.bytes, 1))
RUN(pipe_readv, mio_pipe_readv(world.fd, &vector, 1))
RUN(pipe_write, mio_pipe_write(world.peer, "x", 1))
RUN(pipe_writev, mio_pipe_writev(world.peer, &vector, 1))

static void
close_fd(void)
{
	assert_nonblock_cloexec(out.fd);
	assert_ok(mio_fd_close(out.fd));
}

static void
close_fds(void)
{
	assert_nonblock_cloexec(out.fds[0]);
	assert_nonblock_cloexec(out.fds[1]);
	close_pair(out.fds[0], out.fds[1]);
}

static void
close_file(void)
{
	close_fd();
	ck_assert_int_eq(unlink(world.path.sun_path), 0);
}

static void
close_received(void)
{
	ck_assert_uint_eq(room, 1);
	/* nothing can be done where setting the flag was made to fail */
	if (MSG_CMSG_CLOEXEC != 0)
		ck_assert_int_ne(fcntl(out.fd, F_GETFD) & FD_CLOEXEC, 0);
	assert_ok(mio_fd_close(out.fd));
}

/* clang-format off */
#define ROW(call, variant, needs, prepare, result, undo) \
	{ #call variant, needs, prepare, run_##call, result, undo }
/* clang-format on */

static const struct fault_scenario scenarios[] = {
	ROW(udp_bind, "", 0, NULL, 0, close_fd),
	ROW(udp_bind6, "", UDP6, NULL, 0, close_fd),
	ROW(udp_connect, "", UDP, NULL, 0, NULL),
	ROW(udp_send_to, "", UDP, NULL, 1, NULL),
	ROW(udp_recv_from, "", UDP_TO, NULL, 1, NULL),
	ROW(udp_peek_from, "", UDP_TO, NULL, 1, NULL),
	ROW(send_batch, "", UDP_TO, NULL, 1, NULL),
	ROW(send_batch, ", old", UDP_TO, lack_sendmmsg, 1, NULL),
	ROW(recv_batch, "", UDP_TO, NULL, 1, NULL),
	ROW(recv_batch, ", old", UDP_TO, lack_recvmmsg, 1, NULL),
	ROW(set_segment, "", UDP | OFFLOAD, NULL, 0, NULL),
	ROW(get_segment, "", UDP | OFFLOAD, NULL, 0, NULL),
	ROW(set_offload, "", UDP | OFFLOAD, NULL, 0, NULL),
	ROW(get_offload, "", UDP | OFFLOAD, NULL, 0, NULL),
	ROW(set_broadcast, "", UDP, NULL, 0, NULL),
	ROW(get_broadcast, "", UDP, NULL, 0, NULL),
	ROW(set_loop, "", UDP, NULL, 0, NULL),
	ROW(get_loop, "", UDP, NULL, 0, NULL),
	ROW(set_loop6, "", UDP6, NULL, 0, NULL),
	ROW(get_loop6, "", UDP6, NULL, 0, NULL),
	ROW(set_ttl, "", UDP, NULL, 0, NULL),
	ROW(get_ttl, "", UDP, NULL, 0, NULL),
	ROW(join, "", UDP, NULL, 0, NULL),
	ROW(leave, "", UDP, join_v4, 0, NULL),
	ROW(join6, "", UDP6, NULL, 0, NULL),
	ROW(leave6, "", UDP6, join_v6, 0, NULL),
	ROW(address_parse, "", 0, NULL, 0, NULL),
	ROW(unix_connect, "", LISTEN, NULL, 0, close_fd),
	ROW(unix_listen, "", 0, NULL, 0, close_fd),
	ROW(unix_listen_path, "", 0, NULL, 0, close_file),
	ROW(unix_accept, "", LISTEN, NULL, 0, close_fd),
	ROW(unix_pair, "", 0, NULL, 0, close_fds),
	ROW(datagram, "", 0, NULL, 0, close_fd),
	ROW(datagram_bind, "", 0, NULL, 0, close_fd),
	ROW(datagram_connect, "", NAMED, NULL, 0, NULL),
	ROW(datagram_pair, "", 0, NULL, 0, close_fds),
	ROW(unix_send_to, "", NAMED, NULL, 1, NULL),
	ROW(unix_recv_from, "", NAMED, NULL, 1, NULL),
	ROW(send_fds, "", STREAMS, NULL, 1, NULL),
	ROW(recv_fds, "", STREAMS, NULL, 1, close_received),
#ifndef MIO_NO_CREDENTIALS
	ROW(credentials, "", STREAMS, NULL, 0, NULL),
#endif
	ROW(pipe_create, "", 0, NULL, 0, close_fds),
	ROW(pipe_read, "", PIPE, NULL, 1, NULL),
	ROW(pipe_readv, "", PIPE, NULL, 1, NULL),
	ROW(pipe_write, "", PIPE, NULL, 1, NULL),
	ROW(pipe_write, ", old", PIPE, lack_nosignal, 1, NULL),
	ROW(pipe_writev, "", PIPE, NULL, 1, NULL),
};

#define SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

/* What is not known to the system is not supported; 0 for a lost connection. */
static int
reported_as(const struct fault_scenario *s, int error)
{
	bool offload = s->run == run_set_segment || s->run == run_get_segment ||
	    s->run == run_set_offload || s->run == run_get_offload;

	if (error == ECONNABORTED)
		return 0;

	return offload && error == ENOPROTOOPT ? ENOTSUP : error;
}

/* A connection that was accepted and lost on the way is not there again. */
static void
restore(const struct fault_scenario *s)
{
	if ((s->needs & LISTEN) && !fault_has("accept4")) {
		assert_ok(mio_fd_close(world.peer));
		assert_ok(mio_unix_connect(&world.peer, NAME));
	}
}

static bool
has_offload(void)
{
	mio_fd_t fd = udp_on_loopback(NULL);
	bool has = mio_udp_set_segment_size(fd, 1000) == 0 &&
	    mio_udp_set_receive_offload(fd, true) == 0;

	assert_ok(mio_fd_close(fd));

	return has;
}

/* By then the bytes are received: the descriptor stays as it is. */
static bool
is_nothing(const struct fault_scenario *s, const char *call)
{
	return MSG_CMSG_CLOEXEC == 0 && s->run == run_recv_fds &&
	    strcmp(call, "fcntl") == 0;
}

static const struct fault_world faulty_world = {
	.build = build,
	.tear_down = tear_down,
	.fd = &world.fd,
	.out = &out,
	.out_size = sizeof(out),
	.reported_as = reported_as,
	.is_nothing = is_nothing,
	.restore = restore,
};

START_TEST(every_failing_call_is_reported_and_changes_nothing)
{
	const struct fault_scenario *s = &scenarios[_i];

	if ((s->needs & UDP6) && !has_ipv6())
		return;
	if ((s->needs & OFFLOAD) && !has_offload())
		return;
	fault_walk(&faulty_world, s);
}
END_TEST

/* A file that was made on the way is removed, and only then. */
START_TEST(listen_that_fails_leaves_no_file)
{
	mio_fd_t fd = -7;
	struct stat st;

	set_names();
	fault_arm("listen", 1, EACCES);
	assert_error(mio_unix_listen(&fd, PATH, 0), EACCES);
	ck_assert(fault_disarm());
	ck_assert_int_eq(fd, -7);
	ck_assert_int_eq(stat(world.path.sun_path, &st), -1);

	assert_ok(mio_unix_listen(&fd, PATH, 0));
	assert_ok(mio_fd_close(fd));
	assert_error(mio_unix_listen(&fd, PATH, 0), EADDRINUSE);
	ck_assert_int_eq(stat(world.path.sun_path, &st), 0);
	ck_assert_int_eq(unlink(world.path.sun_path), 0);
}
END_TEST

/* The connection has begun without the bytes that were to go with it. */
START_TEST(bytes_that_fast_open_did_not_take_are_sent_later)
{
	mio_fd_t client, server;

	tcp_pair(&client, &server);
	fault_arm("send", 1, EINPROGRESS);
	assert_error(mio_socket_send(client, "x", 1), EAGAIN);
	ck_assert(fault_disarm());
	fault_arm("sendmsg", 1, EINPROGRESS);
	assert_error(mio_socket_sendv(client, &vector, 1), EAGAIN);
	ck_assert(fault_disarm());
	ck_assert_int_eq(mio_socket_send(client, "x", 1), 1);
	close_pair(client, server);
}
END_TEST

#ifdef __linux__

/* musl's sendmsg() has no room for so many; the kernel has. */
START_TEST(most_descriptors_go_where_the_c_library_refuses_them)
{
	mio_fd_t fds[253], ends[2], got[253];
	size_t count = 253, i;

	/* with 32 bits they fit */
	if (CMSG_SPACE(sizeof(fds)) <= 1024)
		return;
	assert_ok(mio_unix_pair(ends));
	for (i = 0; i < 253; i++)
		fds[i] = ends[i % 2];
	fault_arm("sendmsg", 1, ENOMEM);
	ck_assert_int_eq(mio_unix_send_fds(ends[0], "x", 1, fds, 253), 1);
	ck_assert(fault_disarm());
	ck_assert_int_eq(
	    mio_unix_recv_fds(ends[1], out.bytes, 1, got, &count), 1);
	ck_assert_uint_eq(count, 253);
	for (i = 0; i < 253; i++)
		assert_ok(mio_fd_close(got[i]));

	/* where there is room enough it is the kernel that says so */
	fault_arm("sendmsg", 1, ENOMEM);
	assert_error(mio_unix_send_fds(ends[0], "x", 1, fds, 252), ENOMEM);
	ck_assert(fault_disarm());
	close_pair(ends[0], ends[1]);
}
END_TEST

#define ADD_LARGE_MESSAGE(tcase) \
	tcase_add_test( \
	    tcase, most_descriptors_go_where_the_c_library_refuses_them)

#else

#define ADD_LARGE_MESSAGE(tcase)

#endif

/* What a system without the options says, as the library does. */
START_TEST(offload_that_is_not_there_is_not_supported)
{
	static const int errors[] = { ENOPROTOOPT, EOPNOTSUPP };
	mio_fd_t fd = udp_on_loopback(NULL);
	unsigned size = 7;
	bool on = true;

	fault_arm_all(NULL, errors[_i]);
	assert_error(mio_udp_set_segment_size(fd, 1000), ENOTSUP);
	assert_error(mio_udp_get_segment_size(fd, &size), ENOTSUP);
	assert_error(mio_udp_set_receive_offload(fd, true), ENOTSUP);
	assert_error(mio_udp_get_receive_offload(fd, &on), ENOTSUP);
	ck_assert(fault_disarm());
	ck_assert_uint_eq(size, 7);
	ck_assert(on);
	assert_ok(mio_fd_close(fd));
}
END_TEST

/* The number is as good, and an interface that goes meanwhile has no name. */
START_TEST(interface_without_a_name_is_formatted_as_its_number)
{
	static const int errors[] = { EMFILE, ENFILE, ENOMEM, ENXIO, ENODEV };
	struct sockaddr_in6 addr = loopback6(80);
	char text[MIO_ADDRESS_TEXT_MAX];

	addr.sin6_scope_id = 1;
	fault_arm("if_indextoname", 1, errors[_i]);
	ck_assert_int_eq(mio_address_format((struct sockaddr *)&addr,
	    sizeof(addr), text, sizeof(text)), 10);
	ck_assert(fault_disarm());
	ck_assert_str_eq(text, "[::1%1]:80");

	/* a signal is none of these */
	fault_arm("if_indextoname", 1, EINTR);
	ck_assert_int_gt(mio_address_format((struct sockaddr *)&addr,
	    sizeof(addr), text, sizeof(text)), 0);
	ck_assert(fault_disarm());
	ck_assert_str_ne(text, "[::1%1]:80");
}
END_TEST

/* What BSDs say, and a C library that says nothing. */
START_TEST(interface_that_is_not_there_has_one_error_everywhere)
{
	static const int errors[] = { ENXIO, ENODEV, 0 };
	struct sockaddr_storage addr;
	socklen_t len;

	fault_arm("if_nametoindex", 1, errors[_i]);
	assert_error(mio_address_parse(&addr, &len, "fe80::1%x", 1), ENODEV);
	ck_assert(fault_disarm());
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("faults_net");
	TCase *tcase = new_case(suite, "faults");

	tcase_add_loop_test(tcase,
	    every_failing_call_is_reported_and_changes_nothing, 0, (
	        int)SCENARIOS);
	tcase_add_test(tcase, listen_that_fails_leaves_no_file);
	tcase_add_test(
	    tcase, bytes_that_fast_open_did_not_take_are_sent_later);
	ADD_LARGE_MESSAGE(tcase);
	tcase_add_loop_test(
	    tcase, offload_that_is_not_there_is_not_supported, 0, 2);
	tcase_add_loop_test(tcase,
	    interface_without_a_name_is_formatted_as_its_number, 0, 5);
	tcase_add_loop_test(tcase,
	    interface_that_is_not_there_has_one_error_everywhere, 0, 3);

	return run_suite(suite);
}
