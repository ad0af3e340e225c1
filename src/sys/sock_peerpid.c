/* SPDX-License-Identifier: MIT */

/* The credentials of a peer on macOS, where it takes two calls to get all. */

#include "sys/compat.h"
#include "sys/sock.h"

#include <sys/un.h>

#include "mio/unix.h"

int
mio__os_credentials(int fd, struct mio_credentials *credentials)
{
	pid_t pid;
	socklen_t len = sizeof(pid);
	uid_t uid;
	gid_t gid;

	if (getpeereid(fd, &uid, &gid) < 0)
		return -errno;

	if (getsockopt(fd, SOL_LOCAL, LOCAL_PEERPID, &pid, &len) < 0)
		pid = -1; /* macOS before 10.8 lacks the option */

	*credentials = (struct mio_credentials){
		.pid = pid,
		.uid = uid,
		.gid = gid,
	};

	return 0;
}
