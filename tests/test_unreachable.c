/* SPDX-License-Identifier: MIT */

/*
 * What the network and file systems of a real kernel report when a peer or a
 * path cannot be reached. The tests make these in namespaces of their own, and
 * do nothing where the system does not permit that.
 */

#include "config.h"
#include "lib/harness.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>

#include <linux/filter.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/un.h>

#define ADDRESS(addr) (struct sockaddr *)&(addr), sizeof(addr)

/* 192.0.2.1, which is for documentation, see RFC 5737. */
static struct sockaddr_in
nowhere(void)
{
	struct sockaddr_in addr = loopback(7);

	addr.sin_addr.s_addr = htonl(0xc0000201);

	return addr;
}

/* Everybody but root needs a user namespace, too. */
static bool
enter_namespace(int kind)
{
	return unshare(geteuid() == 0 ? kind : CLONE_NEWUSER | kind) == 0;
}

/* A network with nothing but the loopback interface. */
static bool
enter_network(void)
{
	struct ifreq interface = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd, r;

	if (!enter_namespace(CLONE_NEWNET))
		return false;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	r = ioctl(fd, SIOCSIFFLAGS, &interface);
	close(fd);

	return r == 0;
}

/* The kernel is to report that there is no way to nowhere(). */
static bool
reject_nowhere(void)
{
	struct rtentry route = { .rt_flags = RTF_UP | RTF_REJECT };
	struct sockaddr_in addr = nowhere(), mask = loopback(0);
	int fd, r;

	addr.sin_port = 0;
	addr.sin_addr.s_addr &= htonl(0xffffff00);
	mask.sin_addr.s_addr = htonl(0xffffff00);
	memcpy(&route.rt_dst, &addr, sizeof(addr));
	memcpy(&route.rt_genmask, &mask, sizeof(mask));
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	r = ioctl(fd, SIOCADDRT, &route);
	close(fd);

	return r == 0;
}

static void
expect_unreachable(int error)
{
	struct sockaddr_in addr = nowhere(), any = loopback(0);
	char byte = 'x';
	struct mio_datagram datagram = { .data = &byte, .len = 1 };
	mio_fd_t fd = -7, udp;

	assert_error(mio_tcp_connect(&fd, ADDRESS(addr)), error);
	ck_assert_int_eq(fd, -7);
	assert_ok(mio_socket_create(&fd, AF_INET, SOCK_STREAM));
	assert_error(mio_socket_connect(fd, ADDRESS(addr)), error);
	assert_ok(mio_fd_close(fd));

	any.sin_addr.s_addr = htonl(INADDR_ANY);
	assert_ok(mio_udp_bind(&udp, ADDRESS(any), 0));
	assert_error(mio_udp_send_to(udp, "x", 1, ADDRESS(addr)), error);
	memcpy(&datagram.addr, &addr, sizeof(addr));
	datagram.addr_len = sizeof(addr);
	assert_error(mio_udp_send_batch(udp, &datagram, 1), error);
	assert_error(mio_udp_connect(udp, ADDRESS(addr)), error);
	assert_ok(mio_fd_close(udp));
}

START_TEST(networks_and_hosts_without_a_route_are_unreachable)
{
	if (!enter_network())
		return;
	expect_unreachable(ENETUNREACH);
	if (reject_nowhere())
		expect_unreachable(EHOSTUNREACH);
}
END_TEST

/* A peer whose kernel gets every packet and drops it. */
START_TEST(peer_that_no_longer_responds_times_out)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { 1, &nothing };
	unsigned timeout_ms = 1;
	mio_fd_t client, server;
	char byte;

	tcp_pair(&client, &server);
	if (setsockopt(server, SOL_SOCKET, SO_ATTACH_FILTER, &program,
		sizeof(program)) == 0 &&
	    setsockopt(client, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms,
		sizeof(timeout_ms)) == 0) {
		ck_assert_int_eq(mio_socket_send(client, "x", 1), 1);
		wait_for(client, POLLIN);
		assert_error(mio_socket_recv(client, &byte, 1), ETIMEDOUT);
	}
	close_pair(client, server);
}
END_TEST

/* A connection that was reset before the program asked for it. */
START_TEST(reset_is_what_a_connection_ended_with)
{
	mio_fd_t listener = listen_on_loopback(), client, server;
	struct sockaddr_in addr = loopback(port_of(listener));

	assert_ok(mio_tcp_connect(&client, ADDRESS(addr)));
	wait_for(listener, POLLIN);
	assert_ok(mio_tcp_accept(listener, &server, NULL, NULL));
	assert_ok(mio_tcp_set_linger(server, 0));
	assert_ok(mio_fd_close(server));
	wait_for(client, POLLIN);
	assert_error(mio_socket_connect_finish(client), ECONNRESET);
	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(listener));
}
END_TEST

/* ---- paths */

static char home[64];

static void
set_up_paths(void)
{
	snprintf(home, sizeof(home), "/tmp/mio-paths-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(home));
}

static void
tear_down_paths(void)
{
	ck_assert_int_eq(rmdir(home), 0);
}

static struct sockaddr_un
path_in_home(const char *name, socklen_t *len)
{
	struct sockaddr_un addr;
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", home, name);
	assert_ok(mio_unix_addr(&addr, len, path));

	return addr;
}

static mio_fd_t
new_socket(int type)
{
	mio_fd_t fd;

	assert_ok(mio_socket_create(&fd, AF_UNIX, type));

	return fd;
}

/* Whatever is to connect to the path reports this error. */
static void
expect_no_way_to(const char *name, int error)
{
	mio_fd_t fd = -7, stream = new_socket(SOCK_STREAM), datagram;
	socklen_t len;
	struct sockaddr_un addr = path_in_home(name, &len);

	assert_ok(mio_unix_datagram(&datagram));
	assert_error(mio_unix_connect(&fd, &addr, len), error);
	assert_error(
	    mio_socket_connect(stream, (struct sockaddr *)&addr, len), error);
	assert_error(mio_unix_datagram_connect(datagram, &addr, len), error);
	assert_error(mio_unix_send_to(datagram, "x", 1, &addr, len), error);
	ck_assert_int_eq(fd, -7);
	assert_ok(mio_fd_close(stream));
	assert_ok(mio_fd_close(datagram));
}

/* And so does whatever is to create a socket there. */
static void
expect_no_room_for(const char *name, int error)
{
	mio_fd_t fd = -7, stream = new_socket(SOCK_STREAM);
	socklen_t len;
	struct sockaddr_un addr = path_in_home(name, &len);

	assert_error(mio_unix_listen(&fd, &addr, len, 0), error);
	assert_error(mio_unix_datagram_bind(&fd, &addr, len), error);
	assert_error(
	    mio_socket_bind(stream, (struct sockaddr *)&addr, len), error);
	ck_assert_int_eq(fd, -7);
	assert_ok(mio_fd_close(stream));
}

static void
make_link(const char *name, const char *target)
{
	socklen_t len;
	struct sockaddr_un addr = path_in_home(name, &len);

	ck_assert_int_eq(symlink(target, addr.sun_path), 0);
}

static void
remove_path(const char *name)
{
	socklen_t len;
	struct sockaddr_un addr = path_in_home(name, &len);

	ck_assert_int_eq(unlink(addr.sun_path), 0);
}

/* A name in an address is never too long for a file system; a link's may be. */
START_TEST(paths_that_lead_nowhere)
{
	char longest[301];

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	make_link("loop", "loop");
	make_link("long", longest);
	make_link("file", "/dev/null");

	expect_no_way_to("none", ENOENT);
	expect_no_way_to("file/x", ENOTDIR);
	expect_no_way_to("file", ECONNREFUSED);
	expect_no_way_to("loop/x", ELOOP);
	expect_no_way_to("long/x", ENAMETOOLONG);
	expect_no_room_for("none/x", ENOENT);
	expect_no_room_for("file/x", ENOTDIR);
	expect_no_room_for("loop/x", ELOOP);
	expect_no_room_for("long/x", ENAMETOOLONG);

	remove_path("loop");
	remove_path("long");
	remove_path("file");
}
END_TEST

START_TEST(sockets_of_another_type_are_no_peers)
{
	mio_fd_t fd = -7, stream, datagram;
	mio_fd_t client = new_socket(SOCK_STREAM);
	socklen_t len;
	struct sockaddr_un addr = path_in_home("datagram", &len);
	struct sockaddr_in inet = loopback(7);

	assert_ok(mio_unix_datagram_bind(&datagram, &addr, len));
	assert_error(mio_unix_connect(&fd, &addr, len), EPROTOTYPE);
	assert_error(mio_socket_connect(client, (struct sockaddr *)&addr, len),
	    EPROTOTYPE);
	assert_ok(mio_socket_create(&stream, AF_INET, SOCK_STREAM));
	addr.sun_family = AF_UNIX;
	assert_error(
	    mio_socket_connect(stream, (struct sockaddr *)&addr, sizeof(addr)),
	    EAFNOSUPPORT);
	assert_error(mio_socket_connect(client, ADDRESS(inet)), EINVAL);
	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(stream));
	assert_ok(mio_fd_close(datagram));
	remove_path("datagram");
}
END_TEST

/* Root may go everywhere, so this is done as somebody else. */
START_TEST(paths_of_others_are_closed)
{
	uid_t before = geteuid();

	ck_assert_int_eq(chmod(home, 0), 0);
	if (before == 0)
		ck_assert_int_eq(seteuid(65534), 0);
	expect_no_way_to("socket", EACCES);
	expect_no_room_for("socket", EACCES);
	ck_assert_int_eq(seteuid(before), 0);
	ck_assert_int_eq(chmod(home, 0700), 0);
}
END_TEST

/*
 * A file system that has room for its root only, and then is read-only. In a
 * user namespace its root would belong to a user that the namespace lacks.
 */
START_TEST(file_systems_without_room)
{
	if (geteuid() != 0 || !enter_namespace(CLONE_NEWNS) ||
	    mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", home, "tmpfs", 0, "nr_inodes=1") != 0)
		return;
	expect_no_room_for("socket", ENOSPC);
	ck_assert_int_eq(
	    mount("none", home, "none", MS_REMOUNT | MS_RDONLY, NULL), 0);
	expect_no_room_for("socket", EROFS);
	ck_assert_int_eq(umount(home), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("unreachable");
	TCase *network = new_case(suite, "network");
	TCase *paths = new_case(suite, "paths");

	tcase_add_test(
	    network, networks_and_hosts_without_a_route_are_unreachable);
	tcase_add_test(network, peer_that_no_longer_responds_times_out);
	tcase_add_test(network, reset_is_what_a_connection_ended_with);

	tcase_add_checked_fixture(paths, set_up_paths, tear_down_paths);
	tcase_add_test(paths, paths_that_lead_nowhere);
	tcase_add_test(paths, sockets_of_another_type_are_no_peers);
	tcase_add_test(paths, paths_of_others_are_closed);
	tcase_add_test(paths, file_systems_without_room);

	return run_suite(suite);
}
