/* SPDX-License-Identifier: MIT */

/*
 * Hang-ups and errors that end: what an edge-triggered descriptor reports after
 * it has reported one, without being reregistered and with the system's own
 * calls on it, and that waiting for that costs nothing.
 */

#include "config.h"
#include "lib/harness.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>

#include <sys/stat.h>

#define RW (MIO_READABLE | MIO_WRITABLE)

/* The event that has these bits comes; others may come before it. */
static void
expect_bits(struct mio_poll *poll, unsigned ready)
{
	int64_t end = now_ns() + PATIENCE;

	while ((expect_event(poll).ready & ready) != ready)
		ck_assert_int_lt(now_ns(), end);
}

/* A spurious event was reported and is not reported again. */
static void
expect_quiet(struct mio_poll *poll)
{
	struct mio_event event;
	int64_t cpu;
	int n, i = 0;

	while ((n = mio_poll(poll, &event, 1, 0)) > 0)
		ck_assert_int_lt(++i, 10);
	ck_assert_int_eq(n, 0);

	cpu = cpu_ns();
	ck_assert_int_eq(mio_poll(poll, &event, 1, 10 * GLANCE), 0);
	if (!is_slowed_down())
		ck_assert_int_lt(cpu_ns() - cpu, GLANCE);
}

static void
read_to_the_end(int fd, ssize_t end)
{
	char bytes[3];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		continue;
	ck_assert_int_eq(n, end);
}

/* A name for a FIFO in a folder of its own. */
struct fifo {
	char folder[32], path[40];
	int reader;
};

static struct fifo
make_fifo(void)
{
	struct fifo fifo = { .folder = "/tmp/mio-test-XXXXXX" };

	ck_assert_ptr_nonnull(mkdtemp(fifo.folder));
	snprintf(fifo.path, sizeof(fifo.path), "%s/f", fifo.folder);
	ck_assert_int_eq(mkfifo(fifo.path, 0600), 0);
	fifo.reader = open(fifo.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(fifo.reader, 0);

	return fifo;
}

static void
end_fifo(const struct fifo *fifo)
{
	assert_ok(mio_fd_close(fifo->reader));
	ck_assert_int_eq(unlink(fifo->path), 0);
	ck_assert_int_eq(rmdir(fifo->folder), 0);
}

static int
open_writer(const struct fifo *fifo)
{
	int fd = open(fifo->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);

	return fd;
}

START_TEST(fifo_has_one_writer_after_another)
{
	struct mio_poll *poll = new_poll();
	struct fifo fifo = make_fifo();
	int i, writer;

	assert_ok(mio_poll_register_fd(
	    poll, fifo.reader, 1, MIO_READABLE, MIO_EDGE));
	for (i = 0; i < 4; i++) {
		expect_quiet(poll);
		writer = open_writer(&fifo);
		ck_assert_int_eq(write(writer, "abcdef", 6), 6);
		expect_bits(poll, MIO_READABLE);
		if (_i == 1) {
			read_to_the_end(fifo.reader, -1);
			assert_ok(mio_fd_would_block(fifo.reader));
		}
		ck_assert_int_eq(close(writer), 0);
		expect_bits(poll, MIO_READABLE | MIO_READ_CLOSED);
		read_to_the_end(fifo.reader, 0);
	}
	expect_quiet(poll);

	end_fifo(&fifo);
	mio_poll_destroy(poll);
}
END_TEST

/* The next writer has opened and closed it before anybody polled. */
START_TEST(fifo_has_a_writer_of_a_moment)
{
	struct mio_poll *poll = new_poll();
	struct fifo fifo = make_fifo();
	int i, writer;

	assert_ok(mio_poll_register_fd(
	    poll, fifo.reader, 1, MIO_READABLE, MIO_EDGE));
	for (i = 0; i < 4; i++) {
		writer = open_writer(&fifo);
		ck_assert_int_eq(write(writer, "abcdef", 6), 6);
		ck_assert_int_eq(close(writer), 0);
		expect_bits(poll, MIO_READABLE | MIO_READ_CLOSED);
		read_to_the_end(fifo.reader, 0);
		expect_quiet(poll);
	}

	end_fifo(&fifo);
	mio_poll_destroy(poll);
}
END_TEST

/* A thread waits already when the second writer comes. */
static void *
wait_for_data(void *poll)
{
	expect_bits(poll, MIO_READABLE);

	return NULL;
}

START_TEST(fifo_has_a_writer_while_a_thread_waits)
{
	struct mio_poll *poll = new_poll();
	struct fifo fifo = make_fifo();
	pthread_t thread;
	int writer;

	assert_ok(mio_poll_register_fd(
	    poll, fifo.reader, 1, MIO_READABLE, MIO_EDGE));
	ck_assert_int_eq(close(open_writer(&fifo)), 0);
	expect_bits(poll, MIO_READ_CLOSED);
	expect_quiet(poll);

	thread = start(wait_for_data, poll);
	usleep(20000);
	writer = open_writer(&fifo);
	ck_assert_int_eq(write(writer, "x", 1), 1);
	join(thread);

	ck_assert_int_eq(close(writer), 0);
	end_fifo(&fifo);
	mio_poll_destroy(poll);
}
END_TEST

/* Another program's terminal: its side is closed and opened again. */
START_TEST(terminal_is_opened_again)
{
	struct mio_poll *poll = new_poll();
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	const char *name;
	int i, slave;

	ck_assert_int_ge(master, 0);
	ck_assert_int_eq(grantpt(master), 0);
	ck_assert_int_eq(unlockpt(master), 0);
	ck_assert_ptr_nonnull(name = ptsname(master));
	assert_ok(mio_poll_register_fd(
	    poll, master, 1, MIO_READABLE, MIO_EDGE));
	for (i = 0; i < 3; i++) {
		slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
		ck_assert_int_ge(slave, 0);
		ck_assert_int_eq(write(slave, "abc", 3), 3);
		expect_bits(poll, MIO_READABLE);
		ck_assert_int_eq(close(slave), 0);
		expect_bits(poll, MIO_READABLE | MIO_READ_CLOSED);
		read_to_the_end(master, -1);
		expect_quiet(poll);
	}
	assert_ok(mio_fd_close(master));
	mio_poll_destroy(poll);
}
END_TEST

/* The program connects by itself what it registered before. */
START_TEST(socket_that_hung_connects)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t listener = listen_on_loopback();
	struct sockaddr_in addr = loopback(port_of(listener));
	mio_fd_t fd;

	assert_ok(mio_socket_create(&fd, AF_INET, SOCK_STREAM));
	assert_ok(mio_poll_register_fd(poll, fd, 1, RW, MIO_EDGE));
	if (sees_unconnected())
		expect_ready(poll, 1, RW | MIO_HUP, 0);
	expect_quiet(poll);
	(void)connect(fd, (struct sockaddr *)&addr, sizeof(addr));
	expect_ready(poll, 1, MIO_WRITABLE, 0);

	assert_ok(mio_fd_close(fd));
	assert_ok(mio_fd_close(listener));
	mio_poll_destroy(poll);
}
END_TEST

/* A datagram comes while an error is still to be taken. */
START_TEST(datagram_beside_an_error)
{
	struct mio_poll *poll = new_poll();
	struct sockaddr_in addr, gone;
	mio_fd_t fd = udp_on_loopback(&addr);
	mio_fd_t peer = udp_on_loopback(&gone);

	assert_ok(mio_poll_register_fd(poll, fd, 1, MIO_READABLE, MIO_EDGE));
	assert_ok(mio_udp_connect(fd, (struct sockaddr *)&gone, sizeof(gone)));
	assert_ok(mio_fd_close(peer));
	ck_assert_int_eq(mio_socket_send(fd, "x", 1), 1);
	expect_bits(poll, MIO_ERROR);
	expect_quiet(poll);

	assert_ok(mio_udp_bind(&peer, (struct sockaddr *)&gone, sizeof(gone),
	    0));
	ck_assert_int_eq(mio_udp_send_to(peer, "y", 1,
	    (struct sockaddr *)&addr, sizeof(addr)), 1);
	/* a kqueue does not report an error beside data */
	expect_bits(poll,
	    MIO_READABLE | (backend_is("kqueue") ? 0u : MIO_ERROR));
	/* closed by the system's own call, without telling the library */
	ck_assert_int_eq(recv(fd, &(char){ 0 }, 1, 0), -1);
	ck_assert_int_eq(recv(fd, &(char){ 0 }, 1, 0), 1);
	expect_quiet(poll);
	ck_assert_int_eq(mio_udp_send_to(peer, "z", 1,
	    (struct sockaddr *)&addr, sizeof(addr)), 1);
	expect_bits(poll, MIO_READABLE);

	assert_ok(mio_fd_close(peer));
	assert_ok(mio_fd_close(fd));
	mio_poll_destroy(poll);
}
END_TEST

/* Closed after it reported: nobody polls that number any more. */
START_TEST(what_broke_is_closed)
{
	struct mio_poll *poll = new_poll();
	int fds[2], other[2];

	make_pipe(fds);
	assert_ok(mio_poll_register_fd(poll, fds[0], 1, MIO_READABLE,
	    MIO_EDGE));
	ck_assert_int_eq(close(fds[1]), 0);
	expect_bits(poll, MIO_READ_CLOSED);
	ck_assert_int_eq(close(fds[0]), 0);
	if (_i == 1) {
		make_pipe(other); /* takes both numbers */
		ck_assert_int_eq(other[0], fds[0]);
		ck_assert_int_eq(write(other[1], "x", 1), 1);
	}
	expect_quiet(poll);
	if (_i == 1)
		close_pipe(other);
	mio_poll_destroy(poll);
}
END_TEST

/* The alarm of timers, wakers and changes get through all the same. */
START_TEST(others_are_served_beside_what_broke)
{
	struct mio_poll *poll = new_poll();
	int broken[2], fds[2];
	int64_t begin;
	struct mio_event event;

	make_pipe(broken);
	make_pipe(fds);
	assert_ok(mio_poll_register_fd(
	    poll, broken[0], 1, MIO_READABLE, MIO_EDGE));
	assert_ok(mio_poll_register_fd(poll, fds[0], 2, MIO_READABLE, 0));
	assert_ok(mio_fd_close(broken[1]));
	expect_bits(poll, MIO_READ_CLOSED);

	begin = now_ns();
	ck_assert_int_eq(mio_poll(poll, &event, 1, 10 * GLANCE), 0);
	ck_assert_int_ge(now_ns() - begin, 10 * GLANCE);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	expect_ready(poll, 2, MIO_READABLE, 0);

	assert_ok(mio_fd_close(broken[0]));
	close_pipe(fds);
	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("broken");
	TCase *tcase = new_case(suite, "broken");

	tcase_add_loop_test(tcase, fifo_has_one_writer_after_another, 0, 2);
	tcase_add_test(tcase, fifo_has_a_writer_of_a_moment);
	tcase_add_test(tcase, fifo_has_a_writer_while_a_thread_waits);
	tcase_add_test(tcase, terminal_is_opened_again);
	tcase_add_test(tcase, socket_that_hung_connects);
	tcase_add_test(tcase, datagram_beside_an_error);
	tcase_add_loop_test(tcase, what_broke_is_closed, 0, 2);
	tcase_add_test(tcase, others_are_served_beside_what_broke);

	return run_suite(suite);
}
