/* SPDX-License-Identifier: MIT */

/*
 * Whatever selector the library was built with, it accepts the descriptors that
 * epoll(7) accepts, and fails with the errors of epoll_ctl(2).
 */

#include "config.h"
#include "lib/harness.h"
#include "lib/kinds.h"

#include <sys/epoll.h>

static int
control(int epfd, int op, int fd)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP };

	return epoll_ctl(epfd, op, fd, &event) < 0 ? -errno : 0;
}

/* One kind, before it is registered, while it is, and afterwards. */
static void
compare(struct mio_poll *poll, int epfd, const char *name, int fd)
{
	static const int ops[] = { EPOLL_CTL_MOD, EPOLL_CTL_DEL, EPOLL_CTL_ADD,
		EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL, EPOLL_CTL_DEL };
	int expected, got;
	size_t i;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		expected = control(epfd, ops[i], fd);
		got = ops[i] == EPOLL_CTL_ADD
		    ? mio_poll_register_fd(poll, fd, 1, MIO_READABLE, 0)
		    : ops[i] == EPOLL_CTL_MOD
		    ? mio_poll_reregister_fd(poll, fd, 1, MIO_READABLE, 0)
		    : mio_poll_deregister_fd(poll, fd);
		ck_assert_msg(got == expected, "%s, step %zu: %d, epoll: %d",
		    name, i, got, expected);
	}
}

START_TEST(same_descriptors_are_accepted)
{
	struct mio_poll *poll = new_poll();
	int epfd = epoll_create1(EPOLL_CLOEXEC);
	size_t i, made = 0;
	int fd, other;

	ck_assert_int_ge(epfd, 0);
	for (i = 0; i < kinds_count; i++) {
		other = -1;
		fd = kinds[i].make(&other);
		if (fd < 0)
			continue;
		made++;
		compare(poll, epfd, kinds[i].name, fd);
		ck_assert_int_eq(close(fd), 0);
		if (other >= 0)
			ck_assert_int_eq(close(other), 0);
	}
	ck_assert_uint_ge(made, kinds_count / 2);
	ck_assert_int_eq(close(epfd), 0);
	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("accepted");
	TCase *tcase = new_case(suite, "accepted");

	tcase_add_test(tcase, same_descriptors_are_accepted);

	return run_suite(suite);
}
