/* SPDX-License-Identifier: MIT */
#ifndef MIO_CORE_DEADLINES_H
#define MIO_CORE_DEADLINES_H

/*
 * The timed sources of a poll, when they are due, and how a thread is woken at
 * that time. Any thread may call any of these functions; those that end in
 * _locked need the poll's lock.
 */

#include "core/core.h"

/*
 * Sets the readiness of the timed sources that are due. Needed unless there are
 * no deadlines.
 */
void mio__deadlines_check(struct mio_poll *poll);

/*
 * Called by a thread that is counted as a waiter and is about to wait. Ensures
 * that some wait ends at the next deadline. Returns how long this wait may be.
 */
int64_t mio__deadlines_prepare(struct mio_poll *poll, int64_t timeout_ns);

/*
 * Called when threads wait and the earliest deadline may have changed. Sets the
 * alarm to it. Sources that are due become ready, and a waiter is woken for
 * them.
 */
void mio__deadlines_set_alarm(struct mio_poll *poll);

/*
 * Returns whether there is no alarm, so that one of the waiters has to wake up
 * by itself for the timed sources.
 */
static inline bool
mio__deadlines_need_waiter(const struct mio_poll *poll)
{
	return mio__core_deadlines(poll) == MIO__DEADLINES_STALE &&
	    !mio__selector_has_alarm(poll->selector);
}

/*
 * Called without an alarm by a thread whose wait has ended: wakes another
 * waiter, if there is one, which wakes up by itself in its place.
 */
void mio__deadlines_hand_over(struct mio_poll *poll);

/*
 * Called when the alarm has ended a wait, maybe before its time, or may have
 * done so. The next waiter sets it again. The caller then collects, or wakes a
 * thread that does.
 */
void mio__deadlines_rang(struct mio_poll *poll);

/*
 * Called after a change by which a source may be due later. Sets the alarm if a
 * thread waits; most often none does, and this takes no lock.
 */
static inline void
mio__deadlines_changed(struct mio_poll *poll)
{
	MIO__YIELD_POINT();
	if (mio__core_waiters(poll) != 0)
		mio__deadlines_set_alarm(poll);
}

/* Makes the next waiter set the alarm, and sets it if a thread waits. */
void mio__deadlines_renew(struct mio_poll *poll);

/*
 * Called after a change by which a source may be due earlier. With others, too,
 * it avoids that the alarm rings for nothing.
 */
static inline void
mio__deadlines_stale(struct mio_poll *poll)
{
	MIO__YIELD_POINT();
	if (mio__core_deadlines(poll) != MIO__DEADLINES_STALE ||
	    mio__core_waiters(poll) != 0)
		mio__deadlines_renew(poll);
}

/*
 * Creates the alarm, unless the system has none. This has to succeed before a
 * source is added. Returns 0, or -EMFILE, -ENFILE, -ENOMEM or -ENOSPC if the
 * system has alarms and none can be created now.
 */
int mio__deadlines_open_locked(struct mio_poll *poll);

/* Adds a source that is in no list. */
void mio__deadlines_add_locked(struct mio_poll *poll, struct mio__timed *timed);

/* Removes a source from the list, if it is in it. */
void
mio__deadlines_remove_locked(struct mio_poll *poll, struct mio__timed *timed);

/* Removes all sources before the selector is closed. */
void mio__deadlines_close_locked(struct mio_poll *poll);

#endif
