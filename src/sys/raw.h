/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_RAW_H
#define MIO_SYS_RAW_H

/*
 * System calls that the C library does not have and the kernel may. Included
 * by compat.h where they are needed.
 */

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include <sys/syscall.h>

struct epoll_event;

/*
 * The kernel's seconds and nanoseconds are of 64 bits each, whatever those of
 * the C library are. The C library's waits are cancellation points, and so is
 * this: while it is in the kernel a thread may be cancelled at any time, and
 * before and after there is nothing to lose but what the kernel has just told.
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
