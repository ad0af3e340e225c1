/* SPDX-License-Identifier: MIT */
#ifndef MIO_TIMER_H
#define MIO_TIMER_H

#include <mio/poll.h>

/*
 * Timeouts by the hundred thousand, as one source: a hierarchical timing wheel.
 * Setting, resetting, cancelling and expiring cost the same at any number, from
 * memory that is reserved at the start. Time is nanoseconds on the monotonic
 * clock, counted in ticks: deadlines are rounded up to one, so that nothing is
 * early, and late by a tick at most beside what the scheduler takes. One for
 * each thread or loop that waits is enough: each one costs every wait.
 *
 * One thread at a time uses a timer; the poll may run in another. A timer
 * belongs to the poll that it is first registered with.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct mio_timer;

/* Names a timeout that is set. 0 names none, and no name comes back soon. */
typedef uint64_t mio_timeout_t;

/*
 * Ticks of tick_ns nanoseconds, 0 for a millisecond; room for capacity
 * timeouts, 0 for 65536, of 40 bytes each. Any thread. -EINVAL, -ENOMEM.
 */
int mio_timer_create(struct mio_timer **out, uint64_t tick_ns, size_t capacity);

/* Deregisters, and forgets what is pending. NULL is fine. */
void mio_timer_destroy(struct mio_timer *timer);

/*
 * What mio_poll_register() takes, alive as long as the timer; NULL for NULL.
 * MIO_READABLE while something is due: after its event mio_timer_expire() hands
 * out at least one, unless that was cancelled or reset. Edge: one event, and
 * the next only after mio_timer_expire() has handed out all that was due.
 */
struct mio_source *mio_timer_source(struct mio_timer *timer);

/*
 * Sets a timeout delay_ns from now, which mio_timer_expire() hands out as
 * state; out may be NULL. No system call, unless another thread sleeps in the
 * poll. -EINVAL; -ENOSPC: capacity timeouts are pending; -EOVERFLOW: more than
 * 2^63 nanoseconds from now.
 */
int mio_timer_set(struct mio_timer *timer, uint64_t delay_ns, mio_token_t state,
    mio_timeout_t *out);

/* The same at a time of mio_clock_now(), which may have passed. */
int mio_timer_set_at(struct mio_timer *timer, uint64_t deadline_ns,
    mio_token_t state, mio_timeout_t *out);

/*
 * Moves a timeout that is pending, due ones too, as if it were set now; its
 * name stays. -EINVAL, -EOVERFLOW; -ENOENT: it was handed out or cancelled.
 */
int mio_timer_reset(struct mio_timer *timer, mio_timeout_t timeout,
    uint64_t delay_ns);
int mio_timer_reset_at(struct mio_timer *timer, mio_timeout_t timeout,
    uint64_t deadline_ns);

/*
 * The monotonic clock in nanoseconds. One reading serves all set_at and
 * reset_at of a round. Any thread, signal handlers.
 */
uint64_t mio_clock_now(void);

/* The timeout's state goes to *state unless that is NULL. -EINVAL, -ENOENT. */
int mio_timer_cancel(struct mio_timer *timer, mio_timeout_t timeout,
    mio_token_t *state);

/*
 * Hands out the states of up to count timeouts that are due, by tick, and
 * within a tick in the order in which they were set: how many. When it is less
 * than count there are no more. -EINVAL.
 */
int mio_timer_expire(struct mio_timer *timer, mio_token_t *states,
    size_t count);

/* Until the next one is due, 0 for now. -EINVAL; -ENOENT: none is set. */
int mio_timer_next(const struct mio_timer *timer, uint64_t *delay_ns);

/* How many are set, those included that are due. 0 for NULL. */
size_t mio_timer_pending(const struct mio_timer *timer);

#ifdef __cplusplus
}
#endif

#endif
