/* SPDX-License-Identifier: MIT */

/*
 * A timer connects a wheel (wheel.h) to a poll. It is a timed source of the
 * poll (deadlines.h). The poll calls check_due() when a timeout may be due and
 * when it sets its alarm. This makes the timer readable if a timeout is due,
 * and otherwise returns when the next one will be due.
 *
 * Threads. The caller ensures that one thread at a time uses the timer, but the
 * poll may check it in another thread. The lock protects what both use: the
 * wheel, `reported' and `reported_tick'. The poll holds a lock of its own when
 * it acquires this one. Therefore the timer notifies the poll of a change only
 * after it has released this lock. deadlines.c explains why the poll misses no
 * change.
 *
 * `reported' is set while the timer is readable: the program has been notified,
 * and the poll need not wake for this timer. `reported_tick' is the last tick
 * for which the poll or the program checked the wheel. `reported' is cleared
 * when no timeout is left that was due at this tick: all of them have expired
 * or were cancelled or moved. The wheel's own current tick cannot serve for
 * this, because it does not move past timeouts that have not expired.
 *
 * Ticks are multiples of the tick's length on the monotonic clock. A deadline
 * is rounded up to a tick and the current time is rounded down, so that no
 * timeout is early.
 */

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/check.h"
#include "base/probe.h"
#include "core/deadlines.h"
#include "core/readiness_source.h"
#include "mio/timer.h"
#include "sys/clock.h"
#include "sys/lock.h"
#include "sys/memory.h"
#include "sys/process.h"
#include "timer/tick.h"
#include "timer/wheel.h"

#define DEFAULT_TICK_NS  UINT64_C(1000000)
#define DEFAULT_CAPACITY 65536
#define DELAY_MAX_NS     (UINT64_C(1) << 63)

/* The most timeouts that a check by the poll compares to find the earliest. */
#define SCAN_MAX 64

struct mio_timer {
	struct mio__readiness_source base; /* first: freed as one */
	struct mio_source source; /* what programs register; it uses base */
	struct mio__timed timed;
	struct mio__tick tick;
	uint64_t process; /* the process that created it */

	pthread_mutex_t lock; /* protects what follows */
	bool reported;
	uint64_t reported_tick;
	struct mio__wheel wheel;
};

static struct mio_timer *
timer_of(struct mio_source *source)
{
	char *block = (char *)source - offsetof(struct mio_timer, source);

	return (struct mio_timer *)(void *)block;
}

static uint64_t
now_ns(void)
{
	return (uint64_t)mio__clock_now();
}

static uint64_t
ticks_now(const struct mio_timer *timer)
{
	return mio__tick_floor(&timer->tick, now_ns());
}

/* ---- called by the poll */

/*
 * Makes the timer readable if a timeout is due now. Otherwise returns when the
 * next one is due, or an earlier time; or MIO__NEVER if there is nothing to
 * wait for.
 */
static mio__instant_t
check_due(struct mio__timed *timed, mio__instant_t now)
{
	char *block = (char *)timed - offsetof(struct mio_timer, timed);
	struct mio_timer *timer = (struct mio_timer *)(void *)block;
	mio__instant_t next = MIO__NEVER;
	uint64_t tick;
	bool locked;

	locked = mio__lock_others_out(&timer->lock);

	if (!timer->reported &&
	    mio__readiness_is_readable(&timer->base.readiness)) {
		tick = mio__tick_floor(&timer->tick, (uint64_t)now);
		if (mio__wheel_is_due(&timer->wheel, tick)) {
			timer->reported = true;
			timer->reported_tick = tick;
			mio__readiness_set_without_wake(
			    &timer->base.readiness, MIO_READABLE);
		} else if (mio__wheel_next(&timer->wheel, SCAN_MAX, &tick)) {
			next = mio__tick_instant(&timer->tick, tick);
		}
	}

	mio__let_others_in(&timer->lock, locked);

	return next;
}

/*
 * Clears the readiness if no timeout is left of those that were reported.
 * Returns whether it did: the poll has to wake for this timer again.
 */
static MIO__NOINLINE bool
clear_readiness_locked(struct mio_timer *timer)
{
	if (!timer->reported ||
	    mio__wheel_is_due(&timer->wheel, timer->reported_tick))
		return false;

	timer->reported = false;
	(void)mio__readiness_set(&timer->base.readiness, 0);

	return true;
}

/*
 * Called without the lock, after a change of the earliest timeout. stale says
 * that the poll has to set its alarm again: it may ring too late, or for
 * nothing. If not, and if no thread waits in the poll, this is two loads.
 */
static inline void
notify_poll(struct mio_timer *timer, bool stale)
{
	struct mio_poll *poll = atomic_load_explicit(
	    &timer->base.readiness.poll, memory_order_relaxed);

	if (poll == NULL)
		return;

	if (stale)
		mio__deadlines_stale(poll);
	else
		mio__deadlines_changed(poll);
}

static int
register_locked(struct mio_timer *timer, struct mio_poll *poll,
    mio_token_t token, unsigned interest, unsigned options)
{
	int r;

	/* first, because the timer must not be registered if this fails */
	r = mio__deadlines_open_locked(poll);
	if (r == 0)
		r = mio__readiness_update_locked(&timer->base.readiness, poll,
		    token, interest, options, false);
	if (r == 0)
		mio__deadlines_add_locked(poll, &timer->timed);

	return r;
}

static int
register_source(struct mio_source *source, struct mio_poll *poll,
    mio_token_t token, unsigned interest, unsigned options)
{
	struct mio_timer *timer = timer_of(source);
	bool locked;
	int r;

	r = mio__readiness_check(
	    &timer->base.readiness, poll, interest, options);
	if (r < 0)
		return r;

	locked = mio__lock_others_out(&poll->lock);
	r = register_locked(timer, poll, token, interest, options);
	mio__let_others_in(&poll->lock, locked);

	if (r == 0)
		mio__deadlines_stale(poll);

	return r;
}

static int
reregister_source(struct mio_source *source, struct mio_poll *poll,
    mio_token_t token, unsigned interest, unsigned options)
{
	struct mio_timer *timer = timer_of(source);
	int r = timer->base.source.ops->reregister_source(
	    &timer->base.source, poll, token, interest, options);

	if (r == 0)
		mio__deadlines_stale(poll);

	return r;
}

/*
 * The registration and the place in the list go under one lock, so that a
 * concurrent register comes before or after both.
 */
static int
deregister_source(struct mio_source *source, struct mio_poll *poll)
{
	struct mio_timer *timer = timer_of(source);
	bool locked = mio__lock_others_out(&poll->lock);
	int r;

	r = mio__readiness_deregister(&timer->base.readiness, poll);
	if (r == 0)
		mio__deadlines_remove_locked(poll, &timer->timed);
	mio__let_others_in(&poll->lock, locked);

	if (r == 0)
		mio__deadlines_changed(poll);

	return r;
}

static const struct mio_source_ops ops = {
	.register_source = register_source,
	.reregister_source = reregister_source,
	.deregister_source = deregister_source,
};

/* ---- called by programs */

MIO__PUBLIC MIO__COLD int
mio_timer_create(struct mio_timer **out, uint64_t tick_ns, size_t capacity)
{
	struct mio_timer *timer;
	int r;

	if (out == NULL)
		return -EINVAL;

	if (capacity == 0)
		capacity = DEFAULT_CAPACITY;
	if (capacity > MIO__WHEEL_CAPACITY_MAX)
		return -ENOMEM;

	timer = mio__os_alloc(1, sizeof(*timer));
	if (timer == NULL)
		return -ENOMEM;

	mio__tick_init(&timer->tick, tick_ns == 0 ? DEFAULT_TICK_NS : tick_ns);
	r = mio__process_id(&timer->process);
	if (r == 0)
		r = mio__wheel_init(&timer->wheel, capacity, ticks_now(timer));
	if (r < 0)
		goto free;

	r = -pthread_mutex_init(&timer->lock, NULL);
	if (r < 0)
		goto fini;

	mio__readiness_source_init(&timer->base, 1);
	timer->source.ops = &ops;
	timer->timed.check_due = check_due;

	*out = timer;

	return 0;

fini:
	mio__wheel_fini(&timer->wheel);
free:
	mio__os_free(timer);

	return r;
}

/* Removes the timer from its poll, which does not check it after this. */
static MIO__COLD void
leave_poll(struct mio_timer *timer)
{
	struct mio_poll *poll = atomic_load_explicit(
	    &timer->base.readiness.poll, memory_order_relaxed);
	bool locked;

	if (poll == NULL)
		return;

	locked = mio__lock_others_out(&poll->lock);
	mio__deadlines_remove_locked(poll, &timer->timed);
	mio__let_others_in(&poll->lock, locked);
}

MIO__PUBLIC MIO__COLD void
mio_timer_destroy(struct mio_timer *timer)
{
	if (timer == NULL)
		return;

	/*
	 * In a forked child the alarm belongs to the parent, which may sleep
	 * until it, and locks may be held by threads that do not exist here.
	 */
	if (mio__process_is(timer->process)) {
		leave_poll(timer);
		(void)pthread_mutex_destroy(&timer->lock); /* not held */
	}
	mio__wheel_fini(&timer->wheel);

	mio__readiness_drop(&timer->base.readiness);
	mio__readiness_unref(&timer->base.readiness);
}

MIO__PUBLIC struct mio_source *
mio_timer_source(struct mio_timer *timer)
{
	return timer == NULL ? NULL : &timer->source;
}

/* Returns whether a deadline is farther away than it may be. */
static bool
is_too_far(uint64_t deadline_ns)
{
	return deadline_ns > DELAY_MAX_NS &&
	    deadline_ns - DELAY_MAX_NS > now_ns();
}

/*
 * Set, reset and cancel are compiled twice: inline for the usual case, and in
 * set_at_slow(), reset_at_slow() and cancel_slow() for all others. In the usual
 * case they do little more than change the wheel. As the compiler knows that,
 * each call takes 17 to 29 instructions less.
 */
/*
 * Returns whether the process has one thread, so that nothing is locked, and
 * the deadline is neither earlier than all others nor too far away.
 */
static inline bool
is_usual(const struct mio_timer *timer, uint64_t deadline_ns)
{
	return MIO__ALONE() && deadline_ns <= DELAY_MAX_NS &&
	    mio__tick_ceil(&timer->tick, deadline_ns) >= timer->wheel.earliest;
}

static inline int
set_at(struct mio_timer *timer, uint64_t deadline_ns, mio_token_t token,
    mio_timeout_t *out)
{
	bool is_earliest, locked;
	uint64_t tick;
	int r;

	if (is_too_far(deadline_ns))
		return -EOVERFLOW;

	tick = mio__tick_ceil(&timer->tick, deadline_ns);
	locked = mio__lock_others_out(&timer->lock);
	is_earliest = tick < timer->wheel.earliest;
	r = mio__wheel_insert(&timer->wheel, tick, token, out);
	mio__let_others_in(&timer->lock, locked);

	if (r == 0 && is_earliest)
		notify_poll(timer, true);

	return r;
}

static MIO__NOINLINE int
set_at_slow(struct mio_timer *timer, uint64_t deadline_ns, mio_token_t token,
    mio_timeout_t *out)
{
	mio__wheel_handle_t unused;

	return set_at(timer, deadline_ns, token, out != NULL ? out : &unused);
}

MIO__PUBLIC int
mio_timer_set_at(struct mio_timer *timer, uint64_t deadline_ns,
    mio_token_t token, mio_timeout_t *out)
{
	if (timer == NULL)
		return -EINVAL;
	if (out == NULL || !is_usual(timer, deadline_ns))
		return set_at_slow(timer, deadline_ns, token, out);

	return set_at(timer, deadline_ns, token, out);
}

MIO__PUBLIC int
mio_timer_set(struct mio_timer *timer, uint64_t delay_ns, mio_token_t token,
    mio_timeout_t *out)
{
	if (delay_ns > DELAY_MAX_NS)
		return timer == NULL ? -EINVAL : -EOVERFLOW;

	return mio_timer_set_at(timer, now_ns() + delay_ns, token, out);
}

static inline int
reset_at(struct mio_timer *timer, mio_timeout_t timeout, uint64_t deadline_ns)
{
	bool changed, locked, reported, stale;
	uint64_t tick;
	int r;

	if (is_too_far(deadline_ns))
		return -EOVERFLOW;

	tick = mio__tick_ceil(&timer->tick, deadline_ns);
	locked = mio__lock_others_out(&timer->lock);
	stale = tick < timer->wheel.earliest;
	reported = timer->reported;
	r = mio__wheel_move(&timer->wheel, timeout, tick);
	changed = !timer->wheel.exact;
	if (reported)
		stale |= clear_readiness_locked(timer);
	mio__let_others_in(&timer->lock, locked);

	/* an alarm that rings once too early costs less than to set it anew */
	if (r == 0 && (stale || changed))
		notify_poll(timer, stale);

	return r;
}

static MIO__NOINLINE int
reset_at_slow(
    struct mio_timer *timer, mio_timeout_t timeout, uint64_t deadline_ns)
{
	return reset_at(timer, timeout, deadline_ns);
}

MIO__PUBLIC int
mio_timer_reset_at(
    struct mio_timer *timer, mio_timeout_t timeout, uint64_t deadline_ns)
{
	if (timer == NULL)
		return -EINVAL;
	if (!is_usual(timer, deadline_ns) || timer->reported)
		return reset_at_slow(timer, timeout, deadline_ns);

	return reset_at(timer, timeout, deadline_ns);
}

MIO__PUBLIC int
mio_timer_reset(
    struct mio_timer *timer, mio_timeout_t timeout, uint64_t delay_ns)
{
	if (delay_ns > DELAY_MAX_NS)
		return timer == NULL ? -EINVAL : -EOVERFLOW;

	return mio_timer_reset_at(timer, timeout, now_ns() + delay_ns);
}

static inline int
cancel(struct mio_timer *timer, mio_timeout_t timeout, mio_token_t *token)
{
	bool locked, reported, stale;
	int r;

	locked = mio__lock_others_out(&timer->lock);
	reported = timer->reported;
	r = mio__wheel_remove(&timer->wheel, timeout, token);
	stale = !timer->wheel.exact;
	if (reported)
		stale |= clear_readiness_locked(timer);
	mio__let_others_in(&timer->lock, locked);

	if (r == 0 && stale)
		notify_poll(timer, true);

	return r;
}

static MIO__NOINLINE int
cancel_slow(struct mio_timer *timer, mio_timeout_t timeout, mio_token_t *token)
{
	return cancel(timer, timeout, token);
}

MIO__PUBLIC int
mio_timer_cancel(
    struct mio_timer *timer, mio_timeout_t timeout, mio_token_t *token)
{
	if (timer == NULL)
		return -EINVAL;
	if (!MIO__ALONE() || timer->reported)
		return cancel_slow(timer, timeout, token);

	return cancel(timer, timeout, token);
}

MIO__PUBLIC int
mio_timer_expire(struct mio_timer *timer, mio_token_t *tokens, size_t count)
{
	size_t n;
	bool locked, stale;

	if (timer == NULL || tokens == NULL || count == 0)
		return -EINVAL;

	locked = mio__lock_others_out(&timer->lock);
	timer->reported_tick = ticks_now(timer);
	n = mio__wheel_expire(&timer->wheel, timer->reported_tick, tokens,
	    count < INT_MAX ? count : INT_MAX);
	stale = clear_readiness_locked(timer);
	mio__let_others_in(&timer->lock, locked);

	notify_poll(timer, stale);
	MIO__PROBE(timer__expire, timer, n);

	return (int)n;
}

MIO__PUBLIC int
mio_timer_next(const struct mio_timer *timer, uint64_t *delay_ns)
{
	/* constant for the caller, but the wheel stores what it finds */
	struct mio_timer *self = (struct mio_timer *)(uintptr_t)timer;
	uint64_t due_ns, now, tick;
	bool any, locked;

	if (timer == NULL || delay_ns == NULL)
		return -EINVAL;

	locked = mio__lock_others_out(&self->lock);
	any = mio__wheel_next(&self->wheel, SIZE_MAX, &tick);
	mio__let_others_in(&self->lock, locked);

	if (!any)
		return -ENOENT;

	due_ns = mio__tick_ns(&timer->tick, tick);
	now = now_ns();
	*delay_ns = due_ns > now ? due_ns - now : 0;

	return 0;
}

MIO__PUBLIC size_t
mio_timer_pending(const struct mio_timer *timer)
{
	/* no lock: only calls of the program change it, one at a time */
	return timer == NULL ? 0 : timer->wheel.pending;
}
