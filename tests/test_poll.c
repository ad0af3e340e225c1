/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/harness.h"

#include <fcntl.h>

#define RW (MIO_READABLE | MIO_WRITABLE)

START_TEST(backend_has_a_known_name)
{
	ck_assert(backend_is("epoll") || backend_is("kqueue") ||
	    backend_is("poll"));
}
END_TEST

START_TEST(create_and_destroy_ten_thousand_polls)
{
	struct mio_waker *waker;
	struct mio_poll *poll;
	unsigned before = count_fds();
	int i;

	for (i = 0; i < 10000; i++) {
		poll = new_poll();
		assert_ok(mio_waker_create(&waker, poll, 1));
		assert_ok(mio_waker_wake(waker));
		if (i % 2 == 0)
			mio_waker_destroy(waker);
		mio_poll_destroy(poll);
		if (i % 2 != 0)
			mio_waker_destroy(waker);
	}
	ck_assert_uint_eq(count_fds(), before);
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
	struct mio_poll *poll = new_poll();
	struct mio_source no_ops = { .ops = NULL };
	struct mio_source_ops none = { .register_source = NULL };
	struct mio_source no_calls = { .ops = &none };
	struct mio_event event = { .token = 42 };
	int fds[2];

	make_pipe(fds);
	assert_error(mio_poll_create(NULL), EINVAL);
	mio_poll_destroy(NULL);

	assert_error(mio_poll(NULL, &event, 1, 0), EINVAL);
	assert_error(mio_poll(poll, NULL, 1, 0), EINVAL);
	assert_error(mio_poll(poll, &event, 0, 0), EINVAL);
	assert_error(mio_poll_interruptible(NULL, &event, 1, 0), EINVAL);
	assert_error(mio_poll_interruptible(poll, NULL, 1, 0), EINVAL);
	assert_error(mio_poll_interruptible(poll, &event, 0, 0), EINVAL);
	ck_assert_uint_eq(event.token, 42);

	assert_error(mio_poll_register(poll, NULL, 1, RW, 0), EINVAL);
	assert_error(mio_poll_register(poll, &no_ops, 1, RW, 0), EINVAL);
	assert_error(mio_poll_reregister(poll, &no_ops, 1, RW, 0), EINVAL);
	assert_error(mio_poll_deregister(poll, &no_ops), EINVAL);
	assert_error(mio_poll_register(poll, &no_calls, 1, RW, 0), EINVAL);
	assert_error(mio_poll_reregister(poll, &no_calls, 1, RW, 0), EINVAL);
	assert_error(mio_poll_deregister(poll, &no_calls), EINVAL);

	assert_error(mio_poll_register_fd(NULL, fds[0], 1, RW, 0), EINVAL);
	assert_error(mio_poll_reregister_fd(NULL, fds[0], 1, RW, 0), EINVAL);
	assert_error(mio_poll_deregister_fd(NULL, fds[0]), EINVAL);

	close_pipe(fds);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(bad_registrations_are_refused_and_change_nothing)
{
	static const struct {
		mio_token_t token;
		unsigned interest, options;
		int error;
	} bad[] = {
		{ MIO_TOKEN_RESERVED, MIO_READABLE, 0, EINVAL },
		{ 1, MIO_ERROR, 0, EINVAL },
		{ 1, MIO_READ_CLOSED, 0, EINVAL },
		{ 1, MIO_WRITE_CLOSED, 0, EINVAL },
		{ 1, 0x100, 0, EINVAL },
		{ 1, MIO_READABLE, 0x10, EINVAL },
		{ 1, MIO_READABLE, MIO_EDGE | MIO_LEVEL, EINVAL },
		{ 1, MIO_READABLE, MIO_EXCLUSIVE | MIO_ONESHOT, EINVAL },
		{ 1, MIO_PRIORITY, MIO_EXCLUSIVE, EINVAL },
		{ 1, MIO_AIO, MIO_EXCLUSIVE, EINVAL },
		{ 1, MIO_AIO, 0, ENOTSUP },
		{ 1, MIO_LIO | MIO_READABLE, 0, ENOTSUP },
	};
	struct mio_poll *poll = new_poll();
	int fds[2];
	size_t i;

	make_pipe(fds);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_error(mio_poll_register_fd(poll, fds[0], bad[i].token,
		    bad[i].interest, bad[i].options), bad[i].error);

	assert_ok(mio_poll_register_fd(poll, fds[0], 3, MIO_READABLE, 0));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_error(mio_poll_reregister_fd(poll, fds[0],
		    bad[i].token, bad[i].interest, bad[i].options),
		    bad[i].error);
	assert_error(mio_poll_reregister_fd(poll, fds[0], 1, MIO_READABLE,
	    MIO_EXCLUSIVE), EINVAL);
	expect_ready(poll, 3, MIO_READABLE, 0);

	close_pipe(fds);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(twice_is_eexist_and_never_is_enoent)
{
	struct mio_poll *poll = new_poll();
	struct mio_poll *other = new_poll();
	int fds[2];

	make_pipe(fds);
	assert_error(mio_poll_reregister_fd(poll, fds[0], 1, RW, 0), ENOENT);
	assert_error(mio_poll_deregister_fd(poll, fds[0]), ENOENT);

	assert_ok(mio_poll_register_fd(poll, fds[0], 1, MIO_READABLE, 0));
	assert_error(mio_poll_register_fd(poll, fds[0], 2, RW, 0), EEXIST);
	assert_ok(mio_poll_register_fd(other, fds[0], 1, MIO_READABLE, 0));
	assert_ok(mio_poll_deregister_fd(other, fds[0]));
	assert_ok(mio_poll_deregister_fd(poll, fds[0]));
	assert_error(mio_poll_deregister_fd(poll, fds[0]), ENOENT);
	assert_error(mio_poll_reregister_fd(poll, fds[0], 1, RW, 0), ENOENT);
	assert_ok(mio_poll_register_fd(poll, fds[0], 2, MIO_READABLE, 0));

	close_pipe(fds);
	mio_poll_destroy(other);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(descriptors_that_cannot_be_waited_for)
{
	static const char *const paths[] = { "/", "/dev/null", "/dev/zero" };
	struct mio_poll *poll = new_poll();
	FILE *file = tmpfile();
	int fd, fds[2];
	size_t i;

	ck_assert_ptr_nonnull(file);
	assert_error(mio_poll_register_fd(poll, fileno(file), 1, MIO_READABLE,
	    0), EPERM);
	ck_assert_int_eq(fclose(file), 0);

	/* always ready, all of them */
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		ck_assert_int_ge(fd = open(paths[i], O_RDONLY), 0);
		assert_error(mio_poll_register_fd(
		    poll, fd, 1, MIO_READABLE, 0), EPERM);
		assert_error(mio_poll_reregister_fd(
		    poll, fd, 1, MIO_READABLE, 0), EPERM);
		assert_error(mio_poll_deregister_fd(poll, fd), EPERM);
		ck_assert_int_eq(close(fd), 0);
	}

	make_pipe(fds);
	close_pipe(fds);
	assert_error(mio_poll_register_fd(poll, fds[0], 1, RW, 0), EBADF);
	assert_error(mio_poll_reregister_fd(poll, fds[0], 1, RW, 0), EBADF);
	assert_error(mio_poll_deregister_fd(poll, fds[0]), EBADF);
	assert_error(mio_poll_register_fd(poll, -1, 1, RW, 0), EBADF);
	assert_error(mio_poll_reregister_fd(poll, -1, 1, RW, 0), EBADF);
	assert_error(mio_poll_deregister_fd(poll, -1), EBADF);

	mio_poll_destroy(poll);
}
END_TEST

START_TEST(level_reports_while_it_is_so)
{
	struct mio_poll *poll = new_poll();
	char byte;
	int fds[2];

	make_pipe(fds);
	assert_ok(mio_poll_register_fd(poll, fds[0], 1, MIO_READABLE, 0));
	expect_nothing(poll);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	expect_ready(poll, 1, MIO_READABLE, 0);
	expect_ready(poll, 1, MIO_READABLE, 0);
	ck_assert_int_eq(read(fds[0], &byte, 1), 1);
	expect_nothing(poll);

	close_pipe(fds);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(edge_reports_once_and_again_after_reregister)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t client, server;
	char buf[8];

	tcp_pair(&client, &server);
	assert_ok(mio_poll_register_fd(poll, server, 1, MIO_READABLE,
	    MIO_EDGE));
	ck_assert_int_eq(mio_socket_send(client, "x", 1), 1);
	expect_ready(poll, 1, MIO_READABLE, 0);
	expect_nothing(poll);
	assert_ok(mio_poll_reregister_fd(poll, server, 2, MIO_READABLE,
	    MIO_EDGE));
	expect_ready(poll, 2, MIO_READABLE, 0);
	expect_nothing(poll);

	ck_assert_int_eq(mio_socket_recv(server, buf, sizeof(buf)), 1);
	assert_error(mio_socket_recv(server, buf, sizeof(buf)), EAGAIN);
	expect_nothing(poll);
	ck_assert_int_eq(mio_socket_send(client, "y", 1), 1);
	expect_ready(poll, 2, MIO_READABLE, 0);

	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(server));
	mio_poll_destroy(poll);
}
END_TEST

/* Each call that can find nothing to do lets the next edge through. */
START_TEST(edges_come_again_after_each_kind_of_would_block)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t client, server;
	struct iovec iov;
	char buf[8];
	int i;

	tcp_pair(&client, &server);
	assert_ok(mio_poll_register_fd(poll, server, 1, MIO_READABLE,
	    MIO_EDGE));
	iov = (struct iovec){ .iov_base = buf, .iov_len = sizeof(buf) };

	for (i = 0; i < 4; i++) {
		ck_assert_int_eq(mio_socket_send(client, "12345678", 8), 8);
		expect_ready(poll, 1, MIO_READABLE, 0);
		ck_assert_int_eq(mio_socket_recv(server, buf, 8), 8);
		if (i == 0)
			assert_error(mio_socket_recv(server, buf, 8), EAGAIN);
		else if (i == 1)
			assert_error(mio_socket_peek(server, buf, 8), EAGAIN);
		else if (i == 2)
			assert_error(mio_socket_recvv(server, &iov, 1),
			    EAGAIN);
		else
			assert_ok(mio_fd_would_block(server));
		expect_nothing(poll);
	}

	/* a stream that gave less than asked for is empty, too */
	ck_assert_int_eq(mio_socket_send(client, "123", 3), 3);
	expect_ready(poll, 1, MIO_READABLE, 0);
	ck_assert_int_eq(mio_socket_recv(server, buf, 8), 3);
	ck_assert_int_eq(mio_socket_send(client, "123", 3), 3);
	expect_ready(poll, 1, MIO_READABLE, 0);

	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(server));
	mio_poll_destroy(poll);
}
END_TEST

static void
drain(mio_fd_t fd)
{
	static char block[1 << 16];
	ssize_t n;

	do
		n = mio_socket_recv(fd, block, sizeof(block));
	while (n > 0);
	ck_assert_int_eq(n, -EAGAIN);
}

/* Whether the poll has nothing yet; what it has is room to write. */
static bool
poll_once_without_event(struct mio_poll *poll)
{
	struct mio_event event;
	int n = mio_poll(poll, &event, 1, MS(1));

	if (n == 0)
		return true;

	ck_assert_int_eq(n, 1);
	ck_assert_uint_eq(event.ready, MIO_WRITABLE);

	return false;
}

/*
 * Writes until nothing more can be written, with and without a short write at
 * the end: the kernel may find more room just after it had none.
 */
static void
fill(struct mio_poll *poll, mio_fd_t fd, size_t step)
{
	static char block[1 << 16];
	struct mio_event event;
	ssize_t n;

	do {
		do
			n = mio_socket_send(fd, block, step);
		while (n == (ssize_t)step);
	} while (mio_poll(poll, &event, 1, GLANCE) == 1);
}

START_TEST(edge_reports_when_there_is_room_again)
{
	struct mio_poll *poll = new_poll();
	mio_fd_t client, server;

	tcp_pair(&client, &server);
	assert_ok(mio_poll_register_fd(poll, server, 1, MIO_WRITABLE,
	    MIO_EDGE));
	expect_ready(poll, 1, MIO_WRITABLE, 0);

	fill(poll, server, _i == 0 ? 1 << 16 : 1000);
	do
		drain(client);
	while (poll_once_without_event(poll));

	assert_ok(mio_fd_close(client));
	assert_ok(mio_fd_close(server));
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(oneshot_reports_once_until_reregistered)
{
	struct mio_poll *poll = new_poll();
	int fds[2];

	make_pipe(fds);
	assert_ok(mio_poll_register_fd(poll, fds[1], 1, MIO_WRITABLE,
	    MIO_ONESHOT | (_i == 0 ? MIO_LEVEL : MIO_EDGE)));
	expect_ready(poll, 1, MIO_WRITABLE, 0);
	expect_nothing(poll);
	assert_ok(mio_poll_reregister_fd(poll, fds[1], 2, MIO_WRITABLE,
	    MIO_ONESHOT | (_i == 0 ? MIO_LEVEL : MIO_EDGE)));
	expect_ready(poll, 2, MIO_WRITABLE, 0);
	expect_nothing(poll);
	assert_ok(mio_poll_deregister_fd(poll, fds[1]));

	close_pipe(fds);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(exclusive_is_epolls_alone)
{
	struct mio_poll *poll = new_poll();
	int fds[2];

	make_pipe(fds);
	if (!backend_is("epoll")) {
		assert_error(mio_poll_register_fd(poll, fds[0], 1,
		    MIO_READABLE, MIO_EXCLUSIVE), ENOTSUP);
	} else {
		assert_ok(mio_poll_register_fd(poll, fds[0], 1, MIO_READABLE,
		    MIO_EXCLUSIVE | MIO_EDGE));
		ck_assert_int_eq(write(fds[1], "x", 1), 1);
		expect_ready(poll, 1, MIO_READABLE, 0);
		assert_error(mio_poll_reregister_fd(poll, fds[0], 1,
		    MIO_READABLE, 0), EINVAL);
	}

	close_pipe(fds);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(deregistered_is_not_reported)
{
	struct mio_poll *poll = new_poll();
	int fds[2];

	make_pipe(fds);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	assert_ok(mio_poll_register_fd(poll, fds[0], 1, MIO_READABLE, 0));
	expect_ready(poll, 1, MIO_READABLE, 0);
	assert_ok(mio_poll_deregister_fd(poll, fds[0]));
	expect_nothing(poll);

	close_pipe(fds);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(small_arrays_give_everyone_a_turn)
{
	enum { PIPES = 16 };
	struct mio_poll *poll = new_poll();
	struct mio_event events[3];
	unsigned seen[PIPES] = { 0 };
	int fds[PIPES][2];
	int i, j, n;

	for (i = 0; i < PIPES; i++) {
		make_pipe(fds[i]);
		ck_assert_int_eq(write(fds[i][1], "x", 1), 1);
		assert_ok(mio_poll_register_fd(poll, fds[i][0],
		    (mio_token_t)i, MIO_READABLE, 0));
	}

	for (i = 0; i < 2 * PIPES; i++) {
		n = mio_poll(poll, events, 3, PATIENCE);
		ck_assert_int_ge(n, 1);
		ck_assert_int_le(n, 3);
		for (j = 0; j < n; j++)
			seen[events[j].token]++;
	}

	for (i = 0; i < PIPES; i++) {
		ck_assert_uint_ge(seen[i], 2);
		close_pipe(fds[i]);
	}
	mio_poll_destroy(poll);
}
END_TEST

/* One call uses no more of an array than the library does at once. */
START_TEST(capacity_beyond_all_bounds_is_clipped)
{
	static const size_t capacities[] = {
		65536, 65537, 178956971, INT32_MAX, SIZE_MAX,
	};
	static struct mio_event events[65537];
	struct mio_poll *poll = new_poll();
	int fds[2];
	size_t i;

	make_pipe(fds);
	assert_ok(mio_poll_register_fd(poll, fds[1], 1, MIO_WRITABLE, 0));
	for (i = 0; i < sizeof(capacities) / sizeof(capacities[0]); i++)
		ck_assert_int_eq(
		    mio_poll(poll, events, capacities[i], PATIENCE), 1);

	close_pipe(fds);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(events_beyond_the_count_are_left_alone)
{
	struct mio_poll *poll = new_poll();
	struct mio_event events[4];
	int fds[2];

	make_pipe(fds);
	memset(events, 0x5a, sizeof(events));
	assert_ok(mio_poll_register_fd(poll, fds[1], 1, MIO_WRITABLE, 0));
	ck_assert_int_eq(mio_poll(poll, events, 4, PATIENCE), 1);
	ck_assert_uint_eq(events[3].token, UINT64_C(0x5a5a5a5a5a5a5a5a));

	close_pipe(fds);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(descriptors_are_close_on_exec)
{
	struct mio_poll *poll;
	int fd, lowest;

	lowest = open("/dev/null", O_RDONLY);
	ck_assert_int_eq(close(lowest), 0);
	poll = new_poll();
	for (fd = lowest; fd < lowest + 4; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("poll");
	TCase *arguments = new_case(suite, "arguments");
	TCase *delivery = new_case(suite, "delivery");
	TCase *process = new_case(suite, "process");

	tcase_add_test(arguments, backend_has_a_known_name);
	tcase_add_test(arguments, create_and_destroy_ten_thousand_polls);
	tcase_add_test(arguments, bad_arguments_are_refused);
	tcase_add_test(arguments,
	    bad_registrations_are_refused_and_change_nothing);
	tcase_add_test(arguments, twice_is_eexist_and_never_is_enoent);
	tcase_add_test(arguments, descriptors_that_cannot_be_waited_for);

	tcase_add_test(delivery, level_reports_while_it_is_so);
	tcase_add_test(delivery, edge_reports_once_and_again_after_reregister);
	tcase_add_test(delivery,
	    edges_come_again_after_each_kind_of_would_block);
	tcase_add_loop_test(delivery, edge_reports_when_there_is_room_again, 0,
	    2);
	tcase_add_loop_test(delivery, oneshot_reports_once_until_reregistered,
	    0, 2);
	tcase_add_test(delivery, exclusive_is_epolls_alone);
	tcase_add_test(delivery, deregistered_is_not_reported);
	tcase_add_test(delivery, small_arrays_give_everyone_a_turn);
	tcase_add_test(delivery, capacity_beyond_all_bounds_is_clipped);
	tcase_add_test(delivery, events_beyond_the_count_are_left_alone);

	tcase_add_test(process, descriptors_are_close_on_exec);

	return run_suite(suite);
}
