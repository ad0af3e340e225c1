/* SPDX-License-Identifier: MIT */
#ifndef MIO_CORE_CORE_H
#define MIO_CORE_CORE_H

/*
 * The poll itself, and who is woken. It is shared by the program and by all
 * that was ever registered with it, so that these can go in any order: what is
 * pushed after mio_poll_destroy() finds the queue closed, and the selector's
 * wake is valid to the end.
 *
 * Who calls what. Push, wake, announce, withdraw: any thread; push and wake in
 * signal handlers, too.
 *
 * Waiting. `waiters' has, in one word:
 *
 *	SIGNALLED	the selector was told to end a wait, and nobody has
 *			taken that as told yet
 *	EXTERNAL	another event loop sleeps on mio_poll_fd()
 *	the rest	how many threads wait in the kernel, or are about to
 *
 *	a thread adds ONE, looks at the queue, waits, takes ONE away
 *	a producer pushes, looks at the word, and if there are waiters and
 *	it is not SIGNALLED sets that, and then tells the selector
 *	the thread whose wait was ended by that takes SIGNALLED away, then looks
 *	at the queue
 *
 * Both sides change a word and then read the other one's, and all four are
 * seq_cst: either the producer sees the waiter, or the waiter sees what was
 * pushed. Both changes are read-modify-writes: a store would do in C11, but
 * emulators of weakly ordered machines are known to let a load pass it, and on
 * x86 it is no cheaper. That SIGNALLED goes before the look is the same once
 * more: who finds it set has pushed before it went, and so before that look.
 *
 * A signal ends one wait. While SIGNALLED is set one thread has been told, or
 * will be by the selector when it next waits, or the one that set it is about
 * to tell the selector: so no further signal is needed, and producers pay for
 * the first of many pushes only. A signal may also come too late, when its
 * thread has woken by itself: the next wait then ends early once.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/yield_point.h"
#include "core/ready_queue.h"
#include "core/timed.h"
#include "mio/poll.h"
#include "sys/selector.h"

#define MIO__WAKE_PENDING 1u
#define MIO__ARMED        2u
#define MIO__WAITER       4u

/* In the collector's word: there are timed sources. */
#define MIO__TIMED 4u

struct mio_poll {
	/* Constant. */
	struct mio__selector *selector;
	uint64_t process;
	mio_token_t reserved_from; /* it and those above are refused */

	atomic_size_t refs;

	/* Which one goes first when both have something: any thread, a hint. */
	atomic_bool kernel_first;

	/* Held by who registers sources that are not descriptors. */
	pthread_mutex_t lock;
	struct mio__timed_list timed; /* by lock and collector (collect.c) */

	/* incoming is of the producers, the rest of the collector */
	struct mio__ready_queue ready;
	atomic_uint waiters;
	_Alignas(64) atomic_uint collector; /* collect.c */
};

/* 0, -EMFILE, -ENFILE, -ENOMEM, -ENOSPC. With one reference, the caller's. */
int mio__core_create(struct mio_poll **out);
void mio__core_ref(struct mio_poll *poll);
void mio__core_unref(struct mio_poll *poll);

/*
 * Whether this process is a forked child of the one that made the poll. It only
 * destroys: locks may have been held by threads that it lacks, and what the
 * kernel keeps is the parent's.
 */
bool mio__core_is_inherited(const struct mio_poll *poll);

/* Whether no source may be registered under this token. */
static inline bool
mio__core_reserves(const struct mio_poll *poll, mio_token_t token)
{
	return token >= poll->reserved_from;
}

static inline bool
mio__core_is_timed(const struct mio_poll *poll)
{
	return (atomic_load_explicit(&poll->collector, memory_order_seq_cst) &
		   MIO__TIMED) != 0;
}

static inline unsigned
mio__core_waiters(struct mio_poll *poll)
{
	return atomic_load_explicit(&poll->waiters, memory_order_seq_cst) &
	    ~MIO__WAKE_PENDING;
}

void mio__core_send_wake(struct mio_poll *poll);

/* Wakes one of those that wait, if any do. */
static inline void
mio__core_wake(struct mio_poll *poll)
{
	unsigned waiters =
	    atomic_load_explicit(&poll->waiters, memory_order_seq_cst);

	if (waiters != 0 && !(waiters & MIO__WAKE_PENDING))
		mio__core_send_wake(poll);
}

/* Pushes and wakes. False: the poll is gone, and the node nowhere. */
static inline bool
mio__core_push(struct mio_poll *poll, struct mio__ready_node *node)
{
	if (!mio__ready_queue_push(&poll->ready, node))
		return false;

	MIO__YIELD_POINT();
	mio__core_wake(poll);

	return true;
}

#endif
