/* SPDX-License-Identifier: MIT */

/*
 * The conditions of thread.h where they cannot use the monotonic clock. macOS
 * has a wait of its own that takes the time that remains. A system without it
 * waits by the calendar clock: when that is set back during a wait, the wait
 * takes so much longer.
 */

#include "config.h"
#include "sys/thread.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>

#include "base/check.h"

/* A day: callers wait again, and no system fails to count this far. */
#define WAIT_MAX_NS (INT64_C(86400) * 1000000000)

#ifndef HAVE_PTHREAD_COND_TIMEDWAIT_RELATIVE_NP
#define NS_PER_SEC 1000000000L

static int
pthread_cond_timedwait_relative_np(
    pthread_cond_t *cond, pthread_mutex_t *lock, const struct timespec *left)
{
	struct timespec until;
	int r = clock_gettime(CLOCK_REALTIME, &until);

	MIO__CHECK(r == 0);
	until.tv_sec += left->tv_sec;
	until.tv_nsec += left->tv_nsec;
	if (until.tv_nsec >= NS_PER_SEC) {
		until.tv_sec++;
		until.tv_nsec -= NS_PER_SEC;
	}

	return pthread_cond_timedwait(cond, lock, &until);
}
#endif

int
mio__os_cond_init(pthread_cond_t *cond)
{
	return -pthread_cond_init(cond, NULL);
}

bool
mio__os_cond_wait(
    pthread_cond_t *cond, pthread_mutex_t *lock, mio__instant_t deadline)
{
	int64_t left = mio__clock_left(deadline);
	struct timespec ts;
	int r;

	if (deadline == MIO__NEVER) {
		r = pthread_cond_wait(cond, lock);
	} else {
		ts = mio__os_timespec(left < WAIT_MAX_NS ? left : WAIT_MAX_NS);
		r = pthread_cond_timedwait_relative_np(cond, lock, &ts);
	}

	MIO__CHECK(r == 0 || r == ETIMEDOUT);

	return r == 0 || mio__clock_left(deadline) != 0;
}
