/* SPDX-License-Identifier: MIT */

/* The part of os.h that systems with timerfd_create(2) have. */

#include "sys/compat.h"
#include "sys/os.h"

#include <sys/timerfd.h>

#include "base/check.h"

#define NS_PER_SEC 1000000000

void
mio__os_timerfd_set(int fd, mio__instant_t instant)
{
	struct itimerspec at = { .it_value = { 0, 0 } };
	int r;

	/* zero would stop it */
	if (instant <= 0)
		instant = 1;

	if (instant != MIO__NEVER)
		at.it_value = (struct timespec){
			.tv_sec = (time_t)(instant / NS_PER_SEC),
			.tv_nsec = (long)(instant % NS_PER_SEC),
		};

	r = timerfd_settime(fd, TFD_TIMER_ABSTIME, &at, NULL);
	MIO__CHECK(r == 0); /* it was tried */
}

int
mio__os_timerfd(void)
{
	const struct itimerspec never = { .it_value = { 0, 0 } };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;

	/* a sandbox may know only one of the two */
	if (timerfd_settime(fd, TFD_TIMER_ABSTIME, &never, NULL) < 0) {
		r = -errno;
		(void)mio__os_close(fd);
		return r;
	}

	return fd;
}
