/* SPDX-License-Identifier: MIT */
#ifndef MIO_CORE_CORE_H
#define MIO_CORE_CORE_H

/*
 * The poll itself, and which of its threads is woken. The program holds a
 * reference to it, and so does every source that was ever registered with it,
 * so these can be destroyed in any order. A push after mio_poll_destroy() finds
 * the queue closed, and the selector's wake works until the last reference is
 * gone.
 *
 * Who calls what. Any thread, and any signal handler, may push and wake.
 * Threads in mio_poll() become waiters and stop being waiters (collect.c).
 *
 * Waiting. One word, `waiters', holds:
 *
 *	WAKE_PENDING	mio__selector_wake() was called, or is just about to be,
 *			and no thread has cleared this bit since
 *	ARMED		another event loop waits for mio_poll_fd(), after a call
 *			to mio_poll_arm()
 *	the other bits	the number of waiters, which are threads that wait in
 *			the kernel or are about to, in units of WAITER
 *
 * A thread that is going to wait adds WAITER, checks the queue of what is ready
 * (ready_queue.h), waits, and subtracts WAITER. A producer, which is a thread
 * that makes something ready, pushes to the queue and then reads the word. If
 * there are waiters and WAKE_PENDING is not set, it sets that bit and calls
 * mio__selector_wake(). The thread whose wait is ended by this call clears
 * WAKE_PENDING and then checks the queue.
 *
 * No wake is lost, because each side changes its own word before it reads the
 * other's: the thread adds WAITER to `waiters' and then reads `incoming', the
 * word of the queue; the producer changes `incoming' and then reads `waiters'.
 * All four operations are seq_cst, so they have one total order, and at least
 * one side sees the other: either the producer sees the waiter and wakes it, or
 * the thread sees the node and does not wait.
 *
 * The same holds between clearing WAKE_PENDING and the check that follows: a
 * producer that has found the bit set has not woken a thread. But it had pushed
 * before it read the bit, and the bit was cleared after that, so that the check
 * finds its node.
 *
 * Both changes are read-modify-write operations. By the C11 memory model as
 * RC11 corrects it, seq_cst stores would be sufficient. But emulators of
 * machines with weak memory are known to let a later load overtake such a
 * store, and on x86 a store costs as much.
 * The only thread of a process uses a load and a store instead; its signal
 * handlers are the only other producers then (collect.c).
 *
 * One wake ends one wait. While WAKE_PENDING is set, a thread has been woken,
 * or the selector is going to end the next wait. So further producers need not
 * wake a thread, and only the first of many pushes costs a system call. A wake
 * may also arrive when its thread has woken up by itself. The next wait then
 * returns early once.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ready_queue.h"
#include "mio/poll.h"
#include "sys/clock.h"
#include "sys/selector.h"

/* The bits of `waiters'. */
#define MIO__WAKE_PENDING 1u
#define MIO__ARMED        2u
#define MIO__WAITER       4u

/* The states of `deadlines', which deadlines.c explains. */
enum { MIO__DEADLINES_NONE, MIO__DEADLINES_SET, MIO__DEADLINES_STALE };

/*
 * A timed source is one that becomes ready by the clock. It embeds this struct,
 * zeroed. The poll's lock protects the list.
 */
struct mio__timed {
	struct mio__timed *next, **link; /* link is NULL outside of a list */

	/*
	 * Sets the readiness if the source is due at that time, and returns
	 * when it will be due next, or MIO__NEVER. The returned time may be too
	 * early, as long as calls at that time make progress.
	 */
	mio__instant_t (*check_due)(
	    struct mio__timed *self, mio__instant_t now);
};

struct mio_poll {
	/* Constant once other threads know the poll. */
	struct mio__selector *selector;
	uint64_t process;          /* the process that created it */
	mio_token_t reserved_from; /* this token and those above it */

	atomic_size_t refs;

	/* Protects the next two, and the registering of non-descriptors. */
	pthread_mutex_t lock;
	struct mio__timed *timed_sources;
	mio__instant_t alarm_time; /* see deadlines.c */

	/* Producers change `incoming'; the list belongs to the collector. */
	struct mio__ready_queue ready;
	atomic_uint waiters;
	_Alignas(64) atomic_uint collector; /* see collect.c */
	atomic_uint deadlines;              /* see deadlines.c */
	atomic_bool alarm_rang;             /* see deadlines.c */
};

/*
 * Creates a poll with one reference, the caller's. Returns 0, -EMFILE, -ENFILE,
 * -ENOMEM or -ENOSPC.
 */
int mio__core_create(struct mio_poll **out);
void mio__core_ref(struct mio_poll *poll);
void mio__core_unref(struct mio_poll *poll);

/*
 * Returns whether this process was forked from the one that created the poll.
 * Such a child may only destroy the poll: threads that do not exist in the
 * child may have held the locks, and the kernel's objects belong to the parent.
 */
bool mio__core_is_inherited(const struct mio_poll *poll);

/*
 * Reserves this token and those above it, for the loop. It is called before
 * other threads know the poll. Sources that are already registered under these
 * tokens stay registered.
 */
static inline void
mio__core_reserve_tokens(struct mio_poll *poll, mio_token_t first)
{
	poll->reserved_from = first;
}

/* Returns whether programs must not register sources under this token. */
static inline bool
mio__core_reserves(const struct mio_poll *poll, mio_token_t token)
{
	return token >= poll->reserved_from;
}

/* Returns one of the states above. */
static inline unsigned
mio__core_deadlines(const struct mio_poll *poll)
{
	return atomic_load_explicit(&poll->deadlines, memory_order_seq_cst);
}

/* Returns 0 if neither a thread nor another event loop waits. */
static inline unsigned
mio__core_waiters(struct mio_poll *poll)
{
	return atomic_load_explicit(&poll->waiters, memory_order_seq_cst) &
	    ~MIO__WAKE_PENDING;
}

/*
 * Sets WAKE_PENDING and wakes one waiter, unless the bit was set. Returns 0, as
 * the functions below do: a caller that returns 0 as well can return their
 * result, and so needs no stack frame.
 */
int mio__core_send_wake(struct mio_poll *poll);

/* Wakes one waiter, if there is one and no wake is pending. Returns 0. */
static inline int
mio__core_wake(struct mio_poll *poll)
{
	unsigned waiters =
	    atomic_load_explicit(&poll->waiters, memory_order_seq_cst);

	return waiters != 0 && !(waiters & MIO__WAKE_PENDING)
	    ? mio__core_send_wake(poll)
	    : 0;
}

#endif
