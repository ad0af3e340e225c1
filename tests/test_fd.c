/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/harness.h"

#include <fcntl.h>

#include <sys/resource.h>

START_TEST(close_closes_and_reports_bad_descriptors)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	assert_ok(mio_fd_close(fds[0]));
	assert_error(mio_fd_close(fds[0]), EBADF);
	assert_error(mio_fd_close(MIO_INVALID_FD), EBADF);
	assert_ok(mio_fd_close(fds[1]));
}
END_TEST

START_TEST(close_deregisters_the_last_copy)
{
	struct mio_poll *poll = new_poll();
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	assert_ok(mio_poll_register_fd(poll, fds[0], 1, MIO_READABLE, 0));
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	assert_ok(mio_fd_close(fds[0]));
	expect_nothing(poll);

	assert_ok(mio_fd_close(fds[1]));
	mio_poll_destroy(poll);
}
END_TEST

/*
 * A number comes back for another file: the registration of the old file must
 * neither be in the way of the new one's nor report for it.
 */
START_TEST(reused_number_is_another_registration)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t client, server;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	assert_ok(mio_poll_register_fd(poll, fds[0], 1, MIO_READABLE, 0));
	ck_assert_int_eq(close(fds[0]), 0);

	tcp_pair(&client, &server);
	ck_assert_int_eq(dup2(server, fds[0]), fds[0]);
	ck_assert_int_eq(mio_socket_send(client, "x", 1), 1);
	expect_nothing(poll);

	assert_ok(mio_poll_register_fd(poll, fds[0], 2, MIO_READABLE, 0));
	expect_ready(poll, 2, MIO_READABLE, 0);

	assert_ok(mio_poll_deregister_fd(poll, fds[0]));
	assert_ok(mio_fd_close(fds[0]));
	assert_ok(mio_fd_close(fds[1]));
	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(server));
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(dup_shares_the_file_and_sets_both_flags)
{
	mio_fd_t out = -7;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	assert_error(mio_fd_dup(fds[0], NULL), EINVAL);
	assert_error(mio_fd_dup(-1, &out), EBADF);
	ck_assert_int_eq(out, -7);

	assert_ok(mio_fd_dup(fds[0], &out));
	ck_assert_int_ne(out, fds[0]);
	assert_nonblock_cloexec(out);

	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	ck_assert_int_eq(read(out, &(char){ 0 }, 1), 1);

	assert_ok(mio_fd_close(out));
	assert_ok(mio_fd_close(fds[0]));
	assert_ok(mio_fd_close(fds[1]));
}
END_TEST

START_TEST(dup_reports_the_descriptor_limit)
{
	struct rlimit before, limit;
	mio_fd_t out = -7;
	int fd, r;

	ck_assert_int_ge(fd = open("/dev/null", O_RDWR), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = 1;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_error(mio_fd_dup(fd, &out), EMFILE);
	limit.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	r = mio_fd_dup(fd, &out);
	/* the kernel returns EINVAL, and valgrind EMFILE in its place */
	ck_assert(r == -EINVAL || r == -EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_int_eq(out, -7);
	assert_ok(mio_fd_close(fd));
}
END_TEST

#ifndef O_PATH /* of Linux */
#define O_PATH O_RDONLY
#endif

/* Such a descriptor only names a file, and has no flag to set. */
START_TEST(names_of_files_are_refused)
{
	struct mio_poll *poll = new_poll();
	unsigned before = count_fds();
	mio_fd_t out = -7;
	int fd;

	ck_assert_int_ge(fd = open("/", O_PATH), 0);
	if (O_PATH != O_RDONLY) {
		assert_error(mio_fd_adopt(fd), EBADF);
		assert_error(mio_fd_dup(fd, &out), EBADF);
		assert_error(mio_poll_register_fd(
		    poll, fd, 1, MIO_READABLE, 0), EBADF);
		assert_error(mio_pipe_read(fd, &(char){ 0 }, 1), EBADF);
	}
	ck_assert_int_eq(out, -7);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_uint_eq(count_fds(), before);
	mio_poll_destroy(poll);
}
END_TEST

/* mio: F_DUPFD_CLOEXEC without its third argument took a random minimum. */
START_TEST(dup_takes_low_numbers_a_thousand_times)
{
	mio_fd_t lowest, fd, out;
	int i;

	ck_assert_int_ge(fd = open("/dev/null", O_RDWR), 0);
	assert_ok(mio_fd_dup(fd, &lowest));
	assert_ok(mio_fd_close(lowest));

	for (i = 0; i < 1000; i++) {
		assert_ok(mio_fd_dup(fd, &out));
		ck_assert_int_eq(out, lowest);
		assert_nonblock_cloexec(out);
		assert_ok(mio_fd_close(out));
	}

	assert_ok(mio_fd_close(fd));
}
END_TEST

START_TEST(adopt_sets_both_flags_and_keeps_others)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(fcntl(fds[1], F_SETFL, O_APPEND), 0);
	assert_ok(mio_fd_adopt(fds[1]));
	assert_nonblock_cloexec(fds[1]);
	ck_assert_int_ne(fcntl(fds[1], F_GETFL) & O_APPEND, 0);

	assert_error(mio_fd_adopt(-1), EBADF);
	assert_ok(mio_fd_close(fds[0]));
	assert_ok(mio_fd_close(fds[1]));
	assert_error(mio_fd_adopt(fds[1]), EBADF);
}
END_TEST

START_TEST(would_block_takes_any_open_descriptor)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	assert_ok(mio_fd_would_block(fds[0]));
	assert_error(mio_fd_would_block(MIO_INVALID_FD), EBADF);
	assert_ok(mio_fd_close(fds[0]));
	assert_ok(mio_fd_close(fds[1]));
}
END_TEST

/* An edge-triggered descriptor that the program reads by itself. */
START_TEST(would_block_lets_the_next_edge_through)
{
	struct mio_poll *poll = new_poll();
	int fds[2];
	char byte;
	int i;

	ck_assert_int_eq(pipe(fds), 0);
	assert_ok(mio_fd_adopt(fds[0]));
	assert_ok(mio_poll_register_fd(poll, fds[0], 1, MIO_READABLE,
	    MIO_EDGE));

	for (i = 0; i < 3; i++) {
		expect_nothing(poll);
		ck_assert_int_eq(write(fds[1], "x", 1), 1);
		expect_ready(poll, 1, MIO_READABLE, 0);
		ck_assert_int_eq(read(fds[0], &byte, 1), 1);
		ck_assert_int_eq(read(fds[0], &byte, 1), -1);
		ck_assert_int_eq(errno, EAGAIN);
		assert_ok(mio_fd_would_block(fds[0]));
	}

	assert_ok(mio_fd_close(fds[0]));
	assert_ok(mio_fd_close(fds[1]));
	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("fd");
	TCase *tcase = new_case(suite, "fd");

	tcase_add_test(tcase, close_closes_and_reports_bad_descriptors);
	tcase_add_test(tcase, close_deregisters_the_last_copy);
	tcase_add_test(tcase, reused_number_is_another_registration);
	tcase_add_test(tcase, dup_shares_the_file_and_sets_both_flags);
	tcase_add_test(tcase, dup_reports_the_descriptor_limit);
	tcase_add_test(tcase, names_of_files_are_refused);
	tcase_add_test(tcase, dup_takes_low_numbers_a_thousand_times);
	tcase_add_test(tcase, adopt_sets_both_flags_and_keeps_others);
	tcase_add_test(tcase, would_block_takes_any_open_descriptor);
	tcase_add_test(tcase, would_block_lets_the_next_edge_through);

	return run_suite(suite);
}
