/* SPDX-License-Identifier: MIT */
#ifndef MIO_TCP_H
#define MIO_TCP_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/socket.h>

#include <mio/fd.h>

/*
 * TCP over IPv4 and IPv6. Sockets are ordinary descriptors; mio/socket.h has
 * the calls to send, receive and shut down, and mio/fd.h those to close. On
 * failure the calls return a negative errno value. Thread-safe, not
 * async-signal-safe.
 */

#ifdef __cplusplus
extern "C" {
#endif

/* Flags of mio_tcp_listen() and mio_udp_bind(). */
#define MIO_REUSEPORT 0x1u
#define MIO_ONLY_V6   0x2u /* IPv6 addresses only: no IPv4-mapped peers */

/*
 * Creates a socket and starts to connect it to addr; returns 0 also if the
 * connection is still in progress. After MIO_WRITABLE is reported,
 * mio_socket_connect_finish() returns the outcome. Errors: -EINVAL,
 * -EAFNOSUPPORT, -EMFILE and those of connect(2).
 */
int mio_tcp_connect(mio_fd_t *out, const struct sockaddr *addr, socklen_t len);

/*
 * Creates a socket that listens at addr, with SO_REUSEADDR set. A backlog of 0
 * or less means the largest that the system allows. Errors: -EINVAL,
 * -EAFNOSUPPORT, -EADDRINUSE, -EADDRNOTAVAIL, -EACCES, -EMFILE.
 */
int mio_tcp_listen(mio_fd_t *out, const struct sockaddr *addr, socklen_t len,
    int backlog, unsigned flags);

/*
 * Accepts the next connection and skips those that failed while they were
 * queued. peer and len are outputs and may both be NULL. Returns -EAGAIN if no
 * connection is queued, also on a blocking listener unless another thread or
 * process accepts at the same time. -EMFILE and -ENFILE leave the connection
 * queued; mio_tcp_accept(3) shows how to retry. Other errors: -ENOBUFS,
 * -ENOMEM, -EINVAL.
 */
int mio_tcp_accept(mio_fd_t listener, mio_fd_t *out,
    struct sockaddr_storage *peer, socklen_t *len);

/* TCP_NODELAY: send small segments without delay. */
int mio_tcp_set_nodelay(mio_fd_t fd, bool on);
int mio_tcp_get_nodelay(mio_fd_t fd, bool *on);

/*
 * SO_KEEPALIVE and the idle time before the first probe, in nanoseconds,
 * rounded up to seconds; a negative time means off. Errors: -EINVAL (0),
 * -ERANGE (longer than the system allows).
 */
int mio_tcp_set_keepalive(mio_fd_t fd, int64_t idle_ns);
int mio_tcp_get_keepalive(mio_fd_t fd, int64_t *idle_ns);

/*
 * SO_LINGER in nanoseconds, rounded up to seconds; 0 resets the connection when
 * it is closed, a negative time means off. Errors: -ERANGE.
 */
int mio_tcp_set_linger(mio_fd_t fd, int64_t ns);
int mio_tcp_get_linger(mio_fd_t fd, int64_t *ns);

#ifdef __cplusplus
}
#endif

#endif
