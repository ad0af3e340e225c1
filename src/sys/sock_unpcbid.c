/* SPDX-License-Identifier: MIT */

/* The part of sock.h that asks LOCAL_PEEREID of NetBSD for the peer. */

#include "sys/compat.h"
#include "sys/sock.h"

#include <sys/un.h>

#include "mio/unix.h"

#define LEVEL 0 /* of local sockets; it has no name there */

int
mio__os_credentials(int fd, struct mio_credentials *credentials)
{
	struct unpcbid peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, LEVEL, LOCAL_PEEREID, &peer, &len) < 0)
		return -errno;

	*credentials = (struct mio_credentials){
		.pid = peer.unp_pid,
		.uid = peer.unp_euid,
		.gid = peer.unp_egid,
	};

	return 0;
}
