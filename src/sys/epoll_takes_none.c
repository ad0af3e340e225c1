/* SPDX-License-Identifier: MIT */

/* In the place of epoll_takes.c, where there is no epoll(7). */

#include "sys/epoll_takes.h"

#include <errno.h>

int
mio__os_epoll_takes(int fd)
{
	(void)fd;

	return -ENOSYS;
}
