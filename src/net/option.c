/* SPDX-License-Identifier: MIT */
#include "net/option.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>

#include "base/check.h"
#include "sys/sock.h"

int
mio__option_set_int(mio_fd_t fd, int level, int name, int value)
{
	return mio__os_setsockopt(fd, level, name, &value, sizeof(value));
}

/* Stores the option in one of the two, and the other is NULL. */
static int
get(mio_fd_t fd, int level, int name, int *value, bool *on)
{
	int got = 0;
	socklen_t len = sizeof(got);
	int r;

	if (value == NULL && on == NULL)
		return -EINVAL;

	r = mio__os_getsockopt(fd, level, name, &got, &len);
	if (r < 0)
		return r;

	if (value != NULL)
		*value = got;
	else
		*on = got != 0;

	return 0;
}

int
mio__option_get_int(mio_fd_t fd, int level, int name, int *value)
{
	return get(fd, level, name, value, NULL);
}

int
mio__option_set_bool(mio_fd_t fd, int level, int name, bool on)
{
	return mio__option_set_int(fd, level, name, on);
}

MIO__COLD int
mio__option_get_bool(mio_fd_t fd, int level, int name, bool *on)
{
	return get(fd, level, name, NULL, on);
}

MIO__COLD int
mio__option_to_seconds(int64_t ns, int *seconds)
{
	int64_t whole = ns / MIO__NS_PER_SEC + (ns % MIO__NS_PER_SEC != 0);

	if (whole > INT_MAX)
		return -ERANGE;

	*seconds = (int)whole;

	return 0;
}
