/* SPDX-License-Identifier: MIT */

/* The part of sock.h that asks SO_PEERCRED, as Linux has it, for the peer. */

#include "sys/compat.h"
#include "sys/sock.h"

#include "mio/unix.h"

int
mio__os_credentials(int fd, struct mio_credentials *credentials)
{
	struct ucred got;
	socklen_t len = sizeof(got);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &got, &len) < 0)
		return -errno;

	/* no peer, and no socket of this domain, is nobody's */
	if (got.uid == (uid_t)-1)
		return -ENOTCONN;

	*credentials = (struct mio_credentials){
		.pid = got.pid,
		.uid = got.uid,
		.gid = got.gid,
	};

	return 0;
}
