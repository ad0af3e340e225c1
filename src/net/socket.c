/* SPDX-License-Identifier: MIT */
#include "sys/compat.h"
#include "net/socket.h"

#include <limits.h>
#include <string.h>

#include "base/check.h"
#include "mio/poll.h"
#include "mio/socket.h"
#include "net/option.h"
#include "net/transfer.h"
#include "sys/descriptor.h"
#include "sys/selector.h"
#include "sys/sock.h"

int
mio__socket_hand_over(mio_fd_t fd, int r, mio_fd_t *out)
{
	if (r < 0) {
		(void)mio__os_close(fd); /* the first error is returned */
		return r;
	}

	*out = fd;

	return 0;
}

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

MIO__PUBLIC MIO__COLD int
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

	/* every kernel reduces this to its own limit */
	r = mio__os_listen(fd, backlog > 0 ? backlog : INT_MAX);
	if (r < 0)
		return r;

	/* until now a poll with this socket has seen a hang-up */
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

int
mio__socket_check(mio_fd_t fd, short events)
{
	struct pollfd check = { .fd = fd, .events = events };
	bool coarse = false;
	int n;

	do
		n = mio__os_poll(&check, 1, 0, &coarse);
	while (n == -EINTR);

	return n > 0 ? check.revents : n;
}

/*
 * Whether the socket waits for data to send with its first segment: it is
 * writable, has not hung up, has no peer and has TCP_FASTOPEN_CONNECT set.
 */
static MIO__COLD bool
waits_for_bytes(mio_fd_t fd, int revents)
{
	int on = 0;

	return revents == POLLOUT &&
	    mio__option_get_int(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on) ==
	    0 &&
	    on != 0;
}

/*
 * A socket without an error and without a peer is still connecting, or it has
 * failed and the error was already returned. It may also fail between these
 * checks: if the last one finds it ready, the error is read once more.
 */
MIO__PUBLIC int
mio_socket_connect_finish(mio_fd_t fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	int seen = 0;
	int error;
	int r;

	for (;;) {
		r = mio_socket_take_error(fd, &error);
		if (r < 0 || error < 0)
			return r < 0 ? r : error;

		r = mio__os_getpeername(fd, (struct sockaddr *)&peer, &len);
		if (r != -ENOTCONN)
			return r;
		if (seen != 0)
			return waits_for_bytes(fd, seen) ? 0 : r;

		seen = mio__socket_check(fd, POLLOUT);
		if (seen < 0)
			return seen;

		if (seen == 0) {
			mio__selector_rearm(fd, MIO_WRITABLE);
			return -EINPROGRESS;
		}
	}
}

MIO__PUBLIC ssize_t
mio_socket_recv(mio_fd_t fd, void *buf, size_t len)
{
	if (buf == NULL && len > 0)
		return -EINVAL;

	return mio__transfer_done(
	    fd, mio__os_recv(fd, buf, len, 0), len, MIO_READABLE);
}

MIO__PUBLIC ssize_t
mio_socket_peek(mio_fd_t fd, void *buf, size_t len)
{
	ssize_t n;

	if (buf == NULL && len > 0)
		return -EINVAL;

	n = mio__os_recv(fd, buf, len, MSG_PEEK);

	/* the bytes stay in the queue, so a short peek uses up no edge */
	return mio__transfer_done(fd, n, 0, MIO_READABLE);
}

MIO__PUBLIC ssize_t
mio_socket_send(mio_fd_t fd, const void *buf, size_t len)
{
	if (buf == NULL && len > 0)
		return -EINVAL;

	return mio__transfer_done(
	    fd, mio__os_send(fd, buf, len), len, MIO_WRITABLE);
}

ssize_t
mio__socket_recv_from(mio_fd_t fd, void *buf, size_t len, int flags,
    struct sockaddr_storage *addr, socklen_t *addr_len)
{
	socklen_t got_len = sizeof(*addr);
	ssize_t n;

	if ((buf == NULL && len > 0) || (addr == NULL) != (addr_len == NULL))
		return -EINVAL;

	n = mio__os_recvfrom(fd, buf, len, flags, (struct sockaddr *)addr,
	    addr != NULL ? &got_len : NULL);
	if (n >= 0 && addr != NULL)
		*addr_len = got_len;

	/* a datagram shorter than the buffer does not mean an empty queue */
	return mio__transfer_done(fd, n, 0, MIO_READABLE);
}

ssize_t
mio__socket_send_to(mio_fd_t fd, const void *buf, size_t len,
    const struct sockaddr *addr, socklen_t addr_len)
{
	if (addr == NULL || (buf == NULL && len > 0))
		return -EINVAL;

	return mio__transfer_done(fd,
	    mio__os_sendto(fd, buf, len, addr, addr_len), len, MIO_WRITABLE);
}

struct cmsghdr *
mio__socket_next_header(const struct msghdr *msg, struct cmsghdr *header)
{
	char *at = (char *)header;
	char *end = (char *)msg->msg_control + msg->msg_controllen;
	size_t left = (size_t)(end - at);
	size_t step;

	if (header->cmsg_len < CMSG_LEN(0))
		return NULL;

	step = CMSG_SPACE(header->cmsg_len - CMSG_LEN(0));
	if (left < step || left - step < CMSG_LEN(0))
		return NULL;

	return (struct cmsghdr *)(void *)(at + step); /* aligned by step */
}

MIO__COLD void
mio__socket_close_passed(struct cmsghdr *header)
{
	size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(mio_fd_t);
	mio_fd_t fd;
	size_t i;

	if (header->cmsg_level != SOL_SOCKET ||
	    (header->cmsg_type != SCM_RIGHTS && header->cmsg_type != SCM_PIDFD))
		return;

	for (i = 0; i < count; i++) {
		memcpy(&fd, CMSG_DATA(header) + i * sizeof(fd), sizeof(fd));
		if (fd >= 0)
			(void)mio__os_close(fd); /* nobody else uses it */
	}
}

_Static_assert(IOV_MAX <= USHRT_MAX,
    "a clipped count fits into what systems have as msg_iovlen");

static struct msghdr
message_of(const struct iovec *iov, int count)
{
	return (struct msghdr){
		.msg_iov = (struct iovec *)(uintptr_t)iov, /* not written */
		.msg_iovlen = (unsigned short)count,
	};
}

/* A transfer of no buffers: returns 0 if fd is a socket. */
static MIO__COLD int
transfer_nothing(mio_fd_t fd)
{
	int type;
	socklen_t len = sizeof(type);

	return mio__os_getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
}

MIO__PUBLIC ssize_t
mio_socket_recvv(mio_fd_t fd, const struct iovec *iov, int count)
{
	struct msghdr msg;
	ssize_t len;

	len = mio__transfer_clip(fd, iov, &count);
	if (len < 0)
		return len;

	if (count == 0)
		return transfer_nothing(fd);

	msg = message_of(iov, count);

	return mio__transfer_done(
	    fd, mio__os_recvmsg(fd, &msg, 0), (size_t)len, MIO_READABLE);
}

MIO__PUBLIC ssize_t
mio_socket_sendv(mio_fd_t fd, const struct iovec *iov, int count)
{
	struct msghdr msg;
	ssize_t len;

	len = mio__transfer_clip(fd, iov, &count);
	if (len < 0)
		return len;

	if (count == 0)
		return transfer_nothing(fd);

	msg = message_of(iov, count);

	return mio__transfer_done(
	    fd, mio__os_sendmsg(fd, &msg), (size_t)len, MIO_WRITABLE);
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

static MIO__NOINLINE int
get_addr(
    name_call *call, mio_fd_t fd, struct sockaddr_storage *addr, socklen_t *len)
{
	socklen_t got_len = sizeof(*addr);
	int r;

	if (addr == NULL || len == NULL)
		return -EINVAL;

	r = call(fd, (struct sockaddr *)addr, &got_len);
	if (r < 0)
		return r;

	if (got_len < sizeof(*addr))
		memset((char *)addr + got_len, 0, sizeof(*addr) - got_len);
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
