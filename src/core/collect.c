/* SPDX-License-Identifier: MIT */

/*
 * Who calls what: any thread, any call, at any time; close once all is over.
 *
 * The collector. Whoever sets HELD in its word, where it was not set, may take
 * from the queue and report; nobody waits for it, and HELD is never kept over a
 * wait.
 *
 *	free -> enter -> HELD		or the caller is not inside, and goes on
 *	HELD -> leave -> free		NONEMPTY when the list is not empty
 *
 * TIMED says that there are timed sources (deadlines.c). So the word is 0 and
 * nothing has come in exactly when there is nothing to collect.
 *
 * A look that found it held, and nothing in the kernel, tries a while longer:
 * it should report what holds. It waits for nobody all the same.
 *
 * Passing on. A thread that has left looks whether others wait (another event
 * loop does, too), and wakes one of them if it left something, a level or what
 * did not fit, or if something has come in meanwhile. A thread that is about to
 * wait announces that, then looks at the collector's word and at what has come
 * in. Each side changes one word and then reads the other's, all four seq_cst:
 * either who leaves sees the one that waits, or who waits sees what was left;
 * or it finds the collector HELD, and then who holds it has yet to look. Who
 * leaves wakes after it has let go: the one that it wakes finds the way free,
 * and the two do not go round for ever.
 *
 * A wait that the selector ended for the library, by a signal or the alarm, has
 * to be followed by a visit here, even with a full array: the signal is gone,
 * and what it was about is this thread's to report or to pass on.
 *
 * Cancellation. A thread that is cancelled may have taken the signal with it:
 * it takes its announcement back and wakes another one. With events from the
 * queue in its hands it is not cancelled.
 *
 * Orders. Entering and leaving are acquire and release, for the list and what
 * belongs to it; seq_cst for what was said above.
 */

#include "core/collect.h"

#include <errno.h>
#include <pthread.h>

#include "core/deadlines.h"
#include "core/readiness.h"
#include "sys/cancel.h"
#include "sys/lock.h"
#include "sys/thread.h"

/* The collector's word. */
#define HELD     1u
#define NONEMPTY 2u
#define TIMED    MIO__TIMED

/* How often a thread that finds the collector held looks again. */
#define SPINS 2000

/* Kept out of the way through those who wait. */
#define COLD __attribute__((noinline, cold))

static unsigned
load(const struct mio_poll *poll)
{
	return atomic_load_explicit(&poll->collector, memory_order_seq_cst);
}

/* Whether there is, or may be, something to collect. */
static bool
has_work(const struct mio_poll *poll)
{
	return load(poll) != 0 || mio__ready_queue_has_incoming(&poll->ready);
}

/* The same, but for what becomes ready by the clock. */
static bool
is_left(const struct mio_poll *poll)
{
	return (load(poll) & ~TIMED) != 0 ||
	    mio__ready_queue_has_incoming(&poll->ready);
}

static inline bool
enter(struct mio_poll *poll)
{
	MIO__YIELD_POINT();

	return !(atomic_fetch_or_explicit(
		     &poll->collector, HELD, memory_order_seq_cst) &
	    HELD);
}

/* Lets go, and passes on what is left. */
static inline void
leave(struct mio_poll *poll)
{
	bool left = !mio__ready_queue_is_empty(&poll->ready);
	unsigned was_left = load(poll) & NONEMPTY; /* nobody else changes it */

	MIO__YIELD_POINT();
	atomic_fetch_sub_explicit(&poll->collector,
	    HELD + was_left - (left ? NONEMPTY : 0), memory_order_seq_cst);
	MIO__YIELD_POINT();

	if (mio__core_waiters(poll) != 0 &&
	    (left || mio__ready_queue_has_incoming(&poll->ready)))
		mio__core_wake(poll);
}

/* ---- collecting */

/* Everything that is to be reported into the list. */
static inline void
gather(struct mio_poll *poll)
{
	if (mio__core_is_timed(poll))
		mio__deadlines_expire(poll);
	mio__ready_queue_accept(&poll->ready);
}

/*
 * Enters when who is inside goes, which is a few instructions for each of its
 * events away, unless it has lost the processor: then that is given up once.
 */
static bool
enter_spinning(struct mio_poll *poll)
{
	unsigned spins;

	for (spins = 0; spins < SPINS; spins++)
		if (!(load(poll) & HELD) && enter(poll))
			return true;

	mio__os_yield();

	return enter(poll);
}

/* A visit by who has waited or let the kernel go first. */
static COLD size_t
collect(struct mio_poll *poll, struct mio_event *events, size_t capacity)
{
	size_t n;

	if (!enter_spinning(poll))
		return 0;

	gather(poll);
	n = mio__readiness_report(poll, events, capacity);
	leave(poll);

	return n;
}

/* ---- waiting */

struct wait {
	struct mio_poll *poll;
	bool counted, woken;
};

static void
remove_waiter(struct mio_poll *poll)
{
	/* relaxed: who still sees it signals once too often */
	atomic_fetch_sub_explicit(
	    &poll->waiters, MIO__WAITER, memory_order_relaxed);
}

/* The signal has come; from here on the next push signals again. */
static void
clear_pending_wake(struct mio_poll *poll)
{
	atomic_fetch_and_explicit(
	    &poll->waiters, ~MIO__WAKE_PENDING, memory_order_seq_cst);
	MIO__YIELD_POINT();
}

static void
cancelled(void *argument)
{
	struct wait *wait = argument;

	if (wait->counted)
		remove_waiter(wait->poll);
	clear_pending_wake(wait->poll);
	mio__core_wake(wait->poll);
}

/* Announces a wait; how long it may be. */
static inline int64_t
add_waiter(struct wait *wait, int64_t timeout_ns)
{
	struct mio_poll *poll = wait->poll;
	unsigned seen;

	wait->counted = true;
	atomic_fetch_add_explicit(
	    &poll->waiters, MIO__WAITER, memory_order_seq_cst);
	MIO__YIELD_POINT();

	seen = load(poll);
	if (mio__ready_queue_has_incoming(&poll->ready) ||
	    (seen & (HELD | NONEMPTY)) == NONEMPTY)
		return 0;

	return seen & TIMED ? mio__deadlines_prepare(poll, timeout_ns)
			    : timeout_ns;
}

/* A visit by who has been woken, or has let the kernel go first. */
static COLD size_t
collect_and_set_alarm(
    struct mio_poll *poll, struct mio_event *events, size_t capacity)
{
	size_t n = collect(poll, events, capacity);

	if (mio__core_is_timed(poll) && mio__core_waiters(poll) != 0)
		mio__deadlines_set_alarm(poll);

	return n;
}

/*
 * From the kernel, for who has nothing in its hands: how many, after a visit
 * with what room is left if one is due. An error of the kernel's waits for the
 * next time if there are events.
 */
static inline __attribute__((always_inline)) int
wait_in_kernel(struct mio_poll *poll, struct mio_event *events, size_t capacity,
    int64_t timeout_ns, bool kernel_first)
{
	struct wait wait = { .poll = poll };
	size_t got;
	int n;

	if (timeout_ns != 0)
		timeout_ns = add_waiter(&wait, timeout_ns);

	pthread_cleanup_push(cancelled, &wait);
	n = mio__selector_wait(
	    poll->selector, events, capacity, timeout_ns, &wait.woken);
	pthread_cleanup_pop(0);

	if (wait.counted)
		remove_waiter(poll);
	if (wait.woken)
		clear_pending_wake(poll);

	/* Another thread may have been inside, and have left something. */
	if (!wait.woken && !kernel_first && (n != 0 || !is_left(poll)))
		return n;

	got = n > 0 ? (size_t)n : 0;
	got += collect_and_set_alarm(poll, events + got, capacity - got);

	return n < 0 && got == 0 ? n : (int)got;
}

/*
 * A look into the kernel by who has taken events: how many there are then. It
 * is not cancelled in there; alone, nobody could. What was reported is not
 * reported twice, so that there is no room for a visit.
 */
static inline int
append_from_kernel(struct mio_poll *poll, struct mio_event *events,
    size_t capacity, size_t count)
{
	bool guarded = !MIO__ALONE();
	bool woken = false;
	int n, state;

	if (guarded)
		state = mio__cancel_hold();
	n = mio__selector_wait(
	    poll->selector, events + count, capacity - count, 0, &woken);
	if (guarded)
		mio__cancel_let(state);

	if (woken) {
		clear_pending_wake(poll);
		(void)collect_and_set_alarm(
		    poll, events, 0); /* for the others */
	}

	return (int)count + (n > 0 ? n : 0);
}

/* Whether the kernel goes first this time. */
static COLD bool
take_kernel_first(struct mio_poll *poll)
{
	atomic_store_explicit(&poll->kernel_first, false, memory_order_relaxed);

	return true;
}

/*
 * Fills the array from both places, the one that goes second with what room is
 * left; how many. When the queue alone has filled it the kernel goes first the
 * next time.
 */
static inline __attribute__((always_inline)) int
fill(struct mio_poll *poll, struct mio_event *events, size_t capacity,
    int64_t timeout_ns)
{
	bool kernel_first = false;
	size_t count = 0;

	if (has_work(poll) && enter(poll)) {
		gather(poll);
		if (!mio__ready_queue_is_empty(&poll->ready)) {
			timeout_ns = 0;
			kernel_first = atomic_load_explicit(&poll->kernel_first,
					   memory_order_relaxed) &&
			    take_kernel_first(poll);
			if (!kernel_first)
				count = mio__readiness_report(
				    poll, events, capacity);
		}
		leave(poll);
		if (count == capacity) {
			atomic_store_explicit(
			    &poll->kernel_first, true, memory_order_relaxed);
			return (int)count;
		}
		if (count > 0)
			return append_from_kernel(
			    poll, events, capacity, count);
	}

	return wait_in_kernel(poll, events, capacity, timeout_ns, kernel_first);
}

/* Another event loop has waited, and looks now. */
static COLD void
disarm(struct mio_poll *poll)
{
	atomic_fetch_and_explicit(
	    &poll->waiters, ~MIO__ARMED, memory_order_seq_cst);
}

/* Until there is something, or until the time is over. */
static __attribute__((noinline)) int
wait_until(struct mio_poll *poll, struct mio_event *events, size_t capacity,
    int64_t timeout_ns, bool interruptible)
{
	mio__instant_t deadline = mio__clock_deadline(timeout_ns);
	int n;

	do {
		n = fill(poll, events, capacity, timeout_ns);
		if (n > 0 || (n < 0 && (n != -EINTR || interruptible)))
			return n;
		timeout_ns = mio__clock_left(deadline);
	} while (timeout_ns != 0);

	return 0;
}

/* A look, or a wait without an end. */
static inline int
wait_forever(struct mio_poll *poll, struct mio_event *events, size_t capacity,
    int64_t timeout_ns, bool interruptible)
{
	int n;

	for (;;) {
		n = fill(poll, events, capacity, timeout_ns);
		/* a look that was interrupted has not looked */
		if (n > 0 || (n == 0 && timeout_ns == 0) ||
		    (n < 0 && (n != -EINTR || interruptible)))
			return n;
	}
}

int
mio__collect_wait(struct mio_poll *poll, struct mio_event *events,
    size_t capacity, int64_t timeout_ns, bool interruptible)
{
	int n;

	/* who waits, waits beside it */
	if (timeout_ns == 0 && (mio__core_waiters(poll) & MIO__ARMED))
		disarm(poll);

	n = timeout_ns > 0
	    ? wait_until(poll, events, capacity, timeout_ns, interruptible)
	    : wait_forever(poll, events, capacity, timeout_ns, interruptible);

	/* it may have been the one that would wake up by itself */
	if (mio__deadlines_need_waiter(poll))
		mio__core_wake(poll);

	return n;
}

/* ---- another event loop waits */

/* Throws out of the queue what has nothing to report: whether anything has. */
static bool
is_pending(struct mio_poll *poll)
{
	bool pending = false;

	gather(poll);
	while (!pending && !mio__ready_queue_is_empty(&poll->ready))
		pending = mio__readiness_requeue_if_due(
		    poll, mio__ready_queue_pop(&poll->ready));

	return pending;
}

int
mio__collect_arm(struct mio_poll *poll)
{
	/* a wake that no wait has taken is of what is looked for here */
	if (atomic_fetch_or_explicit(
		&poll->waiters, MIO__ARMED, memory_order_seq_cst) &
	    MIO__WAKE_PENDING) {
		mio__selector_clear_wake(poll->selector);
		clear_pending_wake(poll);
	}

	/* whoever is inside will see that, and wake if anything is left */
	if (enter(poll)) {
		if (is_pending(poll)) {
			disarm(poll);
			leave(poll);
			return 1;
		}
		leave(poll);
	}

	if (mio__core_is_timed(poll))
		mio__deadlines_set_alarm(poll);

	return 0;
}

/* ---- the end */

void
mio__collect_close(struct mio_poll *poll)
{
	bool inherited = mio__core_is_inherited(poll);
	bool locked = !inherited && mio__lock_others_out(&poll->lock);

	if (!inherited)
		mio__deadlines_close_locked(poll);
	mio__selector_close(poll->selector);
	mio__let_others_in(&poll->lock, locked);

	/* in a child the list may be half of what a thread was making of it */
	if (!inherited || !(load(poll) & HELD)) {
		mio__ready_queue_close(&poll->ready);
		while (!mio__ready_queue_is_empty(&poll->ready))
			mio__readiness_discard(
			    mio__ready_queue_pop(&poll->ready));
	}

	mio__core_unref(poll);
}
