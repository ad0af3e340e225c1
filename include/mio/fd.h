/* SPDX-License-Identifier: MIT */
#ifndef MIO_FD_H
#define MIO_FD_H

/*
 * libmio uses the descriptors of the system. Those that it creates are
 * non-blocking and close-on-exec; others can be registered too. Calls return 0
 * on success and a negative errno value on failure. All are thread-safe, none
 * is async-signal-safe.
 */

#ifdef __cplusplus
extern "C" {
#endif

typedef int mio_fd_t;

#define MIO_INVALID_FD (-1)

/*
 * Closes fd and, on the selector poll, removes it from all polls. The call is
 * never retried: an open fd is closed even if a signal interrupts the call.
 * Errors: -EBADF.
 */
int mio_fd_close(mio_fd_t fd);

/*
 * Duplicates fd. The new descriptor is close-on-exec, and both are non-blocking
 * afterwards. The caller closes the new one. Closing one of the two does not
 * deregister it, so deregister it first. Errors: -EBADF, -EINVAL, -EMFILE.
 */
int mio_fd_dup(mio_fd_t fd, mio_fd_t *out);

/*
 * Makes a descriptor from elsewhere non-blocking and close-on-exec. The caller
 * still owns it. Errors: -EBADF.
 */
int mio_fd_adopt(mio_fd_t fd);

/*
 * Call this when the program's own read(2) or write(2), not a call of libmio,
 * returned EAGAIN on an fd that is registered with MIO_EDGE. The selector poll
 * then waits for fd again; epoll and kqueue need no such call and ignore it.
 * Errors: -EBADF (negative fd).
 */
int mio_fd_would_block(mio_fd_t fd);

#ifdef __cplusplus
}
#endif

#endif
