/* SPDX-License-Identifier: MIT */
#include "sys/compat.h"
#include "mio/unix.h"

#include <string.h>

#include "base/check.h"
#include "mio/socket.h"
#include "net/accept.h"
#include "net/socket.h"
#include "sys/sock.h"

#define UNNAMED      ((socklen_t)offsetof(struct sockaddr_un, sun_path))
#define PATH_LEN_MAX (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

/* Makes an address of a name that begins at this byte of the path. */
static MIO__COLD int
make_address(struct sockaddr_un *addr, socklen_t *len, size_t begin,
    const char *name, size_t name_len)
{
	if (addr == NULL || len == NULL || name_len == 0)
		return -EINVAL;

	if (name_len > PATH_LEN_MAX)
		return -ENAMETOOLONG;

	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(addr->sun_path + begin, name, name_len);
	*len = UNNAMED + (socklen_t)name_len + 1; /* with its NUL */

	return 0;
}

MIO__PUBLIC MIO__COLD int
mio_unix_addr(struct sockaddr_un *addr, socklen_t *len, const char *path)
{
	int r;

	if (path == NULL)
		return -EINVAL;

	r = make_address(addr, len, 0, path, strlen(path));
	if (r == 0)
		MIO__SET_ADDRESS_LEN(addr, *len);

	return r;
}

/* An abstract name begins with a NUL instead of ending with one. */
MIO__PUBLIC MIO__COLD int
mio_unix_abstract_addr(
    struct sockaddr_un *addr, socklen_t *len, const void *name, size_t name_len)
{
	if (name == NULL)
		return -EINVAL;

	if (!MIO__ABSTRACT_NAMES && addr != NULL && len != NULL && name_len > 0)
		return -ENOTSUP;

	return make_address(addr, len, 1, name, name_len);
}

static int
check_address(const struct sockaddr_un *addr, socklen_t len)
{
	if (addr == NULL || len < UNNAMED)
		return -EINVAL;

	return addr->sun_family == AF_UNIX ? 0 : -EAFNOSUPPORT;
}

MIO__PUBLIC int
mio_unix_connect(mio_fd_t *out, const struct sockaddr_un *addr, socklen_t len)
{
	int fd;
	int r;

	if (out == NULL)
		return -EINVAL;

	r = check_address(addr, len);
	if (r < 0)
		return r;

	fd = mio__os_socket(AF_UNIX, SOCK_STREAM);
	if (fd < 0)
		return fd;

	r = mio__os_connect(fd, (const struct sockaddr *)addr, len);

	return mio__socket_hand_over(fd, r == -EINPROGRESS ? 0 : r, out);
}

/* Makes a socket of this type and binds it to addr. */
static MIO__COLD int
bind_socket(
    mio_fd_t *out, const struct sockaddr_un *addr, socklen_t len, int type)
{
	int fd;
	int r;

	if (out == NULL)
		return -EINVAL;

	r = check_address(addr, len);
	if (r < 0)
		return r;

	fd = mio__os_socket(AF_UNIX, type);
	if (fd < 0)
		return fd;

	r = mio__os_bind(fd, (const struct sockaddr *)addr, len);

	return mio__socket_hand_over(fd, r, out);
}

/* Removes the file that binding to addr has made, if there is one. */
static MIO__COLD void
remove_file(const struct sockaddr_un *addr, socklen_t len)
{
	char path[sizeof(addr->sun_path) + 1] = { 0 };

	memcpy(path, addr->sun_path, len - UNNAMED);
	if (path[0] != '\0')
		(void)mio__os_unlink(path); /* it may be gone already */
}

MIO__PUBLIC MIO__COLD int
mio_unix_listen(
    mio_fd_t *out, const struct sockaddr_un *addr, socklen_t len, int backlog)
{
	mio_fd_t fd = MIO_INVALID_FD;
	int r;

	if (out == NULL)
		return -EINVAL;

	r = bind_socket(&fd, addr, len, SOCK_STREAM);
	if (r < 0)
		return r;

	r = mio_socket_listen(fd, backlog);
	if (r < 0)
		remove_file(addr, len);

	return mio__socket_hand_over(fd, r, out);
}

/* The BSDs return a path of NUL bytes for a socket without a name. */
static bool
is_named(const struct sockaddr_un *addr)
{
	return MIO__ABSTRACT_NAMES || addr->sun_path[0] != '\0';
}

/*
 * Stores the address of a peer, unless the caller passed NULL. For a peer
 * without a name some calls return no address at all. The length of a path that
 * fills the structure is reported one byte too large.
 */
static MIO__NOINLINE void
put_address(struct sockaddr_un *addr, socklen_t *len,
    const struct sockaddr_storage *got, socklen_t got_len)
{
	if (addr == NULL)
		return;

	if (got_len > sizeof(*addr))
		got_len = sizeof(*addr);

	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	*len = UNNAMED;
	if (got_len > UNNAMED && is_named((const void *)got)) {
		memcpy(addr, got, got_len);
		*len = got_len;
	}
	MIO__SET_ADDRESS_LEN(addr, *len);
}

MIO__PUBLIC int
mio_unix_accept(
    mio_fd_t listener, mio_fd_t *out, struct sockaddr_un *peer, socklen_t *len)
{
	struct sockaddr_storage got;
	socklen_t got_len;
	int r;

	if ((peer == NULL) != (len == NULL))
		return -EINVAL;

	r = mio__accept(listener, out, &got, &got_len);
	if (r == 0)
		put_address(peer, len, &got, got_len);

	return r;
}

MIO__PUBLIC MIO__COLD int
mio_unix_pair(mio_fd_t out[2])
{
	if (out == NULL)
		return -EINVAL;

	return mio__os_socketpair(AF_UNIX, SOCK_STREAM, out);
}

MIO__PUBLIC int
mio_unix_datagram(mio_fd_t *out)
{
	return mio_socket_create(out, AF_UNIX, SOCK_DGRAM);
}

MIO__PUBLIC MIO__COLD int
mio_unix_datagram_bind(
    mio_fd_t *out, const struct sockaddr_un *addr, socklen_t len)
{
	return bind_socket(out, addr, len, SOCK_DGRAM);
}

MIO__PUBLIC int
mio_unix_datagram_connect(
    mio_fd_t fd, const struct sockaddr_un *addr, socklen_t len)
{
	int r;

	r = check_address(addr, len);
	if (r < 0)
		return r;

	return mio_socket_connect(fd, (const struct sockaddr *)addr, len);
}

MIO__PUBLIC MIO__COLD int
mio_unix_datagram_pair(mio_fd_t out[2])
{
	if (out == NULL)
		return -EINVAL;

	return mio__os_socketpair(AF_UNIX, SOCK_DGRAM, out);
}

MIO__PUBLIC ssize_t
mio_unix_send_to(mio_fd_t fd, const void *buf, size_t len,
    const struct sockaddr_un *addr, socklen_t addr_len)
{
	int r;

	r = check_address(addr, addr_len);
	if (r < 0)
		return r;

	return mio__socket_send_to(
	    fd, buf, len, (const struct sockaddr *)addr, addr_len);
}

MIO__PUBLIC ssize_t
mio_unix_recv_from(mio_fd_t fd, void *buf, size_t len, struct sockaddr_un *addr,
    socklen_t *addr_len)
{
	struct sockaddr_storage got;
	socklen_t got_len;
	ssize_t n;

	if ((addr == NULL) != (addr_len == NULL))
		return -EINVAL;

	n = mio__socket_recv_from(fd, buf, len, 0, &got, &got_len);
	if (n >= 0)
		put_address(addr, addr_len, &got, got_len);

	return n;
}

MIO__PUBLIC int
mio_unix_peer_credentials(mio_fd_t fd, struct mio_credentials *credentials)
{
	int listens = 0;
	socklen_t len = sizeof(listens);
	int r;

	if (credentials == NULL)
		return -EINVAL;

	/* a listener has no peer, and some systems report its owner */
	r = mio__os_getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len);
	if (r < 0)
		return r;
	if (listens)
		return -ENOTCONN;

	return mio__os_credentials(fd, credentials);
}
