/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_HANDOVER_H
#define MIO_SYS_HANDOVER_H

/*
 * What a thread has written before it registers a descriptor is visible to the
 * thread that gets the event; the kernel's locks ensure that. ThreadSanitizer
 * knows it only for epoll_wait(2) and for a first registration, not for
 * epoll_pwait2(2) and not for a change, so a library that is built for it
 * announces the release and the acquire here. In all other builds these macros
 * do nothing. Descriptors that share a place count as one.
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
