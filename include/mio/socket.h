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
 * Calls for all kinds of sockets. Each has the meaning of one system call and
 * returns its errors as negative errno values. All can return -EBADF,
 * -ENOTSOCK, and -EINVAL for a NULL pointer. Interrupted calls are retried,
 * SIGPIPE is never raised, and of these calls only mio_socket_connect() waits
 * on a blocking socket. Thread-safe, not async-signal-safe.
 */

#ifdef __cplusplus
extern "C" {
#endif

#define MIO_SHUT_READ  0
#define MIO_SHUT_WRITE 1
#define MIO_SHUT_BOTH  2

/*
 * Creates a socket, for programs that set options before binding or connecting
 * it. The caller closes it. Errors: -EAFNOSUPPORT, -ESOCKTNOSUPPORT,
 * -EPROTONOSUPPORT, -EPROTOTYPE, -EINVAL, -EACCES, -EMFILE, -ENFILE, -ENOBUFS,
 * -ENOMEM.
 */
int mio_socket_create(mio_fd_t *out, int family, int type);

/*
 * Binds fd to addr.
 * Errors: -EADDRINUSE, -EADDRNOTAVAIL, -EACCES, -EINVAL (already bound).
 */
int mio_socket_bind(mio_fd_t fd, const struct sockaddr *addr, socklen_t len);

/*
 * Starts to listen. A backlog of 0 or less means the largest that the system
 * allows. Errors: -EADDRINUSE, -EOPNOTSUPP.
 */
int mio_socket_listen(mio_fd_t fd, int backlog);

/*
 * Starts a connection and returns 0 also if it is still in progress. Errors:
 * -EISCONN, -EALREADY, -ECONNREFUSED, -ENETUNREACH, -EAGAIN (the queue of a
 * Unix domain listener is full).
 */
int mio_socket_connect(mio_fd_t fd, const struct sockaddr *addr,
    socklen_t len);

/*
 * Call this after MIO_WRITABLE is reported. Returns 0 if the socket is
 * connected, or will be by the first send (TCP_FASTOPEN_CONNECT), and
 * -EINPROGRESS if the attempt has not ended. If it failed, the first call
 * returns the reason, and later calls return -ENOTCONN.
 */
int mio_socket_connect_finish(mio_fd_t fd);

/*
 * Return the number of bytes received; 0 for len > 0 means the end of a stream
 * or an empty datagram. recvv fills several buffers; a count of 0 receives 0
 * bytes. If recvv or sendv is given more buffers than the system allows, a
 * stream uses as many as it allows, and a socket that keeps message boundaries
 * returns -EMSGSIZE. peek leaves the bytes in the queue. Errors: -EAGAIN,
 * -ECONNRESET, -ENOTCONN, -ECONNREFUSED.
 */
ssize_t mio_socket_recv(mio_fd_t fd, void *buf, size_t len);
ssize_t mio_socket_recvv(mio_fd_t fd, const struct iovec *iov, int count);
ssize_t mio_socket_peek(mio_fd_t fd, void *buf, size_t len);

/*
 * Return the number of bytes that the system accepted, which may be less than
 * requested. Errors: -EAGAIN, -EPIPE, -ECONNRESET, -ENOTCONN, -EMSGSIZE.
 */
ssize_t mio_socket_send(mio_fd_t fd, const void *buf, size_t len);
ssize_t mio_socket_sendv(mio_fd_t fd, const struct iovec *iov, int count);

/*
 * Shuts down the direction MIO_SHUT_READ, MIO_SHUT_WRITE or MIO_SHUT_BOTH.
 * Errors: -ENOTCONN.
 */
int mio_socket_shutdown(mio_fd_t fd, int how);

/* Get the address of either end; len is an output. Errors: -ENOTCONN (peer). */
int mio_socket_local_addr(mio_fd_t fd, struct sockaddr_storage *addr,
    socklen_t *len);
int mio_socket_peer_addr(mio_fd_t fd, struct sockaddr_storage *addr,
    socklen_t *len);

/* Stores SO_ERROR as a negative errno value, 0 for none, and clears it. */
int mio_socket_take_error(mio_fd_t fd, int *error);

/*
 * Set and get the IPv4 time to live or the IPv6 hop limit, depending on the
 * socket's family. On an IPv6 socket, mio_socket_set_ttl() changes both, for
 * peers of either kind. Errors: -ERANGE (not in 1 to 255), -ENOPROTOOPT
 * (another family).
 */
int mio_socket_set_ttl(mio_fd_t fd, unsigned ttl);
int mio_socket_get_ttl(mio_fd_t fd, unsigned *ttl);

/* IPV6_V6ONLY; set it before binding. Errors: -ENOPROTOOPT (not IPv6). */
int mio_socket_set_only_v6(mio_fd_t fd, bool on);
int mio_socket_get_only_v6(mio_fd_t fd, bool *on);

/* SO_REUSEADDR and SO_REUSEPORT. Errors: -ENOPROTOOPT, -EOPNOTSUPP. */
int mio_socket_set_reuse_addr(mio_fd_t fd, bool on);
int mio_socket_get_reuse_addr(mio_fd_t fd, bool *on);
int mio_socket_set_reuse_port(mio_fd_t fd, bool on);
int mio_socket_get_reuse_port(mio_fd_t fd, bool *on);

/*
 * SO_RCVBUF and SO_SNDBUF in bytes. Linux stores and returns twice the size
 * that was set. Errors: -ERANGE (more than INT_MAX).
 */
int mio_socket_set_recv_buffer_size(mio_fd_t fd, size_t size);
int mio_socket_get_recv_buffer_size(mio_fd_t fd, size_t *size);
int mio_socket_set_send_buffer_size(mio_fd_t fd, size_t size);
int mio_socket_get_send_buffer_size(mio_fd_t fd, size_t *size);

#ifdef __cplusplus
}
#endif

#endif
