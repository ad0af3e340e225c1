/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_CLOCK_H
#define MIO_SYS_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds on the monotonic clock; INT64_MAX is "never" as a deadline. */
typedef int64_t mio__instant_t;

#define MIO__NEVER INT64_MAX

void mio__os_clock(struct timespec *now);
mio__instant_t mio__clock_now(void);

/* When timeout_ns from now will have passed; never for a negative one. */
mio__instant_t mio__clock_deadline(int64_t timeout_ns);

/* Until then, in nanoseconds: 0 when it has passed, -1 for never. */
int64_t mio__clock_left(mio__instant_t deadline);

/* In milliseconds, rounded up, for calls that take an int of them. */
int mio__clock_to_ms(int64_t timeout_ns);

/* For calls that take one; at most what a time_t holds. */
struct timespec mio__os_timespec(int64_t ns);

#endif
