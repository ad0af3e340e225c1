/* SPDX-License-Identifier: MIT */

/*
 * A pipe of which the library has both ends, for systems without eventfd(2).
 * Either the write has added a byte, or the pipe is full: then it is drained
 * and written to again, since some kernels report an edge only for a write to
 * an empty pipe.
 */

#include "sys/waker.h"

#include <errno.h>

#include "sys/cancel.h"
#include "sys/descriptor.h"
#include "sys/pipe.h"

int
mio__waker_init(struct mio__waker *waker)
{
	int fds[2];
	int r;

	r = mio__os_pipe(fds);
	if (r < 0)
		return r;

	waker->read_fd = fds[0];
	waker->write_fd = fds[1];

	return 0;
}

void
mio__waker_fini(struct mio__waker *waker)
{
	(void)mio__os_close(waker->read_fd); /* ours: nothing to report */
	(void)mio__os_close(waker->write_fd);
}

void
mio__waker_wake(struct mio__waker *waker)
{
	int saved = errno;
	int state;

	/* if this thread was cancelled here, another one would not be woken */
	state = mio__cancel_hold();
	while (mio__os_write(waker->write_fd, "", 1) == -EAGAIN)
		mio__waker_drain(waker);
	mio__cancel_let(state);

	errno = saved;
}

/* A wait may do so when it has events already: they must not be lost. */
void
mio__waker_drain(struct mio__waker *waker)
{
	char bytes[512];
	int state = mio__cancel_hold();

	while (mio__os_read(waker->read_fd, bytes, sizeof(bytes)) ==
	    (ssize_t)sizeof(bytes))
		continue;
	mio__cancel_let(state);
}
