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

/* The instant timeout_ns from now; MIO__NEVER for a negative timeout. */
mio__instant_t mio__clock_deadline(int64_t timeout_ns);

/* The nanoseconds until deadline: 0 if it has passed, -1 for MIO__NEVER. */
int64_t mio__clock_left(mio__instant_t deadline);

/* Converts to milliseconds, rounded up, for calls that take an int. */
int mio__clock_to_ms(int64_t timeout_ns);

/* Converts to a timespec, limited to the range of a time_t. */
struct timespec mio__os_timespec(int64_t ns);

#endif
