/* SPDX-License-Identifier: MIT */

/* The credentials of a peer by LOCAL_PEERCRED, on FreeBSD since 13. */

#include "sys/compat.h"
#include "sys/sock.h"

#include <sys/un.h>

#include "mio/unix.h"

int
mio__os_credentials(int fd, struct mio_credentials *credentials)
{
	struct xucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_LOCAL, LOCAL_PEERCRED, &peer, &len) < 0)
		return -errno;

	if (peer.cr_version != XUCRED_VERSION || peer.cr_ngroups < 1)
		return -ENOTCONN;

	*credentials = (struct mio_credentials){
		.pid = peer.cr_pid > 0 ? peer.cr_pid : -1,
		.uid = peer.cr_uid,
		.gid = peer.cr_groups[0],
	};

	return 0;
}
