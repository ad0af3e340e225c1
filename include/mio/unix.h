/* SPDX-License-Identifier: MIT */
#ifndef MIO_UNIX_H
#define MIO_UNIX_H

#include <stddef.h>

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include <mio/fd.h>

/*
 * Unix domain sockets. They are ordinary descriptors; the calls of mio/socket.h
 * send and receive. An unnamed address consists of the family AF_UNIX alone;
 * its length ends before sun_path. On failure the calls return a negative errno
 * value; all can return -EINVAL for a NULL pointer or an address that is too
 * short, and -EAFNOSUPPORT for an address of another family. Thread-safe, not
 * async-signal-safe.
 */

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Stores the address of a path, and its length including the closing NUL.
 * Errors: -EINVAL (empty path), -ENAMETOOLONG (over 107 bytes on Linux).
 */
int mio_unix_addr(struct sockaddr_un *addr, socklen_t *len, const char *path);

/*
 * Stores the address of an abstract name, which is in no file system: 1 to 107
 * bytes of any value. Errors: -EINVAL, -ENAMETOOLONG, -ENOTSUP (not on Linux).
 */
int mio_unix_abstract_addr(struct sockaddr_un *addr, socklen_t *len,
    const void *name, size_t name_len);

/*
 * Creates a stream socket connected to addr. Errors: -EAGAIN (the listener's
 * queue is full; try again later), -ECONNREFUSED, -ENOENT, -EACCES,
 * -EPROTOTYPE, -EINVAL, -EMFILE, -ENFILE, -ENOMEM.
 */
int mio_unix_connect(mio_fd_t *out, const struct sockaddr_un *addr,
    socklen_t len);

/*
 * Creates a stream socket that listens at addr. A backlog of 0 or less means
 * the largest that the system allows. A path must not exist yet; the caller
 * removes it. Errors: -EADDRINUSE, -EACCES, -ENOENT, -EINVAL, -EMFILE, -ENFILE,
 * -ENOMEM.
 */
int mio_unix_listen(mio_fd_t *out, const struct sockaddr_un *addr,
    socklen_t len, int backlog);

/*
 * Accepts the next connection like mio_tcp_accept(). peer and len are outputs
 * and may both be NULL. Errors: -EAGAIN, -EMFILE, -ENFILE, -ENOMEM, -ENOTSOCK,
 * -EBADF, -EINVAL.
 */
int mio_unix_accept(mio_fd_t listener, mio_fd_t *out, struct sockaddr_un *peer,
    socklen_t *len);

/*
 * Creates two stream sockets that are connected to each other.
 * Errors: -EMFILE, -ENFILE, -ENOMEM.
 */
int mio_unix_pair(mio_fd_t out[2]);

/*
 * Datagram sockets. In this order, the calls create one without an address;
 * create one bound to addr, with the errors of mio_unix_listen(); connect one
 * to addr, with the errors of mio_unix_connect(); and create a connected pair.
 */
int mio_unix_datagram(mio_fd_t *out);
int mio_unix_datagram_bind(mio_fd_t *out, const struct sockaddr_un *addr,
    socklen_t len);
int mio_unix_datagram_connect(mio_fd_t fd, const struct sockaddr_un *addr,
    socklen_t len);
int mio_unix_datagram_pair(mio_fd_t out[2]);

/*
 * Sends a datagram of len bytes to addr and returns len. Errors: -EAGAIN (the
 * receiver's queue is full; only a connected socket reports when it has room
 * again), -EMSGSIZE, -ECONNREFUSED, -ENOENT, -EACCES, -EISCONN, -EPROTOTYPE,
 * -EPERM, -EBADF, -ENOTSOCK.
 */
ssize_t mio_unix_send_to(mio_fd_t fd, const void *buf, size_t len,
    const struct sockaddr_un *addr, socklen_t addr_len);

/*
 * Returns the number of bytes received of the next datagram; those beyond len
 * are discarded. addr and addr_len are outputs for the sender's address and may
 * both be NULL. Errors: -EAGAIN, -EBADF, -ENOTSOCK.
 */
ssize_t mio_unix_recv_from(mio_fd_t fd, void *buf, size_t len,
    struct sockaddr_un *addr, socklen_t *addr_len);

/*
 * Sends up to len bytes, at least one, and sends copies of all count
 * descriptors in fds, at most 253, along with the first byte. The caller still
 * owns them. Returns the number of bytes that the system accepted. Errors:
 * -EAGAIN, -EBADF (also for one of fds), -EPIPE, -ENOTCONN, -ENOTSUP (not a
 * Unix domain socket), -ETOOMANYREFS, -EMSGSIZE, -EINVAL.
 */
ssize_t mio_unix_send_fds(mio_fd_t fd, const void *buf, size_t len,
    const mio_fd_t *fds, size_t count);

/*
 * Returns the number of bytes received and stores the descriptors received with
 * them, which are close-on-exec and owned by the caller. *count is the size of
 * fds on input, and the number of descriptors that the message carried on
 * output. Descriptors that do not fit are closed. If the process has reached
 * its limit of descriptors, those that are lost are stored as a single
 * MIO_INVALID_FD at the end. Errors: -EAGAIN, -ECONNRESET, -EBADF, -ENOTSOCK.
 */
ssize_t mio_unix_recv_fds(mio_fd_t fd, void *buf, size_t len, mio_fd_t *fds,
    size_t *count);

/* pid is -1 if the system does not provide it. */
struct mio_credentials {
	pid_t pid;
	uid_t uid;
	gid_t gid;
};

/*
 * Stores the credentials of the process that connected, listened or created the
 * pair at the other end. Errors: -ENOTCONN, -EBADF, -ENOTSOCK.
 */
int mio_unix_peer_credentials(mio_fd_t fd, struct mio_credentials *credentials);

#ifdef __cplusplus
}
#endif

#endif
