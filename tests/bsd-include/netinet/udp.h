/* SPDX-License-Identifier: MIT */
#ifndef BSD_NETINET_UDP_H
#define BSD_NETINET_UDP_H

#include <sys/types.h>

#endif
