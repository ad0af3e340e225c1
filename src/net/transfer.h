/* SPDX-License-Identifier: MIT */
#ifndef MIO_NET_TRANSFER_H
#define MIO_NET_TRANSFER_H

/* The parts that reads and writes of sockets and pipes share. */

#include <errno.h>
#include <stddef.h>

#include <sys/types.h>
#include <sys/uio.h>

#include "mio/fd.h"
#include "sys/selector.h"

/*
 * Returns n, the result of a transfer, and informs the selector if the next
 * readiness is an edge: the call would have blocked, a stream transferred fewer
 * than len bytes, or the call returned a pending error. A closed connection
 * stays closed and has no further edge.
 */
static inline ssize_t
mio__transfer_done(mio_fd_t fd, ssize_t n, size_t len, unsigned ready)
{
	if ((n < 0 && n != -EPIPE && n != -ENOTCONN) ||
	    (n > 0 && (size_t)n < len))
		mio__selector_rearm(fd, ready);

	return n;
}

/*
 * Clips *count to IOV_MAX and returns the number of bytes in these buffers.
 * -EINVAL if iov or a buffer is NULL, the count is negative, or the sum exceeds
 * a ssize_t. -EMSGSIZE if clipping would truncate a message. Errors of
 * getsockopt(2) on fd.
 */
ssize_t mio__transfer_clip(mio_fd_t fd, const struct iovec *iov, int *count);

#endif
