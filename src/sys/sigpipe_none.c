/* SPDX-License-Identifier: MIT */

/*
 * The part of descriptor.h for systems where a flag of each call prevents
 * SIGPIPE, or where the signal goes to the thread that writes, which blocks it.
 */

#include "sys/compat.h"
#include "sys/descriptor.h"

void
mio__os_prevent_sigpipe(int fd)
{
	(void)fd;
}
