/* SPDX-License-Identifier: MIT */
#ifndef BSD_NETINET_TCP_H
#define BSD_NETINET_TCP_H

#include <sys/types.h>

#define TCP_NODELAY 1

/* OpenBSD has one idle time for all connections, and none of a socket's own. */
#if BSD_VISIBLE && (BSD_FREEBSD || BSD_DRAGONFLY)
#define TCP_KEEPIDLE  256
#define TCP_KEEPINTVL 512
#define TCP_KEEPCNT   1024
#elif BSD_VISIBLE && BSD_NETBSD
#define TCP_KEEPIDLE  3
#define TCP_KEEPINTVL 5
#define TCP_KEEPCNT   6
#endif

#endif
