/* SPDX-License-Identifier: MIT */
#ifndef MIO_UDP_H
#define MIO_UDP_H

#include <stdbool.h>
#include <stddef.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <mio/fd.h>
#include <mio/tcp.h> /* the flags of mio_udp_bind() */

/*
 * UDP over IPv4 and IPv6. Sockets are ordinary descriptors; on a connected one,
 * the calls of mio/socket.h send, receive and peek. On failure the calls return
 * a negative errno value; all can return -EBADF, -ENOTSOCK, and -EINVAL for a
 * NULL pointer. Thread-safe, not async-signal-safe.
 */

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Creates a socket bound to addr, which the caller closes. flags are
 * MIO_REUSEPORT and MIO_ONLY_V6. Errors: -EINVAL, -EAFNOSUPPORT, -EADDRINUSE,
 * -EADDRNOTAVAIL, -EACCES, -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM.
 */
int mio_udp_bind(mio_fd_t *out, const struct sockaddr *addr, socklen_t len,
    unsigned flags);

/*
 * Sets the peer that mio_socket_send() sends to. Datagrams from others are not
 * received from then on, and if the peer refuses one, a later call returns
 * -ECONNREFUSED. An address of family AF_UNSPEC removes the peer.
 * Errors: -EAFNOSUPPORT, -EINVAL, -ENETUNREACH, -EACCES.
 */
int mio_udp_connect(mio_fd_t fd, const struct sockaddr *addr, socklen_t len);

/*
 * Sends a datagram of len bytes, which may be 0, and returns len. Errors:
 * -EAGAIN, -EMSGSIZE, -EACCES, -ECONNREFUSED, -ENETUNREACH, -EAFNOSUPPORT,
 * -EINVAL.
 */
ssize_t mio_udp_send_to(mio_fd_t fd, const void *buf, size_t len,
    const struct sockaddr *addr, socklen_t addr_len);

/*
 * Return the number of bytes received of the next datagram; those beyond len
 * are discarded. peek leaves the datagram in the queue. addr and addr_len are
 * outputs for the sender's address and may both be NULL. Errors: -EAGAIN,
 * -ECONNREFUSED, -EINVAL.
 */
ssize_t mio_udp_recv_from(mio_fd_t fd, void *buf, size_t len,
    struct sockaddr_storage *addr, socklen_t *addr_len);
ssize_t mio_udp_peek_from(mio_fd_t fd, void *buf, size_t len,
    struct sockaddr_storage *addr, socklen_t *addr_len);

/* Set in flags if the datagram was truncated or its segment size is unknown. */
#define MIO_TRUNCATED 0x1u
/*
 * The size of the datagrams that mio_udp_set_receive_offload() let the system
 * join into this one, or 0 if none were joined.
 */
#define MIO_SEGMENT_SIZE(flags) ((flags) >> 16)

/* The caller owns data, which may be NULL if len is 0. */
struct mio_datagram {
	void *data;
	size_t len;
	struct sockaddr_storage addr;
	socklen_t addr_len; /* 0: send to the connected peer */
	unsigned flags; /* set by a receive, ignored by a send */
};

/*
 * Send or receive datagrams in array order with few system calls, and return
 * how many, which may be less than count. On receive, len is the size of data,
 * and is replaced by the number of bytes stored. An error on the first datagram
 * is returned; an error on a later one ends the batch, and the next call
 * returns it if it persists. Errors: as above; -EINVAL also for a count of 0 or
 * an addr_len larger than addr.
 */
int mio_udp_send_batch(mio_fd_t fd, struct mio_datagram *datagrams,
    size_t count);
int mio_udp_recv_batch(mio_fd_t fd, struct mio_datagram *datagrams,
    size_t count);

/*
 * Lets the system split what one call sends into datagrams of size bytes; 0
 * means off. Errors: -ERANGE (more than 65535), -ENOTSUP (not on this system).
 */
int mio_udp_set_segment_size(mio_fd_t fd, unsigned size);
int mio_udp_get_segment_size(mio_fd_t fd, unsigned *size);

/*
 * Lets the system join datagrams of one sender and size, up to 64 KiB. Then
 * mio_udp_recv_batch() stores their MIO_SEGMENT_SIZE(); the last one may be
 * shorter. Errors: -ENOTSUP.
 */
int mio_udp_set_receive_offload(mio_fd_t fd, bool on);
int mio_udp_get_receive_offload(mio_fd_t fd, bool *on);

/* Allows sending to broadcast addresses, which otherwise returns -EACCES. */
int mio_udp_set_broadcast(mio_fd_t fd, bool on);
int mio_udp_get_broadcast(mio_fd_t fd, bool *on);

/*
 * Control whether this host receives what it sends to a group. Errors:
 * -ENOPROTOOPT.
 */
int mio_udp_set_multicast_loop_v4(mio_fd_t fd, bool on);
int mio_udp_get_multicast_loop_v4(mio_fd_t fd, bool *on);
int mio_udp_set_multicast_loop_v6(mio_fd_t fd, bool on);
int mio_udp_get_multicast_loop_v6(mio_fd_t fd, bool *on);

/* The time to live of multicast datagrams. Errors: -ERANGE (not 1 to 255). */
int mio_udp_set_multicast_ttl_v4(mio_fd_t fd, unsigned ttl);
int mio_udp_get_multicast_ttl_v4(mio_fd_t fd, unsigned *ttl);

/*
 * Join or leave a multicast group on one interface, which is given by one of
 * its addresses or by its index; for INADDR_ANY or 0 the system chooses one.
 * Errors: -EINVAL (not a group address), -EADDRINUSE (a member already),
 * -EADDRNOTAVAIL (not a member), -ENODEV, -ENOBUFS, -ENOMEM, -ENOPROTOOPT.
 */
int mio_udp_join_multicast_v4(mio_fd_t fd, const struct in_addr *group,
    const struct in_addr *interface);
int mio_udp_leave_multicast_v4(mio_fd_t fd, const struct in_addr *group,
    const struct in_addr *interface);
int mio_udp_join_multicast_v6(mio_fd_t fd, const struct in6_addr *group,
    unsigned interface_index);
int mio_udp_leave_multicast_v6(mio_fd_t fd, const struct in6_addr *group,
    unsigned interface_index);

#ifdef __cplusplus
}
#endif

#endif
