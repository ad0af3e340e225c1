/* SPDX-License-Identifier: MIT */

/* The part of os.h that takes the place of os_ask_epoll.c elsewhere. */

#include "sys/os.h"

#include <errno.h>

int
mio__os_epoll_takes(int fd)
{
	(void)fd;

	return -ENOSYS;
}
