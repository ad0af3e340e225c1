/* SPDX-License-Identifier: MIT */
#ifndef BSD_TIME_H
#define BSD_TIME_H

#include <sys/types.h>

struct timespec {
	time_t tv_sec;
	long tv_nsec;
};

struct itimerspec {
	struct timespec it_interval;
	struct timespec it_value;
};

struct tm {
	int tm_sec;
	int tm_min;
	int tm_hour;
	int tm_mday;
	int tm_mon;
	int tm_year;
	int tm_wday;
	int tm_yday;
	int tm_isdst;
	long tm_gmtoff;
	char *tm_zone;
};

#define CLOCK_REALTIME 0
#if BSD_FREEBSD || BSD_DRAGONFLY
#define CLOCK_MONOTONIC 4
#else
#define CLOCK_MONOTONIC 3
#endif

int clock_gettime(clockid_t id, struct timespec *ts);
int nanosleep(const struct timespec *ts, struct timespec *left);
time_t time(time_t *t);
struct tm *gmtime_r(const time_t *t, struct tm *tm);
struct tm *localtime_r(const time_t *t, struct tm *tm);
size_t strftime(char *s, size_t size, const char *format, const struct tm *tm);

#endif
