/* SPDX-License-Identifier: MIT */
#ifndef MIO_CORE_READINESS_H
#define MIO_CORE_READINESS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "core/core.h"
#include "mio/poll.h"

/*
 * The state of readiness that is set by the program or the library, and not by
 * the kernel. A registration shares one with its handles, and a waker is one.
 * Everything that several threads change is in one word. The node is in the
 * poll's queue while there is something to report.
 */

/* For the token that is read, the newest one, and the next one to be stored. */
#define MIO__TOKEN_SLOTS 3

struct mio_readiness {
	struct mio__ready_node node; /* first: a node is its readiness */
	atomic_uint state;
	atomic_uint refs;
	_Atomic(struct mio_poll *) poll; /* NULL before the first register */
	mio_token_t tokens[MIO__TOKEN_SLOTS];
};

/*
 * Initializes the first member of an allocated block. The last unref frees the
 * block.
 */
void mio__readiness_init(struct mio_readiness *self, unsigned refs);
void mio__readiness_ref(struct mio_readiness *self);
void mio__readiness_unref(struct mio_readiness *self);

/*
 * The state of a waker, which stays registered with its poll, is
 * edge-triggered, and is always readable, so that there is something to report
 * whenever it is queued. Until it is dropped, only QUEUED changes.
 */
#define MIO__READINESS_EDGE   0xa3901u
#define MIO__READINESS_QUEUED 0x10000u

/* Initializes it with that state and with one reference. */
void mio__readiness_init_edge(
    struct mio_readiness *self, struct mio_poll *poll, mio_token_t token);

/* Clears QUEUED of a node that was popped or could not be pushed. Returns 0. */
int mio__readiness_discard(struct mio__ready_node *node);

/*
 * Pushes the node and wakes a waiter. Called by the thread that set QUEUED.
 * Returns 0.
 */
static inline int
mio__readiness_push(struct mio_readiness *self)
{
	struct mio_poll *poll =
	    atomic_load_explicit(&self->poll, memory_order_acquire);

	if (!mio__ready_queue_push(&poll->ready, &self->node))
		return mio__readiness_discard(&self->node);

	MIO__YIELD_POINT();

	return mio__core_wake(poll);
}

/*
 * Queues a waker, so that it is reported once more. Any thread and any signal
 * handler may call this, but not at the same time as a drop. Returns 0.
 */
static inline int
mio__readiness_trigger(struct mio_readiness *self)
{
	const unsigned queued = MIO__READINESS_EDGE | MIO__READINESS_QUEUED;

	MIO__YIELD_POINT();

	return atomic_exchange_explicit(
		   &self->state, queued, memory_order_acq_rel) == queued
	    ? 0
	    : mio__readiness_push(self);
}

/*
 * Checks the arguments of a register or reregister. Returns 0, -ENOTSUP, or
 * -EINVAL if it is bound to another poll.
 */
int mio__readiness_check(const struct mio_readiness *self,
    const struct mio_poll *poll, unsigned interest, unsigned options);

/*
 * Registers it, or, if `registered' is true, reregisters it. The poll's lock is
 * held, and the arguments have passed mio__readiness_check(). If there is
 * something to report then, the node is pushed. Returns 0, -EEXIST, -ENOENT, or
 * -EINVAL if another thread has just bound it to another poll.
 */
int
mio__readiness_update_locked(struct mio_readiness *self, struct mio_poll *poll,
    mio_token_t token, unsigned interest, unsigned options, bool registered);

/* Deregisters it. Returns 0, -ENOENT or -EINVAL. This needs no lock. */
int
mio__readiness_deregister(struct mio_readiness *self, struct mio_poll *poll);

/*
 * Replaces all readiness bits. Any thread and any signal handler may do so.
 * Returns 0.
 */
int mio__readiness_set(struct mio_readiness *self, unsigned ready);

/*
 * Does the same without a wake, when timed sources are checked (deadlines.c).
 * The caller then wakes a thread if that is needed.
 */
void
mio__readiness_set_without_wake(struct mio_readiness *self, unsigned ready);

unsigned mio__readiness_get(const struct mio_readiness *self);

/* Returns whether MIO_READABLE would be reported if it was set now. */
bool mio__readiness_is_readable(const struct mio_readiness *self);

/*
 * These change some of the bits. Any thread may call them. Finish adds bits
 * that stay set: after it a remove does nothing, and even a level is reported
 * only once for each register or reregister.
 */
void mio__readiness_add(struct mio_readiness *self, unsigned ready);
void mio__readiness_remove(struct mio_readiness *self, unsigned ready);
void mio__readiness_finish(struct mio_readiness *self, unsigned ready);

/* Ends all reports. The caller keeps its reference. */
void mio__readiness_drop(struct mio_readiness *self);

/* ---- for the holder of the collector, after it has popped the node */

/* Makes CURRENT equal to NEWEST. Returns the state after that. */
__attribute__((cold)) unsigned
mio__readiness_move_to_token(struct mio_readiness *self, unsigned state);

/* Clears QUEUED and returns 0, unless it is due: then it returns its state. */
__attribute__((cold)) unsigned
mio__readiness_dismiss(struct mio_readiness *self, unsigned state);

/* Frees the readiness and its reference to the poll. */
__attribute__((cold)) void mio__readiness_release(struct mio_readiness *self);

#endif
