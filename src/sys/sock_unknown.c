/* SPDX-License-Identifier: MIT */

/* A system without a call that names the peer of a socket. */

#include "sys/compat.h"
#include "sys/sock.h"

#include "mio/unix.h"

int
mio__os_credentials(int fd, struct mio_credentials *credentials)
{
	socklen_t len = sizeof(int);
	int type;

	(void)credentials;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
		return -errno;

	return -ENOTCONN;
}
