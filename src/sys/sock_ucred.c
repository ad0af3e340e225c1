/* SPDX-License-Identifier: MIT */

/* The credentials of a peer by SO_PEERCRED, on Linux and OpenBSD. */

#include "sys/compat.h"
#include "sys/sock.h"

#include "mio/unix.h"

int
mio__os_credentials(int fd, struct mio_credentials *credentials)
{
	mio__peercred_t peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return -errno;

	/* without a peer Linux succeeds with this value, on any socket */
	if (peer.uid == (uid_t)-1)
		return -ENOTCONN;

	*credentials = (struct mio_credentials){
		.pid = peer.pid,
		.uid = peer.uid,
		.gid = peer.gid,
	};

	return 0;
}
