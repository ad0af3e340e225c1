/* SPDX-License-Identifier: MIT */
#ifndef MIO_POLL_READINESS_H
#define MIO_POLL_READINESS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "mio/poll.h"
#include "poll/readiness_queue.h"

/*
 * Readiness that the program sets: what a registration and its readiness
 * handles share, and what a waker is. All that threads change at once is one
 * word; the node stands in the queue of the poll while something is to be told.
 */

#define MIO__TOKEN_SLOTS 6

struct mio_readiness {
	struct mio__ready_node node; /* first: a node is its readiness */
	atomic_uint state;
	atomic_uint refs;
	_Atomic(struct mio__readiness_queue *) queue; /* once registered */
	mio_token_t tokens[MIO__TOKEN_SLOTS];
};

/* The first member of an allocated block, freed with the last reference. */
void mio__readiness_init(struct mio_readiness *self, unsigned refs);

/*
 * As registered with the queue for life, edge-triggered, and always ready to be
 * read: it is due whenever it is queued, and nothing of its state changes but
 * that, until it is dropped.
 */
#define MIO__READINESS_EDGE   0x5101u
#define MIO__READINESS_QUEUED 0x800u

void mio__readiness_init_edge(struct mio_readiness *self,
    struct mio__readiness_queue *queue, mio_token_t token);

/* Tells that once more. Any thread, signal handlers; not with a drop. */
static inline void
mio__readiness_trigger(struct mio_readiness *self)
{
	const unsigned queued = MIO__READINESS_EDGE | MIO__READINESS_QUEUED;

	MIO__POINT();
	if (atomic_exchange_explicit(
		&self->state, queued, memory_order_acq_rel) != queued)
		mio__readiness_queue_push(
		    atomic_load_explicit(&self->queue, memory_order_relaxed),
		    &self->node);
}

/* -EINVAL: bound to another queue; -EEXIST, -ENOENT. */
int mio__readiness_register(struct mio_readiness *self,
    struct mio__readiness_queue *queue, mio_token_t token, unsigned interest,
    unsigned options);
int mio__readiness_reregister(struct mio_readiness *self,
    struct mio__readiness_queue *queue, mio_token_t token, unsigned interest,
    unsigned options);
int mio__readiness_deregister(
    struct mio_readiness *self, struct mio__readiness_queue *queue);

/* Whether it would be told now that it is readable. */
bool mio__readiness_wants(const struct mio_readiness *self);

/*
 * Parts of a set, for what several threads know a part of. To finish adds these
 * bits for good: no remove comes after it, and a level is told once by each
 * register and reregister. Any thread.
 */
void mio__readiness_add(struct mio_readiness *self, unsigned ready);
void mio__readiness_remove(struct mio_readiness *self, unsigned ready);
void mio__readiness_finish(struct mio_readiness *self, unsigned ready);

/* Nothing is told from here on. The reference stays the caller's. */
void mio__readiness_drop(struct mio_readiness *self);

/*
 * Moves what is queued by now into the array, each node once; how many events.
 * One that has more to tell is queued again. *unlinked says that more is coming
 * which cannot be had yet. Consumer.
 */
int mio__readiness_take(struct mio__readiness_queue *queue,
    struct mio_event *events, int capacity, bool *unlinked);

/* Whether a take would give an event, having thrown out what would not. */
bool mio__readiness_is_pending(struct mio__readiness_queue *queue);

/* The poll is being destroyed: lets go of what is queued, and of the queue. */
void mio__readiness_close(struct mio__readiness_queue *queue);

#endif
