/* SPDX-License-Identifier: MIT */
#include "mio/fd.h"

#include <errno.h>
#include <stddef.h>

#include "base/check.h"
#include "mio/poll.h"
#include "net/accept.h"
#include "sys/descriptor.h"
#include "sys/selector.h"

MIO__PUBLIC int
mio_fd_close(mio_fd_t fd)
{
	if (fd < 0)
		return -EBADF;

	mio__selector_forget(fd);
	mio__accept_forget(fd);

	return mio__os_close(fd);
}

MIO__PUBLIC int
mio_fd_dup(mio_fd_t fd, mio_fd_t *out)
{
	int r;

	if (out == NULL)
		return -EINVAL;

	r = mio__os_dup(fd);
	if (r < 0)
		return r;

	*out = r;

	return 0;
}

MIO__PUBLIC int
mio_fd_adopt(mio_fd_t fd)
{
	return mio__os_adopt(fd);
}

MIO__PUBLIC int
mio_fd_would_block(mio_fd_t fd)
{
	if (fd < 0)
		return -EBADF;

	/* the direction is not known, and a spurious event costs little */
	mio__selector_rearm(fd, MIO_READABLE | MIO_WRITABLE);

	return 0;
}
