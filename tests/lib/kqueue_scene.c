/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/kqueue_scene.h"

#include "lib/harness.h"

static const struct timespec at_once;
static const struct timespec patience = { 20, 0 };

int
open_queue(void)
{
	int kq = kqueue();

	ck_assert_int_ge(kq, 0);

	return kq;
}

int
change(int kq, int fd, int filter, unsigned flags)
{
	struct kevent record = { .ident = (uintptr_t)fd };

	record.filter = (__typeof__(record.filter))filter;
	record.flags = (__typeof__(record.flags))flags;

	return kevent(kq, &record, 1, NULL, 0, NULL) < 0 ? errno : 0;
}

int
fetch(int kq, struct kevent *records, int room)
{
	int n = kevent(kq, NULL, 0, records, room, &at_once);

	ck_assert_int_ge(n, 0);

	return n;
}

struct kevent
expect(int kq, int fd, int filter, unsigned flags)
{
	struct kevent records[4];

	ck_assert_int_eq(kevent(kq, NULL, 0, records, 4, &patience), 1);
	ck_assert_uint_eq(records[0].ident, (uintptr_t)fd);
	ck_assert_int_eq((int)records[0].filter, filter);
	ck_assert_uint_eq(records[0].flags & EV_EOF, flags);

	return records[0];
}

void
expect_none(int kq)
{
	struct kevent record;

	ck_assert_int_eq(fetch(kq, &record, 1), 0);
}

void
put(int fd)
{
	ck_assert_int_eq(write(fd, "x", 1), 1);
}

void
get(int fd)
{
	char byte;

	ck_assert_int_eq(read(fd, &byte, 1), 1);
}

struct scene
begin_scene(void)
{
	struct scene scene = { .kq = open_queue() };

	make_pipe(scene.fds);

	return scene;
}

void
end_scene(const struct scene *scene)
{
	close_pipe(scene->fds);
	ck_assert_int_eq(close(scene->kq), 0);
}
