/* SPDX-License-Identifier: MIT */
#include "sys/compat.h"
#include "sys/os.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"

#define NS_PER_SEC INT64_C(1000000000)

/* A socket from elsewhere may be one that blocks. */
#define SEND_FLAGS (MSG_DONTWAIT | MSG_NOSIGNAL)

/* Callers wait again for the rest. */
#define SEC_MAX \
	(sizeof(time_t) > 4 ? INT64_MAX / NS_PER_SEC : (int64_t)INT32_MAX)

/*
 * The calls that this kernel was seen to lack, so that each is tried in vain
 * but once. Set and read without order: a thread that does not see the flag
 * yet finds out by itself.
 */
static struct {
	atomic_bool accept4;
	atomic_bool pipe2;
} lacking;

bool
mio__os_refused(int error)
{
	return error == ENOSYS || error == EPERM;
}

struct timespec
mio__os_timespec(int64_t ns)
{
	int64_t sec = ns / NS_PER_SEC;

	return (struct timespec){
		.tv_sec = (time_t)(sec < SEC_MAX ? sec : SEC_MAX),
		.tv_nsec = (long)(ns % NS_PER_SEC),
	};
}

void *
mio__os_alloc(size_t count, size_t size)
{
	return calloc(count, size);
}

void *
mio__os_alloc_aligned(size_t alignment, size_t size)
{
	void *block;

	/* aligned_alloc(3) is missing from Android before its API 28 */
	if (posix_memalign(&block, alignment, size) != 0)
		return NULL;

	return memset(block, 0, size);
}

void *
mio__os_grow(void *block, size_t count, size_t size)
{
	if (count > PTRDIFF_MAX / size)
		return NULL;

	return realloc(block, count * size);
}

void
mio__os_free(void *block)
{
	free(block);
}

void
mio__os_clock(struct timespec *now)
{
	int r = clock_gettime(CLOCK_MONOTONIC, now);

	MIO__CHECK(r == 0);
}

void
mio__os_yield(void)
{
	(void)sched_yield(); /* cannot fail on Linux, nor matters elsewhere */
}

void
mio__os_nap(int64_t ns)
{
	struct timespec ts = mio__os_timespec(ns);

	(void)nanosleep(&ts, NULL); /* interrupted it is shorter */
}

int
mio__os_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	int r;

	r = pthread_condattr_init(&attr);
	if (r != 0)
		return -r;

	r = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (r == 0)
		r = pthread_cond_init(cond, &attr);

	(void)pthread_condattr_destroy(&attr); /* has nothing to fail at */

	return -r;
}

bool
mio__os_cond_wait(
    pthread_cond_t *cond, pthread_mutex_t *lock, mio__instant_t deadline)
{
	struct timespec ts = mio__os_timespec(deadline);
	int r;

	if (deadline == MIO__NEVER)
		r = pthread_cond_wait(cond, lock);
	else
		r = pthread_cond_timedwait(cond, lock, &ts);

	MIO__CHECK(r == 0 || r == ETIMEDOUT);

	return r == 0 || mio__clock_left(deadline) != 0;
}

int
mio__os_close(int fd)
{
	return close(fd) < 0 && errno == EBADF ? -EBADF : 0;
}

/* Sets both flags, or neither: the first is taken back if the second fails. */
int
mio__os_adopt(int fd)
{
	int status = fcntl(fd, F_GETFL);
	int flags = fcntl(fd, F_GETFD);
	int error;

	if (status < 0 || flags < 0)
		return -errno;

	if (fcntl(fd, F_SETFL, status | O_NONBLOCK) < 0)
		return -errno;

	if (fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0) {
		error = errno;
		(void)fcntl(fd, F_SETFL, status); /* it took them before */
		return -error;
	}

	return 0;
}

/* For descriptors whose making could not set the flags. */
static int
adopted(int fd)
{
	int r;

	if (fd < 0)
		return -errno;

	r = mio__os_adopt(fd);
	if (r < 0) {
		(void)mio__os_close(
		    fd); /* the first error is the one to tell */
		return r;
	}

	return fd;
}

int
mio__os_dup(int fd)
{
	return adopted(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

int
mio__os_set_cloexec(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags < 0 || fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0)
		return -errno;

	return 0;
}

int
mio__os_is_blocking(int fd)
{
	int status = fcntl(fd, F_GETFL);

	if (status < 0)
		return mio__os_refused(errno) ? 0 : -errno;

	return (status & O_NONBLOCK) == 0;
}

int
mio__os_stat(int fd, struct stat *st)
{
	return fstat(fd, st) < 0 ? -errno : 0;
}

bool
mio__os_has_position(int fd)
{
	return lseek(fd, 0, SEEK_CUR) >= 0;
}

ssize_t
mio__os_read(int fd, void *buf, size_t len)
{
	ssize_t n;

	do
		n = read(fd, buf, len);
	while (n < 0 && errno == EINTR);

	return n < 0 ? -errno : n;
}

ssize_t
mio__os_write(int fd, const void *buf, size_t len)
{
	ssize_t n;

	do
		n = write(fd, buf, len);
	while (n < 0 && errno == EINTR);

	return n < 0 ? -errno : n;
}

/* The same for two of them, which stay or go together. */
static int
adopted_both(const int made[2], int fds[2])
{
	int r;

	r = mio__os_adopt(made[0]);
	if (r == 0)
		r = mio__os_adopt(made[1]);

	if (r < 0) {
		(void)mio__os_close(made[0]); /* the first error is the one */
		(void)mio__os_close(made[1]);
		return r;
	}

	fds[0] = made[0];
	fds[1] = made[1];

	return 0;
}

static int
pipe_in_steps(int fds[2])
{
	int made[2];

	return pipe(made) < 0 ? -errno : adopted_both(made, fds);
}

int
mio__os_pipe(int fds[2])
{
	if (atomic_load_explicit(&lacking.pipe2, memory_order_relaxed))
		return pipe_in_steps(fds);

	if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) == 0)
		return 0;

	if (!mio__os_refused(errno))
		return -errno;

	atomic_store_explicit(&lacking.pipe2, true, memory_order_relaxed);

	return pipe_in_steps(fds);
}

int
mio__os_socket(int family, int type)
{
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (SOCK_CLOEXEC == 0)
		return adopted(fd);

	return fd < 0 ? -errno : fd;
}

int
mio__os_socketpair(int family, int type, int fds[2])
{
	int made[2];

	if (socketpair(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, made) <
	    0)
		return -errno;

	if (SOCK_CLOEXEC == 0)
		return adopted_both(made, fds);

	fds[0] = made[0];
	fds[1] = made[1];

	return 0;
}

int
mio__os_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	return bind(fd, addr, len) < 0 ? -errno : 0;
}

int
mio__os_listen(int fd, int backlog)
{
	return listen(fd, backlog) < 0 ? -errno : 0;
}

int
mio__os_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	if (connect(fd, addr, len) == 0)
		return 0;

	return errno == EINTR ? -EINPROGRESS : -errno;
}

static int
accept_in_steps(int fd, struct sockaddr *addr, socklen_t *len)
{
	int made;

	do
		made = accept(fd, addr, len);
	while (made < 0 && errno == EINTR);

	return adopted(made);
}

int
mio__os_accept(int fd, struct sockaddr *addr, socklen_t *len)
{
	int made;

	if (atomic_load_explicit(&lacking.accept4, memory_order_relaxed))
		return accept_in_steps(fd, addr, len);

	do
		made = accept4(fd, addr, len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	while (made < 0 && errno == EINTR);

	if (made >= 0 || !mio__os_refused(errno))
		return made < 0 ? -errno : made;

	/* EPERM may also be a firewall's word: only success proves a sandbox */
	made = accept_in_steps(fd, addr, len);
	if (made >= 0)
		atomic_store_explicit(
		    &lacking.accept4, true, memory_order_relaxed);

	return made;
}

int
mio__os_shutdown(int fd, int how)
{
	return shutdown(fd, how) < 0 ? -errno : 0;
}

int
mio__os_getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	return getsockname(fd, addr, len) < 0 ? -errno : 0;
}

int
mio__os_getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
	return getpeername(fd, addr, len) < 0 ? -errno : 0;
}

int
mio__os_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	return getsockopt(fd, level, name, value, len) < 0 ? -errno : 0;
}

int
mio__os_setsockopt(
    int fd, int level, int name, const void *value, socklen_t len)
{
	return setsockopt(fd, level, name, value, len) < 0 ? -errno : 0;
}

ssize_t
mio__os_recv(int fd, void *buf, size_t len, int flags)
{
	ssize_t n;

	do
		n = recv(fd, buf, len, flags | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);

	return n < 0 ? -errno : n;
}

/*
 * A connection that was to begin with these bytes (TCP_FASTOPEN_CONNECT) may
 * begin without them: it is under way, and they are to be sent again.
 */
static ssize_t
sent(ssize_t n)
{
	if (n < 0)
		return errno == EINPROGRESS ? -EAGAIN : -errno;

	return n;
}

ssize_t
mio__os_send(int fd, const void *buf, size_t len)
{
	ssize_t n;

	do
		n = send(fd, buf, len, SEND_FLAGS);
	while (n < 0 && errno == EINTR);

	return sent(n);
}

ssize_t
mio__os_recvfrom(int fd, void *buf, size_t len, int flags,
    struct sockaddr *addr, socklen_t *addr_len)
{
	ssize_t n;

	do
		n = recvfrom(
		    fd, buf, len, flags | MSG_DONTWAIT, addr, addr_len);
	while (n < 0 && errno == EINTR);

	return n < 0 ? -errno : n;
}

ssize_t
mio__os_sendto(int fd, const void *buf, size_t len, const struct sockaddr *addr,
    socklen_t addr_len)
{
	ssize_t n;

	do
		n = sendto(fd, buf, len, SEND_FLAGS, addr, addr_len);
	while (n < 0 && errno == EINTR);

	return n < 0 ? -errno : n;
}

ssize_t
mio__os_recvmsg(int fd, struct msghdr *msg, int flags)
{
	ssize_t n;

	do
		n = recvmsg(fd, msg, flags | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);

	return n < 0 ? -errno : n;
}

/* musl copies what goes beside the bytes, up to this, or says ENOMEM. */
#define CONTROL_COPIED 1024u

static ssize_t
send_directly(int fd, const struct msghdr *msg)
{
	ssize_t n;

	do
		n = mio__sendmsg_directly(fd, msg, SEND_FLAGS);
	while (n < 0 && errno == EINTR);

	if (n < 0 && mio__os_refused(errno))
		return -ENOMEM;

	return n < 0 ? -errno : n;
}

ssize_t
mio__os_sendmsg(int fd, const struct msghdr *msg)
{
	ssize_t n;

	do
		n = sendmsg(fd, msg, SEND_FLAGS);
	while (n < 0 && errno == EINTR);

	if (n < 0 && errno == ENOMEM && msg->msg_controllen > CONTROL_COPIED)
		return send_directly(fd, msg);

	return sent(n);
}

int
mio__os_unlink(const char *path)
{
	return unlink(path) < 0 ? -errno : 0;
}

static int
poll_ms(struct pollfd *fds, nfds_t count, int64_t timeout_ns)
{
	int n = poll(fds, count, mio__clock_to_ms(timeout_ns));

	return n < 0 ? -errno : n;
}

int
mio__os_poll(struct pollfd *fds, nfds_t count, int64_t timeout_ns, bool *coarse)
{
	struct timespec ts;
	int n;

	if (timeout_ns <= 0 || *coarse)
		return poll_ms(fds, count, timeout_ns);

	ts = mio__os_timespec(timeout_ns);
	n = ppoll(fds, count, &ts, NULL);
	if (n >= 0 || !mio__os_refused(errno))
		return n < 0 ? -errno : n;

	*coarse = true;

	return poll_ms(fds, count, timeout_ns);
}
