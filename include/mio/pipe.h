/* SPDX-License-Identifier: MIT */
#ifndef MIO_PIPE_H
#define MIO_PIPE_H

#include <stddef.h>

#include <sys/types.h>
#include <sys/uio.h>

#include <mio/fd.h>

/*
 * Pipes, and any other descriptor that bytes go through one after the other:
 * the parent's end of a child's stdio, a FIFO, a terminal, made non-blocking
 * by mio_fd_adopt(). Errors are negative errno values, everywhere -EBADF and
 * -EINVAL for a NULL pointer. Any thread; no signal handlers.
 */

#ifdef __cplusplus
extern "C" {
#endif

/*
 * out[0] reads what out[1] writes; the caller closes them. For the end that a
 * child gets, which should block, take the system's pipe. -EMFILE, -ENFILE.
 */
int mio_pipe_create(mio_fd_t out[2]);

/*
 * Bytes read; 0 for more than none asked is the end, with no writer left. A
 * count beyond the system's limit is clipped, and 0 is no bytes. -EAGAIN, and
 * -EMSGSIZE, both ways, where clipping would cut a message.
 */
ssize_t mio_pipe_read(mio_fd_t fd, void *buf, size_t len);
ssize_t mio_pipe_readv(mio_fd_t fd, const struct iovec *iov, int count);

/*
 * Bytes taken over by the system, which may be fewer than given. -EAGAIN,
 * -EPIPE when nobody reads any more: SIGPIPE is not raised, and the thread's
 * signal mask, the disposition and a pending SIGPIPE stay as they were.
 */
ssize_t mio_pipe_write(mio_fd_t fd, const void *buf, size_t len);
ssize_t mio_pipe_writev(mio_fd_t fd, const struct iovec *iov, int count);

#ifdef __cplusplus
}
#endif

#endif
