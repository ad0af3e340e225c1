/* SPDX-License-Identifier: MIT */
#ifndef BSD_NET_IF_H
#define BSD_NET_IF_H

#include <sys/socket.h>

#define IF_NAMESIZE 16

unsigned if_nametoindex(const char *name);
char *if_indextoname(unsigned index, char *name);

#endif
