/* SPDX-License-Identifier: MIT */
#ifndef MIO_NET_ACCEPT_H
#define MIO_NET_ACCEPT_H

#include <sys/socket.h>

#include "mio/fd.h"

/* mio_tcp_accept() for any family. */
int mio__accept(mio_fd_t listener, mio_fd_t *out, struct sockaddr_storage *peer,
    socklen_t *len);

/* Called when fd was closed or received: it may now be another listener. */
void mio__accept_forget(mio_fd_t fd);

#endif
