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
 * Who calls what. Any thread may push and wake, signal handlers too. Threads
 * in mio_poll() become waiters and stop being ones (collect.c).
 *
 * Waiting. One word, `waiters', holds:
 *
 *	WAKE_PENDING	mio__selector_wake() was called, or is just about to be,
 *			and no thread has cleared this bit since
 *	ARMED		another event loop waits for mio_poll_fd()
 *	WAITER		times the number of threads that wait in the kernel or
 *			are about to
 *
 * A thread that is going to wait adds WAITER, checks the queue, waits, and
 * subtracts WAITER. A producer pushes to the queue and then reads the word. If
 * there are waiters and WAKE_PENDING is not set, it sets that bit and calls
 * mio__selector_wake(). The thread whose wait is ended by this call clears
 * WAKE_PENDING and then checks the queue.
 *
 * No wake is lost, because each side changes its own word before it reads the
 * other's: the thread adds WAITER to `waiters' and then reads `incoming', the
 * producer changes `incoming' and then reads `waiters'. All four operations are
 * seq_cst, so they have one total order, and at least one side sees the other:
 * either the producer sees the waiter and wakes it, or the thread sees the node
 * and does not wait. The same holds between clearing WAKE_PENDING and the check
 * that follows: a producer that found the bit set, and so did not wake anybody,
 * had pushed before, and the check finds its node.
 *
 * Both changes are read-modify-write operations. RC11 would allow seq_cst
 * stores as well, but emulators of machines with weak memory are known to let a
 * later load overtake such a store, and on x86 a store costs as much.
 *
 * One wake ends one wait. While WAKE_PENDING is set, a thread has been woken or
 * the selector is going to wake the next one, so further producers need not do
 * so, and only the first of many pushes costs a system call. A wake may also
 * arrive when its thread has woken up by itself. The next wait then returns
 * early once.
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

/*
 * Embedded, zeroed, in a source that becomes ready by the clock. The poll's
 * lock protects the list.
 */
struct mio__timed {
	struct mio__timed *next, **link; /* link is NULL outside of a list */

	/*
	 * Sets the readiness if the source is due at that time, and returns
	 * when it will be due next, or MIO__NEVER. The returned time may be too
	 * early, as long as calls at that time make progress.
	 */
	mio__instant_t (*expire)(struct mio__timed *self, mio__instant_t now);
};

struct mio_poll {
	/* Constant once other threads know the poll. */
	struct mio__selector *selector;
	uint64_t process;          /* the one that created the poll */
	mio_token_t reserved_from; /* this token and those above it */

	atomic_size_t refs;

	/* Whether the kernel's events go first next time; a hint. */
	atomic_bool kernel_first;

	/* Protects registering sources that are not descriptors, and these. */
	pthread_mutex_t lock;
	struct mio__timed *timed;
	mio__instant_t armed; /* deadlines.c */

	/* `incoming' belongs to the producers, the list to the collector. */
	struct mio__ready_queue ready;
	atomic_uint waiters;
	_Alignas(64) atomic_uint collector; /* collect.c */
	atomic_bool is_timed;               /* changed under the lock */
};

/*
 * Creates a poll with one reference, the caller's. Returns 0, -EMFILE, -ENFILE,
 * -ENOMEM or -ENOSPC.
 */
int mio__core_create(struct mio_poll **out);
void mio__core_ref(struct mio_poll *poll);
void mio__core_unref(struct mio_poll *poll);

/*
 * Whether this process was forked from the one that created the poll. Such a
 * child may only destroy the poll: threads that the child does not have may
 * have held the locks, and what the kernel keeps is the parent's.
 */
bool mio__core_is_inherited(const struct mio_poll *poll);

/*
 * Reserves this token and those above it, for the loop. Call it before other
 * threads know the poll; what is registered under these tokens stays.
 */
static inline void
mio__core_reserve_tokens(struct mio_poll *poll, mio_token_t first)
{
	poll->reserved_from = first;
}

/* Whether programs may not register sources under this token. */
static inline bool
mio__core_reserves(const struct mio_poll *poll, mio_token_t token)
{
	return token >= poll->reserved_from;
}

static inline bool
mio__core_is_timed(const struct mio_poll *poll)
{
	return atomic_load_explicit(&poll->is_timed, memory_order_seq_cst);
}

/* Returns 0 if neither a thread nor another event loop waits. */
static inline unsigned
mio__core_waiters(struct mio_poll *poll)
{
	return atomic_load_explicit(&poll->waiters, memory_order_seq_cst) &
	    ~MIO__WAKE_PENDING;
}

void mio__core_send_wake(struct mio_poll *poll);

/* Wakes one waiter, if there is one and no wake is pending. */
static inline void
mio__core_wake(struct mio_poll *poll)
{
	unsigned waiters =
	    atomic_load_explicit(&poll->waiters, memory_order_seq_cst);

	if (waiters != 0 && !(waiters & MIO__WAKE_PENDING))
		mio__core_send_wake(poll);
}

#endif
