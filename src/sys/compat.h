/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_COMPAT_H
#define MIO_SYS_COMPAT_H

/*
 * What this system's C library does not have. A missing call stands in as one
 * that answers ENOSYS: os.c copes with that anyway, since a kernel can be older
 * than the C library; a missing flag stands in as 0. It comes first in the
 * files that use any of this, so that none of them needs a conditional.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#ifdef HAVE_EPOLL_CREATE1
#include <sys/epoll.h>
#endif

static inline int
mio__missing(void)
{
	errno = ENOSYS;

	return -1;
}

/* Macros, as headers may declare what the C library does not have. */
#ifndef HAVE_ACCEPT4
#undef accept4
#define accept4(fd, addr, len, flags) \
	((void)(fd), (void)(addr), (void)(len), (void)(flags), mio__missing())
#endif

#ifndef HAVE_PIPE2
#undef pipe2
#define pipe2(fds, flags) ((void)(fds), (void)(flags), mio__missing())
#endif

#ifndef HAVE_PPOLL
#undef ppoll
#define ppoll(fds, n, ts, mask) \
	((void)(fds), (void)(n), (void)(ts), (void)(mask), mio__missing())
#endif

#ifndef HAVE_EPOLL_PWAIT2
#undef epoll_pwait2
#define epoll_pwait2(epfd, events, n, ts, mask) \
	((void)(epfd), (void)(events), (void)(n), (void)(ts), (void)(mask), \
	    mio__missing())
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
