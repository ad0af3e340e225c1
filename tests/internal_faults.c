/* SPDX-License-Identifier: MIT */

/*
 * Polls, descriptors, sockets and TCP with their system calls failing in turn;
 * internal_faults_net.c has the other kinds of sockets, and errors that last
 * are in internal_fallbacks.c.
 */

#include "sys/compat.h"
#include "lib/fault_control.h"
#include "lib/fault_walk.h"
#include "lib/harness.h"

#include <fcntl.h>
#include <poll.h>

#include <sys/un.h>

#include "sys/pipe.h"

#define CROWD 8

/* What a call finds. */
static struct {
	struct mio_poll *poll;
	struct mio_waker *waker;
	mio_fd_t listener, client, server, fd, crowd[CROWD];
	struct sockaddr_in addr, any; /* of listener, and for a new one */
	struct sockaddr_in6 any6;
	struct sockaddr_un path;
} world;

/* What a call returns. */
static struct {
	struct mio_poll *poll;
	struct mio_waker *waker;
	mio_fd_t fd, fds[2];
	struct mio_event events[2];
	struct sockaddr_storage addr;
	socklen_t len;
	char bytes[4];
	bool on;
	int error;
	unsigned ttl;
	size_t size;
	int64_t ns;
} out;

static struct iovec vector = { out.bytes, 1 };

#define ADDRESS(a) (struct sockaddr *)&world.a, sizeof(world.a)

/* What a scenario needs in its world. */
#define POLL     0x01u /* poll, with client registered */
#define PAIR     0x02u /* client and server, with a byte for the server */
#define LISTENER 0x04u /* listener, with client waiting to be accepted */
#define SOCKET   0x08u /* fd */
#define SOCKET6  0x10u /* fd, of IPv6; nothing is done where there is none */
#define LOCAL    0x20u /* fd, a Unix stream socket, and a path for it */

static void
close_if_open(mio_fd_t fd)
{
	if (fd != MIO_INVALID_FD)
		assert_ok(mio_fd_close(fd));
}

static void
add_client(void)
{
	close_if_open(world.client);
	assert_ok(mio_tcp_connect(&world.client, ADDRESS(addr)));
	wait_for(world.listener, POLLIN);
}

static void
build(const struct fault_scenario *s)
{
	memset(&world, 0, sizeof(world));
	world.any = loopback(0);
	world.any6 = (struct sockaddr_in6){ .sin6_family = AF_INET6 };
	world.listener = listen_on_loopback();
	world.addr = loopback(port_of(world.listener));
	world.client = world.server = world.fd = MIO_INVALID_FD;
	memset(world.crowd, 0xff, sizeof(world.crowd));

	if (s->needs & LISTENER)
		add_client();
	if (s->needs & PAIR) {
		tcp_pair(&world.client, &world.server);
		ck_assert_int_eq(mio_socket_send(world.client, "x", 1), 1);
		ck_assert_int_eq(mio_socket_send(world.server, "x", 1), 1);
		wait_for(world.server, POLLIN);
		wait_for(world.client, POLLIN);
	}
	if (s->needs & SOCKET)
		assert_ok(mio_socket_create(&world.fd, AF_INET, SOCK_STREAM));
	if (s->needs & SOCKET6)
		assert_ok(mio_socket_create(&world.fd, AF_INET6, SOCK_STREAM));
	if (s->needs & LOCAL) {
		assert_ok(mio_socket_create(&world.fd, AF_UNIX, SOCK_STREAM));
		world.path.sun_family = AF_UNIX;
		snprintf(world.path.sun_path, sizeof(world.path.sun_path),
		    "/tmp/mio-faults-bind-%ld", (long)getpid());
	}
	if (s->needs & POLL) {
		world.poll = new_poll();
		assert_ok(mio_poll_register_fd(
		    world.poll, world.client, 1, MIO_READABLE, 0));
	}
}

static void
tear_down(void)
{
	int i;

	mio_waker_destroy(world.waker);
	mio_poll_destroy(world.poll);
	close_if_open(world.listener);
	close_if_open(world.client);
	close_if_open(world.server);
	close_if_open(world.fd);
	for (i = 0; i < CROWD; i++)
		close_if_open(world.crowd[i]);
}

static void
deregister_client(void)
{
	assert_ok(mio_poll_deregister_fd(world.poll, world.client));
}

static void
add_waker(void)
{
	deregister_client();
	assert_ok(mio_waker_create(&world.waker, world.poll, 2));
	assert_ok(mio_waker_wake(world.waker));
}

/* The poll knows by now that only milliseconds are to be had. */
static void
make_coarse(void)
{
	fault_arm_all(backend_is("epoll") ? "epoll_pwait2" : "ppoll", ENOSYS);
	ck_assert_int_eq(mio_poll(world.poll, out.events, 2, MS(50)), 1);
	(void)fault_disarm(); /* only the first time */
}

/* A plain pipe's end, with neither flag; the other end in the crowd. */
static void
open_pipe(void)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	world.fd = fds[0];
	world.crowd[0] = fds[1];
}

static void
bind_socket(void)
{
	assert_ok(mio_socket_bind(world.fd, ADDRESS(any)));
}

static void
be_refused(void)
{
	world.addr = loopback(closed_port());
	assert_ok(mio_socket_connect(world.fd, ADDRESS(addr)));
	wait_for(world.fd, POLLOUT);
}

/* A connection for which the listener has no room. */
static void
be_undecided(void)
{
	struct pollfd look = { .events = POLLOUT };
	int i;

	assert_ok(mio_socket_listen(world.listener, 1));
	for (i = 0; i < CROWD; i++) {
		assert_ok(mio_tcp_connect(&world.crowd[i], ADDRESS(addr)));
		look.fd = world.crowd[i];
		if (poll(&look, 1, 20) == 0)
			break;
	}
	ck_assert_int_lt(i, CROWD);
	world.client = world.crowd[i];
	world.crowd[i] = MIO_INVALID_FD;
}

static void
lack_accept4(void)
{
	fault_arm_all("accept4", ENOSYS);
	assert_ok(mio_tcp_accept(world.listener, &world.server, NULL, NULL));
	(void)fault_disarm(); /* only the first time */
	add_client();
}

static void
lack_pipe2(void)
{
	fault_arm_all("pipe2", ENOSYS);
	assert_ok(mio__os_pipe(out.fds));
	(void)fault_disarm(); /* only the first time */
	assert_ok(mio_fd_close(out.fds[0]));
	assert_ok(mio_fd_close(out.fds[1]));
}

#define RUN(name, call) \
	static int run_##name(void) \
	{ \
		return (int)(call); \
	}

#define CLIENT world.poll, world.client, 1

RUN(create, mio_poll_create(&out.poll))
RUN(register, mio_poll_register_fd(CLIENT, MIO_READABLE, 0))
RUN(register_both, mio_poll_register_fd(CLIENT, MIO_READABLE | MIO_WRITABLE, 0))
RUN(reregister, mio_poll_reregister_fd(CLIENT, MIO_WRITABLE, MIO_EDGE))
RUN(deregister, mio_poll_deregister_fd(world.poll, world.client))
RUN(wait, mio_poll(world.poll, out.events, 2, MS(50)))
RUN(look, mio_poll(world.poll, out.events, 2, 0))
RUN(wait_signal, mio_poll_interruptible(world.poll, out.events, 2, MS(50)))

RUN(waker_create, mio_waker_create(&out.waker, world.poll, 2))

RUN(close, mio_fd_close(world.fd))
RUN(dup, mio_fd_dup(world.fd, &out.fd))
RUN(adopt, mio_fd_adopt(world.fd))

RUN(socket, mio_socket_create(&out.fd, AF_INET, SOCK_STREAM))
RUN(bind, mio_socket_bind(world.fd, ADDRESS(any)))
RUN(bind_path, mio_socket_bind(world.fd, ADDRESS(path)))
RUN(listen, mio_socket_listen(world.fd, 0))
RUN(connect, mio_socket_connect(world.fd, ADDRESS(addr)))
RUN(finish, mio_socket_connect_finish(world.client))
RUN(finish_fd, mio_socket_connect_finish(world.fd))
RUN(recv, mio_socket_recv(world.server, out.bytes, 1))
RUN(recvv, mio_socket_recvv(world.server, &vector, 1))
RUN(recvv_nothing, mio_socket_recvv(world.server, &vector, 0))
RUN(peek, mio_socket_peek(world.server, out.bytes, 1))
RUN(send, mio_socket_send(world.server, "x", 1))
RUN(sendv, mio_socket_sendv(world.server, &vector, 1))
RUN(shutdown, mio_socket_shutdown(world.client, MIO_SHUT_WRITE))
RUN(local, mio_socket_local_addr(world.client, &out.addr, &out.len))
RUN(peer, mio_socket_peer_addr(world.client, &out.addr, &out.len))
RUN(take_error, mio_socket_take_error(world.fd, &out.error))
RUN(set_ttl, mio_socket_set_ttl(world.fd, 7))
RUN(get_ttl, mio_socket_get_ttl(world.fd, &out.ttl))
RUN(set_v6, mio_socket_set_only_v6(world.fd, true))
RUN(get_v6, mio_socket_get_only_v6(world.fd, &out.on))
RUN(set_reuse_addr, mio_socket_set_reuse_addr(world.fd, true))
RUN(get_reuse_addr, mio_socket_get_reuse_addr(world.fd, &out.on))
RUN(set_reuse_port, mio_socket_set_reuse_port(world.fd, true))
RUN(get_reuse_port, mio_socket_get_reuse_port(world.fd, &out.on))
RUN(set_recv_size, mio_socket_set_recv_buffer_size(world.fd, 8192))
RUN(get_recv_size, mio_socket_get_recv_buffer_size(world.fd, &out.size))
RUN(set_send_size, mio_socket_set_send_buffer_size(world.fd, 8192))
RUN(get_send_size, mio_socket_get_send_buffer_size(world.fd, &out.size))

RUN(tcp_connect, mio_tcp_connect(&out.fd, ADDRESS(addr)))
RUN(tcp_listen, mio_tcp_listen(&out.fd, ADDRESS(any), 0, MIO_REUSEPORT))
RUN(tcp_listen6,
    mio_tcp_listen(&out.fd, ADDRESS(any6), 0, MIO_ONLY_V6 | MIO_REUSEPORT))
RUN(accept, mio_tcp_accept(world.listener, &out.fd, NULL, NULL))
RUN(accept_peer, mio_tcp_accept(world.listener, &out.fd, &out.addr, &out.len))
RUN(set_nodelay, mio_tcp_set_nodelay(world.fd, true))
RUN(get_nodelay, mio_tcp_get_nodelay(world.fd, &out.on))
RUN(set_keepalive, mio_tcp_set_keepalive(world.fd, SECONDS(77)))
RUN(set_no_keepalive, mio_tcp_set_keepalive(world.fd, -1))
RUN(get_keepalive, mio_tcp_get_keepalive(world.fd, &out.ns))
RUN(set_linger, mio_tcp_set_linger(world.fd, SECONDS(5)))
RUN(get_linger, mio_tcp_get_linger(world.fd, &out.ns))

RUN(os_pipe, mio__os_pipe(out.fds))

static void
destroy_poll(void)
{
	mio_poll_destroy(out.poll);
}

static void
destroy_waker(void)
{
	mio_waker_destroy(out.waker);
}

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
	assert_ok(mio_fd_close(out.fds[0]));
	assert_ok(mio_fd_close(out.fds[1]));
}

static void
remove_file(void)
{
	ck_assert_int_eq(unlink(world.path.sun_path), 0);
}

static void
forget_fd(void)
{
	ck_assert_int_eq(fcntl(world.fd, F_GETFD), -1);
	world.fd = MIO_INVALID_FD;
}

/* clang-format off */
#define ROW(call, variant, needs, prepare, result, undo) \
	{ #call variant, needs, prepare, run_##call, result, undo }
/* clang-format on */

/* Of a system that has no time to set. */
#define IDLE_ANSWER (TCP_KEEPIDLE == -1 ? -ENOTSUP : 0)

static const struct fault_scenario scenarios[] = {
	ROW(create, "", 0, NULL, 0, destroy_poll),
	ROW(register, "", PAIR | POLL, deregister_client, 0, NULL),
	ROW(register_both, "", PAIR | POLL, deregister_client, 0, NULL),
	ROW(reregister, "", PAIR | POLL, NULL, 0, NULL),
	ROW(deregister, "", PAIR | POLL, NULL, 0, NULL),
	ROW(wait, "", PAIR | POLL, NULL, 1, NULL),
	ROW(wait, ", coarse", PAIR | POLL, make_coarse, 1, NULL),
	ROW(wait, ", woken", PAIR | POLL, add_waker, 1, NULL),
	ROW(look, "", PAIR | POLL, NULL, 1, NULL),
	ROW(look, ", woken", PAIR | POLL, add_waker, 1, NULL),
	ROW(wait_signal, "", PAIR | POLL, NULL, 1, NULL),
	ROW(waker_create, "", PAIR | POLL, NULL, 0, destroy_waker),
	ROW(close, "", SOCKET, NULL, 0, forget_fd),
	ROW(dup, "", 0, open_pipe, 0, close_fd),
	ROW(adopt, "", 0, open_pipe, 0, NULL),
	ROW(socket, "", 0, NULL, 0, close_fd),
	ROW(bind, "", SOCKET, NULL, 0, NULL),
	ROW(bind_path, "", LOCAL, NULL, 0, remove_file),
	ROW(listen, "", SOCKET, bind_socket, 0, NULL),
	ROW(connect, "", SOCKET, NULL, 0, NULL),
	ROW(finish, "", PAIR, NULL, 0, NULL),
	ROW(finish, ", undecided", 0, be_undecided, -EINPROGRESS, NULL),
	ROW(finish_fd, ", refused", SOCKET, be_refused, -ECONNREFUSED, NULL),
	ROW(recv, "", PAIR, NULL, 1, NULL),
	ROW(recvv, "", PAIR, NULL, 1, NULL),
	ROW(recvv_nothing, "", PAIR, NULL, 0, NULL),
	ROW(peek, "", PAIR, NULL, 1, NULL),
	ROW(send, "", PAIR, NULL, 1, NULL),
	ROW(sendv, "", PAIR, NULL, 1, NULL),
	ROW(shutdown, "", PAIR, NULL, 0, NULL),
	ROW(local, "", PAIR, NULL, 0, NULL),
	ROW(peer, "", PAIR, NULL, 0, NULL),
	ROW(take_error, "", SOCKET, NULL, 0, NULL),
	ROW(set_ttl, "", SOCKET, NULL, 0, NULL),
	ROW(set_ttl, ", IPv6", SOCKET6, NULL, 0, NULL),
	ROW(get_ttl, "", SOCKET, NULL, 0, NULL),
	ROW(set_v6, "", SOCKET6, NULL, 0, NULL),
	ROW(get_v6, "", SOCKET6, NULL, 0, NULL),
	ROW(set_reuse_addr, "", SOCKET, NULL, 0, NULL),
	ROW(get_reuse_addr, "", SOCKET, NULL, 0, NULL),
	ROW(set_reuse_port, "", SOCKET, NULL, 0, NULL),
	ROW(get_reuse_port, "", SOCKET, NULL, 0, NULL),
	ROW(set_recv_size, "", SOCKET, NULL, 0, NULL),
	ROW(get_recv_size, "", SOCKET, NULL, 0, NULL),
	ROW(set_send_size, "", SOCKET, NULL, 0, NULL),
	ROW(get_send_size, "", SOCKET, NULL, 0, NULL),
	ROW(tcp_connect, "", 0, NULL, 0, close_fd),
	ROW(tcp_listen, "", 0, NULL, 0, close_fd),
	ROW(tcp_listen6, "", SOCKET6, NULL, 0, close_fd),
	ROW(accept, "", LISTENER, NULL, 0, close_fd),
	ROW(accept_peer, "", LISTENER, NULL, 0, close_fd),
	ROW(accept_peer, ", old", LISTENER, lack_accept4, 0, close_fd),
	ROW(set_nodelay, "", SOCKET, NULL, 0, NULL),
	ROW(get_nodelay, "", SOCKET, NULL, 0, NULL),
	ROW(set_keepalive, "", SOCKET, NULL, IDLE_ANSWER, NULL),
	ROW(set_no_keepalive, "", SOCKET, NULL, 0, NULL),
	ROW(get_keepalive, "", SOCKET, NULL, 0, NULL),
	ROW(set_linger, "", SOCKET, NULL, 0, NULL),
	ROW(get_linger, "", SOCKET, NULL, 0, NULL),
	ROW(os_pipe, "", 0, NULL, 0, close_fds),
	ROW(os_pipe, ", old", 0, lack_pipe2, 0, close_fds),
};

#define SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

static bool
is_reported(const struct fault_scenario *s, int error)
{
	return error == EINTR && s->run == run_wait_signal;
}

static const char *failing;

/*
 * A wait looks at files, but is about what is ready; and with an event of the
 * program's own at hand an error of the kernel's waits for the next time.
 */
static bool
is_nothing(const struct fault_scenario *s, const char *call)
{
	failing = call;

	return s->prepare == add_waker ||
	    (s->result == 1 && strcmp(call, "fstat") == 0);
}

/*
 * 0 where that is fine: a connection that was lost, and no time to live in an
 * IPv6 socket.
 */
static int
reported_as(const struct fault_scenario *s, int error)
{
	bool is_ipv4s = s->run == run_set_ttl && s->needs == SOCKET6 &&
	    strcmp(failing, "getsockopt") == 0;

	return error == ECONNABORTED || (is_ipv4s && error == ENOPROTOOPT)
	    ? 0
	    : error;
}

/* A connection that was accepted and lost on the way is not there again. */
static void
restore(const struct fault_scenario *s)
{
	if (s->prepare == lack_accept4 ||
	    ((s->needs & LISTENER) && !fault_has("accept4")))
		add_client();

	/* a kqueue's filters are deleted and added to change them */
	if (s->run == run_reregister && backend_is("kqueue"))
		(void)mio_poll_register_fd(
		    world.poll, world.client, 1, MIO_READABLE, 0);
}

static const struct fault_world faulty_world = {
	.build = build,
	.tear_down = tear_down,
	.fd = &world.fd,
	.out = &out,
	.out_size = sizeof(out),
	.is_reported = is_reported,
	.is_nothing = is_nothing,
	.reported_as = reported_as,
	.restore = restore,
};

START_TEST(every_failing_call_is_reported_and_changes_nothing)
{
	const struct fault_scenario *s = &scenarios[_i];

	if (!(s->needs & SOCKET6) || has_ipv6())
		fault_walk(&faulty_world, s);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("faults");
	TCase *tcase = new_case(suite, "faults");

	tcase_add_loop_test(tcase,
	    every_failing_call_is_reported_and_changes_nothing, 0, (
	        int)SCENARIOS);

	return run_suite(suite);
}
