/* SPDX-License-Identifier: MIT */

/*
 * Who calls what. Any thread calls push. Any sender calls grow, but one at a
 * time. The last sender calls close, and so does the reader, which must not do
 * so while a sender grows the queue; channel.c has a lock for this. The reader,
 * one thread at a time, calls peek, pop, is_filled, tail_offset, fall_asleep
 * and confirm_asleep.
 *
 * The tail of the newest ring holds the position and the flags in one word, so
 * that senders claim cells and flags change in single atomic steps:
 *
 *	empty	-> fall_asleep -> ASLEEP	only if no cell is claimed
 *	ASLEEP	-> push -> awake		this sender wakes the reader
 *	any	-> close -> CLOSED		no push succeeds any more. If
 *						ASLEEP was set, the caller
 *						reports the end.
 *	CLOSED	-> fall_asleep -> both		the reader finds the end and
 *						reports it
 *	full	-> grow -> MOVED		no push succeeds in this ring
 *						any more
 *
 * The queue has ended when both ASLEEP and CLOSED are set. No cell is claimed
 * after that, so that both stay set. Exactly one thread has set the second of
 * the two, and that thread reports the end.
 *
 * So exactly one thread wakes a queue that was asleep, and exactly one thread
 * ends it. Each of them knows this from its own change of the tail, which does
 * not depend on the order of two variables. After a sender has claimed a cell
 * and before it has stamped it, the message cannot be read yet. The queue is
 * not empty then, and the reader must not put it to sleep.
 *
 * Growing. MOVED fixes the position at which the old ring ends. The new ring
 * begins with the tail of the old one, flags included but for MOVED. The reader
 * reads the old ring up to that position before it enters the new one, which
 * keeps the messages of each sender in order. All rings share one head, and
 * room is counted from there to the newest tail. A new ring has twice the limit
 * of the old one, which was full. So the next ring is added only when more
 * messages wait than ever before, and until then only the newest ring is used.
 * A slow sender may still read the tail of an old ring. Therefore old rings are
 * kept until the end; together they are smaller than the newest.
 *
 *	push	change tail		acquire: a sender that clears ASLEEP
 *					reads the value that the reader stored
 *					in fall_asleep or confirm_asleep. So
 *					what the reader did before happens
 *					before what the sender does next.
 *					Release: pairs with the reader's loads
 *					of the tail.
 *	close	change tail		acq_rel: the same, and all pushes happen
 *					before what the reader does once it has
 *					seen CLOSED
 *	grow	change old tail		acq_rel: the reader may have set ASLEEP
 *					since the check for room. The flag is
 *					copied to the new tail by a plain store,
 *					which does not continue the release
 *					sequence of the old tail. Instead, grow
 *					acquires what the reader released there,
 *					and passes it on by the store of newest,
 *					which the sender that clears the flag
 *					has loaded.
 *		store newer, newest	release, pair with
 *	reader	load newer		acquire: the new ring is initialized
 *	push	load newest		acquire: the same
 */

#include "channel/segments.h"

#include <errno.h>

#include "base/check.h"
#include "base/yield_point.h"

static struct mio__ring *
newest_of(struct mio__segments *segments)
{
	return atomic_load_explicit(&segments->newest, memory_order_acquire);
}

MIO__COLD int
mio__segments_init(
    struct mio__segments *segments, size_t message_size, size_t limit)
{
	struct mio__ring *ring;

	atomic_init(&segments->head, 0);
	segments->position = 0;

	ring = mio__ring_create(
	    message_size, limit, &segments->head, MIO__TAIL_ASLEEP);
	if (ring == NULL)
		return -ENOMEM;

	atomic_init(&segments->newest, ring);
	segments->reading = ring;

	return 0;
}

MIO__COLD void
mio__segments_fini(struct mio__segments *segments)
{
	struct mio__ring *ring = newest_of(segments);
	struct mio__ring *older;

	for (; ring != NULL; ring = older) {
		older = ring->older;
		mio__ring_destroy(ring);
	}
}

int
mio__segments_grow(struct mio__segments *segments)
{
	struct mio__ring *old = newest_of(segments);
	struct mio__ring *ring;
	size_t tail;

	tail = atomic_load_explicit(&old->tail, memory_order_acquire);
	if ((tail & MIO__TAIL_CLOSED) ||
	    !mio__ring_is_full(old, tail & ~MIO__TAIL_FLAGS))
		return 0;

	ring = mio__ring_create(old->message_size,
	    old->distance_max / MIO__STEP * 2, &segments->head, tail);
	if (ring == NULL)
		return -ENOMEM;

	tail = atomic_fetch_or_explicit(
	    &old->tail, MIO__TAIL_MOVED, memory_order_acq_rel);
	atomic_init(&ring->tail, tail);
	ring->older = old;
	MIO__YIELD_POINT();
	atomic_store_explicit(&old->newer, ring, memory_order_release);
	atomic_store_explicit(&segments->newest, ring, memory_order_release);

	return 0;
}

bool
mio__segments_close(struct mio__segments *segments)
{
	size_t tail = atomic_fetch_or_explicit(
	    &newest_of(segments)->tail, MIO__TAIL_CLOSED, memory_order_acq_rel);

	return (tail & MIO__TAIL_ASLEEP) && !(tail & MIO__TAIL_CLOSED);
}

/*
 * Enters the next ring if the reader has reached the end of this one, which has
 * this tail, and the next one is stored. Returns whether it did.
 */
static bool
enter_next_ring(struct mio__segments *segments, size_t tail)
{
	struct mio__ring *newer;

	/* all messages of this ring have to be removed first */
	if (!(tail & MIO__TAIL_MOVED) ||
	    (tail & ~MIO__TAIL_FLAGS) != segments->position)
		return false;

	newer = atomic_load_explicit(
	    &segments->reading->newer, memory_order_acquire);
	if (newer == NULL)
		return false;

	segments->reading = newer;

	return true;
}

static size_t
reading_tail(struct mio__segments *segments)
{
	return atomic_load_explicit(
	    &segments->reading->tail, memory_order_acquire);
}

size_t
mio__segments_peek(struct mio__segments *segments, void *messages, size_t count)
{
	size_t n;

	do
		n = mio__ring_peek(
		    segments->reading, segments->position, messages, count);
	while (n == 0 && enter_next_ring(segments, reading_tail(segments)));

	return n;
}

size_t
mio__segments_tail_offset(struct mio__segments *segments)
{
	size_t tail;

	do
		tail = reading_tail(segments);
	while (enter_next_ring(segments, tail));

	/* a sender adds the next ring, and is about to send a message */
	if (tail & MIO__TAIL_MOVED)
		return MIO__STEP;

	return tail - segments->position;
}

size_t
mio__segments_fall_asleep(struct mio__segments *segments)
{
	size_t offset, tail;

	do {
		offset = mio__segments_tail_offset(segments);
		if (offset >= MIO__STEP || (offset & MIO__TAIL_ASLEEP))
			break;
		tail = segments->position | offset;
		MIO__YIELD_POINT();
	} while (!atomic_compare_exchange_weak_explicit(
	    &segments->reading->tail, &tail, tail | MIO__TAIL_ASLEEP,
	    memory_order_acq_rel, memory_order_relaxed));

	return offset;
}

bool
mio__segments_confirm_asleep(struct mio__segments *segments)
{
	size_t tail = segments->position | MIO__TAIL_ASLEEP;

	/* stores the same value again, for the next change to read */
	return atomic_compare_exchange_strong_explicit(&segments->reading->tail,
	    &tail, tail, memory_order_acq_rel, memory_order_relaxed);
}
