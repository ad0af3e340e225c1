/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_SOCK_H
#define MIO_SYS_SOCK_H

/*
 * Sockets. An interrupted connect continues in the kernel, so EINTR becomes
 * -EINPROGRESS. The calls that receive and send never block, not even on a
 * blocking socket.
 */

#include <stddef.h>

#include <sys/socket.h>
#include <sys/types.h>

struct mio_credentials;
struct mmsghdr;

int mio__os_socket(int family, int type);
int mio__os_socketpair(int family, int type, int fds[2]);
int mio__os_bind(int fd, const struct sockaddr *addr, socklen_t len);
/* Removes the file that a bind has made. */
int mio__os_unlink(const char *path);
int mio__os_listen(int fd, int backlog);
int mio__os_connect(int fd, const struct sockaddr *addr, socklen_t len);
int mio__os_accept(int fd, struct sockaddr *addr, socklen_t *len);
int mio__os_shutdown(int fd, int how);
int mio__os_getsockname(int fd, struct sockaddr *addr, socklen_t *len);
int mio__os_getpeername(int fd, struct sockaddr *addr, socklen_t *len);
int
mio__os_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int mio__os_setsockopt(
    int fd, int level, int name, const void *value, socklen_t len);
ssize_t mio__os_recv(int fd, void *buf, size_t len, int flags);
ssize_t mio__os_send(int fd, const void *buf, size_t len);
ssize_t mio__os_recvfrom(int fd, void *buf, size_t len, int flags,
    struct sockaddr *addr, socklen_t *addr_len);
ssize_t mio__os_sendto(int fd, const void *buf, size_t len,
    const struct sockaddr *addr, socklen_t addr_len);
ssize_t mio__os_recvmsg(int fd, struct msghdr *msg, int flags);
ssize_t mio__os_sendmsg(int fd, const struct msghdr *msg);

/*
 * Transfer several messages, in order. They return how many were transferred
 * before one would block or failed, or the error if that was the first one.
 */
int mio__os_recvmmsg(int fd, struct mmsghdr *msgs, unsigned count);
int mio__os_sendmmsg(int fd, struct mmsghdr *msgs, unsigned count);

/* Stores the credentials of the peer; -ENOTCONN if there are none. */
int mio__os_credentials(int fd, struct mio_credentials *credentials);

#endif
