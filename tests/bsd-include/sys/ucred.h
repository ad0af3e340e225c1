/* SPDX-License-Identifier: MIT */
#ifndef BSD_SYS_UCRED_H
#define BSD_SYS_UCRED_H

#include <sys/types.h>

#if BSD_FREEBSD || BSD_DRAGONFLY
#define XU_NGROUPS	16
#define XUCRED_VERSION	0
#define cr_gid		cr_groups[0]

struct xucred {
	u_int cr_version;
	uid_t cr_uid;
	short cr_ngroups;
	gid_t cr_groups[XU_NGROUPS];
#if BSD_FREEBSD >= 13
	union {
		void *bsd_unused;
		pid_t cr_pid;
	};
#else
	void *bsd_unused;
#endif
};
#endif

#endif
