/* SPDX-License-Identifier: MIT */
#include "sys/compat.h"
#include "sys/sock.h"

#include <stdatomic.h>

#include "base/check.h"
#include "sys/descriptor.h"
#include "sys/refused.h"

/* A socket that libmio did not make may be in blocking mode. */
#define SEND_FLAGS (MSG_DONTWAIT | MSG_NOSIGNAL)

/*
 * Set once a call turned out to be missing, so that it fails only once. The
 * memory order does not matter: a thread that does not see the flag yet makes
 * the call and sets the flag itself.
 */
static atomic_bool lacking_accept4;

int
mio__os_socket(int family, int type)
{
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (SOCK_CLOEXEC == 0)
		return mio__os_adopt_made(fd);

	if (fd < 0)
		return -errno;

	mio__os_prevent_sigpipe(fd);

	return fd;
}

MIO__COLD int
mio__os_socketpair(int family, int type, int fds[2])
{
	int made[2];

	if (socketpair(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, made) <
	    0)
		return -errno;

	if (SOCK_CLOEXEC == 0)
		return mio__os_adopt_both(made, fds);

	mio__os_prevent_sigpipe(made[0]);
	mio__os_prevent_sigpipe(made[1]);
	fds[0] = made[0];
	fds[1] = made[1];

	return 0;
}

MIO__COLD int
mio__os_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	return mio__os_result(bind(fd, addr, len));
}

MIO__COLD int
mio__os_unlink(const char *path)
{
	return mio__os_result(unlink(path));
}

MIO__COLD int
mio__os_listen(int fd, int backlog)
{
	return mio__os_result(listen(fd, backlog));
}

int
mio__os_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	if (connect(fd, addr, len) == 0)
		return 0;

	return errno == EINTR ? -EINPROGRESS : -errno;
}

static MIO__COLD int
accept_in_steps(int fd, struct sockaddr *addr, socklen_t *len)
{
	int made;

	do
		made = accept(fd, addr, len);
	while (made < 0 && errno == EINTR);

	return mio__os_adopt_made(made);
}

static int
accept_any(int fd, struct sockaddr *addr, socklen_t *len)
{
	int made;

	if (atomic_load_explicit(&lacking_accept4, memory_order_relaxed))
		return accept_in_steps(fd, addr, len);

	do
		made = accept4(fd, addr, len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	while (made < 0 && errno == EINTR);

	if (made >= 0) {
		mio__os_prevent_sigpipe(made);
		return made;
	}
	if (!mio__os_refused(errno))
		return -errno;

	/* EPERM may come from a firewall: only success proves a sandbox */
	made = accept_in_steps(fd, addr, len);
	if (made >= 0)
		atomic_store_explicit(
		    &lacking_accept4, true, memory_order_relaxed);

	return made;
}

/* A Unix domain socket whose peer has no name has no address either. */
static MIO__COLD bool
has_lost_peer(int fd)
{
	struct sockaddr_storage own;
	socklen_t len = sizeof(own);

	return getsockname(fd, (struct sockaddr *)&own, &len) < 0 ||
	    own.ss_family != AF_UNIX;
}

/* macOS returns a connection that was reset meanwhile, without an address. */
int
mio__os_accept(int fd, struct sockaddr *addr, socklen_t *len)
{
	int made = accept_any(fd, addr, len);

	if (made < 0 || *len > 0 || !has_lost_peer(made))
		return made;

	(void)mio__os_close(made); /* there is nothing in it */

	return -ECONNABORTED;
}

int
mio__os_shutdown(int fd, int how)
{
	return mio__os_result(shutdown(fd, how));
}

int
mio__os_getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	return mio__os_result(getsockname(fd, addr, len));
}

int
mio__os_getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
	return mio__os_result(getpeername(fd, addr, len));
}

int
mio__os_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	return mio__os_result(getsockopt(fd, level, name, value, len));
}

int
mio__os_setsockopt(
    int fd, int level, int name, const void *value, socklen_t len)
{
	return mio__os_result(setsockopt(fd, level, name, value, len));
}

ssize_t
mio__os_recv(int fd, void *buf, size_t len, int flags)
{
	ssize_t n;

	do
		n = recv(fd, buf, len, flags | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);

	return n < 0 ? -errno : n;
}

/*
 * With TCP_FASTOPEN_CONNECT, EINPROGRESS means that the connection has begun
 * without these bytes, and that they must be sent again.
 */
static ssize_t
send_result(ssize_t n)
{
	if (n < 0)
		return errno == EINPROGRESS ? -EAGAIN : -errno;

	return n;
}

ssize_t
mio__os_send(int fd, const void *buf, size_t len)
{
	ssize_t n;

	do
		n = send(fd, buf, len, SEND_FLAGS);
	while (n < 0 && errno == EINTR);

	return send_result(n);
}

ssize_t
mio__os_recvfrom(int fd, void *buf, size_t len, int flags,
    struct sockaddr *addr, socklen_t *addr_len)
{
	ssize_t n;

	do
		n = recvfrom(
		    fd, buf, len, flags | MSG_DONTWAIT, addr, addr_len);
	while (n < 0 && errno == EINTR);

	return n < 0 ? -errno : n;
}

ssize_t
mio__os_sendto(int fd, const void *buf, size_t len, const struct sockaddr *addr,
    socklen_t addr_len)
{
	ssize_t n;

	do
		n = sendto(fd, buf, len, SEND_FLAGS, addr, addr_len);
	while (n < 0 && errno == EINTR);

	return n < 0 ? -errno : n;
}

ssize_t
mio__os_recvmsg(int fd, struct msghdr *msg, int flags)
{
	ssize_t n;

	do
		n = recvmsg(fd, msg, flags | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);

	return n < 0 ? -errno : n;
}

/* musl copies control data up to this size, and fails with ENOMEM beyond. */
#define CONTROL_COPIED 1024u

static MIO__COLD ssize_t
send_directly(int fd, const struct msghdr *msg)
{
	ssize_t n;

	do
		n = mio__sendmsg_directly(fd, msg, SEND_FLAGS);
	while (n < 0 && errno == EINTR);

	if (n < 0 && mio__os_refused(errno))
		return -ENOMEM;

	return n < 0 ? -errno : n;
}

ssize_t
mio__os_sendmsg(int fd, const struct msghdr *msg)
{
	ssize_t n;

	do
		n = sendmsg(fd, msg, SEND_FLAGS);
	while (n < 0 && errno == EINTR);

	if (n < 0 && errno == ENOMEM && msg->msg_controllen > CONTROL_COPIED)
		return send_directly(fd, msg);

	return send_result(n);
}
