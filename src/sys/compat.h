/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_COMPAT_H
#define MIO_SYS_COMPAT_H

/*
 * What this system's C library does not have. A missing call stands in as one
 * that answers ENOSYS: os.c copes with that anyway, since a kernel can be older
 * than the C library; a missing flag stands in as 0. Included by os.c and the
 * selectors alone, so that no other file needs a conditional.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#define MIO__MISSING(prototype) \
	static inline int prototype \
	{ \
		errno = ENOSYS; \
		return -1; \
	}

#if !HAVE_ACCEPT4
MIO__MISSING(accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags))
#endif

#if !HAVE_PIPE2
MIO__MISSING(pipe2(int *fds, int flags))
#endif

#if !HAVE_PPOLL
MIO__MISSING(ppoll(struct pollfd *fds, nfds_t count, const struct timespec *ts,
    const sigset_t *mask))
#endif

#if HAVE_EPOLL_CREATE1 && !HAVE_EPOLL_PWAIT2
#include <sys/epoll.h>
MIO__MISSING(epoll_pwait2(int epfd, struct epoll_event *events, int capacity,
    const struct timespec *ts, const sigset_t *mask))
#endif

#ifndef SOCK_NONBLOCK
#define SOCK_NONBLOCK 0
#define SOCK_CLOEXEC  0
#endif

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

#ifndef POLLRDHUP
#define POLLRDHUP 0
#endif

/* The idle time is TCP_KEEPALIVE on macOS, and SO_LINGER counts ticks there. */
#ifndef TCP_KEEPIDLE
#define TCP_KEEPIDLE TCP_KEEPALIVE
#endif

#ifdef SO_LINGER_SEC
#undef SO_LINGER
#define SO_LINGER SO_LINGER_SEC
#endif

#endif
