/* SPDX-License-Identifier: MIT */
#ifndef MIO_NET_TRANSFER_H
#define MIO_NET_TRANSFER_H

/* What reading and writing have in common, for sockets and pipes. */

#include <errno.h>
#include <stddef.h>

#include <sys/types.h>
#include <sys/uio.h>

#include "mio/fd.h"
#include "sys/selector.h"

/*
 * What a transfer answered, after telling the selector if what comes next is an
 * edge: it would have blocked, a stream gave or took less than the len that was
 * asked, or an error that stood in the way is taken. What is closed stays so.
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
 * Clips *count to IOV_MAX; the bytes that so many of the buffers hold. -EINVAL
 * when one is NULL, or they hold more than can be told; -EMSGSIZE when there
 * are more of them and a message would be cut, or what getsockopt(2) says of
 * fd.
 */
ssize_t mio__transfer_clip(mio_fd_t fd, const struct iovec *iov, int *count);

#endif
