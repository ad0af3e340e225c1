/* SPDX-License-Identifier: MIT */
#include "sys/compat.h"
#include "sys/epoll_accepts.h"

#include "sys/descriptor.h"

int
mio__os_epoll_accepts(int fd)
{
	struct epoll_event nothing = { .events = 0 };
	int epfd = epoll_create1(EPOLL_CLOEXEC);
	int r = 1;

	if (epfd < 0)
		return -errno;

	if (epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &nothing) < 0)
		r = errno == EPERM ? 0 : -errno;

	(void)mio__os_close(epfd); /* ours: nothing to report */

	return r;
}
