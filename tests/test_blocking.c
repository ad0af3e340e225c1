/* SPDX-License-Identifier: MIT */

/* Sockets that block, as those do that a program inherits. */

#include "config.h"
#include "lib/harness.h"

#include <fcntl.h>
#include <poll.h>

#include <sys/un.h>

static void
make_blocking(mio_fd_t fd, bool on)
{
	int status = fcntl(fd, F_GETFL);

	status = on ? status & ~O_NONBLOCK : status | O_NONBLOCK;
	ck_assert_int_eq(fcntl(fd, F_SETFL, status), 0);
}

static bool
is_blocking(mio_fd_t fd)
{
	return (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
}

static mio_fd_t
listen_tcp(void)
{
	return listen_on_loopback();
}

static mio_fd_t
connect_tcp(mio_fd_t listener)
{
	struct sockaddr_in addr = loopback(port_of(listener));
	mio_fd_t fd;

	assert_ok(
	    mio_tcp_connect(&fd, (struct sockaddr *)&addr, sizeof(addr)));
	wait_for(listener, POLLIN);

	return fd;
}

static int
accept_tcp(mio_fd_t listener, mio_fd_t *out)
{
	return mio_tcp_accept(listener, out, NULL, NULL);
}

static struct sockaddr_un path;
static socklen_t path_len;

/* Its name goes as soon as it is not needed. */
static mio_fd_t
listen_unix(void)
{
	char name[64];
	mio_fd_t fd;

	snprintf(name, sizeof(name), "/tmp/mio-blocking-%ld", (long)getpid());
	assert_ok(mio_unix_addr(&path, &path_len, name));
	(void)unlink(name);
	assert_ok(mio_unix_listen(&fd, &path, path_len, 0));

	return fd;
}

static mio_fd_t
connect_unix(mio_fd_t listener)
{
	mio_fd_t fd;

	(void)listener;
	assert_ok(mio_unix_connect(&fd, &path, path_len));

	return fd;
}

static int
accept_unix(mio_fd_t listener, mio_fd_t *out)
{
	return mio_unix_accept(listener, out, NULL, NULL);
}

static const struct {
	mio_fd_t (*listen)(void);
	mio_fd_t (*connect)(mio_fd_t listener);
	int (*accept)(mio_fd_t listener, mio_fd_t *out);
} kinds[] = {
	{ listen_tcp, connect_tcp, accept_tcp },
	{ listen_unix, connect_unix, accept_unix },
};

static void
close_listener(mio_fd_t listener)
{
	assert_ok(mio_fd_close(listener));
	if (path.sun_path[0] != '\0')
		(void)unlink(path.sun_path);
}

static void
accept_one(int kind, mio_fd_t listener)
{
	mio_fd_t client = kinds[kind].connect(listener), server = -7;

	assert_ok(kinds[kind].accept(listener, &server));
	assert_nonblock_cloexec(server);
	close_pair(client, server);
}

START_TEST(accept_does_not_block_on_a_blocking_listener)
{
	mio_fd_t listener = kinds[_i].listen(), fd = -7;

	make_blocking(listener, true);
	assert_error(kinds[_i].accept(listener, &fd), EAGAIN);
	accept_one(_i, listener);
	assert_error(kinds[_i].accept(listener, &fd), EAGAIN);
	ck_assert_int_eq(fd, -7);

	/* others that share it find it as it was */
	ck_assert(is_blocking(listener));
	close_listener(listener);
}
END_TEST

/* A process that shares a listener may change its flags between two events. */
START_TEST(accept_notices_when_a_listener_begins_to_block)
{
	mio_fd_t listener = kinds[_i].listen(), fd = -7;
	int i;

	for (i = 0; i < 3; i++) {
		make_blocking(listener, false);
		assert_error(kinds[_i].accept(listener, &fd), EAGAIN);
		accept_one(_i, listener);
		assert_error(kinds[_i].accept(listener, &fd), EAGAIN);
		make_blocking(listener, true);
		assert_error(kinds[_i].accept(listener, &fd), EAGAIN);
		accept_one(_i, listener);
		assert_error(kinds[_i].accept(listener, &fd), EAGAIN);
	}
	close_listener(listener);
}
END_TEST

/* What was found out of one descriptor is not believed of the next. */
START_TEST(accept_knows_a_number_no_longer_than_its_listener)
{
	mio_fd_t first = kinds[_i].listen(), second, fd = -7;

	accept_one(_i, first);
	close_listener(first);
	second = kinds[_i].listen();
	ck_assert_int_eq(second, first);
	make_blocking(second, true);
	assert_error(kinds[_i].accept(second, &fd), EAGAIN);
	close_listener(second);
}
END_TEST

/* The number of one that close(2) closed may come back in a message. */
START_TEST(accept_knows_nothing_of_received_listeners)
{
	mio_fd_t first = kinds[_i].listen(), other, got, fd = -7, pair[2];
	size_t room = 1;

	assert_ok(mio_unix_pair(pair));
	accept_one(_i, first);
	ck_assert_int_eq(close(first), 0);
	other = kinds[_i].listen();
	make_blocking(other, true);
	ck_assert_int_eq(mio_unix_send_fds(pair[0], "x", 1, &other, 1), 1);
	ck_assert_int_eq(close(other), 0);
	ck_assert_int_eq(
	    mio_unix_recv_fds(pair[1], &(char){ 0 }, 1, &got, &room), 1);
	ck_assert_int_eq(got, first);
	assert_error(kinds[_i].accept(got, &fd), EAGAIN);
	close_listener(got);
	close_pair(pair[0], pair[1]);
}
END_TEST

/* A port without a listener fails at once, blocking or not. */
START_TEST(accept_refuses_blocking_files_that_do_not_listen)
{
	mio_fd_t udp = udp_on_loopback(NULL), tcp, fd = -7;
	mio_fd_t pair[2], fds[2];

	make_pipe(fds);
	assert_ok(mio_unix_pair(pair));
	assert_ok(mio_socket_create(&tcp, AF_INET, SOCK_STREAM));
	make_blocking(udp, true);
	make_blocking(pair[0], true);
	make_blocking(tcp, true);
	make_blocking(fds[0], true);
	assert_error(kinds[_i].accept(udp, &fd), EOPNOTSUPP);
	assert_error(kinds[_i].accept(tcp, &fd), EINVAL);
	assert_error(kinds[_i].accept(pair[0], &fd), EINVAL);
	assert_error(kinds[_i].accept(fds[0], &fd), ENOTSOCK);
	assert_error(kinds[_i].accept(-1, &fd), EBADF);
	ck_assert_int_eq(fd, -7);
	assert_ok(mio_fd_close(tcp));
	assert_ok(mio_fd_close(udp));
	close_pair(pair[0], pair[1]);
	close_pipe(fds);
}
END_TEST

static char bytes[65536];

/* Each calls what it can of a socket that has nothing to say. */
static void
receive_nothing(mio_fd_t fd)
{
	struct iovec vector = { bytes, 1 };
	struct sockaddr_storage addr;
	struct mio_datagram datagram = { .data = bytes, .len = 1 };
	struct sockaddr_un name;
	socklen_t len;
	mio_fd_t got;
	size_t room = 1;

	assert_error(mio_socket_recv(fd, bytes, 1), EAGAIN);
	assert_error(mio_socket_recvv(fd, &vector, 1), EAGAIN);
	assert_error(mio_socket_peek(fd, bytes, 1), EAGAIN);
	assert_error(mio_udp_recv_from(fd, bytes, 1, &addr, &len), EAGAIN);
	assert_error(mio_udp_peek_from(fd, bytes, 1, &addr, &len), EAGAIN);
	assert_error(mio_udp_recv_batch(fd, &datagram, 1), EAGAIN);
	assert_error(mio_unix_recv_from(fd, bytes, 1, &name, &len), EAGAIN);
	assert_error(mio_unix_recv_fds(fd, bytes, 1, &got, &room), EAGAIN);
}

static ssize_t
send_plainly(mio_fd_t fd)
{
	return mio_socket_send(fd, bytes, 1000);
}

static ssize_t
send_vector(mio_fd_t fd)
{
	return mio_socket_sendv(fd, &(struct iovec){ bytes, 1000 }, 1);
}

static ssize_t
send_batch(mio_fd_t fd)
{
	struct mio_datagram datagram = { .data = bytes, .len = 1000 };

	return mio_udp_send_batch(fd, &datagram, 1);
}

static ssize_t
send_fds(mio_fd_t fd)
{
	return mio_unix_send_fds(fd, bytes, 1000, NULL, 0);
}

static ssize_t (*const sends[])(mio_fd_t) = {
	send_plainly,
	send_vector,
	send_batch,
	send_fds,
};

static void
fill(mio_fd_t fd)
{
	ssize_t n;
	size_t i;

	for (i = 0; i < sizeof(sends) / sizeof(sends[0]); i++) {
		while ((n = sends[i](fd)) > 0);
		assert_error(n, EAGAIN);
	}
}

static void
stream_pair(mio_fd_t fds[2])
{
	assert_ok(mio_unix_pair(fds));
}

static void
datagram_pair(mio_fd_t fds[2])
{
	assert_ok(mio_unix_datagram_pair(fds));
}

static void
network_pair(mio_fd_t fds[2])
{
	tcp_pair(&fds[0], &fds[1]);
}

static void (*const pairs[])(mio_fd_t fds[2]) = {
	stream_pair,
	datagram_pair,
	network_pair,
};

#define PAIRS ((int)(sizeof(pairs) / sizeof(pairs[0])))

START_TEST(receiving_and_sending_do_not_block_on_blocking_sockets)
{
	mio_fd_t fds[2];

	pairs[_i](fds);
	make_blocking(fds[0], true);
	make_blocking(fds[1], true);
	receive_nothing(fds[0]);
	fill(fds[0]);
	receive_nothing(fds[0]);
	ck_assert_int_gt((int)mio_socket_recv(fds[1], bytes, 1), 0);
	ck_assert(is_blocking(fds[0]));
	ck_assert(is_blocking(fds[1]));
	close_pair(fds[0], fds[1]);
}
END_TEST

START_TEST(sending_to_an_address_does_not_block_on_a_blocking_socket)
{
	mio_fd_t from, to;
	ssize_t n;

	snprintf(bytes, sizeof(bytes), "/tmp/mio-blocking-%ld",
	    (long)getpid());
	(void)unlink(bytes);
	assert_ok(mio_unix_addr(&path, &path_len, bytes));
	assert_ok(mio_unix_datagram_bind(&to, &path, path_len));
	assert_ok(mio_unix_datagram(&from));
	make_blocking(from, true);
	while ((n = mio_unix_send_to(from, "x", 1, &path, path_len)) > 0);
	assert_error(n, EAGAIN);
	close_listener(to);
	assert_ok(mio_fd_close(from));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("blocking");
	TCase *tcase = new_case(suite, "listeners");

	tcase_add_loop_test(
	    tcase, accept_does_not_block_on_a_blocking_listener, 0, 2);
	tcase_add_loop_test(
	    tcase, accept_notices_when_a_listener_begins_to_block, 0, 2);
	tcase_add_loop_test(
	    tcase, accept_knows_a_number_no_longer_than_its_listener, 0, 2);
	tcase_add_loop_test(
	    tcase, accept_knows_nothing_of_received_listeners, 0, 2);
	tcase_add_loop_test(
	    tcase, accept_refuses_blocking_files_that_do_not_listen, 0, 2);

	tcase = new_case(suite, "transfer");
	tcase_add_loop_test(tcase,
	    receiving_and_sending_do_not_block_on_blocking_sockets, 0, PAIRS);
	tcase_add_test(
	    tcase, sending_to_an_address_does_not_block_on_a_blocking_socket);

	return run_suite(suite);
}
