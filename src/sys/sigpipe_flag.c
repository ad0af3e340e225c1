/* SPDX-License-Identifier: MIT */

/*
 * The part of descriptor.h for systems that keep a flag with each descriptor
 * which says that writing to it raises no SIGPIPE: macOS and NetBSD. They send
 * the signal of a pipe to the whole process, so that a thread which blocks it
 * does not stop it.
 */

#include "sys/compat.h"
#include "sys/descriptor.h"

void
mio__os_prevent_sigpipe(int fd)
{
	const int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on)) == 0)
		return;

	/* of a connection that was reset it fails, and MSG_NOSIGNAL remains */
	if (errno == ENOTSOCK || errno == ENOPROTOOPT)
		(void)fcntl(fd, F_SETNOSIGPIPE, 1); /* pipes have one, too */
}
