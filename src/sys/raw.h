/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_RAW_H
#define MIO_SYS_RAW_H

/*
 * System calls that the kernel may have and the C library does not. compat.h
 * includes this where it is needed.
 */

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include <sys/syscall.h>

struct epoll_event;

/*
 * The kernel's seconds and nanoseconds have 64 bits each, whatever the C
 * library's have. Like the C library's waits, this is a cancellation point: the
 * thread can be cancelled at any time while it is in the kernel. Right before
 * and after that only the events that the kernel has just returned are lost.
 */
static inline int
mio__raw_epoll_pwait2(int epfd, struct epoll_event *events, int capacity,
    const struct timespec *ts)
{
	const int64_t time[2] = { ts->tv_sec, ts->tv_nsec };
	int type, n;

	(void)pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	n = (int)syscall(
	    SYS_epoll_pwait2, epfd, events, capacity, time, NULL, 0);
	(void)pthread_setcanceltype(type, NULL);

	return n;
}

#endif
