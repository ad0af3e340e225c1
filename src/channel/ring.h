/* SPDX-License-Identifier: MIT */
#ifndef MIO_CHANNEL_RING_H
#define MIO_CHANNEL_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/yield_point.h"

/*
 * A ring of messages that many threads write and one thread reads. It knows
 * neither polls nor waiting; its results say who has to be woken.
 *
 * A position is the number of a message since the first one, times MIO__STEP,
 * and wraps around. That leaves the lowest bits of the tail free for flags,
 * which a sender reads in the same step in which it claims a cell.
 */

#define MIO__STEP ((size_t)8)

/* The reader found the queue empty: the next sender wakes it. */
#define MIO__TAIL_ASLEEP ((size_t)1)
/* No message is sent any more: no sender is left, or the reader closed. */
#define MIO__TAIL_CLOSED ((size_t)2)
/* The messages from here on are in the next ring. */
#define MIO__TAIL_MOVED ((size_t)4)
#define MIO__TAIL_FLAGS (MIO__STEP - 1)

enum mio__push {
	MIO__PUSH_DONE,
	MIO__PUSH_WAKE, /* done, and the caller has to wake the reader */
	MIO__PUSH_FULL,
	MIO__PUSH_MOVED,
	MIO__PUSH_CLOSED,
};

struct mio__ring {
	/* Constant. */
	size_t mask;  /* the number of cells - 1 */
	size_t limit; /* the most messages, times MIO__STEP */
	size_t message_size;
	size_t stride;             /* from one cell to the next */
	char *cells;               /* each is a stamp and a message */
	const atomic_size_t *head; /* the position of the oldest message */

	/* For segments.c, which chains rings. */
	struct mio__ring *older;
	_Atomic(struct mio__ring *) newer;

	/* Written by senders. */
	_Alignas(64) atomic_size_t tail;
	atomic_size_t head_seen;
};

/*
 * Creates a ring for at most limit messages between *head and the tail. The
 * caller provides the head, which the reader stores, and the tail to begin
 * with. Returns NULL if there is not enough memory.
 */
struct mio__ring *mio__ring_create(
    size_t message_size, size_t limit, const atomic_size_t *head, size_t tail);
void mio__ring_destroy(struct mio__ring *ring);

static inline char *
mio__ring_cell(const struct mio__ring *ring, size_t position)
{
	return ring->cells + (position / MIO__STEP & ring->mask) * ring->stride;
}

/* Never 0, which is what a cell has that was never written. */
static inline size_t
mio__ring_stamp(size_t position)
{
	return position | 1;
}

/* Returns whether there is no room for this position. Any thread. */
static inline bool
mio__ring_is_full(struct mio__ring *ring, size_t position)
{
	size_t head;

	head = atomic_load_explicit(&ring->head_seen, memory_order_acquire);
	if (position - head < ring->limit)
		return false;

	head = atomic_load_explicit(ring->head, memory_order_seq_cst);
	atomic_store_explicit(&ring->head_seen, head, memory_order_release);

	/* a position that is out of date may be behind the head */
	return position - head >= ring->limit &&
	    position - head <= (size_t)-1 / 2;
}

/* Copies a message into the ring. Any thread. */
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
	if (ring->message_size == 8) /* no call: 13 instructions less */
		memcpy(cell + sizeof(size_t), message, 8);
	else
		memcpy(cell + sizeof(size_t), message, ring->message_size);
	atomic_store_explicit((atomic_size_t *)(void *)cell,
	    mio__ring_stamp(position), memory_order_release);
	MIO__YIELD_POINT();

	return tail & MIO__TAIL_ASLEEP ? MIO__PUSH_WAKE : MIO__PUSH_DONE;
}

/* Returns the message of this position, or NULL if not written. The reader. */
static inline const char *
mio__ring_message(const struct mio__ring *ring, size_t position)
{
	char *cell = mio__ring_cell(ring, position);
	size_t stamp = atomic_load_explicit(
	    (atomic_size_t *)(void *)cell, memory_order_acquire);

	return stamp == mio__ring_stamp(position) ? cell + sizeof(stamp) : NULL;
}

static inline bool
mio__ring_is_filled(const struct mio__ring *ring, size_t position)
{
	return mio__ring_message(ring, position) != NULL;
}

/*
 * Copies up to count messages that are written, from this position on, and
 * returns how many. They stay in the ring. The reader.
 */
size_t mio__ring_peek(const struct mio__ring *ring, size_t position,
    void *messages, size_t count);

#endif
