/* SPDX-License-Identifier: MIT */

/*
 * poll(2) reports a file whose driver does not know readiness as readable and
 * writable, always. epoll(7) refuses exactly these files. So that all selectors
 * refuse the same files, epoll decides on systems that have it. It is asked
 * only for a file that poll(2) reports in this way: the others need no further
 * system call, and an error that a sandbox makes up has no effect on them.
 *
 * If epoll cannot decide, a file that has a position counts as one that is
 * always ready. A file that has none, such as a terminal or a network device,
 * just happens to be ready at the moment.
 */

#include "sys/compat.h"
#include "sys/pollable.h"

#include "sys/cancel.h"
#include "sys/descriptor.h"
#include "sys/epoll_accepts.h"

#define ALWAYS (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM)

/* Returns the bits that poll(2) reports now, or a negative errno value. */
static int
poll_now(int fd)
{
	struct pollfd slot = { .fd = fd, .events = ALWAYS | POLLPRI };
	int state = mio__cancel_hold(); /* no wait, no cancellation point */
	bool coarse = false;
	int r;

	do
		r = mio__os_poll(&slot, 1, 0, &coarse);
	while (r == -EINTR);
	mio__cancel_let(state);

	return r < 0 ? r : slot.revents;
}

int
mio__pollable(int fd, const struct stat *st)
{
	int bits = poll_now(fd);
	int r;

	if (bits < 0)
		return bits;
	if (bits & POLLNVAL)
		return -EBADF;

	if (bits != ALWAYS || S_ISSOCK(st->st_mode) || S_ISFIFO(st->st_mode))
		return 0;

	r = mio__os_epoll_accepts(fd);
	if (r < 0)
		r = !mio__os_has_position(fd);

	return r ? 0 : -EPERM;
}
