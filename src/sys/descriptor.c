/* SPDX-License-Identifier: MIT */
#include "sys/compat.h"
#include "sys/descriptor.h"

#include "base/check.h"
#include "sys/clock.h"
#include "sys/refused.h"

int
mio__os_result(int r)
{
	return r < 0 ? -errno : r;
}

int
mio__os_close(int fd)
{
	return close(fd) < 0 && errno == EBADF ? -EBADF : 0;
}

/* Sets both flags or neither: if the second fails, the first is cleared. */
MIO__COLD int
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
		(void)fcntl(fd, F_SETFL, status); /* it had this status */
		return -error;
	}

	mio__os_prevent_sigpipe(fd);

	return 0;
}

MIO__COLD int
mio__os_adopt_made(int fd)
{
	int r;

	if (fd < 0)
		return -errno;

	r = mio__os_adopt(fd);
	if (r < 0) {
		(void)mio__os_close(fd); /* the first error is returned */
		return r;
	}

	return fd;
}

MIO__COLD int
mio__os_adopt_both(const int made[2], int fds[2])
{
	int r;

	r = mio__os_adopt(made[0]);
	if (r == 0)
		r = mio__os_adopt(made[1]);

	if (r < 0) {
		(void)mio__os_close(made[0]); /* the first error is returned */
		(void)mio__os_close(made[1]);
		return r;
	}

	fds[0] = made[0];
	fds[1] = made[1];

	return 0;
}

MIO__COLD int
mio__os_dup(int fd)
{
	return mio__os_adopt_made(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

void
mio__os_adopt_passed(int fd)
{
	if (MSG_CMSG_CLOEXEC == 0)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC); /* it is open */

	mio__os_prevent_sigpipe(fd);
}

int
mio__os_is_blocking(int fd)
{
	int status = fcntl(fd, F_GETFL);

	if (status < 0)
		return mio__os_refused(errno) ? 0 : -errno;

	return (status & O_NONBLOCK) == 0;
}

MIO__COLD int
mio__os_stat(int fd, struct stat *st)
{
	return mio__os_result(fstat(fd, st));
}

MIO__COLD bool
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
