/* SPDX-License-Identifier: MIT */
#ifndef BSD_SYS_EVENT_H
#define BSD_SYS_EVENT_H

#include <sys/types.h>

struct timespec;

/* ---- the event: no two of these systems agree on every member */

#if BSD_NETBSD
struct kevent {
	uintptr_t ident;
	uint32_t filter;
	uint32_t flags;
	uint32_t fflags;
	int64_t data;
#if BSD_NETBSD < 10
	intptr_t udata;
#else
	void *udata;
#endif
};
#else
struct kevent {
	uintptr_t ident;
	short filter;
	u_short flags;
	u_int fflags;
#if BSD_FREEBSD >= 12 || BSD_OPENBSD
	int64_t data;
#else
	intptr_t data;
#endif
	void *udata;
#if BSD_FREEBSD >= 12
	uint64_t ext[4];
#endif
};
#endif

#if BSD_FREEBSD >= 12
#define EV_SET(kevp, a, b, c, d, e, f) \
	(*(kevp) = (struct kevent){ .ident = (a), \
	     .filter = (b), \
	     .flags = (c), \
	     .fflags = (d), \
	     .data = (e), \
	     .udata = (f) })
#elif BSD_NETBSD >= 10
static inline void
bsd_ev_set(struct kevent *kevp, uintptr_t ident, uint32_t filter,
    uint32_t flags, uint32_t fflags, int64_t data, void *udata)
{
	kevp->ident = ident;
	kevp->filter = filter;
	kevp->flags = flags;
	kevp->fflags = fflags;
	kevp->data = data;
	kevp->udata = udata;
}
#define EV_SET(kevp, a, b, c, d, e, f) \
	bsd_ev_set((kevp), (uintptr_t)(a), (b), (c), (d), (e), (void *)(f))
#else
#define EV_SET(kevp, a, b, c, d, e, f) \
	do { \
		struct kevent *bsd_kevp = (kevp); \
		bsd_kevp->ident = (a); \
		bsd_kevp->filter = (b); \
		bsd_kevp->flags = (c); \
		bsd_kevp->fflags = (d); \
		bsd_kevp->data = (e); \
		bsd_kevp->udata = (f); \
	} while (0)
#endif

/* ---- filters */

#if BSD_NETBSD
#define EVFILT_READ   0u
#define EVFILT_WRITE  1u
#define EVFILT_AIO    2u
#define EVFILT_VNODE  3u
#define EVFILT_PROC   4u
#define EVFILT_SIGNAL 5u
#define EVFILT_TIMER  6u
#else
#define EVFILT_READ   (-1)
#define EVFILT_WRITE  (-2)
#define EVFILT_AIO    (-3)
#define EVFILT_VNODE  (-4)
#define EVFILT_PROC   (-5)
#define EVFILT_SIGNAL (-6)
#define EVFILT_TIMER  (-7)
#endif

#if BSD_FREEBSD
#define EVFILT_LIO (-10)
#endif

#if BSD_FREEBSD
#define EVFILT_USER (-11)
#elif BSD_NETBSD >= 10
#define EVFILT_USER 8u
#elif BSD_OPENBSD >= 78
#define EVFILT_USER (-10)
#elif BSD_DRAGONFLY
#define EVFILT_USER (-9)
#endif

#if BSD_OPENBSD
#define EVFILT_EXCEPT (-9)
#define NOTE_OOB      0x0004
#elif BSD_DRAGONFLY
#define EVFILT_EXCEPT (-8)
#define NOTE_OOB      0x0002
#endif

#ifdef EVFILT_USER
#define NOTE_FFNOP   0x00000000u
#define NOTE_TRIGGER 0x01000000u
#endif

/* ---- flags */

#define EV_ADD	    0x0001
#define EV_DELETE   0x0002
#define EV_ENABLE   0x0004
#define EV_DISABLE  0x0008
#define EV_ONESHOT  0x0010
#define EV_CLEAR    0x0020
#define EV_RECEIPT  0x0040
#define EV_DISPATCH 0x0080
#define EV_ERROR    0x4000
#define EV_EOF	    0x8000

#if BSD_DRAGONFLY
#define EV_NODATA 0x1000
#define EV_HUP	  0x0800
#endif

#define NOTE_LOWAT 0x0001

/* ---- the units of a timer: bits on FreeBSD, a number elsewhere */

#if BSD_FREEBSD
#define NOTE_SECONDS  0x0001
#define NOTE_MSECONDS 0x0002
#define NOTE_USECONDS 0x0004
#define NOTE_NSECONDS 0x0008
#elif BSD_NETBSD >= 10 || BSD_OPENBSD
#define NOTE_MSECONDS 0x0000
#define NOTE_SECONDS  0x0001
#define NOTE_USECONDS 0x0002
#define NOTE_NSECONDS 0x0003
#endif

#if BSD_FREEBSD >= 12 || BSD_NETBSD >= 10 || BSD_OPENBSD
#define NOTE_ABSTIME 0x0010
#endif

/* ---- calls */

int kqueue(void);

#if BSD_NETBSD || BSD_OPENBSD
int kqueue1(int flags);
#elif BSD_FREEBSD >= 14
int kqueuex(u_int flags);
#endif

#if BSD_NETBSD
int kevent(int kq, const struct kevent *changes, size_t changes_count,
    struct kevent *events, size_t events_count, const struct timespec *timeout);
#else
int kevent(int kq, const struct kevent *changes, int changes_count,
    struct kevent *events, int events_count, const struct timespec *timeout);
#endif

#endif
