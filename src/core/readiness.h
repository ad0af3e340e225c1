/* SPDX-License-Identifier: MIT */
#ifndef MIO_CORE_READINESS_H
#define MIO_CORE_READINESS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "core/core.h"
#include "mio/poll.h"

/*
 * Readiness that the program sets: what a registration and its readiness
 * handles share, and what a waker is. All that threads change at once is one
 * word; the node stands in the poll's queue while something is to be reported.
 */

#define MIO__TOKEN_SLOTS 3

struct mio_readiness {
	struct mio__ready_node node; /* first: a node is its readiness */
	atomic_uint state;
	atomic_uint refs;
	_Atomic(struct mio_poll *) poll; /* once registered */
	mio_token_t tokens[MIO__TOKEN_SLOTS];
};

/* The first member of an allocated block, freed with the last reference. */
void mio__readiness_init(struct mio_readiness *self, unsigned refs);
void mio__readiness_ref(struct mio_readiness *self);
void mio__readiness_unref(struct mio_readiness *self);

/*
 * As registered with the poll for life, edge-triggered, and always ready to be
 * read: it is due whenever it is queued, and nothing of its state changes but
 * that, until it is dropped.
 */
#define MIO__READINESS_EDGE   0xa3901u
#define MIO__READINESS_QUEUED 0x10000u

void mio__readiness_init_edge(
    struct mio_readiness *self, struct mio_poll *poll, mio_token_t token);

/* A node that is in no queue any more, whatever it had to report. */
void mio__readiness_discard(struct mio__ready_node *node);

/* Pushes the node for whoever set QUEUED. */
static inline void
mio__readiness_push(struct mio_readiness *self)
{
	if (!mio__core_push(
		atomic_load_explicit(&self->poll, memory_order_acquire),
		&self->node))
		mio__readiness_discard(&self->node);
}

/* Reports that once more. Any thread, signal handlers; not with a drop. */
static inline void
mio__readiness_trigger(struct mio_readiness *self)
{
	const unsigned queued = MIO__READINESS_EDGE | MIO__READINESS_QUEUED;

	MIO__YIELD_POINT();
	if (atomic_exchange_explicit(
		&self->state, queued, memory_order_acq_rel) != queued)
		mio__readiness_push(self);
}

/* What of a source's poll and interest is wrong: 0, -EINVAL, -ENOTSUP. */
int mio__readiness_check(const struct mio_readiness *self,
    const struct mio_poll *poll, unsigned interest, unsigned options);

/*
 * Under the poll's lock: 0, -EINVAL (of another poll), -EEXIST, -ENOENT. What
 * is to be queued then is pushed.
 */
int mio__readiness_register_locked(struct mio_readiness *self,
    struct mio_poll *poll, mio_token_t token, unsigned interest,
    unsigned options);
int mio__readiness_reregister_locked(struct mio_readiness *self,
    struct mio_poll *poll, mio_token_t token, unsigned interest,
    unsigned options);

/* The same, with or without the lock. */
int
mio__readiness_deregister(struct mio_readiness *self, struct mio_poll *poll);

/* Replaces all of the bits. Any thread, signal handlers. */
void mio__readiness_set(struct mio_readiness *self, unsigned ready);

/* The same for who holds the collector, which wakes whom it must. */
void
mio__readiness_set_without_wake(struct mio_readiness *self, unsigned ready);

unsigned mio__readiness_get(const struct mio_readiness *self);

/* Whether it would be reported now that it is readable. */
bool mio__readiness_is_readable(const struct mio_readiness *self);

/*
 * Parts of a set, for what several threads know a part of. To finish adds these
 * bits for good: no remove comes after it, and a level is reported once by each
 * register and reregister. Any thread.
 */
void mio__readiness_add(struct mio_readiness *self, unsigned ready);
void mio__readiness_remove(struct mio_readiness *self, unsigned ready);
void mio__readiness_finish(struct mio_readiness *self, unsigned ready);

/* Nothing is reported from here on. The reference stays the caller's. */
void mio__readiness_drop(struct mio_readiness *self);

/* ---- for the collector, and for who closes the poll */

/*
 * Reports what is in the poll's list by now, each node once; how many events.
 * One that has more to report is appended to the list again.
 */
size_t mio__readiness_report(
    struct mio_poll *poll, struct mio_event *events, size_t capacity);

/* Appends a popped node again if it has something to report: whether it had. */
bool mio__readiness_requeue_if_due(
    struct mio_poll *poll, struct mio__ready_node *node);

#endif
