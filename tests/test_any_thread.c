/* SPDX-License-Identifier: MIT */

/*
 * Every call that may be made from any thread, made by several threads at the
 * same time, on the same objects where it has one. What the calls do is tested
 * elsewhere; here a thread may find that another one was faster. This is for
 * ThreadSanitizer.
 */

#include "lib/harness.h"

#include <stdatomic.h>

#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/uio.h>

#define THREADS 4
#define ROUNDS  8

#define ADDRESS(addr) (struct sockaddr *)&(addr), sizeof(addr)
#define UNIX_ADDRESS  &shared.addr, shared.addr_len

/* What all threads use. */
static struct {
	mio_fd_t listener, client, server, udp, udp6, peer, local[2];
	mio_fd_t datagrams[2], bound, path_listener, pipe[2];
	struct sockaddr_in to, peer_addr;
	struct sockaddr_un addr, listener_addr;
	socklen_t addr_len, listener_len;
	bool ipv6;
	char home[64];
	struct mio_poll *poll;
	struct mio_readiness *readiness;
	struct mio_registration *registration;
	_Atomic(struct mio_timer *) timer; /* of the thread that was last */
	_Atomic unsigned number;
} shared;

/* Another thread may have received everything, or filled the buffer. */
static void
fine(ssize_t n)
{
	must(n >= 0 || n == -EAGAIN);
}

static void
fine_or(ssize_t n, int error)
{
	must(n >= 0 || n == -EAGAIN || n == -error);
}

/* ---- sockets: what may be set and read */

static void
use_socket_options(void)
{
	mio_fd_t fd = shared.server;
	unsigned number;
	size_t size;
	bool on;

	must(mio_socket_set_ttl(fd, 7) == 0);
	must(mio_socket_get_ttl(fd, &number) == 0);
	must(mio_socket_set_recv_buffer_size(fd, 8192) == 0);
	must(mio_socket_get_recv_buffer_size(fd, &size) == 0);
	must(mio_socket_set_send_buffer_size(fd, 8192) == 0);
	must(mio_socket_get_send_buffer_size(fd, &size) == 0);
	must(mio_socket_set_reuse_addr(fd, true) == 0);
	must(mio_socket_get_reuse_addr(fd, &on) == 0);
	must(mio_socket_set_reuse_port(fd, true) == 0);
	must(mio_socket_get_reuse_port(fd, &on) == 0);
	must(mio_socket_set_only_v6(shared.udp6, true) == 0 || !shared.ipv6);
	must(mio_socket_get_only_v6(shared.udp6, &on) == 0 || !shared.ipv6);
}

static void
use_tcp_options(void)
{
	mio_fd_t fd = shared.client;
	int64_t ns;
	bool on;

	must(mio_tcp_set_nodelay(fd, true) == 0);
	must(mio_tcp_get_nodelay(fd, &on) == 0);
	fine_or(mio_tcp_set_keepalive(fd, SECONDS(7)), ENOTSUP);
	fine_or(mio_tcp_get_keepalive(fd, &ns), ENOTSUP);
	must(mio_tcp_set_linger(fd, -1) == 0);
	must(mio_tcp_get_linger(fd, &ns) == 0);
}

static void
use_udp_options(void)
{
	mio_fd_t fd = shared.udp;
	unsigned number;
	bool on;

	must(mio_udp_set_broadcast(fd, true) == 0);
	must(mio_udp_get_broadcast(fd, &on) == 0);
	fine_or(mio_udp_set_segment_size(fd, 0), ENOTSUP);
	fine_or(mio_udp_get_segment_size(fd, &number), ENOTSUP);
	fine_or(mio_udp_set_receive_offload(fd, false), ENOTSUP);
	fine_or(mio_udp_get_receive_offload(fd, &on), ENOTSUP);
}

/* Whether there are groups depends on the machine. */
static void
use_groups(void)
{
	struct in_addr group = { .s_addr = htonl(0xe9fc0001) };
	struct in_addr interface = loopback(0).sin_addr;
	struct in6_addr group6;
	unsigned number;
	bool on;

	must(inet_pton(AF_INET6, "ff01::114", &group6) == 1);
	must(mio_udp_set_multicast_loop_v4(shared.udp, true) == 0);
	must(mio_udp_get_multicast_loop_v4(shared.udp, &on) == 0);
	must(mio_udp_set_multicast_ttl_v4(shared.udp, 1) == 0);
	must(mio_udp_get_multicast_ttl_v4(shared.udp, &number) == 0);
	must(mio_udp_join_multicast_v4(shared.udp, &group, &interface) <= 0);
	must(mio_udp_leave_multicast_v4(shared.udp, &group, &interface) <= 0);
	must(mio_udp_set_multicast_loop_v6(shared.udp6, true) == 0 ||
	    !shared.ipv6);
	must(mio_udp_get_multicast_loop_v6(shared.udp6, &on) == 0 ||
	    !shared.ipv6);
	must(mio_udp_join_multicast_v6(shared.udp6, &group6, 1) <= 0);
	must(mio_udp_leave_multicast_v6(shared.udp6, &group6, 1) <= 0);
}

/* ---- sockets: what carries bytes and connections */

static void
use_streams(void)
{
	struct sockaddr_storage addr;
	char bytes[4] = "abc";
	struct iovec vector = { bytes, 1 };
	socklen_t len;
	int error;

	fine(mio_socket_send(shared.client, bytes, 1));
	fine(mio_socket_sendv(shared.client, &vector, 1));
	fine(mio_socket_peek(shared.server, bytes, 1));
	fine(mio_socket_recv(shared.server, bytes, 1));
	fine(mio_socket_recvv(shared.server, &vector, 1));
	must(mio_socket_local_addr(shared.client, &addr, &len) == 0);
	must(mio_socket_peer_addr(shared.client, &addr, &len) == 0);
	must(mio_socket_take_error(shared.client, &error) == 0);
	must(mio_socket_connect_finish(shared.client) == 0);
	must(mio_fd_would_block(shared.client) == 0);
	must(mio_fd_adopt(shared.client) == 0);
}

static void
use_connections(void)
{
	struct sockaddr_in any = loopback(0);
	mio_fd_t fd, accepted;

	must(mio_socket_listen(shared.listener, 0) == 0);
	must(mio_tcp_connect(&fd, ADDRESS(shared.to)) == 0);
	if (mio_tcp_accept(shared.listener, &accepted, NULL, NULL) == 0)
		must(mio_fd_close(accepted) == 0);
	must(mio_fd_close(fd) == 0);

	must(mio_tcp_listen(&fd, ADDRESS(any), 0, 0) == 0);
	must(mio_fd_close(fd) == 0);
	must(mio_socket_create(&fd, AF_INET, SOCK_STREAM) == 0);
	must(mio_fd_close(fd) == 0);
}

/* Only one of them binds it; the peer may be set again and again. */
/*
 * ThreadSanitizer takes connect(2) for the creation of the descriptor, and so
 * for a race with every other call. With it, only the first thread makes it.
 */
static void
connect_datagrams(void)
{
	must(mio_unix_datagram_connect(shared.datagrams[0], UNIX_ADDRESS) == 0);
	must(mio_udp_connect(shared.udp, ADDRESS(shared.peer_addr)) == 0);
	must(mio_socket_connect(shared.udp, ADDRESS(shared.peer_addr)) == 0);
}

static void
use_datagrams(void)
{
	struct sockaddr_in any = loopback(0);
	struct sockaddr_storage addr;
	char byte = 'x';
	struct mio_datagram datagram = { .data = &byte, .len = 1 };
	socklen_t len;
	mio_fd_t fd;

	fine_or(mio_socket_bind(shared.udp, ADDRESS(any)), EINVAL);
	if (!has_tsan())
		connect_datagrams();
	fine_or(
	    mio_udp_send_to(shared.udp, &byte, 1, ADDRESS(shared.peer_addr)),
	    EISCONN);
	fine(mio_udp_send_batch(shared.udp, &datagram, 1));
	fine(mio_udp_peek_from(shared.peer, &byte, 1, &addr, &len));
	fine(mio_udp_recv_from(shared.peer, &byte, 1, &addr, &len));
	fine(mio_udp_recv_batch(shared.peer, &datagram, 1));
	must(mio_udp_bind(&fd, ADDRESS(any), 0) == 0);
	must(mio_fd_close(fd) == 0);
}

/* ---- Unix domain sockets and pipes */

static void
use_unix_streams(void)
{
	struct mio_credentials credentials;
	mio_fd_t fds[2], fd, received;
	size_t count = 1;
	char byte = 'x';
	int r;

	fine(mio_unix_send_fds(shared.local[0], &byte, 1, &shared.udp, 1));
	if (mio_unix_recv_fds(shared.local[1], &byte, 1, &received, &count) >
		0 &&
	    count > 0)
		must(mio_fd_close(received) == 0);
	must(mio_unix_peer_credentials(shared.local[0], &credentials) <= 0);
	must(mio_unix_pair(fds) == 0);
	must(mio_fd_close(fds[0]) == 0);
	must(mio_fd_close(fds[1]) == 0);

	r = mio_unix_connect(&fd, &shared.listener_addr, shared.listener_len);
	fine(r);
	if (r == 0)
		must(mio_fd_close(fd) == 0);
	if (mio_unix_accept(shared.path_listener, &received, NULL, NULL) == 0)
		must(mio_fd_close(received) == 0);
}

static void
use_unix_datagrams(void)
{
	struct sockaddr_un from;
	char byte = 'x';
	socklen_t len;
	mio_fd_t fds[2], fd;

	must(mio_unix_datagram_pair(fds) == 0);
	must(mio_fd_close(fds[0]) == 0);
	must(mio_fd_close(fds[1]) == 0);
	must(mio_unix_datagram(&fd) == 0);
	fine(mio_unix_send_to(fd, &byte, 1, UNIX_ADDRESS));
	must(mio_fd_close(fd) == 0);
	if (!has_tsan())
		connect_datagrams();
	fine(mio_socket_send(shared.datagrams[0], &byte, 1));
	fine(mio_unix_recv_from(shared.bound, &byte, 1, &from, &len));
	fine(mio_unix_send_to(shared.datagrams[1], &byte, 1, UNIX_ADDRESS));
}

/* Each in its own file. */
static void
use_unix_paths(void)
{
	struct sockaddr_un addr;
	char path[128];
	socklen_t len;
	mio_fd_t fd;
	int r;

	snprintf(path, sizeof(path), "%s/%u", shared.home,
	    atomic_fetch_add(&shared.number, 1));
	must(mio_unix_addr(&addr, &len, path) == 0);
	must(mio_unix_listen(&fd, &addr, len, 0) == 0);
	must(mio_fd_close(fd) == 0);
	must(unlink(path) == 0);
	must(mio_unix_datagram_bind(&fd, &addr, len) == 0);
	must(mio_fd_close(fd) == 0);
	must(unlink(path) == 0);
	r = mio_unix_abstract_addr(&addr, &len, "x", 1);
	fine_or(r, ENOTSUP);
}

static void
use_pipes(void)
{
	char bytes[4] = "abc";
	struct iovec vector = { bytes, 1 };
	mio_fd_t fds[2], fd;

	fine(mio_pipe_write(shared.pipe[1], bytes, 1));
	fine(mio_pipe_writev(shared.pipe[1], &vector, 1));
	fine(mio_pipe_read(shared.pipe[0], bytes, 1));
	fine(mio_pipe_readv(shared.pipe[0], &vector, 1));
	must(mio_pipe_create(fds) == 0);
	must(mio_fd_close(fds[0]) == 0);
	must(mio_fd_close(fds[1]) == 0);
	must(mio_fd_dup(shared.pipe[0], &fd) == 0);
	must(mio_fd_close(fd) == 0);
}

/* ---- what needs no descriptor, and objects of a poll */

static void
use_text(void)
{
	struct sockaddr_storage addr;
	char text[MIO_ADDRESS_TEXT_MAX];
	socklen_t len;

	must(mio_address_parse(&addr, &len, "127.0.0.1:80", 0) == 0);
	must(mio_address_format(
		 (struct sockaddr *)&addr, len, text, sizeof(text)) == 12);
	must(mio_version_string() != NULL);
	must(mio_poll_backend() != NULL);
	must(mio_clock_now() > 0);
}

static void
use_polls(void)
{
	struct mio_registration *registration;
	struct mio_readiness *readiness;
	struct mio_sender *sender;
	struct mio_receiver *receiver;
	struct mio_timer *timer;
	struct mio_waker *waker;
	struct mio_event event;

	fine_or(mio_poll_fd(shared.poll), ENOTSUP);
	must(mio_readiness_set(shared.readiness, MIO_READABLE) == 0);
	(void)mio_readiness_get(shared.readiness);
	must(mio_waker_create(&waker, shared.poll, 2) == 0);
	must(mio_waker_wake(waker) == 0);
	must(mio_poll_interruptible(shared.poll, &event, 1, 0) >= 0);
	mio_waker_destroy(waker);

	must(mio_registration_create(&registration, &readiness) == 0);
	mio_registration_destroy(registration);
	mio_readiness_unref(readiness);
	must(mio_timer_create(&timer, 0, 4) == 0);
	timer = atomic_exchange(&shared.timer, timer);
	must(mio_timer_source(timer) != NULL);
	mio_timer_destroy(timer);
	must(mio_channel_create(&sender, &receiver, 4) == 0);
	mio_receiver_destroy(receiver);
	mio_sender_unref(sender);
	must(mio_sync_channel_create(&sender, &receiver, 4, 4) == 0);
	mio_receiver_destroy(receiver);
	mio_sender_unref(sender);
}

/* Only the first one finds the connection there. */
static void
shut_down(void)
{
	fine_or(mio_socket_shutdown(shared.client, MIO_SHUT_BOTH), ENOTCONN);
}

/* ---- the threads */

static void (*const uses[])(void) = {
	use_socket_options,
	use_tcp_options,
	use_udp_options,
	use_groups,
	use_streams,
	use_connections,
	use_datagrams,
	use_unix_streams,
	use_unix_datagrams,
	use_unix_paths,
	use_pipes,
	use_text,
	use_polls,
	shut_down,
};

#define USES ((int)(sizeof(uses) / sizeof(uses[0])))

static struct sockaddr_un
path_in_home(const char *name, socklen_t *len)
{
	struct sockaddr_un addr;
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", shared.home, name);
	assert_ok(mio_unix_addr(&addr, len, path));

	return addr;
}

static void
set_up(void)
{
	struct mio_timer *timer;

	shared.ipv6 = has_ipv6();
	shared.listener = listen_on_loopback();
	shared.to = loopback(port_of(shared.listener));
	tcp_pair(&shared.client, &shared.server);
	assert_ok(mio_socket_create(&shared.udp, AF_INET, SOCK_DGRAM));
	shared.udp6 = MIO_INVALID_FD;
	if (shared.ipv6)
		assert_ok(
		    mio_socket_create(&shared.udp6, AF_INET6, SOCK_DGRAM));
	shared.peer = udp_on_loopback(&shared.peer_addr);
	assert_ok(mio_unix_pair(shared.local));
	assert_ok(mio_unix_datagram(&shared.datagrams[0]));
	assert_ok(mio_unix_datagram(&shared.datagrams[1]));
	assert_ok(mio_pipe_create(shared.pipe));

	snprintf(shared.home, sizeof(shared.home), "/tmp/mio-any-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(shared.home));
	shared.addr = path_in_home("datagrams", &shared.addr_len);
	assert_ok(mio_unix_datagram_bind(&shared.bound, UNIX_ADDRESS));
	shared.listener_addr = path_in_home("listener", &shared.listener_len);
	assert_ok(mio_unix_listen(&shared.path_listener, &shared.listener_addr,
	    shared.listener_len, 0));

	assert_ok(mio_timer_create(&timer, 0, 4));
	ck_assert_ptr_nonnull(mio_timer_source(timer));
	shared.timer = timer;
	shared.poll = new_poll();
	assert_ok(
	    mio_registration_create(&shared.registration, &shared.readiness));
	assert_ok(mio_poll_register(shared.poll,
	    mio_registration_source(shared.registration), 1, MIO_READABLE, 0));
	if (has_tsan())
		connect_datagrams();
}

static void
tear_down(void)
{
	mio_timer_destroy(shared.timer);
	mio_registration_destroy(shared.registration);
	mio_readiness_unref(shared.readiness);
	mio_poll_destroy(shared.poll);
	assert_ok(mio_fd_close(shared.path_listener));
	assert_ok(mio_fd_close(shared.bound));
	ck_assert_int_eq(unlink(shared.listener_addr.sun_path), 0);
	ck_assert_int_eq(unlink(shared.addr.sun_path), 0);
	ck_assert_int_eq(rmdir(shared.home), 0);
	close_pair(shared.pipe[0], shared.pipe[1]);
	close_pair(shared.datagrams[0], shared.datagrams[1]);
	close_pair(shared.local[0], shared.local[1]);
	close_pair(shared.udp, shared.peer);
	if (shared.ipv6)
		assert_ok(mio_fd_close(shared.udp6));
	close_pair(shared.client, shared.server);
	assert_ok(mio_fd_close(shared.listener));
}

static _Atomic int waiting; /* threads that have not begun */

static void *
run(void *argument)
{
	int use = *(int *)argument;
	int i;

	atomic_fetch_sub(&waiting, 1);
	while (waiting > 0)
		(void)usleep(100);
	for (i = 0; i < ROUNDS; i++)
		uses[use]();

	return NULL;
}

START_TEST(several_threads_may_do_the_same)
{
	pthread_t threads[THREADS];
	int use = _i;
	int i;

	set_up();
	waiting = THREADS;
	for (i = 0; i < THREADS; i++)
		threads[i] = start(run, &use);
	for (i = 0; i < THREADS; i++)
		join(threads[i]);
	tear_down();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("any_thread");
	TCase *tcase = new_case(suite, "calls");

	tcase_add_loop_test(tcase, several_threads_may_do_the_same, 0, USES);

	return run_suite(suite);
}
