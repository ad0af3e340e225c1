/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_COMPAT_H
#define MIO_SYS_COMPAT_H

/*
 * Replacements for what this system does not have. A missing call is replaced
 * by one that fails with ENOSYS: its callers handle that error anyway, since a
 * kernel can be older than the C library. A missing flag is 0. Files that use
 * any of this include it first, and then need no conditionals.
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
#include <netinet/udp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#ifdef __linux__
#include <sys/syscall.h>
#else
#include <sys/param.h>
#endif

#ifdef __FreeBSD__
#include <sys/ucred.h>
#endif

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

/* Where this is safe, the kernel is called directly, see raw.h. */
#ifdef HAVE_RAW_EPOLL_PWAIT2
#include "sys/raw.h"
#undef epoll_pwait2
#define epoll_pwait2(epfd, events, n, ts, mask) \
	((void)(mask), mio__raw_epoll_pwait2(epfd, events, n, ts))
#elif !defined(HAVE_EPOLL_PWAIT2)
#undef epoll_pwait2
#define epoll_pwait2(epfd, events, n, ts, mask) \
	((void)(epfd), (void)(events), (void)(n), (void)(ts), (void)(mask), \
	    mio__missing())
#endif

#ifndef HAVE_PWRITEV2
#undef pwritev2
#define pwritev2(fd, iov, n, offset, flags) \
	((void)(fd), (void)(iov), (void)(n), (void)(offset), (void)(flags), \
	    mio__missing())
#endif

#if !defined(HAVE_RECVMMSG) || !defined(HAVE_SENDMMSG)
#undef recvmmsg
#undef sendmmsg
#define mmsghdr mio__mmsghdr
#define recvmmsg(fd, msgs, n, flags, ts) \
	((void)(fd), (void)(msgs), (void)(n), (void)(flags), (void)(ts), \
	    mio__missing())
#define sendmmsg(fd, msgs, n, flags) \
	((void)(fd), (void)(msgs), (void)(n), (void)(flags), mio__missing())
struct mmsghdr {
	struct msghdr msg_hdr;
	unsigned msg_len;
};
#endif

/* Avoids a limit of the C library, whose structures are the kernel's. */
#ifdef SYS_sendmsg
#define mio__sendmsg_directly(fd, msg, flags) \
	((ssize_t)syscall(SYS_sendmsg, (fd), (msg), (flags)))
#else
#define mio__sendmsg_directly(fd, msg, flags) \
	((void)(fd), (void)(msg), (void)(flags), mio__missing())
#endif

/* Removes a pending SIGPIPE, the only signal in the set; the timeout is 0. */
#ifndef HAVE_SIGTIMEDWAIT
#undef sigtimedwait
#define sigtimedwait(set, info, ts) \
	((void)(info), (void)(ts), mio__consume_signal(set))

static inline int
mio__consume_signal(const sigset_t *set)
{
	sigset_t pending;
	int number = SIGPIPE;

	if (sigpending(&pending) == 0 && sigismember(&pending, number) &&
	    sigwait(set, &number) == 0)
		return number;

	errno = EAGAIN;

	return -1;
}
#endif

/* Added in Linux 6.18, and missing from most headers. */
#ifndef RWF_NOSIGNAL
#define RWF_NOSIGNAL 0x00000100
#endif

/* With MIO__LACKS_* tests build as a system without the flag would. */
#if !defined(SOCK_CLOEXEC) || defined(MIO__LACKS_SOCK_CLOEXEC)
#undef SOCK_NONBLOCK
#undef SOCK_CLOEXEC
#define SOCK_NONBLOCK 0
#define SOCK_CLOEXEC  0
#endif

#ifndef MSG_DONTWAIT
#define MSG_DONTWAIT 0
#endif

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

/* Added in Linux 6.5. Elsewhere no control message has this type. */
#ifndef SCM_PIDFD
#ifdef __linux__
#define SCM_PIDFD 0x04
#else
#define SCM_PIDFD (-1)
#endif
#endif

#ifndef ENONET
#define ENONET ECONNABORTED
#endif

/* On a pipe: each write is a packet. */
#ifndef O_DIRECT
#define O_DIRECT 0
#endif

#if !defined(MSG_CMSG_CLOEXEC) || defined(MIO__LACKS_MSG_CMSG_CLOEXEC)
#undef MSG_CMSG_CLOEXEC
#define MSG_CMSG_CLOEXEC 0
#endif

#ifndef POLLRDHUP
#define POLLRDHUP 0
#endif

/*
 * The idle time before probes is TCP_KEEPALIVE on macOS, counts milliseconds on
 * DragonFly before 5.8, and cannot be set on OpenBSD.
 */
#if defined(TCP_KEEPALIVE) && !defined(TCP_KEEPIDLE)
#define TCP_KEEPIDLE TCP_KEEPALIVE
#elif !defined(TCP_KEEPIDLE) || defined(MIO__LACKS_TCP_KEEPIDLE)
#undef TCP_KEEPIDLE
#define TCP_KEEPIDLE (-1)
#endif

#if defined(__DragonFly__) && __DragonFly_version < 500702
#define MIO__KEEPIDLE_PER_SEC 1000
#else
#define MIO__KEEPIDLE_PER_SEC 1
#endif

/* SO_LINGER counts ticks on macOS. */
#ifdef SO_LINGER_SEC
#undef SO_LINGER
#define SO_LINGER SO_LINGER_SEC
#endif

/* Since FreeBSD 12 only this one spreads connections and datagrams. */
#ifdef SO_REUSEPORT_LB
#undef SO_REUSEPORT
#define SO_REUSEPORT SO_REUSEPORT_LB
#endif

/* Some systems have only the flag of fcntl(2). */
#ifndef SO_NOSIGPIPE
#define SO_NOSIGPIPE (-1)
#endif

/* Addresses begin with their length, a byte, on the BSDs and macOS. */
#ifdef HAVE_STRUCT_SOCKADDR_SA_LEN
#define MIO__SET_ADDRESS_LEN(addr, len) \
	(((struct sockaddr *)(void *)(addr))->sa_len = (unsigned char)(len))
#else
#define MIO__SET_ADDRESS_LEN(addr, len) ((void)(addr), (void)(len))
#endif

/* What SO_PEERCRED returns on Linux and on OpenBSD. */
#ifdef HAVE_STRUCT_SOCKPEERCRED
typedef struct sockpeercred mio__peercred_t;
#elif defined(SO_PEERCRED) && defined(__linux__)
typedef struct ucred mio__peercred_t;
#endif

/* Missing options get a number that the system refuses. */
#ifndef TCP_FASTOPEN_CONNECT
#define TCP_FASTOPEN_CONNECT (-1)
#endif

#ifndef UDP_SEGMENT
#define UDP_SEGMENT (-1)
#endif

#ifndef UDP_GRO
#define UDP_GRO (-1)
#endif

/* Whether Unix domain sockets can have names outside the file system. */
#ifdef __linux__
#define MIO__ABSTRACT_NAMES true
#else
#define MIO__ABSTRACT_NAMES false
#endif

#endif
