/* SPDX-License-Identifier: MIT */
#ifndef MIO_NET_OPTION_H
#define MIO_NET_OPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "mio/fd.h"

#define MIO__NS_PER_SEC INT64_C(1000000000)

/*
 * Socket options whose value is an int, as it is for most. The errors are those
 * of getsockopt(2) and setsockopt(2), and -EINVAL for a NULL output.
 */
int mio__option_set_int(mio_fd_t fd, int level, int name, int value);
int mio__option_get_int(mio_fd_t fd, int level, int name, int *value);
int mio__option_set_bool(mio_fd_t fd, int level, int name, bool on);
int mio__option_get_bool(mio_fd_t fd, int level, int name, bool *on);

/* Converts to whole seconds, rounded up; -ERANGE if they exceed an int. */
int mio__option_to_seconds(int64_t ns, int *seconds);
static inline int64_t
mio__option_to_ns(int seconds)
{
	return seconds * MIO__NS_PER_SEC;
}

#endif
