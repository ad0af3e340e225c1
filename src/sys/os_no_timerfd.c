/* SPDX-License-Identifier: MIT */

/* The part of os.h that takes the place of os_timerfd.c elsewhere. */

#include "sys/os.h"

#include <errno.h>

#include "base/check.h"

int
mio__os_timerfd(void)
{
	return -ENOSYS;
}

void
mio__os_timerfd_set(int fd, mio__instant_t instant)
{
	(void)fd;
	(void)instant;
	MIO__CHECK(!"there is one");
}
