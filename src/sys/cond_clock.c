/* SPDX-License-Identifier: MIT */

/* The conditions of thread.h, on a system where they have a clock. */

#include "config.h"
#include "sys/thread.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>

#include "base/check.h"

MIO__COLD int
mio__os_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	int r;

	r = pthread_condattr_init(&attr);
	if (r != 0)
		return -r;

	r = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (r == 0)
		r = pthread_cond_init(cond, &attr);

	(void)pthread_condattr_destroy(&attr); /* cannot fail */

	return -r;
}

bool
mio__os_cond_wait(
    pthread_cond_t *cond, pthread_mutex_t *lock, mio__instant_t deadline)
{
	struct timespec ts = mio__os_timespec(deadline);
	int r;

	if (deadline == MIO__NEVER)
		r = pthread_cond_wait(cond, lock);
	else
		r = pthread_cond_timedwait(cond, lock, &ts);

	MIO__CHECK(r == 0 || r == ETIMEDOUT);

	return r == 0 || mio__clock_left(deadline) != 0;
}
