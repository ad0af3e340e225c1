/* SPDX-License-Identifier: MIT */
#ifndef MIO_NET_INET_H
#define MIO_NET_INET_H

/* What TCP and UDP sockets share. */

#include <sys/socket.h>

#include "mio/fd.h"

/* 0, -EINVAL, or -EAFNOSUPPORT when it is not an IPv4 or IPv6 address. */
int mio__inet_check_address(const struct sockaddr *addr, socklen_t len);

/* The same of an address to bind to with these MIO_REUSEPORT, MIO_ONLY_V6. */
int mio__inet_check_bind(
    const struct sockaddr *addr, socklen_t len, unsigned flags);

/* Does what the flags ask and binds; arguments come checked. */
int mio__inet_bind(
    mio_fd_t fd, const struct sockaddr *addr, socklen_t len, unsigned flags);

#endif
