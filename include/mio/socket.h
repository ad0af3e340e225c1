/* SPDX-License-Identifier: MIT */
#ifndef MIO_SOCKET_H
#define MIO_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <mio/fd.h>

/*
 * What all sockets share. Each call is one system call on the descriptor, with
 * the system's meaning and its errors as negative errno values; beyond those
 * named here -EBADF, -ENOTSOCK, and -EINVAL for a NULL pointer. Interrupted
 * calls are retried, SIGPIPE is never raised, and only a connect waits on
 * a blocking socket. Any thread; no signal handlers.
 */

#ifdef __cplusplus
extern "C" {
#endif

#define MIO_SHUT_READ  0
#define MIO_SHUT_WRITE 1
#define MIO_SHUT_BOTH  2

/*
 * A socket to set options on before it binds or connects; the caller closes
 * it. -EAFNOSUPPORT, -ESOCKTNOSUPPORT, -EPROTONOSUPPORT, -EPROTOTYPE, -EINVAL,
 * -EACCES, -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM.
 */
int mio_socket_create(mio_fd_t *out, int family, int type);

/* -EADDRINUSE, -EADDRNOTAVAIL, -EACCES, and -EINVAL when bound already. */
int mio_socket_bind(mio_fd_t fd, const struct sockaddr *addr, socklen_t len);

/* backlog <= 0: the system's largest. -EADDRINUSE, -EOPNOTSUPP. */
int mio_socket_listen(mio_fd_t fd, int backlog);

/*
 * Starts a connection; in progress is success. -EISCONN, -EALREADY,
 * -ECONNREFUSED, -ENETUNREACH, and -EAGAIN for a full Unix domain listener.
 */
int mio_socket_connect(mio_fd_t fd, const struct sockaddr *addr,
    socklen_t len);

/*
 * After MIO_WRITABLE: 0 connected (or, with TCP_FASTOPEN_CONNECT, about to when
 * something is sent), -EINPROGRESS not decided yet, else why it failed, told
 * once, and -ENOTCONN from then on.
 */
int mio_socket_connect_finish(mio_fd_t fd);

/*
 * Bytes received; 0 for len > 0 is the end of a stream, or an empty datagram.
 * recvv fills several buffers: a count of 0 is no bytes; one beyond the limit
 * of the system is clipped on a stream, and -EMSGSIZE, both ways, where
 * messages keep their boundaries. peek leaves the bytes queued. -EAGAIN,
 * -ECONNRESET, -ENOTCONN, -ECONNREFUSED.
 */
ssize_t mio_socket_recv(mio_fd_t fd, void *buf, size_t len);
ssize_t mio_socket_recvv(mio_fd_t fd, const struct iovec *iov, int count);
ssize_t mio_socket_peek(mio_fd_t fd, void *buf, size_t len);

/*
 * Bytes taken over by the system, which may be fewer than given. -EAGAIN,
 * -EPIPE, -ECONNRESET, -ENOTCONN, -EMSGSIZE.
 */
ssize_t mio_socket_send(mio_fd_t fd, const void *buf, size_t len);
ssize_t mio_socket_sendv(mio_fd_t fd, const struct iovec *iov, int count);

/* how: MIO_SHUT_READ, MIO_SHUT_WRITE or MIO_SHUT_BOTH. -ENOTCONN. */
int mio_socket_shutdown(mio_fd_t fd, int how);

/* The addresses of both ends; len is an output. -ENOTCONN for the peer's. */
int mio_socket_local_addr(mio_fd_t fd, struct sockaddr_storage *addr,
    socklen_t *len);
int mio_socket_peer_addr(mio_fd_t fd, struct sockaddr_storage *addr,
    socklen_t *len);

/* SO_ERROR as a negative errno value, 0 for none, and clears it. */
int mio_socket_take_error(mio_fd_t fd, int *error);

/*
 * IPv4 time to live or IPv6 hop limit, by the socket's family; of an IPv6
 * socket both are set, for peers of either kind. -ERANGE outside 1 to 255,
 * -ENOPROTOOPT for other families.
 */
int mio_socket_set_ttl(mio_fd_t fd, unsigned ttl);
int mio_socket_get_ttl(mio_fd_t fd, unsigned *ttl);

/* IPV6_V6ONLY, before bind. -ENOPROTOOPT when it is not an IPv6 socket. */
int mio_socket_set_only_v6(mio_fd_t fd, bool on);
int mio_socket_get_only_v6(mio_fd_t fd, bool *on);

/* SO_REUSEADDR and SO_REUSEPORT. -ENOPROTOOPT, -EOPNOTSUPP. */
int mio_socket_set_reuse_addr(mio_fd_t fd, bool on);
int mio_socket_get_reuse_addr(mio_fd_t fd, bool *on);
int mio_socket_set_reuse_port(mio_fd_t fd, bool on);
int mio_socket_get_reuse_port(mio_fd_t fd, bool *on);

/*
 * SO_RCVBUF and SO_SNDBUF in bytes. Linux keeps, and answers, twice what was
 * set. -ERANGE over INT_MAX.
 */
int mio_socket_set_recv_buffer_size(mio_fd_t fd, size_t size);
int mio_socket_get_recv_buffer_size(mio_fd_t fd, size_t *size);
int mio_socket_set_send_buffer_size(mio_fd_t fd, size_t size);
int mio_socket_get_send_buffer_size(mio_fd_t fd, size_t *size);

#ifdef __cplusplus
}
#endif

#endif
