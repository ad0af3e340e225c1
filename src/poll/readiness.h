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

/* As registered with the queue, edge-triggered and always ready to be read. */
void mio__readiness_init_edge(struct mio_readiness *self,
    struct mio__readiness_queue *queue, mio_token_t token);

/* Tells that once more. Any thread, signal handlers. */
void mio__readiness_trigger(struct mio_readiness *self);

/* -EINVAL: bound to another queue; -EEXIST, -ENOENT. */
int mio__readiness_register(struct mio_readiness *self,
    struct mio__readiness_queue *queue, mio_token_t token, unsigned interest,
    unsigned options);
int mio__readiness_reregister(struct mio_readiness *self,
    struct mio__readiness_queue *queue, mio_token_t token, unsigned interest,
    unsigned options);
int mio__readiness_deregister(
    struct mio_readiness *self, struct mio__readiness_queue *queue);

/* Nothing is told from here on. The reference stays the caller's. */
void mio__readiness_drop(struct mio_readiness *self);

/*
 * What a popped node has to tell: true and an event, or false. One that has
 * more to tell is queued again. Consumer.
 */
bool mio__readiness_take(struct mio__ready_node *node, struct mio_event *event);

/* Whether a take would give an event, having thrown out what would not. */
bool mio__readiness_is_pending(struct mio__readiness_queue *queue);

/* The poll is being destroyed: lets go of what is queued, and of the queue. */
void mio__readiness_close(struct mio__readiness_queue *queue);

#endif
