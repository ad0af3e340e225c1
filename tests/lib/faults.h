/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_FAULTS_H
#define TESTS_LIB_FAULTS_H

/*
 * Included before everything else when what makes system calls is compiled for
 * the tests of faults: each call of the C library that it makes goes to a
 * function of faults.c, which counts it and then makes it, or makes it fail.
 * The system's headers come first, so that what they call a function by behind
 * its name (as with times of 64 bits on a machine of 32) stays with the
 * function of theirs. What the C library lacks goes the same way, and comes to
 * the stand-in of compat.h in the end.
 */

/* its wrappers would go past these */
#undef _FORTIFY_SOURCE

#include "sys/compat.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <net/if.h>
#include <sys/stat.h>

#ifdef HAVE_EVENTFD
#include <sys/eventfd.h>
#endif
#ifdef HAVE_KQUEUE
#include <sys/event.h>
#endif
#ifdef HAVE_TIMERFD_CREATE
#include <sys/timerfd.h>
#endif

#define FAULTY(name) extern __typeof__(name) fault_##name

FAULTY(accept);
FAULTY(bind);
FAULTY(calloc);
FAULTY(clock_gettime);
FAULTY(close);
FAULTY(connect);
FAULTY(fcntl);
FAULTY(fstat);
FAULTY(getpeername);
FAULTY(getsockname);
FAULTY(getsockopt);
FAULTY(if_indextoname);
FAULTY(if_nametoindex);
FAULTY(listen);
FAULTY(lseek);
FAULTY(pipe);
FAULTY(poll);
FAULTY(posix_memalign);
FAULTY(pthread_cond_init);
FAULTY(pthread_sigmask);
FAULTY(read);
FAULTY(readv);
FAULTY(realloc);
FAULTY(recv);
FAULTY(recvfrom);
FAULTY(recvmsg);
FAULTY(send);
FAULTY(sendmsg);
FAULTY(sendto);
FAULTY(setsockopt);
FAULTY(shutdown);
FAULTY(sigpending);
FAULTY(socket);
FAULTY(socketpair);
FAULTY(unlink);
FAULTY(write);
FAULTY(writev);
#ifdef HAVE_EPOLL_CREATE1
FAULTY(epoll_create1);
FAULTY(epoll_ctl);
FAULTY(epoll_wait);
#endif
#ifdef HAVE_EVENTFD
FAULTY(eventfd);
#endif
#ifdef HAVE_KQUEUE
FAULTY(kevent);
FAULTY(kqueue);
#endif
#ifdef HAVE_TIMERFD_CREATE
FAULTY(timerfd_create);
FAULTY(timerfd_settime);
#endif

#undef FAULTY

/* What the headers may not declare. */
struct epoll_event;
int fault_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags);
int fault_epoll_pwait2(int epfd, struct epoll_event *events, int capacity,
    const struct timespec *ts, const sigset_t *mask);
int fault_pipe2(int *fds, int flags);
int fault_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *ts,
    const sigset_t *mask);
ssize_t fault_pwritev2(int fd, const struct iovec *iov, int n, off_t offset,
    int flags);
int fault_recvmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags,
    struct timespec *ts);
int fault_sendmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags);
int fault_sigtimedwait(const sigset_t *set, siginfo_t *info,
    const struct timespec *ts);

/* these are macros where the C library lacks them */
#undef accept4
#undef epoll_pwait2
#undef pipe2
#undef ppoll
#undef pwritev2
#undef recvmmsg
#undef sendmmsg
#undef sigtimedwait

#define accept fault_accept
#define accept4 fault_accept4
#define bind fault_bind
#define calloc fault_calloc
#define clock_gettime fault_clock_gettime
#define close fault_close
#define connect fault_connect
#define epoll_create1 fault_epoll_create1
#define epoll_ctl fault_epoll_ctl
#define epoll_pwait2 fault_epoll_pwait2
#define epoll_wait fault_epoll_wait
#define eventfd fault_eventfd
#define fcntl fault_fcntl
#define fstat fault_fstat
#define getpeername fault_getpeername
#define getsockname fault_getsockname
#define getsockopt fault_getsockopt
#define if_indextoname fault_if_indextoname
#define if_nametoindex fault_if_nametoindex
#define kevent(...) fault_kevent(__VA_ARGS__)
#define kqueue fault_kqueue
#define listen fault_listen
#define lseek fault_lseek
#define pipe fault_pipe
#define pipe2 fault_pipe2
#define poll fault_poll
#define posix_memalign fault_posix_memalign
#define ppoll fault_ppoll
#define pthread_cond_init fault_pthread_cond_init
#define pthread_sigmask fault_pthread_sigmask
#define pwritev2 fault_pwritev2
#define read fault_read
#define readv fault_readv
#define realloc fault_realloc
#define recv fault_recv
#define recvfrom fault_recvfrom
#define recvmmsg fault_recvmmsg
#define recvmsg fault_recvmsg
#define send fault_send
#define sendmmsg fault_sendmmsg
#define sendmsg fault_sendmsg
#define sendto fault_sendto
#define setsockopt fault_setsockopt
#define shutdown fault_shutdown
#define sigpending fault_sigpending
#define sigtimedwait fault_sigtimedwait
#define socket fault_socket
#define socketpair fault_socketpair
#define timerfd_create fault_timerfd_create
#define timerfd_settime fault_timerfd_settime
#define unlink fault_unlink
#define write fault_write
#define writev fault_writev

#endif
