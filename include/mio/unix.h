/* SPDX-License-Identifier: MIT */
#ifndef MIO_UNIX_H
#define MIO_UNIX_H

#include <stddef.h>

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include <mio/fd.h>

/*
 * Unix domain sockets. They are ordinary descriptors: the calls of mio/socket.h
 * send and receive. An unnamed address is of family AF_UNIX and ends before
 * sun_path. Errors are negative errno values, everywhere -EINVAL for a NULL
 * pointer or an address that ends before it begins, and -EAFNOSUPPORT for one
 * of another family. Any thread; no signal handlers.
 */

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The address of a path, and its length with the closing NUL. -EINVAL for an
 * empty path, -ENAMETOOLONG when sun_path cannot hold it (107 bytes on Linux).
 */
int mio_unix_addr(struct sockaddr_un *addr, socklen_t *len, const char *path);

/*
 * The address of a name that is in no file system: 1 to 107 bytes, of any
 * value. -EINVAL, -ENAMETOOLONG, and -ENOTSUP on other systems than Linux.
 */
int mio_unix_abstract_addr(struct sockaddr_un *addr, socklen_t *len,
    const void *name, size_t name_len);

/*
 * A stream connected to addr. -EAGAIN when its listener has no room for more:
 * try again later. -ECONNREFUSED, -ENOENT, -EACCES, -EPROTOTYPE, -EINVAL,
 * -EMFILE, -ENFILE, -ENOMEM.
 */
int mio_unix_connect(mio_fd_t *out, const struct sockaddr_un *addr,
    socklen_t len);

/*
 * A stream that listens at addr; backlog <= 0 asks for the system's largest. A
 * path must not exist yet, and removing it is up to the caller. -EADDRINUSE,
 * -EACCES, -ENOENT, -EINVAL, -EMFILE, -ENFILE, -ENOMEM.
 */
int mio_unix_listen(mio_fd_t *out, const struct sockaddr_un *addr,
    socklen_t len, int backlog);

/*
 * The next connection, as mio_tcp_accept(). peer and len are outputs and may
 * both be NULL. -EAGAIN, -EMFILE, -ENFILE, -ENOMEM, -ENOTSOCK, -EBADF, -EINVAL.
 */
int mio_unix_accept(mio_fd_t listener, mio_fd_t *out, struct sockaddr_un *peer,
    socklen_t *len);

/* Two streams, connected to each other. -EMFILE, -ENFILE, -ENOMEM. */
int mio_unix_pair(mio_fd_t out[2]);

/*
 * Datagram sockets: with no address, at addr (as mio_unix_listen()), connected
 * to addr (as mio_unix_connect()), and two connected to each other.
 */
int mio_unix_datagram(mio_fd_t *out);
int mio_unix_datagram_bind(mio_fd_t *out, const struct sockaddr_un *addr,
    socklen_t len);
int mio_unix_datagram_connect(mio_fd_t fd, const struct sockaddr_un *addr,
    socklen_t len);
int mio_unix_datagram_pair(mio_fd_t out[2]);

/*
 * Sends len bytes to addr: len. -EAGAIN when its queue is full, which no event
 * tells the end of unless connected; -EMSGSIZE, -ECONNREFUSED, -ENOENT,
 * -EACCES, -EISCONN, -EPROTOTYPE, -EPERM, -EBADF, -ENOTSOCK.
 */
ssize_t mio_unix_send_to(mio_fd_t fd, const void *buf, size_t len,
    const struct sockaddr_un *addr, socklen_t addr_len);

/*
 * The bytes of the next datagram, cut off at len. The outputs for the sender's
 * address may both be NULL. -EAGAIN, -EBADF, -ENOTSOCK.
 */
ssize_t mio_unix_recv_from(mio_fd_t fd, void *buf, size_t len,
    struct sockaddr_un *addr, socklen_t *addr_len);

/*
 * Sends len bytes, one at least, and with the first of them copies of exactly
 * count descriptors, up to 253, which stay the caller's. The bytes taken, as
 * mio_socket_send(). -EAGAIN, -EBADF (one of fds, too), -EPIPE, -ENOTCONN,
 * -ENOTSUP (not a Unix domain socket), -ETOOMANYREFS, -EMSGSIZE, -EINVAL.
 */
ssize_t mio_unix_send_fds(mio_fd_t fd, const void *buf, size_t len,
    const mio_fd_t *fds, size_t count);

/*
 * The bytes received, and the descriptors that came with them, close-on-exec
 * and the caller's from then on. *count is the room in fds, and then how many
 * the message carried: those beyond the room are closed, and one that the limit
 * of descriptors kept out (and all after it) is a single MIO_INVALID_FD at the
 * end. -EAGAIN, -ECONNRESET, -EBADF, -ENOTSOCK.
 */
ssize_t mio_unix_recv_fds(mio_fd_t fd, void *buf, size_t len, mio_fd_t *fds,
    size_t *count);

/* pid is -1 where the system does not tell it. */
struct mio_credentials {
	pid_t pid;
	uid_t uid;
	gid_t gid;
};

/*
 * Whose process connected, listened or made the pair at the other end.
 * -ENOTCONN, -EBADF, -ENOTSOCK.
 */
int mio_unix_peer_credentials(mio_fd_t fd, struct mio_credentials *credentials);

#ifdef __cplusplus
}
#endif

#endif
