/* SPDX-License-Identifier: MIT */
#ifndef BSD_SYS_UN_H
#define BSD_SYS_UN_H

#include <sys/types.h>

struct sockaddr_un {
	uint8_t sun_len;
	sa_family_t sun_family;
	char sun_path[104];
};

#if BSD_VISIBLE && !BSD_OPENBSD
#define SOL_LOCAL 0
#endif

#if BSD_VISIBLE && (BSD_FREEBSD || BSD_DRAGONFLY)
#define LOCAL_PEERCRED 1
#endif

#if BSD_VISIBLE && BSD_NETBSD
#define LOCAL_PEEREID 3

struct unpcbid {
	pid_t unp_pid;
	uid_t unp_euid;
	gid_t unp_egid;
};
#endif

#endif
