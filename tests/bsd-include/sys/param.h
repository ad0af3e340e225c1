/* SPDX-License-Identifier: MIT */
#ifndef BSD_SYS_PARAM_H
#define BSD_SYS_PARAM_H

#include <sys/types.h>

#if BSD_FREEBSD
#define __FreeBSD_version (BSD_FREEBSD * 100000 + 1)
#elif BSD_NETBSD
#define __NetBSD_Version__ (BSD_NETBSD * 100000000)
#elif BSD_OPENBSD == 74
#define OpenBSD 202310
#elif BSD_OPENBSD == 78
#define OpenBSD 202510
#elif BSD_DRAGONFLY
#define __DragonFly_version 600400
#endif

#endif
