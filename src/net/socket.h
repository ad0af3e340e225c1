/* SPDX-License-Identifier: MIT */
#ifndef MIO_NET_SOCKET_H
#define MIO_NET_SOCKET_H

/* Functions of socket.c that the socket families use. */

#include <stddef.h>

#include <sys/socket.h>
#include <sys/types.h>

#include "mio/fd.h"

/*
 * Finishes the creation of fd, whose result is r: stores fd in *out if r is 0,
 * and closes it otherwise. Returns r.
 */
int mio__socket_hand_over(mio_fd_t fd, int r, mio_fd_t *out);

/* Returns the events that poll(2) reports for fd now, or an error. */
int mio__socket_check(mio_fd_t fd, short events);

/* Transfer datagrams with their addresses. The flags are those of recv(2). */
ssize_t mio__socket_recv_from(mio_fd_t fd, void *buf, size_t len, int flags,
    struct sockaddr_storage *addr, socklen_t *addr_len);
ssize_t mio__socket_send_to(mio_fd_t fd, const void *buf, size_t len,
    const struct sockaddr *addr, socklen_t addr_len);

/* Does what CMSG_NXTHDR() does, which causes warnings on some systems. */
struct cmsghdr *
mio__socket_next_header(const struct msghdr *msg, struct cmsghdr *header);

/*
 * Closes the descriptors in a message that was received without room for them:
 * descriptors that were passed, and the pidfd that SO_PASSPIDFD adds.
 */
void mio__socket_close_passed(struct cmsghdr *header);

#endif
