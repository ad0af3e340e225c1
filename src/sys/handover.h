/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_HANDOVER_H
#define MIO_SYS_HANDOVER_H

/*
 * What a thread has written before it registers a descriptor is visible to the
 * thread that gets the event; the kernel's locks ensure that. ThreadSanitizer
 * knows it only for epoll_wait(2) and for a first registration, not for
 * epoll_pwait2(2) and not for a change, so a library that is built for it
 * announces the release and the acquire here. Descriptors that share a place
 * count as one.
 *
 * ThreadSanitizer also counts a change of a descriptor's registration as an
 * access to the descriptor, which comes after the release. The thread that gets
 * the event may close the descriptor before the changing thread does anything
 * that ThreadSanitizer takes for a release, and that would be reported as a
 * race. So accesses between BEGIN and END are not recorded.
 *
 * In all other builds these macros do nothing.
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

void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);

#define MIO__HANDOVER_RELEASE(fd) __tsan_release(mio__handover_place(fd))
#define MIO__HANDOVER_ACQUIRE(fd) __tsan_acquire(mio__handover_place(fd))
#define MIO__HANDOVER_BEGIN()     AnnotateIgnoreReadsBegin(__FILE__, __LINE__)
#define MIO__HANDOVER_END()       AnnotateIgnoreReadsEnd(__FILE__, __LINE__)
#else
#define MIO__HANDOVER_RELEASE(fd) ((void)(fd))
#define MIO__HANDOVER_ACQUIRE(fd) ((void)(fd))
#define MIO__HANDOVER_BEGIN()     ((void)0)
#define MIO__HANDOVER_END()       ((void)0)
#endif

#endif
