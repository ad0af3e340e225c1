/* SPDX-License-Identifier: MIT */

/*
 * All that belongs to timed sources is under the poll's lock, the alarm too. A
 * thread sets it before it waits, after the alarm may have woken it, and when
 * it has changed such a source while others wait. `armed' is the time it was
 * last set to. When it rings one thread is woken, and makes ready what is due
 * by the clock. It may read the clock before the deadline, by what two
 * processors' clocks differ: so an alarm is believed to be still set only while
 * its deadline is farther than SLACK from a clock that was read under the same
 * lock. If it rings after that reading, the thread that it wakes comes here,
 * and the clock is read again. Where there is no alarm, `armed' is when the
 * first of those who wait will wake up by itself; whoever comes back wakes
 * another one, which sets it anew.
 */

#include "core/deadlines.h"

#include <errno.h>

#include "sys/lock.h"

/* More than the clocks of two processors differ, less than anybody notices. */
#define SLACK_NS INT64_C(100000)

/* The earliest time of the timed sources, after what is due was made ready. */
static mio__instant_t
expire_locked(struct mio_poll *poll, mio__instant_t *now)
{
	*now = mio__clock_now();

	return mio__timed_expire(&poll->timed, *now);
}

void
mio__deadlines_expire(struct mio_poll *poll)
{
	bool locked = mio__lock_others_out(&poll->lock);
	mio__instant_t now;

	(void)expire_locked(poll, &now); /* asked again before a wait */
	mio__let_others_in(&poll->lock, locked);
}

/* Whether the poll will be woken at that time. */
static bool
set_alarm_locked(
    struct mio_poll *poll, mio__instant_t earliest, mio__instant_t now)
{
	if (!mio__selector_has_alarm(poll->selector))
		return earliest >= poll->timed.armed && poll->timed.armed > now;

	if (earliest == poll->timed.armed && earliest - now > SLACK_NS)
		return true;

	poll->timed.armed = earliest;

	return mio__selector_set_alarm(poll->selector, earliest) == 0;
}

void
mio__deadlines_set_alarm(struct mio_poll *poll)
{
	bool locked = mio__lock_others_out(&poll->lock);
	mio__instant_t earliest, now;
	bool set;

	earliest = expire_locked(poll, &now);
	set = set_alarm_locked(poll, earliest, now);
	mio__let_others_in(&poll->lock, locked);

	/* another event loop has no use for being woken too early */
	if (mio__ready_queue_has_incoming(&poll->ready) ||
	    (!set && mio__core_waiters(poll) >= MIO__WAITER))
		mio__core_wake(poll);
}

/* How long a wait may be where there is no alarm. */
static int64_t
timeout_until_due(struct mio_poll *poll, int64_t timeout_ns)
{
	bool locked = mio__lock_others_out(&poll->lock);
	mio__instant_t earliest, now;

	earliest = expire_locked(poll, &now);
	poll->timed.armed = earliest;
	mio__let_others_in(&poll->lock, locked);

	if (mio__ready_queue_has_incoming(&poll->ready) || earliest <= now)
		return 0;
	if (earliest == MIO__NEVER)
		return timeout_ns;

	return timeout_ns < 0 || earliest - now < timeout_ns ? earliest - now
							     : timeout_ns;
}

/* Before a wait that was announced; how long it may be. */
int64_t
mio__deadlines_prepare(struct mio_poll *poll, int64_t timeout_ns)
{
	if (mio__selector_has_alarm(poll->selector))
		mio__deadlines_set_alarm(poll);

	/* it may just have been refused */
	return mio__selector_has_alarm(poll->selector)
	    ? timeout_ns
	    : timeout_until_due(poll, timeout_ns);
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
	mio__timed_add(&poll->timed, timed);
	atomic_fetch_or_explicit(
	    &poll->collector, MIO__TIMED, memory_order_seq_cst);
}

void
mio__deadlines_remove_locked(struct mio_poll *poll, struct mio__timed *timed)
{
	mio__timed_remove(timed);
	if (poll->timed.first != NULL)
		return;

	atomic_fetch_and_explicit(
	    &poll->collector, ~MIO__TIMED, memory_order_seq_cst);
	if (poll->timed.armed != MIO__NEVER) {
		poll->timed.armed = MIO__NEVER;
		/* refused, it rings once for nobody */
		(void)mio__selector_set_alarm(poll->selector, MIO__NEVER);
	}
}
