/* SPDX-License-Identifier: MIT */
#ifndef MIO_CORE_DEADLINES_H
#define MIO_CORE_DEADLINES_H

/*
 * When the timed sources of a poll are due, and who wakes a thread then. Any
 * thread calls any of these.
 */

#include "core/core.h"

/* Makes ready what is due. */
void mio__deadlines_expire(struct mio_poll *poll);

/*
 * Before a wait that was announced: how long it may be, so that what falls due
 * ends it.
 */
int64_t mio__deadlines_prepare(struct mio_poll *poll, int64_t timeout_ns);

/* For those who wait: what a timed source would return may have changed. */
void mio__deadlines_set_alarm(struct mio_poll *poll);

/* Whether a waiting thread has to wake up by itself. */
static inline bool
mio__deadlines_need_waiter(const struct mio_poll *poll)
{
	return mio__core_is_timed(poll) &&
	    !mio__selector_has_alarm(poll->selector);
}

/*
 * The same as mio__deadlines_set_alarm(), where seldom anybody waits. Without
 * locks: who waits has announced that before it asked the sources, under
 * theirs.
 */
static inline void
mio__deadlines_changed(struct mio_poll *poll)
{
	MIO__YIELD_POINT();
	if (mio__core_waiters(poll) != 0)
		mio__deadlines_set_alarm(poll);
}

/*
 * Before the first source is added: 0, -EMFILE, -ENFILE, -ENOMEM or -ENOSPC,
 * when the system has an alarm but not for us now. All three under the poll's
 * lock.
 */
int mio__deadlines_open_locked(struct mio_poll *poll);
void mio__deadlines_add_locked(struct mio_poll *poll, struct mio__timed *timed);
void
mio__deadlines_remove_locked(struct mio_poll *poll, struct mio__timed *timed);

#endif
