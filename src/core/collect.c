/* SPDX-License-Identifier: MIT */

/*
 * Who calls what. Any thread calls any of these functions at any time, except
 * that close is the last call.
 *
 * The collector. To collect is to pop nodes from the poll's queue and to report
 * them. Only the thread that holds the collector may do so. It is one word:
 *
 *	HELD		a thread is collecting
 *	otherwise	NONEMPTY is set if the list is not empty, and
 *			KERNEL_FIRST if the last holder has filled its array
 *			from the queue alone. FREE is neither of them
 *
 *	not HELD -> enter -> HELD
 *	HELD -> enter -> HELD, and the caller continues without it
 *	HELD -> leave -> not HELD
 *
 * KERNEL_FIRST makes the next holder begin with the kernel's events, so that a
 * queue that always fills the array does not hold them back.
 *
 * No thread waits until the collector is free, and none holds it while it waits
 * in the kernel. A thread that has found the collector held, and no event in
 * the kernel, retries for a short time, so that it reports what is ready. The
 * number of its retries is bounded.
 *
 * Timed sources that are due are pushed first (deadlines.c). After that, there
 * is nothing to collect if no pushed node was left and neither HELD nor
 * NONEMPTY is set.
 *
 * Passing work on. A thread that has left the collector checks whether others
 * wait, another event loop included. If there are waiters, it wakes one when
 * the list is not empty (it holds a level, or what did not fit into the array)
 * or when something was pushed meanwhile. A thread that is about to wait first
 * becomes a waiter, and then checks the collector's word and `incoming'.
 *
 * Nothing is left behind, because each side changes one word and then reads the
 * other: leave changes `collector' and then reads `waiters'; the thread that is
 * about to wait changes `waiters' and then reads `collector'. All four
 * operations are seq_cst, so they have one total order. Either the thread that
 * leaves sees the waiter and wakes it, or the waiter sees NONEMPTY and does not
 * wait, or the waiter sees HELD. In the last case the holder has not left yet,
 * and when it does, it sees the waiter. The wake is sent after the collector
 * was left. So the thread that is woken can enter, and two threads cannot keep
 * waking each other without one of them collecting.
 *
 * When a wake or the alarm has ended a thread's wait, that thread must collect
 * afterwards, even if its array is full. No other thread was woken for the same
 * reason, so this thread has to report what is ready or to pass it on.
 *
 * Cancellation. A thread that is cancelled in its wait may have consumed a wake
 * or the alarm. It stops being a waiter, marks the alarm as stale, and wakes
 * another thread in its place. A thread that has events from the queue is not
 * cancelled before it has returned them.
 *
 * Memory orders. Leaving needs release and entering needs acquire, so that the
 * next holder sees the list and everything else that belongs to the collector.
 * The exchange that enters reads the value that the last leave has stored. No
 * other exchange can be between the two: the first one after a leave enters,
 * and those that do not enter replace HELD by HELD. Leaving and entering are
 * seq_cst for the argument above. It holds for HELD, too: a waiter that has
 * read HELD has done so before the holder's leave in the total order, and the
 * holder reads `waiters' after that.
 */

#include "core/collect.h"

#include <errno.h>
#include <pthread.h>

#include "base/check.h"
#include "core/deadlines.h"
#include "core/readiness.h"
#include "core/report.h"
#include "sys/cancel.h"
#include "sys/lock.h"
#include "sys/thread.h"

/* The collector's word: HELD alone, or the others together. */
#define FREE         0u
#define NONEMPTY     1u
#define HELD         2u
#define KERNEL_FIRST 4u

/* How often a thread that has found the collector held retries. */
#define SPINS 2000

static unsigned
load_collector(const struct mio_poll *poll)
{
	return atomic_load_explicit(&poll->collector, memory_order_seq_cst);
}

/* Returns whether nodes are queued, or may be, as the collector is held. */
static bool
has_queued(const struct mio_poll *poll)
{
	return mio__ready_queue_has_incoming(&poll->ready) ||
	    load_collector(poll) & (NONEMPTY | HELD);
}

/* Returns what the word was. Unless that is HELD, the caller is the holder. */
static inline unsigned
enter(struct mio_poll *poll)
{
	MIO__YIELD_POINT();

	return atomic_exchange_explicit(
	    &poll->collector, HELD, memory_order_seq_cst);
}

/*
 * Releases the collector, and wakes a waiter if something is left to report.
 * hint is KERNEL_FIRST or 0.
 */
static inline void
leave(struct mio_poll *poll, unsigned hint)
{
	unsigned nonempty = !mio__ready_queue_is_empty(&poll->ready);

	MIO__YIELD_POINT();
	(void)atomic_exchange_explicit(
	    &poll->collector, nonempty | hint, memory_order_seq_cst);
	MIO__YIELD_POINT();

	if (mio__core_waiters(poll) != 0 &&
	    (nonempty || mio__ready_queue_has_incoming(&poll->ready)))
		(void)mio__core_wake(poll);
}

/* ---- collecting */

/* Pushes the timed sources that are due. */
static inline void
check_deadlines(struct mio_poll *poll)
{
	if (mio__core_deadlines(poll) != MIO__DEADLINES_NONE)
		mio__deadlines_check(poll);
}

/*
 * Enters as soon as the holder leaves, and returns whether it did. The holder
 * needs a few instructions for each of its events, unless it has lost the
 * processor. Therefore this yields once before the last attempt.
 */
static bool
enter_spinning(struct mio_poll *poll)
{
	unsigned spins;

	for (spins = 0; spins < SPINS; spins++)
		if (load_collector(poll) != HELD && enter(poll) != HELD)
			return true;

	mio__os_yield();

	return enter(poll) != HELD;
}

/*
 * Collects after a call to the selector. Also sets the alarm for other waiters,
 * because the alarm may have woken this thread.
 */
static MIO__NOINLINE MIO__COLD size_t
collect(struct mio_poll *poll, struct mio_event *events, size_t capacity)
{
	struct mio_event *event = events;

	check_deadlines(poll);
	if (enter_spinning(poll)) {
		if (capacity == 0)
			mio__ready_queue_accept(&poll->ready);
		else
			event = mio__report(poll, events, events + capacity);
		leave(poll, 0);
	}

	if (mio__core_deadlines(poll) == MIO__DEADLINES_STALE &&
	    mio__core_waiters(poll) != 0)
		mio__deadlines_set_alarm(poll);

	return (size_t)(event - events);
}

/* ---- waiting */

struct wait {
	struct mio_poll *poll;
	bool counted; /* the thread is counted as a waiter */
};

/*
 * The only thread of the process needs no atomic addition. A signal handler may
 * set WAKE_PENDING between the load and the store. If that is lost, the next
 * push sends a wake that is not needed.
 */
static inline void
count_alone(struct mio_poll *poll, unsigned change)
{
	unsigned waiters =
	    atomic_load_explicit(&poll->waiters, memory_order_relaxed);

	atomic_store_explicit(
	    &poll->waiters, waiters + change, memory_order_relaxed);
	/* a signal handler that pushes later sees the waiter */
	atomic_signal_fence(memory_order_seq_cst);
}

static inline void
remove_waiter(struct mio_poll *poll)
{
	/* relaxed: a producer that sees it late only sends a needless wake */
	if (MIO__ALONE())
		count_alone(poll, -MIO__WAITER);
	else
		atomic_fetch_sub_explicit(
		    &poll->waiters, MIO__WAITER, memory_order_relaxed);
}

/* Called after a wake has arrived, so that the next push sends one again. */
static void
clear_pending_wake(struct mio_poll *poll)
{
	atomic_fetch_and_explicit(
	    &poll->waiters, ~MIO__WAKE_PENDING, memory_order_seq_cst);
	MIO__YIELD_POINT();
}

/*
 * Called after a wake or the alarm has ended a wait. Returns the number of
 * events in its result.
 */
static inline int
woken(struct mio_poll *poll, int n)
{
	clear_pending_wake(poll);
	if (n & MIO__SELECTOR_RANG)
		mio__deadlines_rang(poll);

	return n & ~(MIO__SELECTOR_WOKEN | MIO__SELECTOR_RANG);
}

/* Called when the thread is cancelled in its wait. */
static void
cancelled(void *argument)
{
	struct wait *wait = argument;

	if (wait->counted)
		remove_waiter(wait->poll);
	clear_pending_wake(wait->poll);
	mio__deadlines_rang(wait->poll);
	if (mio__deadlines_need_waiter(wait->poll))
		mio__deadlines_hand_over(wait->poll);
	else
		(void)mio__core_wake(wait->poll);
}

/* Makes the thread a waiter. Returns how long it may wait. */
static inline int64_t
add_waiter(struct wait *wait, int64_t timeout_ns)
{
	struct mio_poll *poll = wait->poll;

	wait->counted = true;
	if (MIO__ALONE())
		count_alone(poll, MIO__WAITER);
	else
		atomic_fetch_add_explicit(
		    &poll->waiters, MIO__WAITER, memory_order_seq_cst);
	MIO__YIELD_POINT();

	if (mio__ready_queue_has_incoming(&poll->ready) ||
	    load_collector(poll) & NONEMPTY)
		return 0;

	return mio__core_deadlines(poll) == MIO__DEADLINES_STALE
	    ? mio__deadlines_prepare(poll, timeout_ns)
	    : timeout_ns;
}

/*
 * Waits in the kernel. Called by a thread that has no events yet. If needed, it
 * then collects as many events as the kernel's leave room for. An error of the
 * kernel is not returned if there are events.
 */
static inline __attribute__((always_inline)) int
wait_in_kernel(struct mio_poll *poll, struct mio_event *events, size_t capacity,
    int64_t timeout_ns, bool kernel_first)
{
	struct wait wait = { .poll = poll };
	size_t count;
	int n;

	if (timeout_ns != 0)
		timeout_ns = add_waiter(&wait, timeout_ns);

	pthread_cleanup_push(cancelled, &wait);
	do
		n = mio__selector_wait(
		    poll->selector, events, capacity, timeout_ns);
	while (n == -EINTR && timeout_ns == 0);
	pthread_cleanup_pop(0);

	if (wait.counted)
		remove_waiter(poll);

	/*
	 * Without an event from the kernel, the queue is checked: another
	 * thread may have held the collector and left something.
	 */
	if (n >= MIO__SELECTOR_WOKEN) {
		n = woken(poll, n);
	} else if (!kernel_first && (n != 0 || !has_queued(poll))) {
		return n;
	}

	count = n > 0 ? (size_t)n : 0;
	count += collect(poll, events + count, capacity - count);

	return n < 0 && count == 0 ? n : (int)count;
}

/*
 * Adds the kernel's events, without waiting, to those that lie before event.
 * Returns how many there are then. The thread must not be cancelled in the
 * system call; the only thread of a process cannot be. It does not collect
 * again, because its levels would be reported twice.
 */
static inline int
append_from_kernel(struct mio_poll *poll, struct mio_event *events,
    struct mio_event *event, const struct mio_event *end)
{
	bool guarded = !MIO__ALONE();
	int count = (int)(event - events);
	int n, state;

	if (guarded)
		state = mio__cancel_hold();
	n = mio__selector_wait(poll->selector, event, (size_t)(end - event), 0);
	if (guarded)
		mio__cancel_let(state);

	if (n <= 0)
		return count;

	if (n >= MIO__SELECTOR_WOKEN) {
		n = woken(poll, n);
		(void)collect(poll, events, 0); /* wakes another thread */
	}

	return count + n;
}

/*
 * Called by the holder if the call before has filled its array from the queue
 * alone. Returns whether there is something in the queue that the caller should
 * collect after the kernel's events.
 */
static MIO__NOINLINE MIO__COLD bool
leave_for_kernel(struct mio_poll *poll)
{
	bool nonempty;

	mio__ready_queue_accept(&poll->ready);
	nonempty = !mio__ready_queue_is_empty(&poll->ready);
	leave(poll, 0);

	return nonempty;
}

/* Called by the holder if the queue alone has filled the array. */
static MIO__NOINLINE MIO__COLD int
leave_full(struct mio_poll *poll, size_t capacity)
{
	leave(poll, KERNEL_FIRST);

	return (int)capacity;
}

/*
 * Fills the array first from the queue and then, as far as there is room, from
 * the kernel. Returns how many events there are, or an error. If the queue
 * alone has filled the array, the next call begins with the kernel.
 */
static inline __attribute__((always_inline)) int
fill(struct mio_poll *poll, struct mio_event *events, size_t capacity,
    int64_t timeout_ns)
{
	const struct mio_event *end = events + capacity;
	struct mio_event *event;
	bool kernel_first = false;
	unsigned before = HELD;

	check_deadlines(poll);
	if (has_queued(poll))
		before = enter(poll);

	if (before <= NONEMPTY) {
		event = mio__report(poll, events, end);
		if (event == end)
			return leave_full(poll, capacity);
		leave(poll, 0);
		if (event != events)
			return append_from_kernel(poll, events, event, end);
	} else if (before != HELD) {
		kernel_first = leave_for_kernel(poll);
		timeout_ns = kernel_first ? 0 : timeout_ns;
	}

	return wait_in_kernel(poll, events, capacity, timeout_ns, kernel_first);
}

/* Called when the other event loop, which has waited, calls mio_poll(). */
static MIO__NOINLINE MIO__COLD void
disarm(struct mio_poll *poll)
{
	atomic_fetch_and_explicit(
	    &poll->waiters, ~MIO__ARMED, memory_order_seq_cst);
}

int
mio__collect_wait(struct mio_poll *poll, struct mio_event *events,
    size_t capacity, int64_t timeout_ns, bool interruptible)
{
	mio__instant_t deadline = mio__clock_deadline(timeout_ns);
	int n;

	do {
		n = fill(poll, events, capacity, timeout_ns);
		if (n > 0 || (n < 0 && (n != -EINTR || interruptible)))
			break;
		n = 0;
		timeout_ns = mio__clock_left(deadline);
	} while (timeout_ns != 0);

	/* without an alarm, others may have relied on this thread to wake up */
	if (mio__deadlines_need_waiter(poll) && mio__core_waiters(poll) != 0)
		mio__deadlines_hand_over(poll);

	return n;
}

int
mio__collect_now(
    struct mio_poll *poll, struct mio_event *events, size_t capacity)
{
	if (mio__core_waiters(poll) & MIO__ARMED)
		disarm(poll);

	return fill(poll, events, capacity, 0);
}

/* ---- another event loop waits */

/*
 * Returns whether there is something to report. Removes nodes from the queue
 * that have nothing to report. Called by the holder.
 */
static bool
is_pending(struct mio_poll *poll)
{
	bool pending = false;

	mio__ready_queue_accept(&poll->ready);
	while (!pending && !mio__ready_queue_is_empty(&poll->ready))
		pending = mio__report_requeue_if_due(
		    poll, mio__ready_queue_pop(&poll->ready));

	return pending;
}

int
mio__collect_arm(struct mio_poll *poll)
{
	/* consumes a pending wake: what it was sent for is checked below */
	if (atomic_fetch_or_explicit(
		&poll->waiters, MIO__ARMED, memory_order_seq_cst) &
	    MIO__WAKE_PENDING) {
		mio__selector_clear_wake(poll->selector);
		clear_pending_wake(poll);
	}

	check_deadlines(poll);

	/* another holder sees ARMED when it leaves, and wakes if needed */
	if (enter(poll) != HELD) {
		if (is_pending(poll)) {
			disarm(poll);
			leave(poll, 0);
			return 1;
		}
		leave(poll, 0);
	}

	/* another event loop cannot make use of an early wake */
	if (mio__core_deadlines(poll) != MIO__DEADLINES_NONE)
		mio__deadlines_set_alarm(poll);

	return 0;
}

/* ---- the end */

MIO__COLD void
mio__collect_close(struct mio_poll *poll)
{
	bool inherited = mio__core_is_inherited(poll);
	bool locked = !inherited && mio__lock_others_out(&poll->lock);

	if (!inherited)
		mio__deadlines_close_locked(poll);
	mio__selector_close(poll->selector);
	mio__let_others_in(&poll->lock, locked);

	/* in a forked child, the list may be in the middle of a change */
	if (!inherited || load_collector(poll) != HELD) {
		mio__ready_queue_close(&poll->ready);
		while (!mio__ready_queue_is_empty(&poll->ready))
			(void)mio__readiness_discard(
			    mio__ready_queue_pop(&poll->ready));
	}

	mio__core_unref(poll);
}
