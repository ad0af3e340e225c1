/* SPDX-License-Identifier: MIT */
#include "sys/compat.h"
#include "mio/socket.h"

#include <limits.h>

#include "base/check.h"
#include "mio/poll.h"
#include "sys/os.h"
#include "sys/selector.h"

MIO__PUBLIC int
mio_socket_create(mio_fd_t *out, int family, int type)
{
	int r;

	if (out == NULL)
		return -EINVAL;

	r = mio__os_socket(family, type);
	if (r < 0)
		return r;

	*out = r;

	return 0;
}

MIO__PUBLIC int
mio_socket_bind(mio_fd_t fd, const struct sockaddr *addr, socklen_t len)
{
	if (addr == NULL)
		return -EINVAL;

	return mio__os_bind(fd, addr, len);
}

MIO__PUBLIC int
mio_socket_listen(mio_fd_t fd, int backlog)
{
	int r;

	/* every kernel takes less than this for its own largest */
	r = mio__os_listen(fd, backlog > 0 ? backlog : INT_MAX);
	if (r < 0)
		return r;

	/* it hung up before, in the eyes of a poll that knows it already */
	mio__selector_rearm(fd, MIO_READABLE | MIO_WRITABLE);

	return 0;
}

MIO__PUBLIC int
mio_socket_connect(mio_fd_t fd, const struct sockaddr *addr, socklen_t len)
{
	int r;

	if (addr == NULL)
		return -EINVAL;

	r = mio__os_connect(fd, addr, len);
	if (r < 0 && r != -EINPROGRESS)
		return r;

	mio__selector_rearm(fd, MIO_READABLE | MIO_WRITABLE);

	return 0;
}

/* Whether the kernel has made up its mind about a connection. */
static int
is_decided(mio_fd_t fd)
{
	struct pollfd look = { .fd = fd, .events = POLLOUT };
	bool coarse = false;
	int n;

	do
		n = mio__os_poll(&look, 1, 0, &coarse);
	while (n == -EINTR);

	return n;
}

/*
 * No error and no peer means undecided, or failed and told. A failure may come
 * between these looks, so one that the last look finds decided is asked again.
 */
MIO__PUBLIC int
mio_socket_connect_finish(mio_fd_t fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	bool decided = false;
	int error;
	int r;

	for (;;) {
		r = mio_socket_take_error(fd, &error);
		if (r < 0 || error < 0)
			return r < 0 ? r : error;

		r = mio__os_getpeername(fd, (struct sockaddr *)&peer, &len);
		if (r != -ENOTCONN || decided)
			return r;

		r = is_decided(fd);
		if (r < 0)
			return r;

		if (r == 0) {
			mio__selector_rearm(fd, MIO_WRITABLE);
			return -EINPROGRESS;
		}
		decided = true;
	}
}

/*
 * What a transfer answered, after telling the selector if what comes next is an
 * edge: it would have blocked, a stream gave or took less than asked, or an
 * error that stood in the way is taken. What is closed stays so.
 */
static ssize_t
done(mio_fd_t fd, ssize_t n, size_t len, unsigned ready)
{
	if ((n < 0 && n != -EPIPE && n != -ENOTCONN) ||
	    (n > 0 && (size_t)n < len))
		mio__selector_rearm(fd, ready);

	return n;
}

MIO__PUBLIC ssize_t
mio_socket_recv(mio_fd_t fd, void *buf, size_t len)
{
	if (buf == NULL && len > 0)
		return -EINVAL;

	return done(fd, mio__os_recv(fd, buf, len, 0), len, MIO_READABLE);
}

MIO__PUBLIC ssize_t
mio_socket_peek(mio_fd_t fd, void *buf, size_t len)
{
	ssize_t n;

	if (buf == NULL && len > 0)
		return -EINVAL;

	n = mio__os_recv(fd, buf, len, MSG_PEEK);

	/* the bytes are still there, so a short peek is not an edge */
	return done(fd, n, 0, MIO_READABLE);
}

MIO__PUBLIC ssize_t
mio_socket_send(mio_fd_t fd, const void *buf, size_t len)
{
	if (buf == NULL && len > 0)
		return -EINVAL;

	return done(fd, mio__os_send(fd, buf, len), len, MIO_WRITABLE);
}

/* A message of up to IOV_MAX of the buffers; what they hold together. */
static size_t
gather(struct msghdr *msg, const struct iovec *iov, int count)
{
	size_t len = 0;
	int i;

	if (count > IOV_MAX)
		count = IOV_MAX;

	*msg = (struct msghdr){
		.msg_iov = (struct iovec *)(uintptr_t)iov, /* only read */
		.msg_iovlen = (size_t)count,
	};

	for (i = 0; i < count; i++)
		len += iov[i].iov_len;

	return len;
}

/* No bytes are to go either way: 0, if fd is a socket at all. */
static int
nothing(mio_fd_t fd)
{
	int type;
	socklen_t len = sizeof(type);

	return mio__os_getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
}

MIO__PUBLIC ssize_t
mio_socket_recvv(mio_fd_t fd, const struct iovec *iov, int count)
{
	struct msghdr msg;
	size_t len;

	if (iov == NULL || count < 0)
		return -EINVAL;

	if (count == 0)
		return nothing(fd);

	len = gather(&msg, iov, count);

	return done(fd, mio__os_recvmsg(fd, &msg), len, MIO_READABLE);
}

MIO__PUBLIC ssize_t
mio_socket_sendv(mio_fd_t fd, const struct iovec *iov, int count)
{
	struct msghdr msg;
	size_t len;

	if (iov == NULL || count < 0)
		return -EINVAL;

	if (count == 0)
		return nothing(fd);

	len = gather(&msg, iov, count);

	return done(fd, mio__os_sendmsg(fd, &msg), len, MIO_WRITABLE);
}

MIO__PUBLIC int
mio_socket_shutdown(mio_fd_t fd, int how)
{
	switch (how) {
	case MIO_SHUT_READ:
		return mio__os_shutdown(fd, SHUT_RD);
	case MIO_SHUT_WRITE:
		return mio__os_shutdown(fd, SHUT_WR);
	case MIO_SHUT_BOTH:
		return mio__os_shutdown(fd, SHUT_RDWR);
	default:
		return -EINVAL;
	}
}

typedef int name_call(int fd, struct sockaddr *addr, socklen_t *len);

static int
get_addr(
    name_call *call, mio_fd_t fd, struct sockaddr_storage *addr, socklen_t *len)
{
	struct sockaddr_storage got = { 0 };
	socklen_t got_len = sizeof(got);
	int r;

	if (addr == NULL || len == NULL)
		return -EINVAL;

	r = call(fd, (struct sockaddr *)&got, &got_len);
	if (r < 0)
		return r;

	*addr = got;
	*len = got_len;

	return 0;
}

MIO__PUBLIC int
mio_socket_local_addr(
    mio_fd_t fd, struct sockaddr_storage *addr, socklen_t *len)
{
	return get_addr(mio__os_getsockname, fd, addr, len);
}

MIO__PUBLIC int
mio_socket_peer_addr(mio_fd_t fd, struct sockaddr_storage *addr, socklen_t *len)
{
	return get_addr(mio__os_getpeername, fd, addr, len);
}
