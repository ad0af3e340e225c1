/* SPDX-License-Identifier: MIT */

/*
 * eventfd(2): a counter in the kernel. A write adds to it and is a new edge
 * even if it was not read before. A selector that watches edges therefore
 * never reads the counter; only a wake does, when the counter is full after
 * 2^64 - 2 wakes. Either the write has added 1, or the counter is full and is
 * drained first.
 *
 * A sandbox may refuse eventfd2(2). A pipe is used then, which passes on the
 * same eight bytes.
 */

#include "sys/waker.h"

#include <errno.h>
#include <stdint.h>

#include <sys/eventfd.h>

#include "base/check.h"
#include "sys/cancel.h"
#include "sys/descriptor.h"
#include "sys/pipe.h"
#include "sys/refused.h"

MIO__COLD int
mio__waker_init(struct mio__waker *waker)
{
	int fds[2];
	int r;

	r = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (r >= 0) {
		waker->read_fd = r;
		waker->write_fd = r;
		return 0;
	}

	if (!mio__os_refused(errno))
		return -errno;

	r = mio__os_pipe(fds);
	if (r < 0)
		return r;

	waker->read_fd = fds[0];
	waker->write_fd = fds[1];

	return 0;
}

MIO__COLD void
mio__waker_fini(struct mio__waker *waker)
{
	(void)mio__os_close(waker->read_fd); /* ours: nothing to report */
	if (waker->write_fd != waker->read_fd)
		(void)mio__os_close(waker->write_fd);
}

void
mio__waker_wake(struct mio__waker *waker)
{
	const uint64_t one = 1;
	int saved = errno;
	int state;

	/* if this thread was cancelled here, another one would not be woken */
	state = mio__cancel_hold();
	while (mio__os_write(waker->write_fd, &one, sizeof(one)) == -EAGAIN)
		mio__waker_drain(waker);
	mio__cancel_let(state);

	errno = saved;
}

/* A wait may do so when it has events already: they must not be lost. */
void
mio__waker_drain(struct mio__waker *waker)
{
	uint64_t counts[64];
	int state = mio__cancel_hold();

	while (mio__os_read(waker->read_fd, counts, sizeof(counts)) ==
	    (ssize_t)sizeof(counts))
		continue;
	mio__cancel_let(state);
}
