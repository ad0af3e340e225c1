/* SPDX-License-Identifier: MIT */

/* The part of os.h that systems with eventfd(2) have. */

#include <errno.h>

#include <sys/eventfd.h>

#include "sys/os.h"

int
mio__os_eventfd(void)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}
