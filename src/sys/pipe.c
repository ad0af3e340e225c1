/* SPDX-License-Identifier: MIT */

/*
 * A write to a pipe without a reader raises SIGPIPE in the thread that writes.
 * Either a flag of the call or of the descriptor prevents that, or the thread
 * blocks the signal during the write and then removes the one that the write
 * has raised. If a SIGPIPE was pending before, the two are one, and it stays.
 */

#include "sys/compat.h"
#include "sys/pipe.h"

#include <stdatomic.h>

#include "base/check.h"
#include "sys/descriptor.h"
#include "sys/refused.h"

/* Set once a call or flag turned out to be missing, as in sock.c. */
static atomic_bool lacking_nosignal;
static atomic_bool lacking_pipe2;

static MIO__COLD int
pipe_in_steps(int fds[2])
{
	int made[2];

	return pipe(made) < 0 ? -errno : mio__os_adopt_both(made, fds);
}

MIO__COLD int
mio__os_pipe(int fds[2])
{
	if (atomic_load_explicit(&lacking_pipe2, memory_order_relaxed))
		return pipe_in_steps(fds);

	if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) == 0) {
		mio__os_prevent_sigpipe(fds[1]);
		return 0;
	}

	if (!mio__os_refused(errno))
		return -errno;

	atomic_store_explicit(&lacking_pipe2, true, memory_order_relaxed);

	return pipe_in_steps(fds);
}

ssize_t
mio__os_readv(int fd, const struct iovec *iov, int count)
{
	ssize_t n;

	do
		n = readv(fd, iov, count);
	while (n < 0 && errno == EINTR);

	return n < 0 ? -errno : n;
}

static ssize_t
write_once(int fd, const struct iovec *iov, int count)
{
	ssize_t n;

	do
		n = writev(fd, iov, count);
	while (n < 0 && errno == EINTR);

	return n < 0 ? -errno : n;
}

/* Returns false if a sandbox refuses the call. */
static bool
consume_signal(const sigset_t *set)
{
	static const struct timespec at_once;
	int number;

	do
		number = sigtimedwait(set, NULL, &at_once);
	while (number < 0 && errno == EINTR);

	return number >= 0 || !mio__os_refused(errno);
}

/* If a sandbox refuses the call, no signal is taken to be pending. */
static bool
has_pending_sigpipe(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE);
}

/*
 * A sandbox may refuse any of these calls, and the signal must still not end
 * the process. If it cannot be blocked, nothing is written; if it cannot be
 * removed, it stays blocked.
 */
static ssize_t
write_blocking_sigpipe(int fd, const struct iovec *iov, int count)
{
	sigset_t sigpipe, mask;
	bool was_pending;
	ssize_t n;
	int r;

	(void)sigemptyset(&sigpipe); /* these fail only for bad numbers */
	(void)sigaddset(&sigpipe, SIGPIPE);
	r = pthread_sigmask(SIG_BLOCK, &sigpipe, &mask);
	if (r != 0)
		return -r;

	was_pending = has_pending_sigpipe();
	n = write_once(fd, iov, count);
	if (n == -EPIPE && !was_pending && !consume_signal(&sigpipe))
		return n;

	(void)pthread_sigmask(SIG_SETMASK, &mask, NULL); /* it blocked */

	return n;
}

/* Kernels before 6.18 refuse the flag with one of these errors. */
static bool
is_refused(int error)
{
	return mio__os_refused(error) || error == EOPNOTSUPP || error == EINVAL;
}

static MIO__COLD bool
is_pipe(int fd)
{
	struct stat st;

	return mio__os_stat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

ssize_t
mio__os_writev(int fd, const struct iovec *iov, int count)
{
	ssize_t n;

	if (atomic_load_explicit(&lacking_nosignal, memory_order_relaxed))
		return write_blocking_sigpipe(fd, iov, count);

	do
		n = pwritev2(fd, iov, count, -1, RWF_NOSIGNAL);
	while (n < 0 && errno == EINTR);

	if (n >= 0 || !is_refused(errno))
		return n < 0 ? -errno : n;

	/* the error may concern fd alone: only success on a pipe proves more */
	n = write_blocking_sigpipe(fd, iov, count);
	if (n >= 0 && is_pipe(fd))
		atomic_store_explicit(
		    &lacking_nosignal, true, memory_order_relaxed);

	return n;
}

/* Linux has this flag only on the end that is written to. */
MIO__COLD bool
mio__os_keeps_packets(int fd)
{
	int status = fcntl(fd, F_GETFL);

	return status >= 0 && (status & O_DIRECT) != 0 && is_pipe(fd);
}
