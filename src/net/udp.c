/* SPDX-License-Identifier: MIT */
#include "sys/compat.h"
#include "mio/udp.h"

#include <stddef.h>
#include <string.h>

#include <netinet/in.h>

#include "base/check.h"
#include "mio/socket.h"
#include "net/inet.h"
#include "net/option.h"
#include "net/socket.h"
#include "sys/refused.h"
#include "sys/sock.h"

#define SEGMENT_MAX 65535u

MIO__PUBLIC MIO__COLD int
mio_udp_bind(
    mio_fd_t *out, const struct sockaddr *addr, socklen_t len, unsigned flags)
{
	int fd;
	int r;

	if (out == NULL)
		return -EINVAL;

	r = mio__inet_check_bind(addr, len, flags);
	if (r < 0)
		return r;

	fd = mio__os_socket(addr->sa_family, SOCK_DGRAM);
	if (fd < 0)
		return fd;

	r = mio__inet_bind(fd, addr, len, flags);

	return mio__socket_hand_over(fd, r, out);
}

#define PORT_OFFSET offsetof(struct sockaddr_in, sin_port)

_Static_assert(PORT_OFFSET == offsetof(struct sockaddr_in6, sin6_port) &&
	PORT_OFFSET <= offsetof(struct sockaddr, sa_data),
    "the port is at the same place in both");

/* Linux accepts port 0, but the socket is then not connected. */
static bool
lacks_port(const struct sockaddr *addr, socklen_t len)
{
	in_port_t port;

	if (addr == NULL || len < sizeof(struct sockaddr_in) ||
	    (addr->sa_family != AF_INET && addr->sa_family != AF_INET6))
		return false;

	memcpy(&port, (const char *)addr + PORT_OFFSET, sizeof(port));

	return port == 0;
}

MIO__PUBLIC int
mio_udp_connect(mio_fd_t fd, const struct sockaddr *addr, socklen_t len)
{
	return lacks_port(addr, len) ? -EINVAL
				     : mio_socket_connect(fd, addr, len);
}

MIO__PUBLIC ssize_t
mio_udp_send_to(mio_fd_t fd, const void *buf, size_t len,
    const struct sockaddr *addr, socklen_t addr_len)
{
	return mio__socket_send_to(fd, buf, len, addr, addr_len);
}

MIO__PUBLIC ssize_t
mio_udp_recv_from(mio_fd_t fd, void *buf, size_t len,
    struct sockaddr_storage *addr, socklen_t *addr_len)
{
	return mio__socket_recv_from(fd, buf, len, 0, addr, addr_len);
}

MIO__PUBLIC ssize_t
mio_udp_peek_from(mio_fd_t fd, void *buf, size_t len,
    struct sockaddr_storage *addr, socklen_t *addr_len)
{
	return mio__socket_recv_from(fd, buf, len, MSG_PEEK, addr, addr_len);
}

/* Maps the errors of a system or socket without the option to -ENOTSUP. */
static MIO__COLD int
not_supported(int r)
{
	if (r == -ENOPROTOOPT || r == -EOPNOTSUPP || mio__os_refused(-r))
		return -ENOTSUP;

	return r;
}

MIO__PUBLIC MIO__COLD int
mio_udp_set_segment_size(mio_fd_t fd, unsigned size)
{
	if (size > SEGMENT_MAX)
		return -ERANGE;

	return not_supported(
	    mio__option_set_int(fd, IPPROTO_UDP, UDP_SEGMENT, (int)size));
}

MIO__PUBLIC MIO__COLD int
mio_udp_get_segment_size(mio_fd_t fd, unsigned *size)
{
	return not_supported(
	    mio__option_get_int(fd, IPPROTO_UDP, UDP_SEGMENT, (int *)size));
}

MIO__PUBLIC MIO__COLD int
mio_udp_set_receive_offload(mio_fd_t fd, bool on)
{
	return not_supported(
	    mio__option_set_bool(fd, IPPROTO_UDP, UDP_GRO, on));
}

MIO__PUBLIC MIO__COLD int
mio_udp_get_receive_offload(mio_fd_t fd, bool *on)
{
	return not_supported(
	    mio__option_get_bool(fd, IPPROTO_UDP, UDP_GRO, on));
}

MIO__PUBLIC MIO__COLD int
mio_udp_set_broadcast(mio_fd_t fd, bool on)
{
	return mio__option_set_bool(fd, SOL_SOCKET, SO_BROADCAST, on);
}

MIO__PUBLIC MIO__COLD int
mio_udp_get_broadcast(mio_fd_t fd, bool *on)
{
	return mio__option_get_bool(fd, SOL_SOCKET, SO_BROADCAST, on);
}
