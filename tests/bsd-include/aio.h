/* SPDX-License-Identifier: MIT */
#ifndef BSD_AIO_H
#define BSD_AIO_H

#include <signal.h>

/* DragonFly and OpenBSD have the name of the filter, and no such calls. */
#if !BSD_FREEBSD && !BSD_NETBSD
#error "this system has no <aio.h>"
#endif

#endif
