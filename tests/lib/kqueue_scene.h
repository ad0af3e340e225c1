/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_KQUEUE_SCENE_H
#define TESTS_LIB_KQUEUE_SCENE_H

/* What the tests of the kernel's queues, or of the tests' own, begin with. */

#include <sys/types.h>

#include <sys/event.h>

#define R EVFILT_READ
#define W EVFILT_WRITE

int open_queue(void);

/* One change: 0 or an errno value. */
int change(int kq, int fd, int filter, unsigned flags);

/* How many records there are now, up to room. */
int fetch(int kq, struct kevent *records, int room);

/* The only record there is, which has EV_EOF if that is in flags. */
struct kevent expect(int kq, int fd, int filter, unsigned flags);
void expect_none(int kq);

/* A byte. */
void put(int fd);
void get(int fd);

/* A pipe, and a queue that is empty. */
struct scene {
	int kq, fds[2];
};

struct scene begin_scene(void);
void end_scene(const struct scene *scene);

#endif
