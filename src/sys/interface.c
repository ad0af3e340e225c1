/* SPDX-License-Identifier: MIT */

/* The C library asks the kernel over a socket that it opens and closes. */

#include "sys/interface.h"

#include <errno.h>
#include <stddef.h>

#include <net/if.h>

/* An interface that is not there has an errno value of its own on BSDs. */
static int
error_of(int error)
{
	return error == 0 || error == ENXIO ? -ENODEV : -error;
}

int
mio__os_interface_index(const char *name)
{
	unsigned index;

	do {
		errno = 0;
		index = if_nametoindex(name);
	} while (index == 0 && errno == EINTR);

	return index == 0 ? error_of(errno) : (int)index;
}

int
mio__os_interface_name(unsigned index, char *name)
{
	char *found;

	do {
		errno = 0;
		found = if_indextoname(index, name);
	} while (found == NULL && errno == EINTR);

	return found == NULL ? error_of(errno) : 0;
}
