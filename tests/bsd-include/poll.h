/* SPDX-License-Identifier: MIT */
#ifndef BSD_POLL_H
#define BSD_POLL_H

#include <signal.h>

typedef unsigned nfds_t;

struct pollfd {
	int fd;
	short events;
	short revents;
};

#define POLLIN	   0x0001
#define POLLPRI	   0x0002
#define POLLOUT	   0x0004
#define POLLERR	   0x0008
#define POLLHUP	   0x0010
#define POLLNVAL   0x0020
#define POLLRDNORM 0x0040
#define POLLWRNORM POLLOUT
#define POLLRDBAND 0x0080
#define POLLWRBAND 0x0100

#if BSD_VISIBLE && BSD_FREEBSD >= 14
#define POLLRDHUP 0x4000
#endif

int poll(struct pollfd *fds, nfds_t count, int timeout);

#if BSD_VISIBLE && (!BSD_NETBSD || BSD_NETBSD >= 10)
int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
    const sigset_t *mask);
#endif

#if BSD_VISIBLE && BSD_NETBSD
int pollts(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
    const sigset_t *mask);
#endif

#endif
