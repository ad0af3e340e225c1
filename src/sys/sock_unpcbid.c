/* SPDX-License-Identifier: MIT */

/* The credentials of a peer by LOCAL_PEEREID, on NetBSD. */

#include "sys/compat.h"
#include "sys/sock.h"

#include <sys/un.h>

#include "mio/unix.h"

#define LEVEL 0 /* of local sockets, for which NetBSD has no name */

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
