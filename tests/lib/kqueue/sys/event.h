/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_KQUEUE_SYS_EVENT_H
#define TESTS_LIB_KQUEUE_SYS_EVENT_H

/*
 * A kqueue(2) for tests, over the descriptors of Linux: see tests/lib/kqueue.c,
 * which says whose behaviour it has. What systems differ in can be chosen when
 * all is compiled, by:
 *
 *	KQUEUE_UDATA		the type of udata (void *); uint32_t is what a
 *				system of 32 bits has
 *	KQUEUE_EXT		there are four more words, and changes overwrite
 *				udata, as on FreeBSD 12
 *	KQUEUE_64		there is kevent64(2), as on macOS; with
 *				HAVE_KEVENT64, and uint64_t for udata
 *	KQUEUE_NO_AIO		there are no EVFILT_AIO and EVFILT_LIO
 *	KQUEUE_NO_EXCEPT	there is no EVFILT_EXCEPT
 *	KQUEUE_NO_USER		there is no EVFILT_USER
 *	KQUEUE_NO_RECEIPT	there is no EV_RECEIPT
 *	KQUEUE_NO_NSECONDS	timers count milliseconds only
 *	KQUEUE_EARLY		timers ring early by CLOCK_MONOTONIC, as their
 *				clock is another one that runs ahead
 */

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#ifndef KQUEUE_UDATA
#define KQUEUE_UDATA void *
#endif

struct kevent {
	uintptr_t ident;
	uint32_t filter;
	uint32_t flags;
	uint32_t fflags;
	int64_t data;
	KQUEUE_UDATA udata;
#ifdef KQUEUE_EXT
	uint64_t ext[4];
#endif
};

/* Actions. */
#define EV_ADD	   0x0001u
#define EV_DELETE  0x0002u
#define EV_ENABLE  0x0004u
#define EV_DISABLE 0x0008u

/* Flags. */
#define EV_ONESHOT 0x0010u
#define EV_CLEAR   0x0020u
#ifndef KQUEUE_NO_RECEIPT
#define EV_RECEIPT 0x0040u
#endif
#define EV_DISPATCH 0x0080u

/* Set by the kernel. */
#define EV_ERROR 0x4000u
#define EV_EOF	 0x8000u

#define EVFILT_READ  0u
#define EVFILT_WRITE 1u
#define EVFILT_TIMER 6u
#ifndef KQUEUE_NO_AIO
#define EVFILT_AIO   2u
#define EVFILT_LIO   9u
#define SIGEV_KEVENT 3
#endif
#ifndef KQUEUE_NO_EXCEPT
#define EVFILT_EXCEPT 10u
#define NOTE_OOB      0x0002u
#endif
#ifndef KQUEUE_NO_USER
#define EVFILT_USER  8u
#define NOTE_TRIGGER 0x01000000u
#endif

#define NOTE_LOWAT 0x0001u

#ifndef KQUEUE_NO_NSECONDS
#define NOTE_NSECONDS 0x0003u
#endif

int kqueue(void);

#ifdef KQUEUE_64
#define kevent64_s kevent
#define kevent64(kq, changes, n, records, room, flags, timeout) \
	kevent(kq, changes, n, records, room, timeout)
#endif

/*
 * As a request of POSIX AIO that is done: the filter, the ident, udata and
 * EV_CLEAR or EV_ONESHOT of the record are reported, without any of these flags
 * until the filter is deleted. 0 or -1.
 */
int kqueue_finish_request(int kq, const struct kevent *record);

int kevent(int kq, const struct kevent *changes, int changes_count,
    struct kevent *records, int room, const struct timespec *timeout);

#endif
