/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_KQUEUE_SYSTEM_H
#define MIO_SYS_KQUEUE_SYSTEM_H

/*
 * What systems with kqueue(2) differ in, for selector_kqueue.c, which is the
 * same on each of them.
 *
 * The token of a registration is in each of its records. Where a record has
 * 64-bit fields that the kernel returns unchanged (FreeBSD 12, macOS), it is
 * there, elsewhere in udata, which is a pointer or an integer. A change without
 * any action returns whether a filter exists: FreeBSD and macOS then overwrite
 * its udata, the others do not, so that the token survives everywhere, but for
 * FreeBSD 11: there EV_KEEPUDATA is missing too, and a registration that is
 * refused with -EEXIST replaces the token of the existing one.
 */

#include "config.h"

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include <sys/types.h>

#include <sys/event.h>
#include <sys/time.h>

#include "mio/poll.h"

/* ---- the record, and the call */

#ifdef HAVE_KEVENT64
typedef struct kevent64_s mio__kevent_t;
#else
typedef struct kevent mio__kevent_t;
#endif

#ifdef __NetBSD__
typedef size_t mio__kevent_count_t;
#else
typedef int mio__kevent_count_t;
#endif

#ifdef HAVE_KEVENT64
#define mio__kevent(kq, changes, n, records, room, timeout) \
	kevent64(kq, changes, n, records, room, 0, timeout)
#else
#define mio__kevent(kq, changes, n, records, room, timeout) \
	kevent(kq, changes, n, records, room, timeout)
#endif

/* The type of a member, which is not the same everywhere. */
#define MIO__KEVENT_TYPE(member) __typeof__(((mio__kevent_t *)NULL)->member)

typedef MIO__KEVENT_TYPE(filter) mio__filter_t;
typedef MIO__KEVENT_TYPE(flags) mio__flags_t;

/* ---- where the token is */

/* And the integer that it is converted through. */
#if defined(HAVE_KEVENT64)
#define MIO__KEVENT_TOKEN ext[0]
typedef uint64_t mio__tag_int_t;
#elif defined(HAVE_STRUCT_KEVENT_EXT)
#define MIO__KEVENT_TOKEN ext[2]
typedef uint64_t mio__tag_int_t;
#else
#define MIO__KEVENT_TOKEN udata
typedef uintptr_t mio__tag_int_t;
#endif

typedef MIO__KEVENT_TYPE(MIO__KEVENT_TOKEN) mio__tag_t;

/* Whether a token may not fit there: see kqueue_tokens.h. */
#define MIO__TOKENS_ARE_CUT (sizeof(mio__tag_t) < sizeof(mio_token_t))

static inline void
mio__kevent_set_tag(mio__kevent_t *record, uint64_t tag)
{
	record->MIO__KEVENT_TOKEN = (mio__tag_t)(mio__tag_int_t)tag;
}

static inline uint64_t
mio__kevent_tag(const mio__kevent_t *record)
{
	return (mio__tag_int_t)record->MIO__KEVENT_TOKEN;
}

/* ---- flags and filters that are missing somewhere */

#ifndef EV_RECEIPT
#define EV_RECEIPT 0
#endif

#ifndef EV_KEEPUDATA
#define EV_KEEPUDATA 0
#endif

#ifndef NOTE_LOWAT
#define NOTE_LOWAT 0
#endif

/* Urgent bytes. Where there is no such filter the number is never used. */
#if defined(EVFILT_EXCEPT) && defined(NOTE_OOB)
#define MIO__FILTERS    3u
#define MIO__EVFILT_OOB EVFILT_EXCEPT
#define MIO__NOTE_OOB   NOTE_OOB
#else
#define MIO__FILTERS    2u
#define MIO__EVFILT_OOB 0
#define MIO__NOTE_OOB   0
#endif

/*
 * Requests of POSIX AIO, whose SIGEV_KEVENT names the queue. Some systems have
 * the names of the filters only.
 */
#if defined(EVFILT_AIO) && defined(SIGEV_KEVENT)
#define MIO__EVFILT_AIO EVFILT_AIO
#define MIO__HAS_AIO    true
#else
#define MIO__EVFILT_AIO 0
#define MIO__HAS_AIO    false
#endif
#if defined(EVFILT_LIO) && defined(SIGEV_KEVENT)
#define MIO__EVFILT_LIO EVFILT_LIO
#define MIO__HAS_LIO    true
#else
#define MIO__EVFILT_LIO 0
#define MIO__HAS_LIO    false
#endif

/* A wake by the kernel's own means; a pipe does it where this is false. */
#if defined(EVFILT_USER) && !defined(MIO_WAKER_GIVEN)
#define MIO__EVFILT_USER  EVFILT_USER
#define MIO__NOTE_TRIGGER NOTE_TRIGGER
#define MIO__HAS_USER     true
#else
#define MIO__EVFILT_USER  0
#define MIO__NOTE_TRIGGER 0
#define MIO__HAS_USER     false
#endif

/*
 * Timers that count nanoseconds. Those that count milliseconds only (NetBSD 9,
 * DragonFly, older OpenBSD) ring up to a tick too early; where `data' has 32
 * bits two seconds would be the end. NOTE_ABSTIME is the time of day
 * everywhere, which can be set, so timers are relative.
 */
#if defined(NOTE_NSECONDS) && \
    (!defined(__FreeBSD__) || __FreeBSD__ >= 12 || UINTPTR_MAX > 0xffffffffu)
#define MIO__NOTE_NSECONDS NOTE_NSECONDS
#define MIO__HAS_TIMER     true
#else
#define MIO__NOTE_NSECONDS 0
#define MIO__HAS_TIMER     false
#endif

#endif
