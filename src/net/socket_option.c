/* SPDX-License-Identifier: MIT */

/* The options of mio/socket.h, as typed pairs. */

#include "sys/compat.h"

#include <limits.h>

#include "base/check.h"
#include "mio/poll.h"
#include "mio/socket.h"
#include "net/option.h"
#include "sys/selector.h"
#include "sys/sock.h"

#define TTL_MAX 255u

MIO__PUBLIC int
mio_socket_take_error(mio_fd_t fd, int *error)
{
	int value;
	int r;

	if (error == NULL)
		return -EINVAL;

	r = mio__option_get_int(fd, SOL_SOCKET, SO_ERROR, &value);
	if (r < 0)
		return r;

	/* the error is cleared, and the next one is an edge */
	if (value != 0)
		mio__selector_rearm(fd, MIO_READABLE | MIO_WRITABLE);

	*error = -value;

	return 0;
}

struct option {
	int level, name;
};

/* Finds the option for the time to live of this socket's family. */
static MIO__COLD int
find_ttl(mio_fd_t fd, struct option *option)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	int r;

	r = mio__os_getsockname(fd, (struct sockaddr *)&addr, &len);
	if (r < 0)
		return r;

	switch (addr.ss_family) {
	case AF_INET:
		*option = (struct option){ IPPROTO_IP, IP_TTL };
		return 0;
	case AF_INET6:
		*option = (struct option){ IPPROTO_IPV6, IPV6_UNICAST_HOPS };
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/*
 * An IPv6 socket that can have IPv4 peers has a time to live besides its hop
 * limit, but not on every system and not with every protocol.
 */
static MIO__COLD int
set_both(mio_fd_t fd, int ttl)
{
	int before;
	int r, error;

	error = mio__option_get_int(fd, IPPROTO_IP, IP_TTL, &before);
	if (error < 0 && error != -ENOPROTOOPT && error != -EOPNOTSUPP &&
	    error != -EINVAL)
		return error;

	r = 0;
	if (error == 0)
		r = mio__option_set_int(fd, IPPROTO_IP, IP_TTL, ttl);
	if (r < 0)
		return r;

	r = mio__option_set_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl);
	if (r < 0 && error == 0)
		(void)mio__option_set_int(fd, IPPROTO_IP, IP_TTL,
		    before); /* this value was accepted before */

	return r;
}

MIO__PUBLIC MIO__COLD int
mio_socket_set_ttl(mio_fd_t fd, unsigned ttl)
{
	struct option option;
	int r;

	if (ttl == 0 || ttl > TTL_MAX)
		return -ERANGE;

	r = find_ttl(fd, &option);
	if (r < 0)
		return r;

	return option.level == IPPROTO_IPV6
	    ? set_both(fd, (int)ttl)
	    : mio__option_set_int(fd, option.level, option.name, (int)ttl);
}

MIO__PUBLIC MIO__COLD int
mio_socket_get_ttl(mio_fd_t fd, unsigned *ttl)
{
	struct option option;
	int r;

	if (ttl == NULL)
		return -EINVAL;

	r = find_ttl(fd, &option);
	if (r < 0)
		return r;

	return mio__option_get_int(fd, option.level, option.name, (int *)ttl);
}

/* Systems differ in the error for a socket that is not an IPv6 socket. */
static int
no_such_option(int r)
{
	return r == -EOPNOTSUPP ? -ENOPROTOOPT : r;
}

MIO__PUBLIC MIO__COLD int
mio_socket_set_only_v6(mio_fd_t fd, bool on)
{
	return no_such_option(
	    mio__option_set_bool(fd, IPPROTO_IPV6, IPV6_V6ONLY, on));
}

MIO__PUBLIC MIO__COLD int
mio_socket_get_only_v6(mio_fd_t fd, bool *on)
{
	return no_such_option(
	    mio__option_get_bool(fd, IPPROTO_IPV6, IPV6_V6ONLY, on));
}

MIO__PUBLIC MIO__COLD int
mio_socket_set_reuse_addr(mio_fd_t fd, bool on)
{
	return mio__option_set_bool(fd, SOL_SOCKET, SO_REUSEADDR, on);
}

MIO__PUBLIC MIO__COLD int
mio_socket_get_reuse_addr(mio_fd_t fd, bool *on)
{
	return mio__option_get_bool(fd, SOL_SOCKET, SO_REUSEADDR, on);
}

MIO__PUBLIC MIO__COLD int
mio_socket_set_reuse_port(mio_fd_t fd, bool on)
{
	return mio__option_set_bool(fd, SOL_SOCKET, SO_REUSEPORT, on);
}

MIO__PUBLIC MIO__COLD int
mio_socket_get_reuse_port(mio_fd_t fd, bool *on)
{
	return mio__option_get_bool(fd, SOL_SOCKET, SO_REUSEPORT, on);
}

/*
 * Linux reduces any size over its limit to the limit. The BSDs and macOS refuse
 * it, so this searches for the largest size that they accept. The last size
 * that was accepted stays set.
 */
static MIO__COLD int
set_largest_size(mio_fd_t fd, int name, int refused)
{
	int accepted = 0;
	int size;

	while (refused - accepted > 1) {
		size = accepted + (refused - accepted) / 2;
		if (mio__option_set_int(fd, SOL_SOCKET, name, size) == 0)
			accepted = size;
		else
			refused = size;
	}

	return accepted > 0 ? 0 : -ENOBUFS;
}

/* 0 stands for the smallest size, which the BSDs and macOS refuse. */
static MIO__COLD int
set_size(mio_fd_t fd, int name, size_t size)
{
	int wanted;
	int r;

	if (size > INT_MAX)
		return -ERANGE;

	wanted = size > 0 ? (int)size : 1;
	r = mio__option_set_int(fd, SOL_SOCKET, name, wanted);

	return r == -ENOBUFS ? set_largest_size(fd, name, wanted) : r;
}

static MIO__COLD int
get_size(mio_fd_t fd, int name, size_t *size)
{
	int value;
	int r;

	if (size == NULL)
		return -EINVAL;

	r = mio__option_get_int(fd, SOL_SOCKET, name, &value);
	if (r < 0)
		return r;

	*size = (size_t)value;

	return 0;
}

MIO__PUBLIC MIO__COLD int
mio_socket_set_recv_buffer_size(mio_fd_t fd, size_t size)
{
	return set_size(fd, SO_RCVBUF, size);
}

MIO__PUBLIC MIO__COLD int
mio_socket_get_recv_buffer_size(mio_fd_t fd, size_t *size)
{
	return get_size(fd, SO_RCVBUF, size);
}

MIO__PUBLIC MIO__COLD int
mio_socket_set_send_buffer_size(mio_fd_t fd, size_t size)
{
	return set_size(fd, SO_SNDBUF, size);
}

MIO__PUBLIC MIO__COLD int
mio_socket_get_send_buffer_size(mio_fd_t fd, size_t *size)
{
	return get_size(fd, SO_SNDBUF, size);
}
