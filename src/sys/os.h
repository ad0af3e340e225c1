/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_OS_H
#define MIO_SYS_OS_H

/*
 * Every system call that libmio makes goes through here. Each of these answers
 * 0, a descriptor or a count, or -errno, which is read nowhere else; each
 * retries EINTR unless it says otherwise; descriptors are born non-blocking
 * and close-on-exec, and outputs are left alone on failure. Where the kernel
 * lacks a call that the C library has, or a sandbox refuses it, an older call
 * does the work. Tests link a build of os.c whose calls can be made to fail.
 */

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "sys/clock.h"

struct mio_credentials;
struct mmsghdr;

/* Memory, zeroed; NULL when there is none. */
void *mio__os_alloc(size_t count, size_t size);
/* The same for one block; alignment is a power of two that divides size. */
void *mio__os_alloc_aligned(size_t alignment, size_t size);
/* As realloc(3); the caller keeps block when the answer is NULL. */
void *mio__os_grow(void *block, size_t count, size_t size);
void mio__os_free(void *block);

void mio__os_clock(struct timespec *now);

/* For calls that take one; at most what a time_t holds. */
struct timespec mio__os_timespec(int64_t ns);

/* Whether error says that the kernel or a sandbox has no such call. */
bool mio__os_refused(int error);

void mio__os_yield(void);
/* Sleeps for less than a second, or less than that after a signal. */
void mio__os_nap(int64_t ns);

/*
 * A condition that is waited for by one thread, on the monotonic clock.
 * Answers false when the deadline has passed.
 */
int mio__os_cond_init(pthread_cond_t *cond);
bool mio__os_cond_wait(
    pthread_cond_t *cond, pthread_mutex_t *lock, mio__instant_t deadline);

/*
 * Any descriptor. Close never retries, and tells of nothing but -EBADF: after
 * any other error the descriptor is gone all the same.
 */
int mio__os_close(int fd);
int mio__os_dup(int fd);
int mio__os_adopt(int fd);
int mio__os_set_cloexec(int fd);
/* Whether calls wait on it; not, if a sandbox keeps that from being asked. */
int mio__os_is_blocking(int fd);
int mio__os_stat(int fd, struct stat *st);
ssize_t mio__os_read(int fd, void *buf, size_t len);
ssize_t mio__os_write(int fd, const void *buf, size_t len);
int mio__os_pipe(int fds[2]);

int mio__os_unlink(const char *path);

/* Vectors; a write to what nobody reads is -EPIPE, and SIGPIPE is not seen. */
ssize_t mio__os_readv(int fd, const struct iovec *iov, int count);
ssize_t mio__os_writev(int fd, const struct iovec *iov, int count);
/* Whether what each write puts into this end of a pipe stays apart. */
bool mio__os_keeps_packets(int fd);

/* Whether epoll(7) would watch fd: 1, 0, or why that cannot be told. */
int mio__os_epoll_takes(int fd);
/* Whether there is a place in the file at which the next read begins. */
bool mio__os_has_position(int fd);

/*
 * Waits for readiness; -EINTR on a signal. It may take less time than it was
 * given where the system's limits are lower, and never rounds it down; a
 * negative timeout is no end. *coarse remembers, from one wait to the next,
 * that only milliseconds are to be had.
 */
int mio__os_poll(
    struct pollfd *fds, nfds_t count, int64_t timeout_ns, bool *coarse);

/*
 * Sockets. An interrupted connect goes on by itself, so EINTR is progress. What
 * receives and sends does not block, on a blocking socket neither.
 */
int mio__os_socket(int family, int type);
int mio__os_socketpair(int family, int type, int fds[2]);
int mio__os_bind(int fd, const struct sockaddr *addr, socklen_t len);
int mio__os_listen(int fd, int backlog);
int mio__os_connect(int fd, const struct sockaddr *addr, socklen_t len);
int mio__os_accept(int fd, struct sockaddr *addr, socklen_t *len);
int mio__os_shutdown(int fd, int how);
int mio__os_getsockname(int fd, struct sockaddr *addr, socklen_t *len);
int mio__os_getpeername(int fd, struct sockaddr *addr, socklen_t *len);
int
mio__os_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int mio__os_setsockopt(
    int fd, int level, int name, const void *value, socklen_t len);
ssize_t mio__os_recv(int fd, void *buf, size_t len, int flags);
ssize_t mio__os_send(int fd, const void *buf, size_t len);
ssize_t mio__os_recvfrom(int fd, void *buf, size_t len, int flags,
    struct sockaddr *addr, socklen_t *addr_len);
ssize_t mio__os_sendto(int fd, const void *buf, size_t len,
    const struct sockaddr *addr, socklen_t addr_len);
ssize_t mio__os_recvmsg(int fd, struct msghdr *msg, int flags);
ssize_t mio__os_sendmsg(int fd, const struct msghdr *msg);

/*
 * Several messages, in order: how many, when the next one would block or fails,
 * or what the first one answers.
 */
int mio__os_recvmmsg(int fd, struct mmsghdr *msgs, unsigned count);
int mio__os_sendmmsg(int fd, struct mmsghdr *msgs, unsigned count);

/* Who is at the other end, -ENOTCONN where the system does not know. */
int mio__os_credentials(int fd, struct mio_credentials *credentials);

#endif
