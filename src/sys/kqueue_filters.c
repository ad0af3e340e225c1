/* SPDX-License-Identifier: MIT */
#include "sys/compat.h"
#include "sys/kqueue_filters.h"

#include <limits.h>

#include <sys/stat.h>

#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/descriptor.h"
#include "sys/handover.h"

static const mio__filter_t filters[] = { EVFILT_READ, EVFILT_WRITE,
	MIO__EVFILT_OOB };

/* By the place in filters. */
static const unsigned directions[] = { MIO_READABLE, MIO_WRITABLE,
	MIO_PRIORITY };

#define READ_AND_WRITE (MIO_READABLE | MIO_WRITABLE)

/* ---- the kernel's calls */

mio__kevent_t
mio__kqueue_change(uintptr_t ident, mio__filter_t filter, unsigned flags)
{
	mio__kevent_t record = { .ident = ident };

	record.filter = filter;
	record.flags = (mio__flags_t)flags;

	return record;
}

int
mio__kqueue_open(int *out)
{
	int kq = kqueue();
	int r;

	if (kq < 0)
		return -errno;

	r = fcntl(kq, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
	if (r < 0) {
		(void)mio__os_close(kq); /* ours */
		return r;
	}

	*out = kq;

	return 0;
}

/*
 * One call that changes and fetches nothing but receipts; retried. kevent(2) is
 * a cancellation point on most systems, but a thread that changes filters may
 * hold a lock, and the change must be completed.
 */
static int
call(int kq, const mio__kevent_t *changes, unsigned n, mio__kevent_t *receipts,
    unsigned room)
{
	static const struct timespec at_once;
	int state = mio__cancel_hold();
	int r;

	do
		r = mio__kevent(kq, changes, (mio__kevent_count_t)n, receipts,
		    (mio__kevent_count_t)room, &at_once);
	while (r < 0 && errno == EINTR);
	r = r < 0 ? -errno : r;
	mio__cancel_let(state);

	return r;
}

/* Applies one change. */
int
mio__kqueue_apply(int kq, const mio__kevent_t *one)
{
	return call(kq, one, 1, NULL, 0);
}

int
mio__kqueue_fetch(
    int kq, mio__kevent_t *records, size_t room, int64_t timeout_ns)
{
	struct timespec ts = mio__os_timespec(timeout_ns < MIO__KQUEUE_WAIT_MAX
		? timeout_ns
		: MIO__KQUEUE_WAIT_MAX);
	int n = mio__kevent(kq, NULL, 0, records, (mio__kevent_count_t)room,
	    timeout_ns < 0 ? NULL : &ts);

	if (n > 0)
		MIO__HANDOVER_ACQUIRE(kq);

	return n < 0 ? -errno : n;
}

/* Room for the changes of a descriptor's filters. */
#define CHANGES (MIO__FILTERS + 1)

/* The outcome of a change of one filter goes to the error of that filter. */
static void
store_error(const mio__kevent_t *outcome, const mio__kevent_t *changes,
    unsigned n, int *errors)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (changes[i].filter == outcome->filter)
			errors[i] = (int)outcome->data;
}

/*
 * Applies all changes in one call, each whatever became of the others, which
 * goes into errors: 0 or an errno value. The call must not fetch records of
 * filters as well. It does not if there are receipts, or errors: where there
 * are no receipts, the last change is one that always fails.
 */
static int
apply(int kq, mio__kevent_t *changes, unsigned n, int *errors)
{
	unsigned room = EV_RECEIPT != 0 ? n : n + 1;
	mio__kevent_t outcomes[CHANGES];
	unsigned i;
	int r;

	for (i = 0; i < n; i++) {
		changes[i].flags |= EV_RECEIPT;
		errors[i] = 0;
	}
	changes[n] = mio__kqueue_change(UINTPTR_MAX, EVFILT_TIMER, EV_DELETE);

	r = call(kq, changes, room, outcomes, room);
	for (i = 0; r > 0 && i < (unsigned)r; i++)
		store_error(&outcomes[i], changes, n, errors);

	return r < 0 ? r : 0;
}

/*
 * The same change of all filters of a descriptor, of which some may be missing:
 * -ENOENT if all are.
 */
int
mio__kqueue_apply_to_all(int kq, mio_fd_t fd, unsigned flags)
{
	mio__kevent_t changes[CHANGES];
	int errors[MIO__FILTERS];
	bool found = false;
	unsigned i;
	int r;

	for (i = 0; i < MIO__FILTERS; i++)
		changes[i] =
		    mio__kqueue_change((uintptr_t)fd, filters[i], flags);

	r = apply(kq, changes, MIO__FILTERS, errors);
	for (i = 0; r == 0 && i < MIO__FILTERS; i++) {
		/* macOS deletes a filter that is in use a moment later */
		if (errors[i] == 0 || errors[i] == EINPROGRESS)
			found = true;
		else if (errors[i] != ENOENT)
			r = -errors[i];
	}

	return r == 0 && !found ? -ENOENT : r;
}

/* ---- adding */

/*
 * The filter that stands for an interest of 0. A stream's hang-up is seen from
 * its writing side, where a half-close by the peer is not; other files have the
 * side that is read. Neither room nor data is ever as much as is asked for
 * here, but pipes and devices ignore that. The kernel's flags say how it is
 * reported: EV_DISPATCH once, EV_RECEIPT by each wait. Where there is no
 * EV_RECEIPT, a timer of the descriptor's number, which never runs out since it
 * is disabled, says the latter.
 */
static mio__kevent_t
quiet_filter(mio_fd_t fd, mio__filter_t filter, unsigned flags)
{
	mio__kevent_t quiet = mio__kqueue_change(
	    (uintptr_t)fd, filter, EV_ADD | EV_CLEAR | flags);

	quiet.fflags = NOTE_LOWAT;
	quiet.data = INT_MAX;

	return quiet;
}

static bool
is_stream(mio_fd_t fd)
{
	int type = SOCK_DGRAM;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	    type != SOCK_DGRAM && type != SOCK_RAW;
}

/* Whether this failed; then nothing is left of it. */
static int
undo_if_failed(int kq, mio_fd_t fd, int r)
{
	if (r < 0)
		(void)mio__kqueue_apply_to_all(kq, fd, EV_DELETE);

	return r;
}

static mio__kevent_t
level_mark(mio_fd_t fd, unsigned flags)
{
	mio__kevent_t mark =
	    mio__kqueue_change((uintptr_t)fd, EVFILT_TIMER, flags);

	mark.data = INT_MAX;

	return mark;
}

/* Also clears the mark of a descriptor that had the number before. */
static int
mark_level(int kq, mio_fd_t fd, bool is_level)
{
	mio__kevent_t mark =
	    level_mark(fd, is_level ? EV_ADD | EV_DISABLE : EV_DELETE);
	int r = EV_RECEIPT == 0 ? mio__kqueue_apply(kq, &mark) : 0;

	return r == -ENOENT ? 0 : r;
}

static bool
is_level(int kq, const mio__kevent_t *record)
{
	mio__kevent_t mark = level_mark((mio_fd_t)record->ident, 0);

	return EV_RECEIPT != 0 ? (record->flags & EV_RECEIPT) != 0
			       : mio__kqueue_apply(kq, &mark) == 0;
}

int
mio__kqueue_add_quiet(
    int kq, mio_fd_t fd, const struct stat *st, uint64_t tag, unsigned options)
{
	unsigned flags = options & MIO_ONESHOT ? EV_DISPATCH
	    : options & MIO_EDGE               ? 0
					       : EV_RECEIPT;
	mio__kevent_t quiet = quiet_filter(fd,
	    S_ISSOCK(st->st_mode) && is_stream(fd) ? EVFILT_WRITE : EVFILT_READ,
	    flags);
	int r;

	mio__kevent_set_tag(&quiet, tag);
	r = mark_level(kq, fd, !(options & (MIO_ONESHOT | MIO_EDGE)));
	if (r == 0)
		r = mio__kqueue_apply(kq, &quiet);

	return undo_if_failed(kq, fd, r == -EINVAL ? -EPERM : r);
}

/*
 * A oneshot without a hang-up is no oneshot any more: enabled again it would be
 * reported at once, since it is readable.
 */
void
mio__kqueue_settle_quiet(
    int kq, const mio__kevent_t *record, enum mio__quiet_outcome outcome)
{
	unsigned kept = record->flags & (EV_DISPATCH | EV_RECEIPT);
	mio__kevent_t filter = quiet_filter(
	    (mio_fd_t)record->ident, record->filter, kept | EV_ENABLE);
	bool is_oneshot = (record->flags & EV_DISPATCH) != 0;

	if (outcome == MIO__QUIET_REPORTED && is_oneshot) {
		filter.flags = EV_DISABLE;
	} else if (outcome == MIO__QUIET_NOTHING && is_oneshot) {
		(void)mio__kqueue_apply_to_all(
		    kq, (mio_fd_t)record->ident, EV_DELETE);
		filter.flags = EV_ADD | EV_CLEAR;
	} else if (outcome == MIO__QUIET_NOTHING ||
	    (outcome == MIO__QUIET_REPORTED && !is_level(kq, record))) {
		return;
	}

	mio__kevent_set_tag(&filter, mio__kevent_tag(record));
	(void)mio__kqueue_apply(kq, &filter); /* closed by now, it is gone */
}

/* A filter that this file has not, while another one will do. */
static bool
is_unknown_filter(int error, bool is_pipe)
{
	/* NetBSD's word for a pipe that nobody reads */
	if (is_pipe && error == EBADF)
		return true;

	return error == EINVAL || error == EPERM || error == ENODEV ||
	    error == EOPNOTSUPP || error == EPIPE;
}

/* Whether the registration is made, and if not, why. */
static int
judge(const int *errors, unsigned n, bool is_pipe)
{
	unsigned i, unknown = 0;

	for (i = 0; i < n; i++) {
		if (errors[i] == 0)
			continue;
		if (!is_unknown_filter(errors[i], is_pipe))
			return -errors[i];
		unknown++;
	}

	return unknown < n ? 0 : -EPERM;
}

int
mio__kqueue_add(int kq, mio_fd_t fd, const struct stat *st, uint64_t tag,
    unsigned interest, unsigned flags)
{
	bool is_pipe = S_ISFIFO(st->st_mode);
	mio__kevent_t changes[CHANGES];
	int errors[MIO__FILTERS];
	unsigned i, n = 0;
	int r;

	for (i = 0; i < MIO__FILTERS; i++) {
		if (!(interest & directions[i]))
			continue;
		changes[n] = mio__kqueue_change(
		    (uintptr_t)fd, filters[i], EV_ADD | flags);
		if (directions[i] == MIO_PRIORITY)
			changes[n].fflags = MIO__NOTE_OOB;
		mio__kevent_set_tag(&changes[n++], tag);
	}

	r = apply(kq, changes, n, errors);
	if (r == 0)
		r = judge(errors, n, is_pipe);

	/* a pipe that nobody reads: its other side reports that, too */
	if (r == -EPERM && is_pipe) {
		changes[0].filter = EVFILT_READ;
		r = mio__kqueue_apply(kq, &changes[0]);
	}

	return undo_if_failed(kq, fd, r);
}

/* ---- what a record means */

#define FAILED (READ_AND_WRITE | MIO_HUP | MIO_ERROR)

static bool
is_socket(mio_fd_t fd)
{
	struct stat st;

	return mio__os_stat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

/*
 * On macOS and NetBSD, fcntl(2) is a cancellation point. The record is fetched
 * already, and must not be lost with the thread.
 */
static bool
is_write_end(mio_fd_t pipe)
{
	int state = mio__cancel_hold();
	int flags = fcntl(pipe, F_GETFL);

	mio__cancel_let(state);

	return (flags & O_ACCMODE) == O_WRONLY;
}

/* A socket's end comes with its error; a pipe's depends on which end it is. */
static unsigned
ready_at_end(const mio__kevent_t *record)
{
	mio_fd_t fd = (mio_fd_t)record->ident;

	if (record->fflags != 0)
		return FAILED;

	if (record->filter == EVFILT_READ)
		return is_write_end(fd)
		    ? MIO_WRITABLE | MIO_WRITE_CLOSED | MIO_ERROR
		    : MIO_READABLE | MIO_READ_CLOSED;

	return MIO_WRITABLE | MIO_WRITE_CLOSED |
	    (is_socket(fd) ? 0u : MIO_ERROR);
}

/* The kernel reports a datagram's error as readiness without anything to read.
 */
static bool
is_datagram_error(const mio__kevent_t *record)
{
	return record->filter == EVFILT_READ && record->data == 0 &&
	    is_socket((mio_fd_t)record->ident);
}

unsigned
mio__kqueue_ready_of(const mio__kevent_t *record)
{
	if (record->filter == MIO__EVFILT_OOB && MIO__FILTERS > 2)
		return MIO_PRIORITY;

	if (record->flags & EV_EOF)
		return ready_at_end(record);

	if (is_datagram_error(record))
		return READ_AND_WRITE | MIO_ERROR;

	return record->filter == EVFILT_READ ? MIO_READABLE : MIO_WRITABLE;
}

/* The peer's end too, which the filter for writing does not show. */
static bool
has_ended(mio_fd_t fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/*
 * A stream may have been shut for writing here, which is no hang-up. What is
 * not as much as was asked for is an error, if it is a socket's.
 */
unsigned
mio__kqueue_hang_up_of(const mio__kevent_t *record)
{
	mio_fd_t fd = (mio_fd_t)record->ident;

	if (!(record->flags & EV_EOF))
		return record->filter == EVFILT_READ && is_socket(fd)
		    ? READ_AND_WRITE | MIO_ERROR
		    : 0;

	if (record->filter == EVFILT_READ || record->fflags != 0)
		return ready_at_end(record);

	return has_ended(fd) ? READ_AND_WRITE | MIO_HUP : 0;
}

unsigned
mio__kqueue_request_of(const mio__kevent_t *record)
{
	if (MIO__HAS_AIO && record->filter == MIO__EVFILT_AIO)
		return MIO_AIO;

	return MIO__HAS_LIO && record->filter == MIO__EVFILT_LIO ? MIO_LIO : 0;
}
