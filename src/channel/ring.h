/* SPDX-License-Identifier: MIT */
#ifndef MIO_CHANNEL_RING_H
#define MIO_CHANNEL_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/processor.h"
#include "base/yield_point.h"

/*
 * A ring of cells. Many threads, the senders, write messages into it, and one
 * thread, the reader, reads them. The ring knows neither polls nor waiting, but
 * a push returns whether the reader has to be woken.
 *
 * Each message has a position: its number, counted from the first message of
 * the channel, times MIO__STEP. Positions wrap around. The head is the position
 * of the oldest message, and the tail that of the next message to be sent. A
 * sender claims a cell by moving the tail past it, before it writes the
 * message. As positions are multiples of MIO__STEP, the lowest bits of the tail
 * are free for flags, which a sender reads in the same atomic step.
 */

#define MIO__STEP ((size_t)8)

/*
 * The reader has found the queue empty. The sender that claims the next cell
 * clears the flag and wakes the reader.
 */
#define MIO__TAIL_ASLEEP ((size_t)1)
/* No sender is left, or the reader has closed the queue. */
#define MIO__TAIL_CLOSED ((size_t)2)
/* This ring ends here; the next messages are in the next ring (segments.h). */
#define MIO__TAIL_MOVED ((size_t)4)
#define MIO__TAIL_FLAGS (MIO__STEP - 1)

#define MIO__CACHE_LINE ((size_t)64)

enum mio__push {
	MIO__PUSH_DONE,
	MIO__PUSH_WAKE, /* done, and the caller has to wake the reader */
	MIO__PUSH_FULL,
	MIO__PUSH_MOVED,  /* the tail has the flag MOVED */
	MIO__PUSH_CLOSED, /* the tail has the flag CLOSED */
};

struct mio__ring {
	/* Constant. */
	size_t mask;         /* the number of cells - 1 */
	size_t distance_max; /* from the head to the tail */
	size_t message_size;
	size_t stride;             /* from one cell to the next, in bytes */
	size_t ahead;              /* distance to the cell to prefetch */
	char *cells;               /* each contains a stamp and a message */
	const atomic_size_t *head; /* of the queue; the reader stores it */

	/* The neighbours in the chain of rings that is made by segments.c. */
	struct mio__ring *older;
	_Atomic(struct mio__ring *) newer;

	/* Stored by senders. The reader also sets flags of the tail. */
	_Alignas(64) atomic_size_t tail;
	atomic_size_t head_seen; /* a value of the head that a sender loaded */
};

/*
 * Creates a ring that has room while fewer than limit messages are between
 * *head and its tail, which begins with the value of tail. Returns NULL if
 * there is not enough memory.
 */
struct mio__ring *mio__ring_create(
    size_t message_size, size_t limit, const atomic_size_t *head, size_t tail);
void mio__ring_destroy(struct mio__ring *ring);

static inline char *
mio__ring_cell(const struct mio__ring *ring, size_t position)
{
	return ring->cells + (position / MIO__STEP & ring->mask) * ring->stride;
}

/* A stamp is never 0, as that is what a new cell contains. */
static inline size_t
mio__ring_stamp(size_t position)
{
	return position | 1;
}

/*
 * Returns whether there is no room for a message at this position. Any thread
 * may call this.
 */
static inline bool
mio__ring_is_full(struct mio__ring *ring, size_t position)
{
	size_t head;

	head = atomic_load_explicit(&ring->head_seen, memory_order_acquire);
	if (position - head < ring->distance_max)
		return false;

	head = atomic_load_explicit(ring->head, memory_order_seq_cst);
	atomic_store_explicit(&ring->head_seen, head, memory_order_release);

	/*
	 * The head may be past a position that was loaded some time ago. The
	 * distance has then wrapped around to a very large number.
	 */
	return position - head >= ring->distance_max &&
	    position - head <= (size_t)-1 / 2;
}

/* Requests the beginning of the cell of this position, for a later push. */
static inline void
mio__ring_prefetch(const struct mio__ring *ring, size_t position)
{
	const char *cell = mio__ring_cell(ring, position);

	MIO__PREFETCH_TO_STORE(cell);
	if (ring->stride > MIO__CACHE_LINE)
		MIO__PREFETCH_TO_STORE(cell + MIO__CACHE_LINE);
}

/* Copies a message into the ring. Any thread may call this. */
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
		/* this clears ASLEEP, the only flag that may be set here */
	} while (!atomic_compare_exchange_weak_explicit(&ring->tail, &tail,
	    position + MIO__STEP, memory_order_acq_rel, memory_order_relaxed));

	MIO__YIELD_POINT();
	cell = mio__ring_cell(ring, position);
	mio__ring_prefetch(ring, position + ring->ahead);
	if (ring->message_size == 8) /* no call: 13 fewer instructions */
		memcpy(cell + sizeof(size_t), message, 8);
	else
		memcpy(cell + sizeof(size_t), message, ring->message_size);
	atomic_store_explicit((atomic_size_t *)(void *)cell,
	    mio__ring_stamp(position), memory_order_release);
	MIO__YIELD_POINT();

	return tail & MIO__TAIL_ASLEEP ? MIO__PUSH_WAKE : MIO__PUSH_DONE;
}

/*
 * Returns the message of this position, or NULL if it has not been written yet.
 * Only the reader calls this, for a position that it has not removed yet.
 */
static inline const char *
mio__ring_message(const struct mio__ring *ring, size_t position)
{
	char *cell = mio__ring_cell(ring, position);
	size_t stamp = atomic_load_explicit(
	    (atomic_size_t *)(void *)cell, memory_order_acquire);

	return stamp == mio__ring_stamp(position) ? cell + sizeof(stamp) : NULL;
}

/* Returns whether the message of this position has been written. */
static inline bool
mio__ring_is_filled(const struct mio__ring *ring, size_t position)
{
	return mio__ring_message(ring, position) != NULL;
}

/*
 * Copies up to count messages from this position on, as far as they have been
 * written, and returns how many. They stay in the ring. Only the reader calls
 * this.
 */
size_t mio__ring_peek(const struct mio__ring *ring, size_t position,
    void *messages, size_t count);

#endif
