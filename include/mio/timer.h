/* SPDX-License-Identifier: MIT */
#ifndef MIO_TIMER_H
#define MIO_TIMER_H

#include <mio/poll.h>

/*
 * A timer is one source with many timeouts, in a hierarchical timing wheel.
 * Setting, resetting, cancelling and expiring a timeout take constant time and
 * allocate nothing. Times are nanoseconds on the monotonic clock. Deadlines are
 * rounded up to a tick: a timeout is never early, and at most one tick late,
 * plus the delay of the scheduler. Every wait of a poll checks each of its
 * timers, so use one timer per waiting thread, not one per connection.
 *
 * One thread at a time may use a timer; the poll may run in another thread. A
 * timer stays bound to the poll that it was first registered with.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct mio_timer;

/* Identifies a pending timeout; never 0, and not reused soon. */
typedef uint64_t mio_timeout_t;

/*
 * Creates a timer with ticks of tick_ns nanoseconds (0: a millisecond) and room
 * for capacity timeouts (0: 65536) of 40 bytes each. Thread-safe.
 * Errors: -EINVAL, -ENOMEM.
 */
int mio_timer_create(struct mio_timer **out, uint64_t tick_ns, size_t capacity);

/* Deregisters and destroys a timer with its timeouts. NULL is ignored. */
void mio_timer_destroy(struct mio_timer *timer);

/*
 * Returns the source to pass to mio_poll_register(), which is part of the
 * timer, or NULL for NULL. It is MIO_READABLE while a timeout is due: after an
 * event mio_timer_expire() returns at least one, unless it was cancelled or
 * reset. With MIO_EDGE the next event is reported only after mio_timer_expire()
 * has returned all timeouts that were due.
 */
struct mio_source *mio_timer_source(struct mio_timer *timer);

/*
 * Sets a timeout delay_ns from now. When it is due, mio_timer_expire() stores
 * its token. out may be NULL. The call makes a system call only if another
 * thread sleeps in the poll. Errors: -EINVAL, -ENOSPC (capacity timeouts are
 * pending), -EOVERFLOW (more than 2^63 nanoseconds from now).
 */
int mio_timer_set(struct mio_timer *timer, uint64_t delay_ns, mio_token_t token,
    mio_timeout_t *out);

/* Does the same for a time of mio_clock_now(), which may be in the past. */
int mio_timer_set_at(struct mio_timer *timer, uint64_t deadline_ns,
    mio_token_t token, mio_timeout_t *out);

/*
 * Change the deadline of a pending timeout, also of one that is due, as if it
 * were set now. It keeps its token and its mio_timeout_t. Errors: -EINVAL,
 * -EOVERFLOW, -ENOENT (returned by mio_timer_expire() already, or cancelled).
 */
int mio_timer_reset(struct mio_timer *timer, mio_timeout_t timeout,
    uint64_t delay_ns);
int mio_timer_reset_at(struct mio_timer *timer, mio_timeout_t timeout,
    uint64_t deadline_ns);

/*
 * Returns the time on the monotonic clock in nanoseconds. One reading can serve
 * many calls to mio_timer_set_at() and mio_timer_reset_at(). Thread-safe and
 * async-signal-safe.
 */
uint64_t mio_clock_now(void);

/*
 * Cancels a pending timeout, also one that is due, and stores its token; token
 * may be NULL. Errors: -EINVAL, -ENOENT (as above).
 */
int mio_timer_cancel(struct mio_timer *timer, mio_timeout_t timeout,
    mio_token_t *token);

/*
 * Removes up to count timeouts that are due, stores their tokens and returns
 * how many. They are ordered by tick, and within a tick in the order they were
 * set. Less than count means that no more are due. Errors: -EINVAL.
 */
int mio_timer_expire(struct mio_timer *timer, mio_token_t *tokens,
    size_t count);

/*
 * Stores how long it is until the next timeout is due, or 0 if one is due now.
 * Errors: -EINVAL, -ENOENT (none is pending).
 */
int mio_timer_next(const struct mio_timer *timer, uint64_t *delay_ns);

/* Returns the number of pending timeouts, also those due; 0 for NULL. */
size_t mio_timer_pending(const struct mio_timer *timer);

#ifdef __cplusplus
}
#endif

#endif
