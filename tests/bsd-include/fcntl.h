/* SPDX-License-Identifier: MIT */
#ifndef BSD_FCNTL_H
#define BSD_FCNTL_H

#include <sys/types.h>

#define O_RDONLY   0x0000
#define O_WRONLY   0x0001
#define O_RDWR	   0x0002
#define O_ACCMODE  0x0003
#define O_NONBLOCK 0x0004
#define O_APPEND   0x0008
#define O_CREAT	   0x0200
#define O_TRUNC	   0x0400
#define O_EXCL	   0x0800

#if BSD_FREEBSD
#define O_CLOEXEC 0x00100000
#elif BSD_NETBSD
#define O_CLOEXEC 0x00400000
#elif BSD_OPENBSD
#define O_CLOEXEC 0x00010000
#else
#define O_CLOEXEC 0x00020000
#endif

/* of files on a disk, and never of pipes */
#if BSD_VISIBLE && BSD_NETBSD
#define O_DIRECT 0x00080000
#elif BSD_VISIBLE && !BSD_OPENBSD
#define O_DIRECT 0x00010000
#endif

#if BSD_VISIBLE && BSD_FREEBSD >= 13
#define O_PATH 0x00400000
#endif

#define F_DUPFD	   0
#define F_GETFD	   1
#define F_SETFD	   2
#define F_GETFL	   3
#define F_SETFL	   4
#define FD_CLOEXEC 1

#if BSD_NETBSD
#define F_DUPFD_CLOEXEC 12
#elif BSD_OPENBSD
#define F_DUPFD_CLOEXEC 10
#else
#define F_DUPFD_CLOEXEC 17
#endif

int fcntl(int fd, int command, ...);
int open(const char *path, int flags, ...);

#endif
