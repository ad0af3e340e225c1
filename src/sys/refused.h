/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_REFUSED_H
#define MIO_SYS_REFUSED_H

#include <errno.h>
#include <stdbool.h>

/* Whether error means that the kernel lacks a call or a sandbox refuses it. */
static inline bool
mio__os_refused(int error)
{
	return error == ENOSYS || error == EPERM;
}

#endif
