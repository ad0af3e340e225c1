/* SPDX-License-Identifier: MIT */

/* The part of os.h that systems with epoll(7) have. */

#include "sys/compat.h"
#include "sys/handover.h"
#include "sys/os.h"

#include <sys/epoll.h>

int
mio__os_epoll_create(void)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int
mio__os_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	MIO__GIVES(epfd);

	return epoll_ctl(epfd, op, fd, event) < 0 ? -errno : 0;
}

static int
wait_ms(int epfd, struct epoll_event *events, int capacity, int timeout_ms)
{
	int n = epoll_wait(epfd, events, capacity, timeout_ms);

	if (n > 0)
		MIO__TAKES(epfd);

	return n < 0 ? -errno : n;
}

static int
wait_exactly(int epfd, struct epoll_event *events, int capacity,
    int64_t timeout_ns, bool *coarse)
{
	struct timespec ts = mio__os_timespec(timeout_ns);
	int n = epoll_pwait2(epfd, events, capacity, &ts, NULL);

	if (n > 0)
		MIO__TAKES(epfd);
	if (n >= 0 || !mio__os_refused(errno))
		return n < 0 ? -errno : n;

	*coarse = true;

	return wait_ms(epfd, events, capacity, mio__clock_to_ms(timeout_ns));
}

int
mio__os_epoll_wait(int epfd, struct epoll_event *events, int capacity,
    int64_t timeout_ns, bool *coarse)
{
	if (timeout_ns > 0 && !*coarse)
		return wait_exactly(epfd, events, capacity, timeout_ns, coarse);

	return wait_ms(epfd, events, capacity,
	    timeout_ns > 0 ? mio__clock_to_ms(timeout_ns) : -(timeout_ns < 0));
}
