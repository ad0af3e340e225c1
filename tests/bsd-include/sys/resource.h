/* SPDX-License-Identifier: MIT */
#ifndef BSD_SYS_RESOURCE_H
#define BSD_SYS_RESOURCE_H

#include <sys/types.h>

/* signed on FreeBSD and DragonFly */
#if BSD_FREEBSD || BSD_DRAGONFLY
typedef int64_t rlim_t;
#else
typedef uint64_t rlim_t;
#endif

struct rlimit {
	rlim_t rlim_cur;
	rlim_t rlim_max;
};

#define RLIMIT_NOFILE 8
#define RLIM_INFINITY ((rlim_t)INT64_MAX)

int getrlimit(int resource, struct rlimit *limit);
int setrlimit(int resource, const struct rlimit *limit);

#endif
