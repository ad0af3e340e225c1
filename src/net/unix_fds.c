/* SPDX-License-Identifier: MIT */

/*
 * Descriptors in messages (SCM_RIGHTS). A received descriptor is open in this
 * process: it is either stored for the caller or closed here.
 */

#include "sys/compat.h"
#include "mio/unix.h"

#include <string.h>

#include "base/check.h"
#include "mio/poll.h"
#include "net/accept.h"
#include "net/socket.h"
#include "net/transfer.h"
#include "sys/descriptor.h"
#include "sys/sock.h"

#define FDS_MAX 253u /* Linux's limit for a message */

/* Room for other control messages, the largest of which is a label. */
#define OTHER_CONTROL 4352

struct control {
	_Alignas(struct cmsghdr) char bytes[CMSG_SPACE(FDS_MAX * sizeof(int)) +
	    CMSG_SPACE(OTHER_CONTROL)];
};

/* Other families would silently send the bytes without the descriptors. */
static int
check_family(mio_fd_t fd)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	int r = mio__os_getsockname(fd, (struct sockaddr *)&addr, &len);

	if (r < 0)
		return r;

	return addr.ss_family == AF_UNIX ? 0 : -ENOTSUP;
}

MIO__PUBLIC ssize_t
mio_unix_send_fds(
    mio_fd_t fd, const void *buf, size_t len, const mio_fd_t *fds, size_t count)
{
	struct iovec iov = { (void *)(uintptr_t)buf, len }; /* not written */
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	size_t size = count * sizeof(*fds);
	struct control control;
	struct cmsghdr *header;
	int r;

	if (buf == NULL || len == 0 || count > FDS_MAX ||
	    (fds == NULL && count > 0))
		return -EINVAL;

	if (count > 0) {
		r = check_family(fd);
		if (r < 0)
			return r;

		memset(
		    &control, 0, CMSG_SPACE(size)); /* including the padding */
		msg.msg_control = &control;
		msg.msg_controllen = (socklen_t)CMSG_SPACE(size);
		header = CMSG_FIRSTHDR(&msg);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = (socklen_t)CMSG_LEN(size);
		memcpy(CMSG_DATA(header), fds, size);
	}

	return mio__transfer_done(
	    fd, mio__os_sendmsg(fd, &msg), len, MIO_WRITABLE);
}

/* Received descriptors: the caller's array, how many so far, its size. */
struct arrivals {
	mio_fd_t *fds;
	size_t count, room;
};

static void
add(struct arrivals *arrivals, mio_fd_t fd)
{
	mio__accept_forget(fd); /* it may have been closed without libmio */

	if (arrivals->count < arrivals->room)
		arrivals->fds[arrivals->count] = fd;
	else if (fd != MIO_INVALID_FD)
		(void)mio__os_close(fd); /* the caller has no room for it */

	arrivals->count++;
}

static void
add_from(struct arrivals *arrivals, struct cmsghdr *header)
{
	size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(mio_fd_t);
	mio_fd_t fd;
	size_t i;

	for (i = 0; i < count; i++) {
		memcpy(&fd, CMSG_DATA(header) + i * sizeof(fd), sizeof(fd));
		mio__os_adopt_passed(fd);
		add(arrivals, fd);
	}
}

MIO__PUBLIC ssize_t
mio_unix_recv_fds(
    mio_fd_t fd, void *buf, size_t len, mio_fd_t *fds, size_t *count)
{
	struct iovec iov = { buf, len };
	struct control control;
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct arrivals arrivals = { .fds = fds };
	struct cmsghdr *header;
	ssize_t n;

	if ((buf == NULL && len > 0) || count == NULL ||
	    (fds == NULL && *count > 0))
		return -EINVAL;

	n = mio__os_recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	if (n < 0)
		return mio__transfer_done(fd, n, len, MIO_READABLE);

	arrivals.room = *count;
	for (header = CMSG_FIRSTHDR(&msg); header != NULL;
	     header = mio__socket_next_header(&msg, header)) {
		if (header->cmsg_level == SOL_SOCKET &&
		    header->cmsg_type == SCM_RIGHTS)
			add_from(&arrivals, header);
		else
			mio__socket_close_passed(header);
	}

	/* there is room for all, so the descriptor limit was reached */
	if (msg.msg_flags & MSG_CTRUNC)
		add(&arrivals, MIO_INVALID_FD);

	*count = arrivals.count;

	return mio__transfer_done(fd, n, len, MIO_READABLE);
}
