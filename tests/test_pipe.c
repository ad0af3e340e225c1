/* SPDX-License-Identifier: MIT */

/* What goes through pipes; internal_sigpipe.c is about what must not come. */

#include "config.h"
#include "lib/harness.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>

#include <sys/wait.h>

START_TEST(ends_are_made_as_all_descriptors_are)
{
	mio_fd_t fds[2] = { -7, -7 };
	char got[8] = "........";

	assert_ok(mio_pipe_create(fds));
	assert_nonblock_cloexec(fds[0]);
	assert_nonblock_cloexec(fds[1]);
	assert_error(mio_pipe_read(fds[0], got, 8), EAGAIN);
	ck_assert_int_eq(mio_pipe_write(fds[1], "hello", 5), 5);
	ck_assert_int_eq(mio_pipe_read(fds[0], got, 2), 2);
	ck_assert_int_eq(mio_pipe_read(fds[0], got + 2, 6), 3);
	ck_assert_mem_eq(got, "hello...", 8);
	assert_error(mio_pipe_read(fds[0], got, 8), EAGAIN);
	assert_error(mio_pipe_create(NULL), EINVAL);
	close_pipe(fds);
}
END_TEST

START_TEST(end_is_reported_to_both)
{
	mio_fd_t fds[2];
	char got[2] = "..";

	assert_ok(mio_pipe_create(fds));
	ck_assert_int_eq(mio_pipe_write(fds[1], "x", 1), 1);
	assert_ok(mio_fd_close(fds[1]));
	ck_assert_int_eq(mio_pipe_read(fds[0], got, 2), 1);
	assert_ok(mio_pipe_read(fds[0], got, 2));
	assert_ok(mio_pipe_read(fds[0], got, 2));
	assert_ok(mio_fd_close(fds[0]));

	/* with SIGPIPE as programs find it, it would end this one */
	assert_ok(mio_pipe_create(fds));
	assert_ok(mio_fd_close(fds[0]));
	assert_error(mio_pipe_write(fds[1], "x", 1), EPIPE);
	assert_error(
	    mio_pipe_writev(fds[1], &(struct iovec){ got, 2 }, 1), EPIPE);
	assert_ok(mio_fd_close(fds[1]));
}
END_TEST

START_TEST(vectors_scatter_and_gather)
{
	char a[3] = "..", b[3] = "..", c[3] = "..";
	char from[] = "abcde";
	struct iovec out[] = { { from, 1 }, { NULL, 0 }, { from + 1, 4 } };
	struct iovec in[] = { { a, 2 }, { b, 2 }, { c, 2 } };
	mio_fd_t fds[2];

	assert_ok(mio_pipe_create(fds));
	assert_error(mio_pipe_readv(fds[0], in, 3), EAGAIN);
	ck_assert_int_eq(mio_pipe_writev(fds[1], out, 3), 5);
	ck_assert_int_eq(mio_pipe_readv(fds[0], in, 3), 5);
	ck_assert_str_eq(a, "ab");
	ck_assert_str_eq(b, "cd");
	ck_assert_str_eq(c, "e.");
	close_pipe(fds);
}
END_TEST

/* Each write stays by itself in it, where there is such a thing. */
static void
open_packet_pipe(int fds[2])
{
#ifdef O_DIRECT
	/* where pipe2 is refused musl makes one that has not that flag */
	if (pipe2(fds, O_DIRECT | O_NONBLOCK | O_CLOEXEC) == 0) {
		if (fcntl(fds[1], F_GETFL) & O_DIRECT)
			return;
		close_pipe(fds);
	}
#endif
	assert_ok(mio_unix_datagram_pair(fds));
}

START_TEST(vectors_longer_than_the_limit_are_clipped)
{
	static char bytes[IOV_MAX + 10];
	static struct iovec vector[IOV_MAX + 10];
	mio_fd_t fds[2];
	int i;

	for (i = 0; i < IOV_MAX + 10; i++)
		vector[i] = (struct iovec){ &bytes[i], 1 };
	assert_ok(mio_pipe_create(fds));
	ck_assert_int_eq(
	    mio_pipe_writev(fds[1], vector, IOV_MAX + 10), IOV_MAX);
	ck_assert_int_eq(mio_pipe_writev(fds[1], vector, 10), 10);
	ck_assert_int_eq(
	    mio_pipe_readv(fds[0], vector, IOV_MAX + 10), IOV_MAX);
	ck_assert_int_eq(mio_pipe_read(fds[0], bytes, 11), 10);
	close_pipe(fds);
}
END_TEST

/* What is read and written as it is on a pipe may keep messages apart. */
START_TEST(vectors_longer_than_the_limit_are_refused_for_messages)
{
	static char bytes[IOV_MAX + 10];
	static struct iovec vector[IOV_MAX + 10];
	mio_fd_t fds[2];
	int i;

	for (i = 0; i < IOV_MAX + 10; i++)
		vector[i] = (struct iovec){ &bytes[i], 1 };
	if (_i == 0)
		assert_ok(mio_unix_datagram_pair(fds));
	else
		open_packet_pipe(fds);

	assert_error(
	    mio_pipe_writev(fds[1], vector, IOV_MAX + 1), EMSGSIZE);
	assert_error(mio_pipe_read(fds[0], bytes, 1), EAGAIN);
	ck_assert_int_eq(
	    mio_pipe_write(fds[1], bytes, sizeof(bytes)), sizeof(bytes));
	if (_i == 0) /* the end that reads a pipe cannot see that */
		assert_error(
		    mio_pipe_readv(fds[0], vector, IOV_MAX + 1), EMSGSIZE);
	ck_assert_int_eq(
	    mio_pipe_read(fds[0], bytes, sizeof(bytes)), sizeof(bytes));
	ck_assert_int_eq(mio_pipe_writev(fds[1], vector, IOV_MAX), IOV_MAX);
	ck_assert_int_eq(mio_pipe_readv(fds[0], vector, IOV_MAX), IOV_MAX);
	close_pipe(fds);
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
	char byte = '.';
	struct iovec vector = { &byte, 1 };
	struct iovec holes[] = { { &byte, 1 }, { NULL, 1 } };
	struct iovec much[] = { { &byte, SSIZE_MAX }, { &byte, 1 } };
	struct mio_poll *poll = new_poll();
	mio_fd_t fds[2];
	int folder;

	assert_ok(mio_pipe_create(fds));
	ck_assert_int_eq(mio_pipe_write(fds[1], "x", 1), 1);
	assert_error(mio_pipe_read(fds[0], NULL, 1), EINVAL);
	assert_error(mio_pipe_write(fds[1], NULL, 1), EINVAL);
	assert_error(mio_pipe_readv(fds[0], NULL, 1), EINVAL);
	assert_error(mio_pipe_readv(fds[0], NULL, 0), EINVAL);
	assert_error(mio_pipe_readv(fds[0], &vector, -1), EINVAL);
	assert_error(mio_pipe_readv(fds[0], holes, 2), EINVAL);
	assert_error(mio_pipe_writev(fds[1], holes, 2), EINVAL);
	assert_error(mio_pipe_readv(fds[0], much, 2), EINVAL);
	assert_error(mio_pipe_writev(fds[1], much, 2), EINVAL);
	assert_error(mio_pipe_readv(fds[0], &vector, INT_MIN), EINVAL);
	assert_error(mio_pipe_writev(fds[1], NULL, 1), EINVAL);
	assert_error(mio_pipe_writev(fds[1], &vector, -1), EINVAL);
	assert_error(mio_pipe_read(-1, &byte, 1), EBADF);
	assert_error(mio_pipe_write(-1, &byte, 1), EBADF);
	assert_error(mio_pipe_readv(-1, &vector, 0), EBADF);
	assert_error(mio_pipe_writev(-1, &vector, 0), EBADF);
	assert_error(mio_pipe_read(fds[1], &byte, 1), EBADF);
	assert_error(mio_pipe_write(fds[0], &byte, 1), EBADF);
	assert_error(mio_pipe_writev(fds[1], NULL, 0), EINVAL);
	if (backend_is("epoll"))
		assert_error(
		    mio_pipe_read(mio_poll_fd(poll), &byte, 1), EINVAL);
	ck_assert_int_ge(folder = open("/", O_RDONLY), 0);
	assert_error(mio_pipe_read(folder, &byte, 1), EISDIR);
	ck_assert_int_eq(close(folder), 0);
	mio_poll_destroy(poll);
	ck_assert_int_eq(byte, '.');

	/* nothing is not too little */
	assert_ok(mio_pipe_read(fds[0], NULL, 0));
	assert_ok(mio_pipe_readv(fds[0], &vector, 0));
	assert_ok(mio_pipe_write(fds[1], NULL, 0));
	assert_ok(mio_pipe_writev(fds[1], &vector, 0));
	ck_assert_int_eq(mio_pipe_read(fds[0], &byte, 1), 1);
	close_pipe(fds);
}
END_TEST

/* Fills it up, the last write being short, and empties it again. */
START_TEST(short_transfers_let_the_next_edge_through)
{
	static char bytes[1 << 20];
	struct mio_poll *poll = new_poll();
	mio_fd_t fds[2];
	ssize_t n, left;
	int round;

	assert_ok(mio_pipe_create(fds));
	assert_ok(
	    mio_poll_register_fd(poll, fds[0], 1, MIO_READABLE, MIO_EDGE));
	assert_ok(
	    mio_poll_register_fd(poll, fds[1], 2, MIO_WRITABLE, MIO_EDGE));
	expect_ready(poll, 2, MIO_WRITABLE, 0);
	for (round = 0; round < 3; round++) {
		left = mio_pipe_write(fds[1], bytes, sizeof(bytes));
		ck_assert_int_gt(left, 0);
		ck_assert_int_lt(left, (int)sizeof(bytes));
		expect_ready(poll, 1, MIO_READABLE, 0);
		n = mio_pipe_read(fds[0], bytes, sizeof(bytes));
		ck_assert_int_eq(n, left);
		expect_ready(poll, 2, MIO_WRITABLE, 0);
		expect_nothing(poll);
	}
	close_pipe(fds);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(calls_that_block_let_the_next_edge_through)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t fds[2];
	char byte;
	int i;

	assert_ok(mio_pipe_create(fds));
	assert_ok(
	    mio_poll_register_fd(poll, fds[0], 1, MIO_READABLE, MIO_EDGE));
	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(mio_pipe_write(fds[1], "x", 1), 1);
		expect_ready(poll, 1, MIO_READABLE, 0);
		ck_assert_int_eq(mio_pipe_read(fds[0], &byte, 1), 1);
		assert_error(mio_pipe_read(fds[0], &byte, 1), EAGAIN);
		expect_nothing(poll);
	}
	close_pipe(fds);
	mio_poll_destroy(poll);
}
END_TEST

/* A child that copies its input, and ends with it. */
START_TEST(stdio_of_a_child_can_be_talked_to)
{
	int in[2], out[2], status;
	char got[8] = "........";
	size_t n = 0;
	pid_t child;

	ck_assert_int_eq(pipe(in), 0);
	ck_assert_int_eq(pipe(out), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		execlp("cat", "cat", (char *)NULL);
		_exit(1);
	}
	assert_ok(mio_fd_close(in[0]));
	assert_ok(mio_fd_close(out[1]));
	assert_ok(mio_fd_adopt(in[1]));
	assert_ok(mio_fd_adopt(out[0]));

	ck_assert_int_eq(mio_pipe_write(in[1], "hello", 5), 5);
	while (n < 5) {
		wait_for(out[0], POLLIN);
		n += (size_t)mio_pipe_read(out[0], got + n, 8 - n);
	}
	ck_assert_mem_eq(got, "hello...", 8);
	assert_ok(mio_fd_close(in[1]));
	wait_for(out[0], POLLIN);
	assert_ok(mio_pipe_read(out[0], got, 8));
	assert_ok(mio_fd_close(out[0]));
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* What is not a pipe is written to all the same. */
START_TEST(sockets_and_files_are_written_to)
{
	char name[] = "/tmp/mio-XXXXXX", got[4] = "....";
	int file = mkstemp(name);
	mio_fd_t fds[2];

	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(unlink(name), 0);
	ck_assert_int_eq(mio_pipe_write(file, "ab", 2), 2);
	ck_assert_int_eq(mio_pipe_write(file, "c", 1), 1);
	ck_assert_int_eq(lseek(file, 0, SEEK_SET), 0);
	ck_assert_int_eq(mio_pipe_read(file, got, 4), 3);
	ck_assert_mem_eq(got, "abc.", 4);
	ck_assert_int_eq(close(file), 0);

	assert_ok(mio_unix_pair(fds));
	ck_assert_int_eq(mio_pipe_write(fds[0], "x", 1), 1);
	ck_assert_int_eq(mio_pipe_read(fds[1], got, 4), 1);
	assert_ok(mio_fd_close(fds[1]));
	assert_error(mio_pipe_write(fds[0], "x", 1), EPIPE);
	assert_ok(mio_fd_close(fds[0]));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pipe");
	TCase *tcase = new_case(suite, "transfer");

	tcase_add_test(tcase, ends_are_made_as_all_descriptors_are);
	tcase_add_test(tcase, end_is_reported_to_both);
	tcase_add_test(tcase, vectors_scatter_and_gather);
	tcase_add_test(tcase, vectors_longer_than_the_limit_are_clipped);
	tcase_add_loop_test(tcase,
	    vectors_longer_than_the_limit_are_refused_for_messages, 0, 2);
	tcase_add_test(tcase, bad_arguments_are_refused);
	tcase_add_test(tcase, short_transfers_let_the_next_edge_through);
	tcase_add_test(tcase, calls_that_block_let_the_next_edge_through);
	tcase_add_test(tcase, stdio_of_a_child_can_be_talked_to);
	tcase_add_test(tcase, sockets_and_files_are_written_to);

	return run_suite(suite);
}
