/* SPDX-License-Identifier: MIT */

/*
 * A file that knows nothing of readiness is what poll(2) calls readable and
 * writable, always. epoll(7) refuses those and no others, and where there is
 * an epoll it is asked, so that any two selectors refuse the same. Its word
 * counts only for a file that looks like one of those: that costs nothing for
 * the others, and what a sandbox says is not taken for the kernel's answer.
 *
 * Where nobody can be asked, one that has a position is taken for a file of
 * the kind that is always ready, and one that has none (a terminal, a network
 * device) for one that happens to be.
 */

#include "sys/compat.h"
#include "sys/pollable.h"

#include "sys/descriptor.h"
#include "sys/epoll_accepts.h"

#define ALWAYS (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM)

/* What poll(2) says of fd now, or a negative errno value. */
static int
poll_now(int fd)
{
	struct pollfd slot = { .fd = fd, .events = ALWAYS | POLLPRI };
	bool coarse = false;
	int r;

	do
		r = mio__os_poll(&slot, 1, 0, &coarse);
	while (r == -EINTR);

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
