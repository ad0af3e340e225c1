/* SPDX-License-Identifier: MIT */

/* Replaces epoll_accepts.c on systems without epoll(7). */

#include "sys/epoll_accepts.h"

#include <errno.h>

int
mio__os_epoll_accepts(int fd)
{
	(void)fd;

	return -ENOSYS;
}
