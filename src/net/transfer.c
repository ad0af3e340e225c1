/* SPDX-License-Identifier: MIT */
#include "sys/compat.h"
#include "net/transfer.h"

#include <limits.h>
#include <stdint.h>

#include "base/check.h"
#include "net/option.h"
#include "sys/pipe.h"

/* Returns 0 if fd is a stream, where the remaining buffers can follow. */
static MIO__COLD int
check_stream(mio_fd_t fd)
{
	int type;
	int r;

	r = mio__option_get_int(fd, SOL_SOCKET, SO_TYPE, &type);
	if (r == -ENOTSOCK)
		return mio__os_keeps_packets(fd) ? -EMSGSIZE : 0;
	if (r < 0)
		return r;

	return type == SOCK_STREAM ? 0 : -EMSGSIZE;
}

ssize_t
mio__transfer_clip(mio_fd_t fd, const struct iovec *iov, int *count)
{
	size_t len = 0;
	int i, r;

	if (iov == NULL || *count < 0)
		return -EINVAL;

	if (*count > IOV_MAX) {
		r = check_stream(fd);
		if (r < 0)
			return r;
		*count = IOV_MAX;
	}

	for (i = 0; i < *count; i++) {
		if ((iov[i].iov_base == NULL && iov[i].iov_len > 0) ||
		    iov[i].iov_len > SSIZE_MAX - len)
			return -EINVAL;
		len += iov[i].iov_len;
	}

	return (ssize_t)len;
}
