/* SPDX-License-Identifier: MIT */

/*
 * Who calls what. Any thread calls push and is_full. The reader calls message,
 * is_filled and peek. There is one reader at a time, and it alone stores *head.
 * The flags of the tail are set in segments.c.
 *
 * A message is written in two steps. A sender first claims the cell at the
 * tail: it moves the tail past it with one compare-and-swap. Then it copies the
 * message into the cell and stamps the cell with the position. Only senders
 * write to cells. The reader frees cells by moving the head, and the head and
 * the tail alone decide whether there is room. Therefore the reader writes to
 * no cache line that contains a cell. A sender loads the head, whose cache line
 * the reader writes, only if head_seen leaves no room. That is a value of the
 * head that some sender has loaded before.
 *
 *	push	load head_seen		acquire, pairs with the release store of
 *					head_seen by a sender that had loaded
 *					the head
 *	or	load head		at least acquire, pairs with the release
 *					of the reader's pop. Either way, all
 *					that the reader and earlier senders did
 *					with the cell happens before this sender
 *					writes to it: the reader had read the
 *					cell before it moved the head past it.
 *		change tail		acq_rel, for segments.c
 *		store stamp		release, pairs with
 *	peek	load stamp		acquire: the copy into the cell happens
 *					before the copy out of it
 *
 * The cell that a sender stores to has been read by the reader a round before,
 * so that its cache line is shared with the reader's processor. To store to it
 * the sender has to request it, and the compare-and-swap of the next push waits
 * for that store. A push therefore requests the cell that will be used a few
 * pushes later. This more than halves the time of a push while the reader keeps
 * up.
 *
 * A sender checks for room at the position that it loaded. If its
 * compare-and-swap succeeds, the tail is still at that position. The check is
 * then still valid, because the head only moves forwards.
 *
 * The load of the head is seq_cst because a sender that finds no room may go to
 * sleep (waiters.c). Several senders may store head_seen, and an older value
 * may replace a newer one. The only effect is that a sender loads the head
 * although the newer value would have left room.
 */

#include "channel/ring.h"

#include <stdint.h>

#include "base/check.h"
#include "sys/memory.h"

/*
 * At most a quarter of all positions are in use at one time. So they differ
 * although they wrap around, and a distance of more than half of all positions
 * is a negative one.
 */
#define LIMIT_MAX (SIZE_MAX / 4 / MIO__STEP)

/* The most messages that a sender prefetches ahead. */
#define AHEAD_MAX ((size_t)8)

/* A sender must not request the cells that the reader is about to read. */
static size_t
ahead_for(size_t cells)
{
	size_t ahead = cells / 8;

	return (ahead < AHEAD_MAX ? ahead : AHEAD_MAX) * MIO__STEP;
}

/* Returns the smallest power of two that is not less than limit. */
static size_t
cells_for(size_t limit)
{
	size_t cells = 1;

	while (cells < limit)
		cells *= 2;

	return cells;
}

MIO__COLD struct mio__ring *
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
	ring->distance_max = limit * MIO__STEP;
	ring->message_size = message_size;
	ring->stride = stride;
	ring->ahead = ahead_for(cells);
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
 * Copies a message. The compiler copies a constant size without a call, which
 * takes 21 instead of 33 instructions for each message of 8 bytes in a batch,
 * and 30 instead of 32 for 64 bytes.
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
