/* SPDX-License-Identifier: MIT */

/*
 * Who calls what. Push, is_full: any thread. Is_there, peek: the reader, who is
 * one thread at a time and alone stores *head. The flags of the tail are set by
 * segments.c.
 *
 * A message goes through two steps: its sender claims the cell at the tail by
 * moving it on, in one compare-and-swap, then fills the cell and stamps it with
 * its position. Cells are written by senders alone: the reader frees them by
 * moving the head, and whether there is room is a matter of head and tail. So
 * a cell's line goes one way, and the head's line is read by a sender only when
 * the head that one of them saw last would leave no room.
 *
 *	push	load head_seen		acquire, of what a sender released that
 *	or	load head		acquired: the reader is done with the
 *					cell before it is written anew
 *		change tail		acq_rel: segments.c says what for
 *		store stamp		release, pairs with
 *	peek	load stamp		acquire: the message is seen
 *
 * The load of the head is more, seq_cst, for channel.c: a sender that found no
 * room goes to sleep on that. To store an older head_seen over a newer one
 * only makes senders look at the head earlier.
 */

#include "channel/ring.h"

#include <stdint.h>

#include "sys/memory.h"

/* Of what is in use at once positions are told apart with room to spare. */
#define LIMIT_MAX (SIZE_MAX / 4 / MIO__STEP)

/* The smallest power of two that has room for limit. */
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

size_t
mio__ring_peek(
    const struct mio__ring *ring, size_t position, void *messages, size_t count)
{
	char *message = messages;
	size_t n;

	for (n = 0; n < count; n++) {
		if (!mio__ring_is_there(ring, position))
			break;
		memcpy(message, mio__ring_cell(ring, position) + sizeof(size_t),
		    ring->message_size);
		message += ring->message_size;
		position += MIO__STEP;
	}

	return n;
}
