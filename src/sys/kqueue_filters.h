/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_KQUEUE_FILTERS_H
#define MIO_SYS_KQUEUE_FILTERS_H

/*
 * The filters that make up a registration in one kernel queue, and what their
 * records mean. The callers ensure that no two threads change the filters of a
 * descriptor at the same time.
 */

#include <stddef.h>
#include <stdint.h>

#include <sys/stat.h>

#include "mio/poll.h"
#include "sys/kqueue_system.h"

/* Creates a kernel queue that exec closes. 0 or the errors of kqueue(2). */
int mio__kqueue_open(int *out);

/* A record that changes a filter. */
mio__kevent_t
mio__kqueue_change(uintptr_t ident, mio__filter_t filter, unsigned flags);

/* Applies it; the errors of kevent(2). */
int mio__kqueue_apply(int kq, const mio__kevent_t *change);

/* The longest wait in one call; some kernels refuse longer ones. */
#define MIO__KQUEUE_WAIT_MAX (INT64_C(86400) * 1000000000)

/* Waits for records; no longer than that. Their number, or an error. */
int mio__kqueue_fetch(
    int kq, mio__kevent_t *records, size_t room, int64_t timeout_ns);

/*
 * Applies the same flags to all filters of a descriptor, of which some may be
 * missing: 0, -ENOENT if all are, -EBADF.
 */
int mio__kqueue_apply_to_all(int kq, mio_fd_t fd, unsigned flags);

/*
 * Adds the filters for an interest, which is not empty, with these flags; or
 * the one that stands for an empty interest, which the options say how to
 * report. All or none. -EPERM: the file has none of them.
 */
int mio__kqueue_add(int kq, mio_fd_t fd, const struct stat *st, uint64_t tag,
    unsigned interest, unsigned flags);
int mio__kqueue_add_quiet(
    int kq, mio_fd_t fd, const struct stat *st, uint64_t tag, unsigned options);

/* What became of a quiet filter's record, after which it waits again or not. */
enum mio__quiet_outcome {
	MIO__QUIET_NOTHING, /* no hang-up and no error */
	MIO__QUIET_REPORTED,
	MIO__QUIET_NO_ROOM,
};

void mio__kqueue_settle_quiet(
    int kq, const mio__kevent_t *record, enum mio__quiet_outcome outcome);

/*
 * The readiness in a record; in one of a quiet filter, 0 unless it is of a
 * hang-up or an error.
 */
unsigned mio__kqueue_ready_of(const mio__kevent_t *record);
unsigned mio__kqueue_hang_up_of(const mio__kevent_t *record);

/*
 * MIO_AIO or MIO_LIO if the record is of a request of POSIX AIO, whose token
 * the program has put into udata; otherwise 0.
 */
unsigned mio__kqueue_request_of(const mio__kevent_t *record);

#endif
