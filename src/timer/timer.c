/* SPDX-License-Identifier: MIT */

/*
 * The timer binds a wheel to a poll: it is readiness that is set when the poll
 * looks and finds something due, and a deadline that the poll asks for before
 * it sleeps.
 *
 * Threads. The caller sees to it that one thread at a time uses the timer, but
 * the poll may look from another: what both use, the wheel and `told', belongs
 * to the lock. The poll holds a lock of its own when it takes this one, so
 * the poll is told of changes after this one was given back. See deadlines.c
 * for why no change is missed.
 *
 * `told' is set when the poll has set the readiness, and cleared when nothing
 * is left of what was due by told_at, the last tick that the poll or the
 * program looked at: handed out, cancelled or moved. The wheel's own time is
 * not that: it stands still at what was not handed out yet. While `told' is set
 * the program knows, and the poll need not wake up for this timer.
 *
 * Ticks are multiples of tick_ns on the clock itself: a deadline is rounded up
 * to one and the time of now down, so what is due now was due before.
 */

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/check.h"
#include "base/yield_point.h"
#include "core/deadlines.h"
#include "core/readiness_source.h"
#include "mio/timer.h"
#include "sys/clock.h"
#include "sys/lock.h"
#include "sys/memory.h"
#include "sys/process.h"
#include "timer/tick.h"
#include "timer/wheel.h"

#define TICK_NS   UINT64_C(1000000)
#define CAPACITY  65536
#define DELAY_MAX (UINT64_C(1) << 63)

/* As many timeouts of one slot the poll looks at to find the first of them. */
#define LOOKS 64

struct mio_timer {
	struct mio__readiness_source base; /* first: freed as one */
	struct mio_source source;          /* what programs get, on top of it */
	struct mio__timed timed;
	struct mio__tick tick;
	uint64_t process; /* that made it */

	/* Each under lock. */
	pthread_mutex_t lock;
	bool told;
	uint64_t told_at;
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

/* ---- for the poll */

static mio__instant_t
look(struct mio__timed *timed, mio__instant_t now)
{
	char *block = (char *)timed - offsetof(struct mio_timer, timed);
	struct mio_timer *timer = (struct mio_timer *)(void *)block;
	mio__instant_t next = MIO__NEVER;
	uint64_t tick;
	bool locked;

	locked = mio__lock_others_out(&timer->lock);

	if (!timer->told &&
	    mio__readiness_is_readable(&timer->base.readiness)) {
		tick = mio__tick_floor(&timer->tick, (uint64_t)now);
		if (mio__wheel_is_due(&timer->wheel, tick)) {
			timer->told = true;
			timer->told_at = tick;
			mio__readiness_set_without_wake(
			    &timer->base.readiness, MIO_READABLE);
		} else if (mio__wheel_next(&timer->wheel, LOOKS, &tick)) {
			next = mio__tick_instant(&timer->tick, tick);
		}
	}

	mio__let_others_in(&timer->lock, locked);

	return next;
}

/* Once nothing is left of what was told, the readiness goes. */
static void
settle_locked(struct mio_timer *timer)
{
	if (!timer->told || mio__wheel_is_due(&timer->wheel, timer->told_at))
		return;

	timer->told = false;
	mio__readiness_set(&timer->base.readiness, 0);
}

/*
 * After a change that the poll may have to know of. Most often it is awake, and
 * that is found out here, without a call.
 */
static void
tell_poll(struct mio_timer *timer)
{
	struct mio_poll *poll = atomic_load_explicit(
	    &timer->base.readiness.poll, memory_order_relaxed);

	if (poll != NULL)
		mio__deadlines_changed(poll);
}

static int
register_locked(struct mio_timer *timer, struct mio_poll *poll,
    mio_token_t token, unsigned interest, unsigned options)
{
	int r;

	/* a timer that could not be reported does not get bound */
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
		mio__deadlines_changed(poll);

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
		mio__deadlines_changed(poll);

	return r;
}

/*
 * It leaves the list in the same step: a register comes before or after both.
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

/* ---- for programs */

MIO__PUBLIC int
mio_timer_create(struct mio_timer **out, uint64_t tick_ns, size_t capacity)
{
	struct mio_timer *timer;
	int r;

	if (out == NULL)
		return -EINVAL;

	if (capacity == 0)
		capacity = CAPACITY;
	if (capacity > MIO__WHEEL_MOST)
		return -ENOMEM;

	timer = mio__os_alloc(1, sizeof(*timer));
	if (timer == NULL)
		return -ENOMEM;

	mio__tick_init(&timer->tick, tick_ns == 0 ? TICK_NS : tick_ns);
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
	timer->timed.expire = look;

	*out = timer;

	return 0;

fini:
	mio__wheel_fini(&timer->wheel);
free:
	mio__os_free(timer);

	return r;
}

/* After this the poll does not look at it any more. */
static void
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

MIO__PUBLIC void
mio_timer_destroy(struct mio_timer *timer)
{
	if (timer == NULL)
		return;

	/*
	 * In a forked child the alarm is the parent's, which may sleep by it,
	 * and locks may have been held by threads that the child lacks.
	 */
	if (mio__process_is(timer->process)) {
		leave_poll(timer);
		(void)pthread_mutex_destroy(&timer->lock); /* nobody has it */
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

/* Whether it is farther away than a timeout may be. */
static bool
is_too_far(uint64_t deadline_ns)
{
	return deadline_ns > DELAY_MAX && deadline_ns - DELAY_MAX > now_ns();
}

MIO__PUBLIC int
mio_timer_set_at(struct mio_timer *timer, uint64_t deadline_ns,
    mio_token_t state, mio_timeout_t *out)
{
	mio__wheel_handle_t handle;
	bool earliest, locked;
	uint64_t tick;
	int r;

	if (timer == NULL)
		return -EINVAL;
	if (is_too_far(deadline_ns))
		return -EOVERFLOW;

	tick = mio__tick_ceil(&timer->tick, deadline_ns);
	locked = mio__lock_others_out(&timer->lock);
	earliest = tick < timer->wheel.earliest;
	r = mio__wheel_insert(&timer->wheel, tick, state, &handle);
	mio__let_others_in(&timer->lock, locked);

	if (r < 0)
		return r;

	if (out != NULL)
		*out = handle;
	if (earliest)
		tell_poll(timer);

	return 0;
}

MIO__PUBLIC int
mio_timer_set(struct mio_timer *timer, uint64_t delay_ns, mio_token_t state,
    mio_timeout_t *out)
{
	if (delay_ns > DELAY_MAX)
		return timer == NULL ? -EINVAL : -EOVERFLOW;

	return mio_timer_set_at(timer, now_ns() + delay_ns, state, out);
}

MIO__PUBLIC int
mio_timer_reset_at(
    struct mio_timer *timer, mio_timeout_t timeout, uint64_t deadline_ns)
{
	uint64_t before;
	bool changed, locked;
	int r;

	if (timer == NULL)
		return -EINVAL;
	if (is_too_far(deadline_ns))
		return -EOVERFLOW;

	locked = mio__lock_others_out(&timer->lock);
	before = timer->wheel.earliest;
	r = mio__wheel_move(
	    &timer->wheel, timeout, mio__tick_ceil(&timer->tick, deadline_ns));
	changed = timer->wheel.earliest != before || !timer->wheel.exact;
	settle_locked(timer);
	mio__let_others_in(&timer->lock, locked);

	if (r == 0 && changed)
		tell_poll(timer);

	return r;
}

MIO__PUBLIC int
mio_timer_reset(
    struct mio_timer *timer, mio_timeout_t timeout, uint64_t delay_ns)
{
	if (delay_ns > DELAY_MAX)
		return timer == NULL ? -EINVAL : -EOVERFLOW;

	return mio_timer_reset_at(timer, timeout, now_ns() + delay_ns);
}

MIO__PUBLIC int
mio_timer_cancel(
    struct mio_timer *timer, mio_timeout_t timeout, mio_token_t *state)
{
	bool changed, locked;
	int r;

	if (timer == NULL)
		return -EINVAL;

	locked = mio__lock_others_out(&timer->lock);
	r = mio__wheel_remove(&timer->wheel, timeout, state);
	changed = !timer->wheel.exact;
	settle_locked(timer);
	mio__let_others_in(&timer->lock, locked);

	if (r == 0 && changed)
		tell_poll(timer);

	return r;
}

MIO__PUBLIC int
mio_timer_expire(struct mio_timer *timer, mio_token_t *states, size_t count)
{
	size_t n;
	bool locked;

	if (timer == NULL || states == NULL || count == 0)
		return -EINVAL;

	locked = mio__lock_others_out(&timer->lock);
	timer->told_at = ticks_now(timer);
	n = mio__wheel_expire(&timer->wheel, timer->told_at, states,
	    count < INT_MAX ? count : INT_MAX);
	settle_locked(timer);
	mio__let_others_in(&timer->lock, locked);

	tell_poll(timer);

	return (int)n;
}

MIO__PUBLIC int
mio_timer_next(const struct mio_timer *timer, uint64_t *delay_ns)
{
	/* what is earliest is looked up only when somebody asks */
	struct mio_timer *self = (struct mio_timer *)(uintptr_t)timer;
	uint64_t at, now, tick;
	bool any, locked;

	if (timer == NULL || delay_ns == NULL)
		return -EINVAL;

	locked = mio__lock_others_out(&self->lock);
	any = mio__wheel_next(&self->wheel, SIZE_MAX, &tick);
	mio__let_others_in(&self->lock, locked);

	if (!any)
		return -ENOENT;

	at = mio__tick_ns(&timer->tick, tick);
	now = now_ns();
	*delay_ns = at > now ? at - now : 0;

	return 0;
}

MIO__PUBLIC size_t
mio_timer_pending(const struct mio_timer *timer)
{
	/* relaxed or not: only its user changes it, and that is the caller */
	return timer == NULL ? 0 : timer->wheel.pending;
}
