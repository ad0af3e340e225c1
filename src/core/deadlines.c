/* SPDX-License-Identifier: MIT */

/*
 * The poll's lock protects the list of timed sources, the alarm and
 * `alarm_time'. The alarm ends one wait at a given time (sys/selector.h), and
 * `alarm_time' is the time to which it was last set.
 *
 * The alarm is set in three places: before a thread waits, after the alarm may
 * have woken a thread, and after a source has changed while threads wait. When
 * it expires, it wakes one thread, which sets the readiness of the sources that
 * are due by its own reading of the clock.
 *
 * That reading can be earlier than the deadline, because the clocks of two
 * processors differ a little. The thread then finds nothing due and must set
 * the alarm again, although `alarm_time' is the same as before. For this reason
 * an alarm counts as still set only if its time is more than SLACK_NS after a
 * reading of the clock with the same lock held. If it expires after that
 * reading, the thread that it wakes sets the alarm here after another reading.
 *
 * `is_timed' says to threads that do not hold the lock whether the list is
 * empty. Adding the first source sets it, with an exchange, and then reads
 * `waiters' in mio__deadlines_changed(); a thread that is about to wait becomes
 * a waiter and then reads `is_timed'. All of these are seq_cst: either the
 * thread asks the sources before it waits, or the alarm is set for it.
 *
 * Without an alarm, `alarm_time' is the time at which the first of the waiting
 * threads wakes up by itself, because its wait is no longer than that. Every
 * thread that returns from mio_poll() wakes another waiter, which computes
 * `alarm_time' again.
 */

#include "core/deadlines.h"

#include <errno.h>

#include "sys/lock.h"

/* More than the clocks of two processors differ, and still a short time. */
#define SLACK_NS INT64_C(100000)

/*
 * Reads the clock and sets the readiness of the sources that are due. Returns
 * the earliest time at which another one will be due, or MIO__NEVER.
 */
static mio__instant_t
check_locked(struct mio_poll *poll, mio__instant_t *now)
{
	mio__instant_t earliest = MIO__NEVER, next;
	struct mio__timed *timed;

	*now = mio__clock_now();
	for (timed = poll->timed_sources; timed != NULL; timed = timed->next) {
		next = timed->check_due(timed, *now);
		if (next < earliest)
			earliest = next;
	}

	return earliest;
}

void
mio__deadlines_check(struct mio_poll *poll)
{
	bool locked = mio__lock_others_out(&poll->lock);
	mio__instant_t now;

	(void)check_locked(poll, &now); /* a wait will check again */
	mio__let_others_in(&poll->lock, locked);
}

/* Returns whether a thread will be woken at the earliest time. */
static bool
set_alarm_locked(
    struct mio_poll *poll, mio__instant_t earliest, mio__instant_t now)
{
	/* a waiter that wakes up by itself in time is as good as an alarm */
	if (!mio__selector_has_alarm(poll->selector))
		return earliest >= poll->alarm_time && poll->alarm_time > now;

	if (earliest == poll->alarm_time && earliest - now > SLACK_NS)
		return true;

	poll->alarm_time = earliest;

	return mio__selector_set_alarm(poll->selector, earliest) == 0;
}

void
mio__deadlines_set_alarm(struct mio_poll *poll)
{
	bool locked = mio__lock_others_out(&poll->lock);
	mio__instant_t earliest, now;
	bool set;

	earliest = check_locked(poll, &now);
	set = set_alarm_locked(poll, earliest, now);
	mio__let_others_in(&poll->lock, locked);

	/* another event loop cannot make use of an early wake */
	if (mio__ready_queue_has_incoming(&poll->ready) ||
	    (!set && mio__core_waiters(poll) >= MIO__WAITER))
		(void)mio__core_wake(poll);
}

int64_t
mio__deadlines_prepare(struct mio_poll *poll, int64_t timeout_ns)
{
	mio__instant_t earliest, now;
	bool locked;

	if (mio__selector_has_alarm(poll->selector))
		mio__deadlines_set_alarm(poll);

	/* that may have failed, and then there is no alarm any more */
	if (mio__selector_has_alarm(poll->selector))
		return timeout_ns;

	locked = mio__lock_others_out(&poll->lock);
	earliest = check_locked(poll, &now);
	poll->alarm_time = earliest;
	mio__let_others_in(&poll->lock, locked);

	if (mio__ready_queue_has_incoming(&poll->ready) || earliest <= now)
		return 0;
	if (earliest == MIO__NEVER)
		return timeout_ns;

	return timeout_ns < 0 || earliest - now < timeout_ns ? earliest - now
							     : timeout_ns;
}

int
mio__deadlines_open_locked(struct mio_poll *poll)
{
	int r;

	if (mio__selector_has_alarm(poll->selector))
		return 0;

	r = mio__selector_set_alarm(poll->selector, MIO__NEVER);

	return r == -ENOTSUP ? 0 : r;
}

void
mio__deadlines_add_locked(struct mio_poll *poll, struct mio__timed *timed)
{
	timed->next = poll->timed_sources;
	timed->link = &poll->timed_sources;
	if (timed->next != NULL)
		timed->next->link = &timed->next;
	poll->timed_sources = timed;

	(void)atomic_exchange_explicit(
	    &poll->is_timed, true, memory_order_seq_cst);
}

static void
remove_locked(struct mio__timed *timed)
{
	*timed->link = timed->next;
	if (timed->next != NULL)
		timed->next->link = timed->link;
	timed->link = NULL;
}

void
mio__deadlines_remove_locked(struct mio_poll *poll, struct mio__timed *timed)
{
	if (timed->link == NULL)
		return;

	remove_locked(timed);
	if (poll->timed_sources != NULL)
		return;

	atomic_store_explicit(&poll->is_timed, false, memory_order_seq_cst);
	if (poll->alarm_time != MIO__NEVER) {
		poll->alarm_time = MIO__NEVER;
		/* if this fails, the alarm wakes a thread once for nothing */
		(void)mio__selector_set_alarm(poll->selector, MIO__NEVER);
	}
}

void
mio__deadlines_close_locked(struct mio_poll *poll)
{
	while (poll->timed_sources != NULL)
		remove_locked(poll->timed_sources);
	poll->alarm_time = MIO__NEVER;
}
