/* SPDX-License-Identifier: MIT */
#ifndef MIO_NET_SOCKET_H
#define MIO_NET_SOCKET_H

/* What socket.c keeps ready for the families of sockets. */

#include <stddef.h>

#include <sys/socket.h>
#include <sys/types.h>

#include "mio/fd.h"

/*
 * The end of making fd, r being how that went: *out takes it when r is 0, and
 * otherwise it is closed. Answers r.
 */
int mio__socket_hand_over(mio_fd_t fd, int r, mio_fd_t *out);

/* What poll(2) says of fd at the moment: 0 when it is nothing, or an error. */
int mio__socket_look(mio_fd_t fd, short events);

/* Datagrams with their addresses; flags are those of recv(2). */
ssize_t mio__socket_recv_from(mio_fd_t fd, void *buf, size_t len, int flags,
    struct sockaddr_storage *addr, socklen_t *addr_len);
ssize_t mio__socket_send_to(mio_fd_t fd, const void *buf, size_t len,
    const struct sockaddr *addr, socklen_t addr_len);

/* CMSG_NXTHDR(), which does not compile without warnings everywhere. */
struct cmsghdr *
mio__socket_next_header(const struct msghdr *msg, struct cmsghdr *header);

/*
 * Closes the descriptors that came along unasked: passed ones, and processes
 * that an option of the socket adds.
 */
void mio__socket_close_passed(struct cmsghdr *header);

#endif
