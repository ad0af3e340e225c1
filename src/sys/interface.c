/* SPDX-License-Identifier: MIT */

/* The C library opens and closes a socket for these calls. */

#include "sys/interface.h"

#include <errno.h>
#include <stddef.h>

#include <net/if.h>

#include "base/check.h"

/* For an unknown interface the BSDs set ENXIO, and some set nothing. */
static int
error_of(int error)
{
	return error == 0 || error == ENXIO ? -ENODEV : -error;
}

MIO__COLD int
mio__os_interface_index(const char *name)
{
	unsigned index;

	do {
		errno = 0;
		index = if_nametoindex(name);
	} while (index == 0 && errno == EINTR);

	return index == 0 ? error_of(errno) : (int)index;
}

MIO__COLD int
mio__os_interface_name(unsigned index, char *name)
{
	char *found;

	do {
		errno = 0;
		found = if_indextoname(index, name);
	} while (found == NULL && errno == EINTR);

	return found == NULL ? error_of(errno) : 0;
}
