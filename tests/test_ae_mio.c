/* SPDX-License-Identifier: MIT */

/*
 * examples/adapters/ae_mio.c, without redis: what ae.c does with it, and just
 * those declarations of ae.h that it uses.
 */

#include "lib/harness.h"

#include <signal.h>

#include <sys/time.h>

#define AE_NONE     0
#define AE_READABLE 1
#define AE_WRITABLE 2
#define SETSIZE     64

struct file_event {
	int mask;
};

struct fired_event {
	int fd, mask;
};

typedef struct aeEventLoop {
	int setsize;
	struct file_event *events;
	struct fired_event *fired;
	void *apidata;
} aeEventLoop;

#include "adapters/ae_mio.c"

static struct file_event events[2 * SETSIZE];
static struct fired_event fired[2 * SETSIZE];

static aeEventLoop
new_loop(void)
{
	aeEventLoop loop = {
		.setsize = SETSIZE,
		.events = events,
		.fired = fired,
	};

	memset(events, 0, sizeof(events));
	ck_assert_int_eq(aeApiCreate(&loop), 0);

	return loop;
}

static void
add(aeEventLoop *loop, int fd, int mask)
{
	ck_assert_int_eq(aeApiAddEvent(loop, fd, mask), 0);
	loop->events[fd].mask |= mask;
}

static void
drop(aeEventLoop *loop, int fd, int mask)
{
	aeApiDelEvent(loop, fd, mask);
	loop->events[fd].mask &= ~mask;
}

static int
poll_now(aeEventLoop *loop)
{
	struct timeval tv = { .tv_sec = 0 };

	return aeApiPoll(loop, &tv);
}

/* The only event is this one; ae.c ignores what it has not asked for. */
static void
expect_fired(aeEventLoop *loop, int fd, int mask)
{
	struct timeval tv = { .tv_sec = 20 };

	ck_assert_int_eq(aeApiPoll(loop, &tv), 1);
	ck_assert_int_eq(loop->fired[0].fd, fd);
	ck_assert_int_eq(loop->fired[0].mask & events[fd].mask, mask);
}

static void
on_alarm(int number)
{
	(void)number;
}

START_TEST(name_is_that_of_the_library)
{
	ck_assert_str_eq(aeApiName(), "mio");
}
END_TEST

START_TEST(masks_are_added_and_deleted)
{
	aeEventLoop loop = new_loop();
	mio_fd_t fds[2];

	assert_ok(mio_unix_pair(fds));
	add(&loop, fds[0], AE_READABLE);
	ck_assert_int_eq(poll_now(&loop), 0);
	add(&loop, fds[0], AE_WRITABLE);
	expect_fired(&loop, fds[0], AE_WRITABLE);
	expect_fired(&loop, fds[0], AE_WRITABLE);

	ck_assert_int_eq(mio_socket_send(fds[1], "x", 1), 1);
	expect_fired(&loop, fds[0], AE_READABLE | AE_WRITABLE);
	drop(&loop, fds[0], AE_WRITABLE);
	expect_fired(&loop, fds[0], AE_READABLE);
	drop(&loop, fds[0], AE_READABLE);
	ck_assert_int_eq(poll_now(&loop), 0);

	add(&loop, fds[0], AE_READABLE | AE_WRITABLE);
	expect_fired(&loop, fds[0], AE_READABLE | AE_WRITABLE);
	drop(&loop, fds[0], AE_READABLE | AE_WRITABLE);
	assert_ok(mio_fd_close(fds[1]));
	ck_assert_int_eq(poll_now(&loop), 0);

	assert_ok(mio_fd_close(fds[0]));
	aeApiFree(&loop);
}
END_TEST

START_TEST(hang_up_is_reported_to_those_that_are_interested)
{
	aeEventLoop loop = new_loop();
	mio_fd_t fds[2];

	assert_ok(mio_unix_pair(fds));
	add(&loop, fds[0], AE_READABLE);
	assert_ok(mio_fd_close(fds[1]));
	expect_fired(&loop, fds[0], AE_READABLE);
	add(&loop, fds[0], AE_WRITABLE);
	expect_fired(&loop, fds[0], AE_READABLE | AE_WRITABLE);

	assert_ok(mio_fd_close(fds[0]));
	aeApiFree(&loop);
}
END_TEST

START_TEST(error_is_reported_to_both)
{
	struct sockaddr_in addr;
	aeEventLoop loop = new_loop();
	mio_fd_t fd = listen_on_loopback();

	addr = loopback(port_of(fd));
	assert_ok(mio_fd_close(fd));
	if (mio_tcp_connect(&fd, (struct sockaddr *)&addr, sizeof(addr)) == 0) {
		add(&loop, fd, AE_READABLE | AE_WRITABLE);
		expect_fired(&loop, fd, AE_READABLE | AE_WRITABLE);
		assert_ok(mio_fd_close(fd));
	}
	aeApiFree(&loop);
}
END_TEST

START_TEST(wait_ends_with_its_time_and_with_a_signal)
{
	struct itimerval often = {
		.it_interval = { .tv_usec = 5000 },
		.it_value = { .tv_usec = 5000 },
	};
	struct timeval tv = { .tv_usec = 20000 };
	aeEventLoop loop = new_loop();
	int64_t start = now_ns();

	ck_assert_int_eq(aeApiPoll(&loop, &tv), 0);
	ck_assert_int_ge(now_ns() - start, MS(20));

	signal(SIGALRM, on_alarm);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
	ck_assert_int_eq(aeApiPoll(&loop, NULL), 0);
	aeApiFree(&loop);
}
END_TEST

START_TEST(failure_sets_errno)
{
	aeEventLoop loop = new_loop();
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	errno = 0;
	ck_assert_int_eq(aeApiAddEvent(&loop, fileno(file), AE_READABLE), -1);
	ck_assert_int_eq(errno, EPERM);
	fclose(file);

	errno = 0;
	ck_assert_int_eq(aeApiAddEvent(&loop, SETSIZE - 1, AE_READABLE), -1);
	ck_assert_int_eq(errno, EBADF);
	aeApiFree(&loop);
}
END_TEST

/* The descriptor may be closed before its events are deleted. */
START_TEST(closed_descriptor_is_deleted)
{
	aeEventLoop loop = new_loop();
	mio_fd_t fds[2];

	assert_ok(mio_unix_pair(fds));
	add(&loop, fds[0], AE_WRITABLE);
	assert_ok(mio_fd_close(fds[0]));
	assert_ok(mio_fd_close(fds[1]));
	drop(&loop, fds[0], AE_WRITABLE);
	ck_assert_int_eq(poll_now(&loop), 0);
	aeApiFree(&loop);
}
END_TEST

START_TEST(larger_loop_fires_more_at_once)
{
	aeEventLoop loop = new_loop();
	mio_fd_t fds[SETSIZE / 2 + 10][2];
	const int count = sizeof(fds) / sizeof(fds[0]);
	int i;

	ck_assert_int_eq(aeApiResize(&loop, 2 * SETSIZE), 0);
	loop.setsize = 2 * SETSIZE;
	for (i = 0; i < count; i++) {
		assert_ok(mio_unix_pair(fds[i]));
		ck_assert_int_lt(fds[i][1], loop.setsize);
		add(&loop, fds[i][0], AE_WRITABLE);
		add(&loop, fds[i][1], AE_WRITABLE);
	}
	ck_assert_int_eq(poll_now(&loop), 2 * count);
	for (i = 0; i < count; i++) {
		drop(&loop, fds[i][0], AE_WRITABLE);
		drop(&loop, fds[i][1], AE_WRITABLE);
		assert_ok(mio_fd_close(fds[i][0]));
		assert_ok(mio_fd_close(fds[i][1]));
	}
	ck_assert_int_eq(poll_now(&loop), 0);
	aeApiFree(&loop);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ae_mio");
	TCase *tcase = new_case(suite, "ae");

	tcase_add_test(tcase, name_is_that_of_the_library);
	tcase_add_test(tcase, masks_are_added_and_deleted);
	tcase_add_test(tcase, hang_up_is_reported_to_those_that_are_interested);
	tcase_add_test(tcase, error_is_reported_to_both);
	tcase_add_test(tcase, wait_ends_with_its_time_and_with_a_signal);
	tcase_add_test(tcase, failure_sets_errno);
	tcase_add_test(tcase, closed_descriptor_is_deleted);
	tcase_add_test(tcase, larger_loop_fires_more_at_once);

	return run_suite(suite);
}
