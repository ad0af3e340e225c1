/* SPDX-License-Identifier: MIT */
#ifndef MIO_CHANNEL_RING_H
#define MIO_CHANNEL_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/yield_point.h"

/*
 * A ring of messages that many threads write and one reads, apart from polls
 * and from waiting: what it answers says who is to be woken.
 *
 * Positions count messages since the first one, in steps of MIO__STEP, so that
 * the lowest bits of the tail are free for what the senders must find out in
 * the same step in which they claim a cell. They wrap around.
 */

#define MIO__STEP ((size_t)8)

#define MIO__TAIL_ASLEEP \
	((size_t)1) /* empty: the next sender wakes the reader */
#define MIO__TAIL_CLOSED \
	((size_t)2) /* no sender is left, or the reader accepts no more */
#define MIO__TAIL_MOVED ((size_t)4) /* another ring goes on from here */
#define MIO__TAIL_FLAGS (MIO__STEP - 1)

enum mio__push {
	MIO__PUSH_DONE,
	MIO__PUSH_WAKE, /* done, and it was asleep */
	MIO__PUSH_FULL,
	MIO__PUSH_MOVED,
	MIO__PUSH_CLOSED,
};

struct mio__ring {
	/* Constant. */
	size_t mask;  /* of the number of a cell */
	size_t limit; /* messages at most, in steps */
	size_t message_size;
	size_t stride;
	char *cells; /* a stamp each, and the message */
	const atomic_size_t *head;

	/* Of whoever chains rings. */
	struct mio__ring *older;
	_Atomic(struct mio__ring *) newer;

	/* The senders'. */
	_Alignas(64) atomic_size_t tail;
	atomic_size_t head_seen;
};

/*
 * Room for limit messages that lie between *head, which the reader stores and
 * the caller keeps, and the tail, which begins as it is given. NULL when there
 * is no memory, or none that large.
 */
struct mio__ring *mio__ring_create(
    size_t message_size, size_t limit, const atomic_size_t *head, size_t tail);
void mio__ring_destroy(struct mio__ring *ring);

static inline char *
mio__ring_cell(const struct mio__ring *ring, size_t position)
{
	return ring->cells + (position / MIO__STEP & ring->mask) * ring->stride;
}

/* Never 0, which is what a cell holds that nobody wrote yet. */
static inline size_t
mio__ring_stamp(size_t position)
{
	return position | 1;
}

/* Whether there is no room at this position. Anyone. */
static inline bool
mio__ring_is_full(struct mio__ring *ring, size_t position)
{
	size_t head;

	head = atomic_load_explicit(&ring->head_seen, memory_order_acquire);
	if (position - head < ring->limit)
		return false;

	head = atomic_load_explicit(ring->head, memory_order_seq_cst);
	atomic_store_explicit(&ring->head_seen, head, memory_order_release);

	/* a tail that is no longer true may be behind the head */
	return position - head >= ring->limit &&
	    position - head <= (size_t)-1 / 2;
}

/* Any thread. */
static inline enum mio__push
mio__ring_push(struct mio__ring *ring, const void *message)
{
	size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	size_t position;
	char *cell;

	do {
		if (tail & (MIO__TAIL_CLOSED | MIO__TAIL_MOVED))
			return tail & MIO__TAIL_CLOSED ? MIO__PUSH_CLOSED
						       : MIO__PUSH_MOVED;
		position = tail & ~MIO__TAIL_FLAGS;
		MIO__YIELD_POINT();
		if (mio__ring_is_full(ring, position))
			return MIO__PUSH_FULL;
	} while (!atomic_compare_exchange_weak_explicit(&ring->tail, &tail,
	    position + MIO__STEP, memory_order_acq_rel, memory_order_relaxed));

	MIO__YIELD_POINT();
	cell = mio__ring_cell(ring, position);
	memcpy(cell + sizeof(size_t), message, ring->message_size);
	atomic_store_explicit((atomic_size_t *)(void *)cell,
	    mio__ring_stamp(position), memory_order_release);
	MIO__YIELD_POINT();

	return tail & MIO__TAIL_ASLEEP ? MIO__PUSH_WAKE : MIO__PUSH_DONE;
}

/* Whether the message of this position is there. The reader. */
static inline bool
mio__ring_is_there(const struct mio__ring *ring, size_t position)
{
	char *cell = mio__ring_cell(ring, position);

	return atomic_load_explicit((atomic_size_t *)(void *)cell,
		   memory_order_acquire) == mio__ring_stamp(position);
}

/* Copies those from this position on that are there: how many. The reader. */
size_t mio__ring_peek(const struct mio__ring *ring, size_t position,
    void *messages, size_t count);

#endif
