/* SPDX-License-Identifier: MIT */
#ifndef MIO_FD_H
#define MIO_FD_H

/*
 * Descriptors. libmio's are the system's own: those it makes are non-blocking
 * and close-on-exec, and any other can be registered too. Calls answer a
 * negative errno value on failure, -EBADF for a descriptor that is not open.
 * All of them may be called from any thread; none from a signal handler.
 */

#ifdef __cplusplus
extern "C" {
#endif

typedef int mio_fd_t;

#define MIO_INVALID_FD (-1)

/*
 * Closes fd, and takes it out of the polls that know it by its number. Never
 * retried: whatever it answers, an open fd is closed after it. 0, or -EBADF.
 */
int mio_fd_close(mio_fd_t fd);

/*
 * A second descriptor of what fd refers to, close-on-exec and, as the two
 * share that, both non-blocking. The caller closes it, and deregisters it
 * first where it was registered. -EBADF, -EINVAL, -EMFILE.
 */
int mio_fd_dup(mio_fd_t fd, mio_fd_t *out);

/*
 * Makes a descriptor from elsewhere non-blocking and close-on-exec. It stays
 * the caller's. -EBADF.
 */
int mio_fd_adopt(mio_fd_t fd);

/*
 * Tells that an I/O call of the program's own (read(2), not one of libmio's)
 * would have blocked on fd, registered with MIO_EDGE. Selectors without edges
 * of their own wait for it again from then on; on epoll and kqueue there is
 * nothing to do and fd is not looked at. 0, or -EBADF for a negative fd.
 */
int mio_fd_would_block(mio_fd_t fd);

#ifdef __cplusplus
}
#endif

#endif
