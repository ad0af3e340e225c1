/* SPDX-License-Identifier: MIT */
#ifndef MIO_NET_INET_H
#define MIO_NET_INET_H

/* The parts that TCP and UDP sockets share. */

#include <sys/socket.h>

#include "mio/fd.h"

/* Returns -EAFNOSUPPORT if addr is not an IPv4 or IPv6 address. */
int mio__inet_check_address(const struct sockaddr *addr, socklen_t len);

/* Checks an address to bind to, and flags: MIO_REUSEPORT and MIO_ONLY_V6. */
int mio__inet_check_bind(
    const struct sockaddr *addr, socklen_t len, unsigned flags);

/* Sets the options for the flags and binds. The arguments are checked. */
int mio__inet_bind(
    mio_fd_t fd, const struct sockaddr *addr, socklen_t len, unsigned flags);

#endif
