/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_HANDOVER_H
#define MIO_SYS_HANDOVER_H

/*
 * What one thread wrote before it registered a descriptor is seen by the one
 * that gets the event: the kernel's locks see to that. ThreadSanitizer knows it
 * of epoll_wait(2) and a first registration, and neither of epoll_pwait2(2) nor
 * of a change, so that a library built for it says it here. In all others there
 * is nothing of this. Descriptors that share a place are taken for one.
 */

#include "config.h"

#ifdef MIO_SANITIZE_THREAD
#include <sanitizer/tsan_interface.h>

static inline void *
mio__handover_place(int fd)
{
	static char places[1024];

	return &places[(unsigned)fd % sizeof(places)];
}

#define MIO__HANDOVER_RELEASE(fd) __tsan_release(mio__handover_place(fd))
#define MIO__HANDOVER_ACQUIRE(fd) __tsan_acquire(mio__handover_place(fd))
#else
#define MIO__HANDOVER_RELEASE(fd) ((void)(fd))
#define MIO__HANDOVER_ACQUIRE(fd) ((void)(fd))
#endif

#endif
