/* SPDX-License-Identifier: MIT */

/* More rows of what a kqueue(2) does: ends, errors and closed descriptors. */

#include "config.h"
#include "lib/harness.h"
#include "lib/kqueue_scene.h"

#include <fcntl.h>
#include <poll.h>

#include <sys/wait.h>

/* ---- what ends */

START_TEST(a_pipe_without_writers)
{
	struct scene s = begin_scene();

	assert_ok(change(s.kq, s.fds[0], R, EV_ADD));
	put(s.fds[1]);
	ck_assert_int_eq(close(s.fds[1]), 0);
	ck_assert_int_eq((int)expect(s.kq, s.fds[0], R, EV_EOF).data, 1);
	get(s.fds[0]);
	ck_assert_int_eq((int)expect(s.kq, s.fds[0], R, EV_EOF).data, 0);
	ck_assert_int_eq(close(s.fds[0]), 0);
	ck_assert_int_eq(close(s.kq), 0);
}
END_TEST

START_TEST(a_pipe_without_readers)
{
	struct scene s = begin_scene();

	assert_ok(change(s.kq, s.fds[1], W, EV_ADD));
	(void)expect(s.kq, s.fds[1], W, 0);
	ck_assert_int_eq(close(s.fds[0]), 0);
	ck_assert_int_eq((int)expect(s.kq, s.fds[1], W, EV_EOF).data, 0);
	assert_ok(change(s.kq, s.fds[1], W, EV_DELETE));

	/* it cannot be watched for room any more, only for its end */
	ck_assert_int_ne(change(s.kq, s.fds[1], W, EV_ADD), 0);
	assert_ok(change(s.kq, s.fds[1], R, EV_ADD));
	(void)expect(s.kq, s.fds[1], R, EV_EOF);
	ck_assert_int_eq(close(s.fds[1]), 0);
	ck_assert_int_eq(close(s.kq), 0);
}
END_TEST

START_TEST(a_connection_ends_in_halves)
{
	int kq = open_queue();
	mio_fd_t client, server;

	tcp_pair(&client, &server);
	assert_ok(change(kq, server, R, EV_ADD));
	expect_none(kq);
	assert_ok(mio_socket_shutdown(client, MIO_SHUT_WRITE));
	ck_assert_uint_eq(expect(kq, server, R, EV_EOF).fflags, 0);

	/* the other direction goes on */
	assert_ok(change(kq, server, R, EV_DELETE));
	assert_ok(change(kq, server, W, EV_ADD));
	(void)expect(kq, server, W, 0);
	assert_ok(mio_socket_shutdown(server, MIO_SHUT_WRITE));
	ck_assert_uint_eq(expect(kq, server, W, EV_EOF).fflags, 0);
	close_pair(client, server);
	ck_assert_int_eq(close(kq), 0);
}
END_TEST

/* The error is in fflags, in both directions, until it is taken. */
START_TEST(a_connection_is_reset)
{
	int kq = open_queue();
	mio_fd_t client, server;
	int error;

	tcp_pair(&client, &server);
	assert_ok(mio_tcp_set_linger(client, 0));
	assert_ok(mio_fd_close(client));
	wait_for(server, POLLIN);
	assert_ok(change(kq, server, R, EV_ADD));
	ck_assert_uint_eq(expect(kq, server, R, EV_EOF).fflags, ECONNRESET);
	assert_ok(change(kq, server, R, EV_DELETE));
	assert_ok(change(kq, server, W, EV_ADD));
	ck_assert_uint_eq(expect(kq, server, W, EV_EOF).fflags, ECONNRESET);
	assert_ok(mio_socket_take_error(server, &error));
	ck_assert_int_eq(error, -ECONNRESET);
	ck_assert_uint_eq(expect(kq, server, W, EV_EOF).fflags, 0);
	assert_ok(mio_fd_close(server));
	ck_assert_int_eq(close(kq), 0);
}
END_TEST

START_TEST(a_connection_is_refused)
{
	struct sockaddr_in addr = loopback(closed_port());
	int kq = open_queue();
	mio_fd_t fd;

	assert_ok(mio_socket_create(&fd, AF_INET, SOCK_STREAM));
	(void)mio_socket_connect(fd, (struct sockaddr *)&addr, sizeof(addr));
	wait_for(fd, POLLOUT);
	assert_ok(change(kq, fd, R, EV_ADD));
	ck_assert_uint_eq(expect(kq, fd, R, EV_EOF).fflags, ECONNREFUSED);
	assert_ok(change(kq, fd, R, EV_DELETE));
	assert_ok(change(kq, fd, W, EV_ADD));
	ck_assert_uint_eq(expect(kq, fd, W, EV_EOF).fflags, ECONNREFUSED);
	assert_ok(mio_fd_close(fd));
	ck_assert_int_eq(close(kq), 0);
}
END_TEST

/* Only the direction that was shut down here. */
START_TEST(a_local_stream_is_shut_down)
{
	int kq = open_queue();
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_ok(change(kq, fds[0], R, EV_ADD));
	assert_ok(change(kq, fds[0], W, EV_ADD));
	assert_ok(mio_socket_shutdown(fds[0], MIO_SHUT_WRITE));
	ck_assert_uint_eq(expect(kq, fds[0], W, EV_EOF).fflags, 0);
	close_pipe(fds);
	ck_assert_int_eq(close(kq), 0);
}
END_TEST

START_TEST(a_listener_is_shut_down)
{
	mio_fd_t listener = listen_on_loopback();
	int kq = open_queue();

	assert_ok(change(kq, listener, R, EV_ADD));
	assert_ok(change(kq, listener, W, EV_ADD));
	expect_none(kq);
	assert_ok(mio_socket_shutdown(listener, MIO_SHUT_BOTH));
	ck_assert_uint_eq(expect(kq, listener, W, EV_EOF).fflags, 0);
	assert_ok(mio_fd_close(listener));
	ck_assert_int_eq(close(kq), 0);
}
END_TEST

/* Nor does the writer's close show in the filter for writing. */
START_TEST(a_pipe_is_not_written_to_from_its_other_end)
{
	struct scene s = begin_scene();

	assert_ok(change(s.kq, s.fds[0], W, EV_ADD));
	expect_none(s.kq);
	ck_assert_int_eq(close(s.fds[1]), 0);
	expect_none(s.kq);
	ck_assert_int_eq(close(s.fds[0]), 0);
	ck_assert_int_eq(close(s.kq), 0);
}
END_TEST

START_TEST(a_stream_that_was_never_connected)
{
	int kq = open_queue();
	mio_fd_t fd;

	assert_ok(mio_socket_create(&fd, AF_INET, SOCK_STREAM));
	assert_ok(change(kq, fd, R, EV_ADD));
	assert_ok(change(kq, fd, W, EV_ADD));
	expect_none(kq);
	assert_ok(mio_fd_close(fd));
	ck_assert_int_eq(close(kq), 0);
}
END_TEST

START_TEST(a_listener)
{
	int kq = open_queue();
	mio_fd_t listener = listen_on_loopback(), client;
	struct sockaddr_in addr = loopback(port_of(listener));

	assert_ok(change(kq, listener, R, EV_ADD));
	assert_ok(change(kq, listener, W, EV_ADD));
	expect_none(kq);
	assert_ok(
	    mio_tcp_connect(&client, (struct sockaddr *)&addr, sizeof(addr)));
	ck_assert_int_eq((int)expect(kq, listener, R, 0).data, 1);
	close_pair(client, listener);
	ck_assert_int_eq(close(kq), 0);
}
END_TEST

/* It is no end, which shows in that there is nothing to read. */
START_TEST(a_datagram_socket_with_an_error)
{
	int kq = open_queue();
	struct kevent record;
	mio_fd_t fd, peer;

	udp_pair(&fd, &peer);
	assert_ok(mio_fd_close(peer));
	ck_assert_int_eq(mio_socket_send(fd, "x", 1), 1);
	assert_ok(change(kq, fd, R, EV_ADD));
	record = expect(kq, fd, R, 0);
	ck_assert_int_eq((int)record.data, 0);
	ck_assert_uint_eq(record.fflags, 0);
	assert_ok(mio_fd_close(fd));
	ck_assert_int_eq(close(kq), 0);
}
END_TEST

START_TEST(a_low_water_mark)
{
	int kq = open_queue();
	struct kevent record = { .filter = R, .flags = EV_ADD };
	mio_fd_t client, server;

	tcp_pair(&client, &server);
	record.ident = (uintptr_t)server;
	record.fflags = NOTE_LOWAT;
	record.data = 3;
	ck_assert_int_eq(kevent(kq, &record, 1, NULL, 0, NULL), 0);
	ck_assert_int_eq(mio_socket_send(client, "xy", 2), 2);
	wait_for(server, POLLIN);
	expect_none(kq);
	ck_assert_int_eq(mio_socket_send(client, "z", 1), 1);
	ck_assert_int_eq((int)expect(kq, server, R, 0).data, 3);
	close_pair(client, server);
	ck_assert_int_eq(close(kq), 0);
}
END_TEST

/* ---- closing and nesting */

START_TEST(closing_takes_filters_out)
{
	struct scene s = begin_scene();
	int copy, fds[2];

	put(s.fds[1]);
	assert_ok(change(s.kq, s.fds[0], R, EV_ADD));
	copy = dup(s.fds[0]); /* the file stays open */
	ck_assert_int_eq(close(s.fds[0]), 0);
	expect_none(s.kq);
	ck_assert_int_eq(change(s.kq, s.fds[0], R, EV_DELETE), EBADF);

	/* the number of another file */
	make_pipe(fds);
	ck_assert_int_eq(fds[0], s.fds[0]);
	ck_assert_int_eq(change(s.kq, fds[0], R, EV_DELETE), ENOENT);
	put(fds[1]);
	expect_none(s.kq);
	close_pipe(fds);
	ck_assert_int_eq(close(copy), 0);
	ck_assert_int_eq(close(s.fds[1]), 0);
	ck_assert_int_eq(close(s.kq), 0);
}
END_TEST

/* A queue can be waited for, but has no room for anything. */
START_TEST(a_queue_in_a_queue)
{
	struct scene s = begin_scene();
	struct pollfd look = { .events = POLLIN };
	int outer = open_queue();

	assert_ok(change(s.kq, s.fds[0], R, EV_ADD));
	assert_ok(change(outer, s.kq, R, EV_ADD));
	ck_assert_int_ne(change(outer, s.kq, W, EV_ADD), 0);
	expect_none(outer);
	put(s.fds[1]);
	look.fd = outer;
	ck_assert_int_eq(poll(&look, 1, 20000), 1);
	(void)expect(outer, s.kq, R, 0);
	(void)expect(s.kq, s.fds[0], R, 0);
	get(s.fds[0]);

	/* it stays readable until somebody has looked into it */
	(void)expect(outer, s.kq, R, 0);
	expect_none(s.kq);
	expect_none(outer);
	ck_assert_int_eq(close(outer), 0);
	end_scene(&s);
}
END_TEST

/* It is not readable because of itself. */
START_TEST(a_queue_in_itself)
{
	int kq = open_queue();

	assert_ok(change(kq, kq, R, EV_ADD));
	ck_assert_int_ne(change(kq, kq, W, EV_ADD), 0);
	expect_none(kq);
	ck_assert_int_eq(close(kq), 0);
}
END_TEST

/* Ready in both directions, without anything to read. */
START_TEST(a_device_that_is_always_ready)
{
	int fd = open("/dev/null", O_RDWR);
	int kq = open_queue();
	struct kevent records[3];

	ck_assert_int_ge(fd, 0);
	assert_ok(change(kq, fd, R, EV_ADD));
	assert_ok(change(kq, fd, W, EV_ADD));
	ck_assert_int_eq(fetch(kq, records, 3), 2);
	ck_assert_int_eq((int)records[0].data, 0);
	ck_assert_int_eq((int)records[1].data, 0);
	ck_assert_int_eq(fetch(kq, records, 3), 2);
	assert_ok(change(kq, fd, R, EV_DELETE));
	(void)expect(kq, fd, W, 0);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(close(kq), 0);
}
END_TEST

/* Edges of both directions that come together. */
START_TEST(a_peer_that_closes_ends_writing_first)
{
	int kq = open_queue();
	struct kevent records[3];
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_ok(change(kq, fds[0], R, EV_ADD | EV_CLEAR));
	assert_ok(change(kq, fds[0], W, EV_ADD | EV_CLEAR));
	(void)expect(kq, fds[0], W, 0);
	ck_assert_int_eq(close(fds[1]), 0);
	ck_assert_int_eq(fetch(kq, records, 3), 2);
	ck_assert_int_eq((int)records[0].filter, (int)W);
	ck_assert_int_eq((int)records[1].filter, (int)R);
	ck_assert_uint_ne(records[0].flags & records[1].flags & EV_EOF, 0);
	expect_none(kq);
	ck_assert_int_eq(close(fds[0]), 0);
	ck_assert_int_eq(close(kq), 0);
}
END_TEST

/* A filter that stays queued in the inner one is no edge of the outer one. */
START_TEST(a_queue_in_a_queue_is_an_edge)
{
	struct scene s = begin_scene();
	int outer = open_queue();

	assert_ok(change(s.kq, s.fds[0], R, EV_ADD));
	assert_ok(change(outer, s.kq, R, EV_ADD | EV_CLEAR));
	put(s.fds[1]);
	ck_assert_int_eq((int)expect(outer, s.kq, R, 0).data, 1);
	expect_none(outer);
	put(s.fds[1]);
	expect_none(outer);
	(void)expect(s.kq, s.fds[0], R, 0);
	expect_none(outer);
	put(s.fds[1]);
	expect_none(outer);

	/* found not to hold, it leaves the queue, and then it is one */
	get(s.fds[0]);
	get(s.fds[0]);
	get(s.fds[0]);
	expect_none(s.kq);
	put(s.fds[1]);
	(void)expect(outer, s.kq, R, 0);
	expect_none(outer);
	ck_assert_int_eq(close(outer), 0);
	end_scene(&s);
}
END_TEST

START_TEST(a_child_has_no_queues)
{
	struct scene s = begin_scene();
	int status;
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0)
		_exit(
		    fcntl(s.kq, F_GETFD) >= 0 || fcntl(s.fds[0], F_GETFD) < 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	end_scene(&s);
}
END_TEST

#ifdef EVFILT_EXCEPT
/* An urgent byte is not data, and data is not urgent. */
START_TEST(an_urgent_byte)
{
	struct kevent watch = { .filter = EVFILT_EXCEPT, .flags = EV_ADD };
	int kq = open_queue();
	mio_fd_t client, server;
	char byte;

	tcp_pair(&client, &server);
	assert_ok(change(kq, server, R, EV_ADD));
	watch.ident = (uintptr_t)server;
	watch.fflags = NOTE_OOB;
	ck_assert_int_eq(kevent(kq, &watch, 1, NULL, 0, NULL), 0);
	expect_none(kq);
	ck_assert_int_eq(send(client, "u", 1, MSG_OOB), 1);
	ck_assert_uint_eq(
	    expect(kq, server, (int)EVFILT_EXCEPT, 0).fflags & NOTE_OOB,
	    NOTE_OOB);
	ck_assert_int_eq(recv(server, &byte, 1, MSG_OOB), 1);
	expect_none(kq);
	put(client);
	(void)expect(kq, server, R, 0);
	close_pair(client, server);
	ck_assert_int_eq(close(kq), 0);
}
END_TEST
#endif

int
main(void)
{
	Suite *suite = suite_create("kqueue_ends");
	TCase *tcase = new_case(suite, "ends");

	tcase_add_test(tcase, a_pipe_without_writers);
	tcase_add_test(tcase, a_pipe_without_readers);
	tcase_add_test(tcase, a_connection_ends_in_halves);
	tcase_add_test(tcase, a_connection_is_reset);
	tcase_add_test(tcase, a_connection_is_refused);
	tcase_add_test(tcase, a_local_stream_is_shut_down);
	tcase_add_test(tcase, a_listener_is_shut_down);
	tcase_add_test(tcase, a_pipe_is_not_written_to_from_its_other_end);
	tcase_add_test(tcase, a_stream_that_was_never_connected);
	tcase_add_test(tcase, a_listener);
	tcase_add_test(tcase, a_datagram_socket_with_an_error);
	tcase_add_test(tcase, a_low_water_mark);
#ifdef EVFILT_EXCEPT
	tcase_add_test(tcase, an_urgent_byte);
#endif

	tcase = new_case(suite, "descriptors");
	tcase_add_test(tcase, closing_takes_filters_out);
	tcase_add_test(tcase, a_queue_in_a_queue);
	tcase_add_test(tcase, a_queue_in_a_queue_is_an_edge);
	tcase_add_test(tcase, a_queue_in_itself);
	tcase_add_test(tcase, a_device_that_is_always_ready);
	tcase_add_test(tcase, a_peer_that_closes_ends_writing_first);
	tcase_add_test(tcase, a_child_has_no_queues);

	return run_suite(suite);
}
