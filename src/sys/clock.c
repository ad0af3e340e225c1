/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "sys/clock.h"

#include "base/check.h"

#define NS_PER_SEC INT64_C(1000000000)
#define NS_PER_MS  INT64_C(1000000)

/*
 * The longest wait that every kernel handles correctly: 32-bit Linux before
 * 2.6.37 treated more than LONG_MAX / HZ milliseconds as infinite. Callers wait
 * again for the remaining time, so the limit costs a wake-up every half hour.
 */
#define MS_MAX 1789569

/* Callers wait again for the remaining time. */
#define SEC_MAX \
	(sizeof(time_t) > 4 ? INT64_MAX / NS_PER_SEC : (int64_t)INT32_MAX)

void
mio__os_clock(struct timespec *now)
{
	int r = clock_gettime(CLOCK_MONOTONIC, now);

	MIO__CHECK(r == 0);
}

mio__instant_t
mio__clock_now(void)
{
	struct timespec ts;

	mio__os_clock(&ts);

	return (mio__instant_t)ts.tv_sec * NS_PER_SEC + ts.tv_nsec;
}

mio__instant_t
mio__clock_deadline(int64_t timeout_ns)
{
	mio__instant_t now;

	if (timeout_ns < 0)
		return MIO__NEVER;

	now = mio__clock_now();

	return timeout_ns < MIO__NEVER - now ? now + timeout_ns : MIO__NEVER;
}

int64_t
mio__clock_left(mio__instant_t deadline)
{
	mio__instant_t now;

	if (deadline == MIO__NEVER)
		return -1;

	now = mio__clock_now();

	return deadline > now ? deadline - now : 0;
}

int
mio__clock_to_ms(int64_t timeout_ns)
{
	int64_t ms;

	if (timeout_ns < 0)
		return -1;

	ms = timeout_ns / NS_PER_MS + (timeout_ns % NS_PER_MS != 0);

	return ms < MS_MAX ? (int)ms : MS_MAX;
}

struct timespec
mio__os_timespec(int64_t ns)
{
	int64_t sec = ns / NS_PER_SEC;

	return (struct timespec){
		.tv_sec = (time_t)(sec < SEC_MAX ? sec : SEC_MAX),
		.tv_nsec = (long)(ns % NS_PER_SEC),
	};
}
