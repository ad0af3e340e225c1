/* SPDX-License-Identifier: MIT */

/* In the place of epoll_accepts.c, where there is no epoll(7). */

#include "sys/epoll_accepts.h"

#include <errno.h>

int
mio__os_epoll_accepts(int fd)
{
	(void)fd;

	return -ENOSYS;
}
