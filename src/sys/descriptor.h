/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_DESCRIPTOR_H
#define MIO_SYS_DESCRIPTOR_H

/*
 * Descriptors of any kind. Like the functions of pipe.h and sock.h, these
 * return 0, a descriptor or a count on success and -errno on failure; no other
 * part of libmio reads errno. They retry EINTR unless noted otherwise. They
 * make descriptors non-blocking and close-on-exec, and leave outputs unchanged
 * on failure. Where the kernel lacks a system call, or a sandbox refuses it,
 * they use an older one.
 */

#include "config.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/stat.h>
#include <sys/types.h>

/* Returns r, or -errno if r is negative: the result of a call that failed. */
int mio__os_result(int r);

/*
 * Never retries, and returns no error but -EBADF: after any other error the
 * descriptor is closed as well.
 */
int mio__os_close(int fd);
int mio__os_dup(int fd);
int mio__os_adopt(int fd);
/* Adopts a descriptor that was received in a message; it may block. */
void mio__os_adopt_passed(int fd);
/*
 * Sets the flag against SIGPIPE on systems that have one for each descriptor.
 * Called for every descriptor that libmio makes, adopts or receives.
 */
#ifdef MIO_SIGPIPE_FLAG
void mio__os_prevent_sigpipe(int fd);
#else
static inline void
mio__os_prevent_sigpipe(int fd)
{
	(void)fd;
}
#endif
/* Whether fd is in blocking mode. Returns 0 if a sandbox refuses the call. */
int mio__os_is_blocking(int fd);
int mio__os_stat(int fd, struct stat *st);
/* Whether the file has a position at which the next read begins. */
bool mio__os_has_position(int fd);
ssize_t mio__os_read(int fd, void *buf, size_t len);
ssize_t mio__os_write(int fd, const void *buf, size_t len);

/*
 * Adopt a descriptor, or both of a pair, that was made by a call which cannot
 * set the flags. If that fails they are closed. A negative fd means that the
 * call has failed with errno.
 */
int mio__os_adopt_made(int fd);
int mio__os_adopt_both(const int made[2], int fds[2]);

/*
 * Waits for readiness; -EINTR on a signal. The wait is shorter than the timeout
 * where the system has a lower limit, but is never rounded down. A negative
 * timeout waits without a limit. *coarse is set once the system turns out to
 * support no finer timeouts than milliseconds, and is kept between waits.
 */
int mio__os_poll(
    struct pollfd *fds, nfds_t count, int64_t timeout_ns, bool *coarse);

#endif
