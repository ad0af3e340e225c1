/* SPDX-License-Identifier: MIT */
#include "sys/alarm.h"

#include <errno.h>
#include <time.h>

#include <sys/timerfd.h>

#include "base/check.h"
#include "sys/clock.h"
#include "sys/descriptor.h"
#include "sys/refused.h"

int
mio__alarm_set(int fd, mio__instant_t instant)
{
	struct itimerspec at = { .it_value = { 0, 0 } };

	/* a time of 0 would stop it */
	if (instant != MIO__NEVER)
		at.it_value = mio__os_timespec(instant > 0 ? instant : 1);

	return timerfd_settime(fd, TFD_TIMER_ABSTIME, &at, NULL) == 0
	    ? 0
	    : -ENOTSUP;
}

MIO__COLD int
mio__alarm_create(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	int r;

	if (fd < 0)
		return mio__os_refused(errno) ? -ENOTSUP : -errno;

	/* a sandbox may refuse the second call alone */
	r = mio__alarm_set(fd, MIO__NEVER);
	if (r < 0) {
		(void)mio__os_close(fd); /* ours */
		return r;
	}

	return fd;
}
