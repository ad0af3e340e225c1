/* SPDX-License-Identifier: MIT */

/*
 * The poll's lock protects the list of timed sources, the alarm and
 * `alarm_time'. The alarm ends one wait at a given time (sys/selector.h), and
 * `alarm_time' is the time to which it was last set.
 *
 * One word, `deadlines', says what a thread has to do before it waits:
 *
 *	NONE	nothing: no source has a deadline, and the alarm is stopped
 *	SET	nothing: the alarm is set to the earliest deadline or an earlier
 *		time, and a thread that waits is woken by it
 *	STALE	set the alarm: a deadline may be earlier than `alarm_time', or
 *		the alarm may have expired, or there is no alarm
 *
 *	any -> set_alarm -> SET; then NONE if there is no deadline, or STALE
 *		if the alarm does not work
 *	any -> a source is added, or mio__deadlines_stale() -> STALE
 *	any -> the last source is removed -> NONE
 *	any -> a waiter finds no source, and there is no alarm -> NONE
 *	SET -> mio__deadlines_check(), close to or after `alarm_time' -> STALE
 *	any -> mio__deadlines_rang(), unless it finds NONE -> STALE
 *
 * So a program whose timeouts do not become earlier waits without setting the
 * alarm, and if there are none, without reading the clock. If the earliest
 * timeout was put off, the alarm wakes a thread for nothing, which waits again.
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
 * The alarm of some selectors counts another clock, and may expire still
 * earlier. These report that it has ended a wait (RANG), and a thread that is
 * cancelled may have consumed it. That thread stores `alarm_rang' and then
 * STALE, without the lock. The one that sets the alarm stores SET and then
 * exchanges `alarm_rang'. If it does not see the former store, STALE is stored
 * after SET and remains. If it does, no time counts as set.
 *
 * No change is lost between a thread that changes a source and one that sets
 * the alarm. The former changes the source under the source's lock and then
 * stores STALE; the latter stores SET and then checks the source under that
 * lock. If the check does not see the change, it comes before it in the order
 * of that lock, so that STALE is stored after SET and remains.
 *
 * No waiter is missed either. A thread that is about to wait becomes a waiter
 * and then reads `deadlines'; a thread that stores STALE because of a change or
 * an alarm then reads `waiters' in mio__deadlines_changed(), or when it has
 * collected or is cancelled (collect.c). All of these are seq_cst, so either
 * the waiter sees STALE and sets the alarm, or the other thread sees the waiter
 * and sets it. A check stores STALE as well, but it changes no deadline. If the
 * alarm has not expired yet, it will, and the thread that it wakes sets it
 * again. Between SET and the moment at which the alarm is set, a thread may
 * already wait in the kernel: the alarm wakes it all the same, and if it cannot
 * be set, the waiters are woken afterwards.
 *
 * Without an alarm, `alarm_time' is the time at which the first of the waiting
 * threads wakes up by itself, because its wait is no longer than that. Every
 * thread that returns from mio_poll() wakes another waiter, which computes
 * `alarm_time' again. Until then it is MIO__NEVER: if a thread that does not
 * wait consumes the wake, it finds no waiter to count on and wakes another one.
 * `deadlines' is STALE as long as there are sources.
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

/* An exchange, because emulators let a load overtake a store (core.h). */
static void
store_deadlines(struct mio_poll *poll, unsigned state)
{
	(void)atomic_exchange_explicit(
	    &poll->deadlines, state, memory_order_seq_cst);
}

void
mio__deadlines_rang(struct mio_poll *poll)
{
	(void)atomic_exchange_explicit(
	    &poll->alarm_rang, true, memory_order_seq_cst);
	MIO__YIELD_POINT();
	if (mio__core_deadlines(poll) != MIO__DEADLINES_NONE)
		store_deadlines(poll, MIO__DEADLINES_STALE);
}

void
mio__deadlines_check(struct mio_poll *poll)
{
	bool locked = mio__lock_others_out(&poll->lock);
	mio__instant_t now;

	if (mio__core_deadlines(poll) == MIO__DEADLINES_STALE) {
		(void)check_locked(poll, &now);
	} else if (poll->alarm_time - mio__clock_now() <= SLACK_NS) {
		store_deadlines(poll, MIO__DEADLINES_STALE);
		(void)check_locked(poll, &now);
	}
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

	if (!atomic_exchange_explicit(
		&poll->alarm_rang, false, memory_order_seq_cst) &&
	    earliest == poll->alarm_time && earliest - now > SLACK_NS)
		return true;

	poll->alarm_time = earliest;
	if (mio__selector_set_alarm(poll->selector, earliest) == 0)
		return true;

	/* no thread wakes up by itself yet */
	poll->alarm_time = MIO__NEVER;

	return false;
}

/* Checks the sources and sets the alarm; returns like set_alarm_locked(). */
static bool
update_locked(struct mio_poll *poll)
{
	bool has_alarm = mio__selector_has_alarm(poll->selector);
	unsigned state = MIO__DEADLINES_SET;
	mio__instant_t earliest, now;
	bool set;

	/* first, so that a change during the check makes it STALE again */
	if (has_alarm)
		store_deadlines(poll, state);

	earliest = check_locked(poll, &now);
	MIO__YIELD_POINT();
	set = set_alarm_locked(poll, earliest, now);

	if (!set)
		store_deadlines(poll, MIO__DEADLINES_STALE);
	else if (has_alarm && earliest == MIO__NEVER)
		(void)atomic_compare_exchange_strong_explicit(&poll->deadlines,
		    &state, MIO__DEADLINES_NONE, memory_order_seq_cst,
		    memory_order_relaxed);

	return set;
}

void
mio__deadlines_set_alarm(struct mio_poll *poll)
{
	bool locked = mio__lock_others_out(&poll->lock);
	bool set = update_locked(poll);

	mio__let_others_in(&poll->lock, locked);

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
	if (poll->timed_sources == NULL)
		store_deadlines(poll, MIO__DEADLINES_NONE);
	mio__let_others_in(&poll->lock, locked);

	if (mio__ready_queue_has_incoming(&poll->ready) || earliest <= now)
		return 0;
	if (earliest == MIO__NEVER)
		return timeout_ns;

	return timeout_ns < 0 || earliest - now < timeout_ns ? earliest - now
							     : timeout_ns;
}

void
mio__deadlines_hand_over(struct mio_poll *poll)
{
	bool locked = mio__lock_others_out(&poll->lock);

	/* the thread that consumes the wake must not count on this one */
	poll->alarm_time = MIO__NEVER;
	mio__let_others_in(&poll->lock, locked);

	(void)mio__core_wake(poll);
}

void
mio__deadlines_renew(struct mio_poll *poll)
{
	store_deadlines(poll, MIO__DEADLINES_STALE);
	mio__deadlines_changed(poll);
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

	store_deadlines(poll, MIO__DEADLINES_STALE);
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

	store_deadlines(poll, MIO__DEADLINES_NONE);
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
