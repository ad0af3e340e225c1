/* SPDX-License-Identifier: MIT */

/* The credentials of a peer by getpeereid(3), which knows no process. */

#include "sys/compat.h"
#include "sys/sock.h"

#include "mio/unix.h"

int
mio__os_credentials(int fd, struct mio_credentials *credentials)
{
	uid_t uid;
	gid_t gid;

	if (getpeereid(fd, &uid, &gid) < 0)
		return -errno;

	*credentials = (struct mio_credentials){
		.pid = -1,
		.uid = uid,
		.gid = gid,
	};

	return 0;
}
