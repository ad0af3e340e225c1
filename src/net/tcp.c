/* SPDX-License-Identifier: MIT */
#include "sys/compat.h"
#include "mio/tcp.h"

#include <limits.h>

#include "base/check.h"
#include "mio/socket.h"
#include "net/accept.h"
#include "net/inet.h"
#include "net/option.h"
#include "net/socket.h"
#include "sys/sock.h"

MIO__PUBLIC int
mio_tcp_connect(mio_fd_t *out, const struct sockaddr *addr, socklen_t len)
{
	int fd;
	int r;

	if (out == NULL)
		return -EINVAL;

	r = mio__inet_check_address(addr, len);
	if (r < 0)
		return r;

	fd = mio__os_socket(addr->sa_family, SOCK_STREAM);
	if (fd < 0)
		return fd;

	r = mio__os_connect(fd, addr, len);

	return mio__socket_hand_over(fd, r == -EINPROGRESS ? 0 : r, out);
}

MIO__PUBLIC MIO__COLD int
mio_tcp_listen(mio_fd_t *out, const struct sockaddr *addr, socklen_t len,
    int backlog, unsigned flags)
{
	int fd;
	int r;

	if (out == NULL)
		return -EINVAL;

	r = mio__inet_check_bind(addr, len, flags);
	if (r < 0)
		return r;

	fd = mio__os_socket(addr->sa_family, SOCK_STREAM);
	if (fd < 0)
		return fd;

	r = mio_socket_set_reuse_addr(fd, true);
	if (r == 0)
		r = mio__inet_bind(fd, addr, len, flags);
	if (r == 0)
		r = mio_socket_listen(fd, backlog);

	return mio__socket_hand_over(fd, r, out);
}

MIO__PUBLIC int
mio_tcp_accept(mio_fd_t listener, mio_fd_t *out, struct sockaddr_storage *peer,
    socklen_t *len)
{
	return mio__accept(listener, out, peer, len);
}

MIO__PUBLIC int
mio_tcp_set_nodelay(mio_fd_t fd, bool on)
{
	return mio__option_set_bool(fd, IPPROTO_TCP, TCP_NODELAY, on);
}

MIO__PUBLIC MIO__COLD int
mio_tcp_get_nodelay(mio_fd_t fd, bool *on)
{
	return mio__option_get_bool(fd, IPPROTO_TCP, TCP_NODELAY, on);
}

#define HAS_IDLE (TCP_KEEPIDLE != -1)

/* -EINVAL can only mean a time that the system does not accept. */
static int
set_idle(mio_fd_t fd, int idle)
{
	int r;

	if (!HAS_IDLE)
		return -ENOTSUP;

	r = mio__option_set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, idle);

	return r == -EINVAL ? -ERANGE : r;
}

/* Without such an option, reading another one checks for a TCP socket. */
static int
get_idle(mio_fd_t fd, int *idle)
{
	return mio__option_get_int(
	    fd, IPPROTO_TCP, HAS_IDLE ? TCP_KEEPIDLE : TCP_NODELAY, idle);
}

/* Sets the idle time first, which has no effect while keepalive is off. */
MIO__PUBLIC MIO__COLD int
mio_tcp_set_keepalive(mio_fd_t fd, int64_t idle_ns)
{
	int before;
	int idle;
	int r;

	if (idle_ns < 0)
		return mio__option_set_bool(
		    fd, SOL_SOCKET, SO_KEEPALIVE, false);

	if (idle_ns == 0)
		return -EINVAL;

	r = mio__option_to_seconds(idle_ns, &idle);
	if (r == 0 && idle > INT_MAX / MIO__KEEPIDLE_PER_SEC)
		r = -ERANGE;
	if (r == 0)
		r = get_idle(fd, &before);
	if (r == 0)
		r = set_idle(fd, idle * MIO__KEEPIDLE_PER_SEC);
	if (r < 0)
		return r;

	r = mio__option_set_bool(fd, SOL_SOCKET, SO_KEEPALIVE, true);
	if (r < 0)
		(void)mio__option_set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE,
		    before); /* this value was accepted before */

	return r;
}

MIO__PUBLIC MIO__COLD int
mio_tcp_get_keepalive(mio_fd_t fd, int64_t *idle_ns)
{
	bool on;
	int idle;
	int r;

	if (idle_ns == NULL)
		return -EINVAL;

	r = get_idle(fd, &idle);
	if (r == 0)
		r = mio__option_get_bool(fd, SOL_SOCKET, SO_KEEPALIVE, &on);
	if (r == 0 && on && !HAS_IDLE)
		r = -ENOTSUP;
	if (r < 0)
		return r;

	*idle_ns = on ? mio__option_to_ns(idle / MIO__KEEPIDLE_PER_SEC) : -1;

	return 0;
}

MIO__PUBLIC MIO__COLD int
mio_tcp_set_linger(mio_fd_t fd, int64_t ns)
{
	struct linger linger = { .l_onoff = ns >= 0 };
	int r;

	if (ns >= 0) {
		r = mio__option_to_seconds(ns, &linger.l_linger);
		if (r < 0)
			return r;
	}

	return mio__os_setsockopt(
	    fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

MIO__PUBLIC MIO__COLD int
mio_tcp_get_linger(mio_fd_t fd, int64_t *ns)
{
	struct linger linger = { 0 };
	socklen_t len = sizeof(linger);
	int r;

	if (ns == NULL)
		return -EINVAL;

	r = mio__os_getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &len);
	if (r < 0)
		return r;

	*ns = linger.l_onoff ? mio__option_to_ns(linger.l_linger) : -1;

	return 0;
}
