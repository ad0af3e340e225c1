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
 * UDP over IPv4 and IPv6. The sockets are ordinary descriptors: the calls of
 * mio/socket.h send, receive and peek on connected ones. Errors are negative
 * errno values, everywhere -EBADF, -ENOTSOCK, and -EINVAL for a NULL pointer.
 * Any thread; no signal handlers.
 */

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A socket bound to addr; flags are MIO_REUSEPORT and MIO_ONLY_V6. The caller
 * closes it. -EINVAL, -EAFNOSUPPORT, -EADDRINUSE, -EADDRNOTAVAIL, -EACCES,
 * -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM.
 */
int mio_udp_bind(mio_fd_t *out, const struct sockaddr *addr, socklen_t len,
    unsigned flags);

/*
 * The only peer from now on: others are not heard, and its refusals are told
 * (-ECONNREFUSED). An address of family AF_UNSPEC ends that. -EAFNOSUPPORT,
 * -EINVAL, -ENETUNREACH, -EACCES.
 */
int mio_udp_connect(mio_fd_t fd, const struct sockaddr *addr, socklen_t len);

/*
 * Sends len bytes, 0 being an empty datagram: len. -EAGAIN, -EMSGSIZE,
 * -EACCES, -ECONNREFUSED, -ENETUNREACH, -EAFNOSUPPORT, -EINVAL.
 */
ssize_t mio_udp_send_to(mio_fd_t fd, const void *buf, size_t len,
    const struct sockaddr *addr, socklen_t addr_len);

/*
 * The bytes of the next datagram, cut off at len, which peek leaves queued.
 * The outputs for the sender's address may both be NULL. -EAGAIN,
 * -ECONNREFUSED, -EINVAL.
 */
ssize_t mio_udp_recv_from(mio_fd_t fd, void *buf, size_t len,
    struct sockaddr_storage *addr, socklen_t *addr_len);
ssize_t mio_udp_peek_from(mio_fd_t fd, void *buf, size_t len,
    struct sockaddr_storage *addr, socklen_t *addr_len);

/* Bits of flags: there was no room for all of it, or for what is below. */
#define MIO_TRUNCATED 0x1u
/* Bytes in each of the datagrams that came as one; 0 when it is a single. */
#define MIO_SEGMENT_SIZE(flags) ((flags) >> 16)

/* data stays the caller's; it may be NULL when len is 0. */
struct mio_datagram {
	void *data;
	size_t len;
	struct sockaddr_storage addr;
	socklen_t addr_len; /* 0 sends to the connected peer */
	unsigned flags; /* set when it is received, not read */
};

/*
 * Many datagrams by few system calls, in the order of the array: how many of
 * them, which may be fewer than count. Received ones have len, the room, set to
 * the bytes put in. An error that stands in the way of the first is answered;
 * one behind it ends the batch, and comes back with the next if it lasts.
 * The errors above, -EINVAL for a count of 0 or an addr_len larger than addr.
 */
int mio_udp_send_batch(mio_fd_t fd, struct mio_datagram *datagrams,
    size_t count);
int mio_udp_recv_batch(mio_fd_t fd, struct mio_datagram *datagrams,
    size_t count);

/*
 * What is sent at a time is cut up into datagrams of so many bytes by the
 * system; 0 is off. -ERANGE over 65535, -ENOTSUP where there is no such thing.
 */
int mio_udp_set_segment_size(mio_fd_t fd, unsigned size);
int mio_udp_get_segment_size(mio_fd_t fd, unsigned *size);

/*
 * Datagrams of one sender and size come as one, up to 64 KiB long, and
 * mio_udp_recv_batch() tells MIO_SEGMENT_SIZE(): the last may be shorter.
 * -ENOTSUP.
 */
int mio_udp_set_receive_offload(mio_fd_t fd, bool on);
int mio_udp_get_receive_offload(mio_fd_t fd, bool *on);

/* Sending to broadcast addresses, which is -EACCES otherwise. */
int mio_udp_set_broadcast(mio_fd_t fd, bool on);
int mio_udp_get_broadcast(mio_fd_t fd, bool *on);

/* Whether this host hears what it sends to a group. -ENOPROTOOPT. */
int mio_udp_set_multicast_loop_v4(mio_fd_t fd, bool on);
int mio_udp_get_multicast_loop_v4(mio_fd_t fd, bool *on);
int mio_udp_set_multicast_loop_v6(mio_fd_t fd, bool on);
int mio_udp_get_multicast_loop_v6(mio_fd_t fd, bool *on);

/* Routers that a datagram to a group may pass. -ERANGE outside 1 to 255. */
int mio_udp_set_multicast_ttl_v4(mio_fd_t fd, unsigned ttl);
int mio_udp_get_multicast_ttl_v4(mio_fd_t fd, unsigned *ttl);

/*
 * Membership of a group on one interface, given by an address of its own or by
 * its index; INADDR_ANY and 0 leave the choice to the system. -EINVAL for no
 * group's address, -EADDRINUSE, -EADDRNOTAVAIL (not a member), -ENODEV,
 * -ENOBUFS, -ENOMEM, -ENOPROTOOPT.
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
