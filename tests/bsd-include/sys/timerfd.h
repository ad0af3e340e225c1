/* SPDX-License-Identifier: MIT */
#ifndef BSD_SYS_TIMERFD_H
#define BSD_SYS_TIMERFD_H

#include <fcntl.h>
#include <time.h>

#if BSD_FREEBSD < 14 && BSD_NETBSD < 10
#error "this system has no <sys/timerfd.h>"
#endif

#define TFD_NONBLOCK	  O_NONBLOCK
#define TFD_CLOEXEC	  O_CLOEXEC
#define TFD_TIMER_ABSTIME 0x0001

int timerfd_create(clockid_t id, int flags);
int timerfd_settime(int fd, int flags, const struct itimerspec *value,
    struct itimerspec *old);

#endif
