/* SPDX-License-Identifier: MIT */
#include "mio/pipe.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "mio/poll.h"
#include "net/transfer.h"
#include "sys/descriptor.h"
#include "sys/pipe.h"

MIO__PUBLIC MIO__COLD int
mio_pipe_create(mio_fd_t out[2])
{
	if (out == NULL)
		return -EINVAL;

	return mio__os_pipe(out);
}

typedef ssize_t move_call(int fd, const struct iovec *iov, int count);

/* Some systems refuse a vector of no buffers; all accept an empty buffer. */
static MIO__NOINLINE ssize_t
move(move_call *call, mio_fd_t fd, const struct iovec *iov, int count,
    unsigned ready)
{
	static const struct iovec nothing;
	ssize_t len;

	len = mio__transfer_clip(fd, iov, &count);
	if (len < 0)
		return len;

	if (count == 0)
		return call(fd, &nothing, 1);

	return mio__transfer_done(fd, call(fd, iov, count), (size_t)len, ready);
}

MIO__PUBLIC ssize_t
mio_pipe_read(mio_fd_t fd, void *buf, size_t len)
{
	if ((buf == NULL && len > 0) || len > SSIZE_MAX)
		return -EINVAL;

	return mio__transfer_done(
	    fd, mio__os_read(fd, buf, len), len, MIO_READABLE);
}

MIO__PUBLIC ssize_t
mio_pipe_readv(mio_fd_t fd, const struct iovec *iov, int count)
{
	return move(mio__os_readv, fd, iov, count, MIO_READABLE);
}

MIO__PUBLIC ssize_t
mio_pipe_write(mio_fd_t fd, const void *buf, size_t len)
{
	struct iovec iov = { (void *)(uintptr_t)buf, len }; /* not written */

	if ((buf == NULL && len > 0) || len > SSIZE_MAX)
		return -EINVAL;

	return mio__transfer_done(
	    fd, mio__os_writev(fd, &iov, 1), len, MIO_WRITABLE);
}

MIO__PUBLIC ssize_t
mio_pipe_writev(mio_fd_t fd, const struct iovec *iov, int count)
{
	return move(mio__os_writev, fd, iov, count, MIO_WRITABLE);
}
