/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_FAULTS_H
#define TESTS_LIB_FAULTS_H

/*
 * Included before everything else when src/sys/os*.c are compiled for the tests
 * of faults: each call of the C library that they make goes to a function of
 * faults.c, which counts it and then makes it, or makes it fail. Only the names
 * change, so the system's own headers declare the functions.
 */

/* its wrappers would go past these */
#undef _FORTIFY_SOURCE

#define accept fault_accept
#define accept4 fault_accept4
#define aligned_alloc fault_aligned_alloc
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
#define listen fault_listen
#define lseek fault_lseek
#define pipe fault_pipe
#define pipe2 fault_pipe2
#define poll fault_poll
#define ppoll fault_ppoll
#define pthread_cond_init fault_pthread_cond_init
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
#define socket fault_socket
#define socketpair fault_socketpair
#define timerfd_create fault_timerfd_create
#define timerfd_settime fault_timerfd_settime
#define unlink fault_unlink
#define write fault_write
#define writev fault_writev

#endif
