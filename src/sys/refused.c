/* SPDX-License-Identifier: MIT */
#include "sys/refused.h"

#include <errno.h>

bool
mio__os_refused(int error)
{
	return error == ENOSYS || error == EPERM;
}
