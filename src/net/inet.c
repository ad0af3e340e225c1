/* SPDX-License-Identifier: MIT */
#include "net/inet.h"

#include <errno.h>
#include <stddef.h>

#include "base/check.h"
#include "mio/socket.h"
#include "mio/tcp.h"
#include "sys/sock.h"

#define BIND_FLAGS (MIO_REUSEPORT | MIO_ONLY_V6)

int
mio__inet_check_address(const struct sockaddr *addr, socklen_t len)
{
	if (addr == NULL || len < offsetof(struct sockaddr, sa_data))
		return -EINVAL;

	if (addr->sa_family != AF_INET && addr->sa_family != AF_INET6)
		return -EAFNOSUPPORT;

	return 0;
}

MIO__COLD int
mio__inet_check_bind(const struct sockaddr *addr, socklen_t len, unsigned flags)
{
	int r;

	if (flags & ~BIND_FLAGS)
		return -EINVAL;

	r = mio__inet_check_address(addr, len);
	if (r < 0)
		return r;

	if ((flags & MIO_ONLY_V6) && addr->sa_family != AF_INET6)
		return -EINVAL;

	return 0;
}

MIO__COLD int
mio__inet_bind(
    mio_fd_t fd, const struct sockaddr *addr, socklen_t len, unsigned flags)
{
	int r = 0;

	if (flags & MIO_REUSEPORT)
		r = mio_socket_set_reuse_port(fd, true);
	if (r == 0 && (flags & MIO_ONLY_V6))
		r = mio_socket_set_only_v6(fd, true);
	if (r == 0)
		r = mio__os_bind(fd, addr, len);

	return r;
}
