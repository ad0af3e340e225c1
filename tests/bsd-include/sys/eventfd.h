/* SPDX-License-Identifier: MIT */
#ifndef BSD_SYS_EVENTFD_H
#define BSD_SYS_EVENTFD_H

#include <fcntl.h>

#if BSD_FREEBSD < 13 && BSD_NETBSD < 10
#error "this system has no <sys/eventfd.h>"
#endif

#define EFD_SEMAPHORE 0x0001
#define EFD_NONBLOCK  O_NONBLOCK
#define EFD_CLOEXEC   O_CLOEXEC

int eventfd(unsigned value, int flags);

#endif
