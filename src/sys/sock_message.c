/* SPDX-License-Identifier: MIT */

/* The part of sock.h that transfers several messages with one call. */

#include "sys/compat.h"
#include "sys/sock.h"

#include <stdatomic.h>

#include "base/check.h"
#include "sys/refused.h"

/* The calls that turned out to be missing, as in sock.c. */
static struct {
	atomic_bool recvmmsg;
	atomic_bool sendmmsg;
} lacking;

/*
 * A socket that libmio did not make may be in blocking mode. Descriptors that
 * arrive unasked are closed, and until then no child may inherit them.
 */
#define RECV_FLAGS (MSG_DONTWAIT | MSG_CMSG_CLOEXEC)
#define SEND_FLAGS (MSG_DONTWAIT | MSG_NOSIGNAL)

/* Signed on FreeBSD. */
typedef __typeof__(((struct mmsghdr *)NULL)->msg_len) msg_len_t;

static MIO__COLD int
recv_each(int fd, struct mmsghdr *msgs, unsigned count)
{
	ssize_t n = 0;
	unsigned i;

	for (i = 0; i < count; i++) {
		n = mio__os_recvmsg(fd, &msgs[i].msg_hdr, RECV_FLAGS);
		if (n < 0)
			break;
		msgs[i].msg_len = (msg_len_t)n;
	}

	return i > 0 ? (int)i : (int)n;
}

int
mio__os_recvmmsg(int fd, struct mmsghdr *msgs, unsigned count)
{
	int n;

	if (atomic_load_explicit(&lacking.recvmmsg, memory_order_relaxed))
		return recv_each(fd, msgs, count);

	do
		n = (int)recvmmsg(fd, msgs, count, RECV_FLAGS, NULL);
	while (n < 0 && errno == EINTR);

	if (n >= 0 || !mio__os_refused(errno))
		return n < 0 ? -errno : n;

	n = recv_each(fd, msgs, count);
	if (n > 0)
		atomic_store_explicit(
		    &lacking.recvmmsg, true, memory_order_relaxed);

	return n;
}

static MIO__COLD int
send_each(int fd, struct mmsghdr *msgs, unsigned count)
{
	ssize_t n = 0;
	unsigned i;

	for (i = 0; i < count; i++) {
		n = mio__os_sendmsg(fd, &msgs[i].msg_hdr);
		if (n < 0)
			break;
		msgs[i].msg_len = (msg_len_t)n;
	}

	return i > 0 ? (int)i : (int)n;
}

int
mio__os_sendmmsg(int fd, struct mmsghdr *msgs, unsigned count)
{
	int n;

	if (atomic_load_explicit(&lacking.sendmmsg, memory_order_relaxed))
		return send_each(fd, msgs, count);

	do
		n = (int)sendmmsg(fd, msgs, count, SEND_FLAGS);
	while (n < 0 && errno == EINTR);

	if (n >= 0 || !mio__os_refused(errno))
		return n < 0 ? -errno : n;

	/* EPERM may come from a firewall: only success proves a sandbox */
	n = send_each(fd, msgs, count);
	if (n > 0)
		atomic_store_explicit(
		    &lacking.sendmmsg, true, memory_order_relaxed);

	return n;
}
