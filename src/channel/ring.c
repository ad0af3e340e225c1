/* SPDX-License-Identifier: MIT */

/*
 * Who calls what. Push, is_full: any thread. Is_filled, peek: the reader. There
 * is one reader at a time, and it alone stores *head. The flags of the tail are
 * set in segments.c.
 *
 * A message is written in two steps. A sender claims the cell at the tail: it
 * moves the tail on by one compare-and-swap. Then it fills the cell and stamps
 * it with its position. Only senders write to cells. The reader frees cells by
 * moving the head, and head and tail alone decide whether there is room. So the
 * cache line of a cell travels in one direction, and a sender reads the head's
 * line only if the head that some sender saw last (head_seen) leaves no room.
 *
 *	push	load head_seen		acquire, pairs with the release store of
 *					head_seen by a sender that had loaded
 *					the head
 *	or	load head		at least acquire, pairs with the release
 *					of the reader's pop. By either way what
 *					the reader did with the cell, and what
 *					was written to it before, happens before
 *					this sender writes to it.
 *		change tail		acq_rel, for segments.c
 *		store stamp		release, pairs with
 *	peek	load stamp		acquire: the message was written before
 *
 * The check for room is for the position that was loaded before. It holds when
 * the compare-and-swap succeeds: the tail is still there, and the head only
 * moves on.
 *
 * The load of the head is seq_cst for the sake of waiters.c, as a sender that
 * finds no room may go to sleep. Several senders may store head_seen, and an
 * older value may replace a newer one: then a sender loads the head earlier
 * than it had to, and nothing else changes.
 */

#include "channel/ring.h"

#include <stdint.h>

#include "sys/memory.h"

/* Positions wrap around; those in use at one time never look alike. */
#define LIMIT_MAX (SIZE_MAX / 4 / MIO__STEP)

/* Returns the smallest power of two that is not less than limit. */
static size_t
cells_for(size_t limit)
{
	size_t cells = 1;

	while (cells < limit)
		cells *= 2;

	return cells;
}

struct mio__ring *
mio__ring_create(
    size_t message_size, size_t limit, const atomic_size_t *head, size_t tail)
{
	struct mio__ring *ring;
	size_t stride = sizeof(size_t) * 2 - 1;
	size_t cells;

	if (limit > LIMIT_MAX || message_size > PTRDIFF_MAX - stride)
		return NULL;

	stride = (message_size + stride) / sizeof(size_t) * sizeof(size_t);
	cells = cells_for(limit);
	if (cells > PTRDIFF_MAX / stride)
		return NULL;

	ring = mio__os_alloc_aligned(_Alignof(struct mio__ring), sizeof(*ring));
	if (ring == NULL)
		return NULL;

	ring->cells = mio__os_alloc(cells, stride);
	if (ring->cells == NULL) {
		mio__os_free(ring);
		return NULL;
	}

	ring->mask = cells - 1;
	ring->limit = limit * MIO__STEP;
	ring->message_size = message_size;
	ring->stride = stride;
	ring->head = head;
	atomic_init(&ring->newer, NULL);
	atomic_init(&ring->tail, tail);
	atomic_init(
	    &ring->head_seen, atomic_load_explicit(head, memory_order_acquire));

	return ring;
}

void
mio__ring_destroy(struct mio__ring *ring)
{
	mio__os_free(ring->cells);
	mio__os_free(ring);
}

/*
 * The compiler copies a constant size without a call: 21 instead of 33
 * instructions for each message of 8 bytes in a batch, 30 instead of 32 for 64.
 */
static inline void
copy(void *to, const void *from, size_t size)
{
	if (size == 8)
		memcpy(to, from, 8);
	else if (size == 64)
		memcpy(to, from, 64);
	else
		memcpy(to, from, size);
}

size_t
mio__ring_peek(
    const struct mio__ring *ring, size_t position, void *messages, size_t count)
{
	size_t size = ring->message_size;
	char *to = messages;
	const char *from;
	size_t n;

	for (n = 0; n < count; n++) {
		from = mio__ring_message(ring, position);
		if (from == NULL)
			break;
		copy(to, from, size);
		to += size;
		position += MIO__STEP;
	}

	return n;
}
