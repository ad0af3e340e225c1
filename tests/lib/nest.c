/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/nest.h"

#include <poll.h>

#ifdef HAVE_EPOLL_CREATE1

#include <sys/epoll.h>

static int
outer_create(int fd)
{
	struct epoll_event event = { .events = EPOLLIN };
	int outer = epoll_create1(EPOLL_CLOEXEC);

	ck_assert_int_ge(outer, 0);
	ck_assert_int_eq(epoll_ctl(outer, EPOLL_CTL_ADD, fd, &event), 0);

	return outer;
}

static bool
outer_wait(int outer, int timeout_ms)
{
	struct epoll_event event;
	int n = epoll_wait(outer, &event, 1, timeout_ms);

	ck_assert_int_ge(n, 0);

	return n == 1;
}

#else

static int
outer_create(int fd)
{
	return dup(fd);
}

static bool
outer_wait(int outer, int timeout_ms)
{
	struct pollfd look = { .fd = outer, .events = POLLIN };

	return poll(&look, 1, timeout_ms) == 1;
}

#endif

struct nest
new_nest(void)
{
	struct nest nest = { .poll = new_poll(), .fd = -1, .outer = -1 };

	if (!backend_is("poll")) {
		nest.fd = mio_poll_fd(nest.poll);
		ck_assert_int_ge(nest.fd, 0);
		nest.outer = outer_create(nest.fd);
	}

	return nest;
}

void
end_nest(struct nest *nest)
{
	if (nest->outer >= 0)
		ck_assert_int_eq(close(nest->outer), 0);
	mio_poll_destroy(nest->poll);
}

bool
shows(const struct nest *nest)
{
	struct pollfd look = { .fd = nest->fd, .events = POLLIN };
	int n = poll(&look, 1, 0);

	ck_assert_int_ge(n, 0);
	ck_assert_int_eq(outer_wait(nest->outer, 0), n);

	return n == 1;
}

int
look(const struct nest *nest, struct mio_event *events, size_t capacity)
{
	return mio_poll(nest->poll, events, capacity, 0);
}

void
expect_one(const struct nest *nest, mio_token_t token, unsigned ready)
{
	struct mio_event events[8];

	ck_assert_int_eq(look(nest, events, 8), 1);
	ck_assert_uint_eq(events[0].token, token);
	ck_assert_uint_eq(events[0].ready, ready);
}

void
expect_quiet(const struct nest *nest)
{
	struct mio_event event;

	assert_ok(mio_poll_arm(nest->poll));
	ck_assert(nest->fd < 0 || !shows(nest));
	ck_assert_int_eq(look(nest, &event, 1), 0);
}

void
expect_over(const struct nest *nest)
{
	struct mio_event event;

	if (backend_is("kqueue"))
		ck_assert_int_eq(look(nest, &event, 1), 0);
	expect_quiet(nest);
}

void
expect_showing(const struct nest *nest, mio_token_t token, unsigned ready)
{
	assert_ok(mio_poll_arm(nest->poll));
	ck_assert(nest->fd < 0 || shows(nest));
	expect_one(nest, token, ready);
}

void
expect_pending(const struct nest *nest, mio_token_t token, unsigned ready)
{
	ck_assert_int_eq(mio_poll_arm(nest->poll), 1);
	expect_one(nest, token, ready);
}

void
arm_quietly(const struct nest *nest)
{
	assert_ok(mio_poll_arm(nest->poll));
	ck_assert(nest->fd < 0 || !shows(nest));
}

void
expect_shown(const struct nest *nest, mio_token_t token)
{
	ck_assert(nest->fd < 0 || shows(nest));
	expect_one(nest, token, MIO_READABLE);
}

void
sleep_until_shown(const struct nest *nest)
{
	struct pollfd look = { .fd = nest->fd, .events = POLLIN };

	if (nest->fd < 0)
		return;

	ck_assert(outer_wait(nest->outer, PATIENCE / MS(1)));
	ck_assert_int_eq(poll(&look, 1, 0), 1);
}

struct mio_waker *
new_nest_waker(const struct nest *nest, mio_token_t token)
{
	struct mio_waker *waker = NULL;

	assert_ok(mio_waker_create(&waker, nest->poll, token));

	return waker;
}

struct user
new_user(const struct nest *nest, mio_token_t token, unsigned options)
{
	struct user user;

	assert_ok(mio_registration_create(&user.registration, &user.readiness));
	user.source = mio_registration_source(user.registration);
	assert_ok(mio_poll_register(
	    nest->poll, user.source, token, MIO_READABLE, options));

	return user;
}

void
set_user(const struct user *user, unsigned ready)
{
	assert_ok(mio_readiness_set(user->readiness, ready));
}

void
end_user(struct user *user)
{
	mio_registration_destroy(user->registration);
	mio_readiness_unref(user->readiness);
}

void
put_byte(int fd)
{
	ck_assert_int_eq(write(fd, "x", 1), 1);
}

void
drain_pipe(int fd)
{
	char buf[64];

	while (read(fd, buf, sizeof(buf)) > 0)
		continue;
	assert_ok(mio_fd_would_block(fd));
}
