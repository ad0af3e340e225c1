/* SPDX-License-Identifier: MIT */
#ifndef MIO_PIPE_H
#define MIO_PIPE_H

#include <stddef.h>

#include <sys/types.h>
#include <sys/uio.h>

#include <mio/fd.h>

/*
 * Pipes, and other descriptors that carry a stream of bytes, such as the
 * parent's end of a child's stdio, a FIFO or a terminal; mio_fd_adopt() makes
 * these non-blocking. On failure the calls return a negative errno value; all
 * can return -EBADF, and -EINVAL for a NULL pointer. Thread-safe, not
 * async-signal-safe.
 */

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Creates a pipe: out[0] reads what out[1] writes. The caller closes both. For
 * a child's stdio, which should block, use pipe(2). Errors: -EMFILE, -ENFILE.
 */
int mio_pipe_create(mio_fd_t out[2]);

/*
 * Return the number of bytes read; 0 for len > 0 means that no writer is left.
 * A count of 0 transfers 0 bytes. If readv or writev is given more buffers than
 * the system allows, it uses as many as it allows, or returns -EMSGSIZE where
 * that would truncate a message. Errors: -EAGAIN, -EMSGSIZE.
 */
ssize_t mio_pipe_read(mio_fd_t fd, void *buf, size_t len);
ssize_t mio_pipe_readv(mio_fd_t fd, const struct iovec *iov, int count);

/*
 * Return the number of bytes that the system accepted, which may be less than
 * requested. SIGPIPE is not raised; the thread's signal mask, the disposition
 * and a pending SIGPIPE stay as they were. Errors: -EAGAIN, -EPIPE (no reader
 * is left), -EMSGSIZE.
 */
ssize_t mio_pipe_write(mio_fd_t fd, const void *buf, size_t len);
ssize_t mio_pipe_writev(mio_fd_t fd, const struct iovec *iov, int count);

#ifdef __cplusplus
}
#endif

#endif
