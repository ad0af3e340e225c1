/* SPDX-License-Identifier: MIT */

/* For systems without timerfd_create(2): there is no alarm. */

#include "sys/alarm.h"

#include <errno.h>

int
mio__alarm_create(void)
{
	return -ENOTSUP;
}

int
mio__alarm_set(int fd, mio__instant_t instant)
{
	(void)fd;
	(void)instant;

	return -ENOTSUP;
}
