/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_OPTIONS_H
#define TESTS_LIB_OPTIONS_H

/* Socket options that only some systems have: the others refuse -1. */

#include <netinet/in.h>
#include <sys/socket.h>

#ifndef SO_RXQ_OVFL
#define SO_RXQ_OVFL (-1)
#endif
#ifndef SO_TIMESTAMPING
#define SO_TIMESTAMPING (-1)
#define SO_TIMESTAMPNS  (-1)
#endif
#ifndef IP_PKTINFO
#define IP_PKTINFO (-1)
#endif
#ifndef IP_RECVTOS
#define IP_RECVTOS (-1)
#endif
#ifndef IP_RECVORIGDSTADDR
#define IP_RECVORIGDSTADDR (-1)
#endif
#ifndef SO_PASSCRED
#define SO_PASSCRED (-1)
#endif

#endif
