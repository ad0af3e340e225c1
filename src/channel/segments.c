/* SPDX-License-Identifier: MIT */

/*
 * Who calls what. Push: any thread. Grow: any sender, one at a time. Close: the
 * last sender, or the reader, which must not close while a sender grows the
 * queue; channel.c has a lock for these two. Peek, pop, is_filled, unread,
 * fall_asleep, confirm_asleep: the reader, one thread at a time.
 *
 * The flags of the newest ring's tail change in the same step in which senders
 * claim cells:
 *
 *	empty	-> fall_asleep -> ASLEEP	only if no cell is claimed
 *	ASLEEP	-> push -> awake		this sender wakes the reader
 *	any	-> close -> CLOSED		no push succeeds any more. If it
 *						was ASLEEP, the caller reports
 *						the end.
 *	CLOSED	-> fall_asleep -> with ASLEEP	the reader found the end itself
 *	full	-> grow -> MOVED		no push succeeds in this ring
 *
 * The queue has ended when both ASLEEP and CLOSED are set. Nothing is claimed
 * after that, so both stay set, and exactly one thread set the second of them.
 *
 * So each time the queue changes from empty to not empty, or to ended, exactly
 * one thread knows that it made the change, and whether it has to wake the
 * reader, without any order between two variables. Between its claim and its
 * stamp a sender owes a message that is not written yet; the queue is not empty
 * then, and the reader must not fall asleep.
 *
 * Growing. MOVED fixes the position at which the old ring ends. The new ring
 * begins with that tail and its flags. The reader reads the old ring up to that
 * position before it follows, which keeps the messages of each sender in order.
 * Room is counted over all rings, from the one head to the tail. A new ring has
 * twice the limit of the old one, which was full: no further ring is made
 * before more messages wait than ever before, and from then on the newest ring
 * alone is used. A slow sender may still read an old ring. Therefore old rings
 * are kept until the end; together they are smaller than the newest.
 *
 *	push	change tail		acquire: a sender that clears ASLEEP
 *					reads from the reader's fall_asleep or
 *					confirm_asleep, so that what the reader
 *					did before happens before it. Release:
 *					pairs with the reader's loads of tail.
 *	close	change tail		acq_rel: the same, and all pushes happen
 *					before what a reader does that has seen
 *					CLOSED
 *	grow	change old tail		acq_rel: the same, for an ASLEEP that is
 *					copied to the new tail, which is a store
 *					and begins a new release sequence. The
 *					stores of newer and newest pass it on.
 *		store newer, newest	release, pair with
 *	unread	load newer		acquire: the new ring is complete
 *	push	load newest		acquire: the same
 */

#include "channel/segments.h"

#include <errno.h>

#include "base/yield_point.h"

static struct mio__ring *
newest_of(struct mio__segments *segments)
{
	return atomic_load_explicit(&segments->newest, memory_order_acquire);
}

int
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

void
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

	ring = mio__ring_create(old->message_size, old->limit / MIO__STEP * 2,
	    &segments->head, tail);
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

/* Moves the reader to the next ring. Returns whether there was one. */
static bool
follow(struct mio__segments *segments, size_t tail)
{
	struct mio__ring *newer;

	/* first all that was claimed in this ring is read */
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
tail_of(struct mio__segments *segments)
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
	while (n == 0 && follow(segments, tail_of(segments)));

	return n;
}

size_t
mio__segments_unread(struct mio__segments *segments)
{
	size_t tail;

	do
		tail = tail_of(segments);
	while (follow(segments, tail));

	/* the sender that grows the queue is about to send a message */
	if (tail & MIO__TAIL_MOVED)
		return MIO__STEP;

	return tail - segments->position;
}

size_t
mio__segments_fall_asleep(struct mio__segments *segments)
{
	size_t unread, tail;

	do {
		unread = mio__segments_unread(segments);
		if (unread >= MIO__STEP || (unread & MIO__TAIL_ASLEEP))
			break;
		tail = segments->position | unread;
		MIO__YIELD_POINT();
	} while (!atomic_compare_exchange_weak_explicit(
	    &segments->reading->tail, &tail, tail | MIO__TAIL_ASLEEP,
	    memory_order_acq_rel, memory_order_relaxed));

	return unread;
}

bool
mio__segments_confirm_asleep(struct mio__segments *segments)
{
	size_t tail = segments->position | MIO__TAIL_ASLEEP;

	/* stores the value that it had: the next change reads from this one */
	return atomic_compare_exchange_strong_explicit(&segments->reading->tail,
	    &tail, tail, memory_order_acq_rel, memory_order_relaxed);
}
