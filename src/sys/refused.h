/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_REFUSED_H
#define MIO_SYS_REFUSED_H

#include <stdbool.h>

/* Whether error means that the kernel lacks a call or a sandbox refuses it. */
bool mio__os_refused(int error);

#endif
