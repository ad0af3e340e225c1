/* SPDX-License-Identifier: MIT */
#ifndef MIO_TCP_H
#define MIO_TCP_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/socket.h>

#include <mio/fd.h>

/*
 * TCP over IPv4 and IPv6. The sockets are ordinary descriptors: the calls of
 * mio/socket.h send, receive and close. Errors are negative errno values. Any
 * thread; no signal handlers.
 */

#ifdef __cplusplus
extern "C" {
#endif

/* Flags of mio_tcp_listen() and mio_udp_bind(). */
#define MIO_REUSEPORT 0x1u
#define MIO_ONLY_V6   0x2u /* IPv6 addresses only: no IPv4-mapped peers */

/*
 * A socket that connects to addr; in progress is success. MIO_WRITABLE tells
 * that it is decided, then mio_socket_connect_finish() how. -EINVAL,
 * -EAFNOSUPPORT, -EMFILE and what the system's connect answers.
 */
int mio_tcp_connect(mio_fd_t *out, const struct sockaddr *addr, socklen_t len);

/*
 * A socket that listens at addr with SO_REUSEADDR; backlog <= 0 asks for the
 * system's largest. -EINVAL, -EAFNOSUPPORT, -EADDRINUSE, -EADDRNOTAVAIL,
 * -EACCES, -EMFILE.
 */
int mio_tcp_listen(mio_fd_t *out, const struct sockaddr *addr, socklen_t len,
    int backlog, unsigned flags);

/*
 * The next connection; those lost while they queued are passed over. peer and
 * len are outputs and may both be NULL. -EAGAIN when none waits, on a blocking
 * listener too, as far as others leave it alone (see the page); -EMFILE and
 * -ENFILE leave it queued (see there, too). -ENOBUFS, -ENOMEM, -EINVAL.
 */
int mio_tcp_accept(mio_fd_t listener, mio_fd_t *out,
    struct sockaddr_storage *peer, socklen_t *len);

/* TCP_NODELAY: small segments are sent at once. */
int mio_tcp_set_nodelay(mio_fd_t fd, bool on);
int mio_tcp_get_nodelay(mio_fd_t fd, bool *on);

/*
 * SO_KEEPALIVE with the idle time before the first probe, in nanoseconds,
 * rounded up to seconds; negative is off. -EINVAL for 0, -ERANGE for more than
 * the system takes.
 */
int mio_tcp_set_keepalive(mio_fd_t fd, int64_t idle_ns);
int mio_tcp_get_keepalive(mio_fd_t fd, int64_t *idle_ns);

/*
 * SO_LINGER in nanoseconds, rounded up to seconds; 0 resets the connection on
 * close, negative is off. -ERANGE.
 */
int mio_tcp_set_linger(mio_fd_t fd, int64_t ns);
int mio_tcp_get_linger(mio_fd_t fd, int64_t *ns);

#ifdef __cplusplus
}
#endif

#endif
