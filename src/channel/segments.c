/* SPDX-License-Identifier: MIT */

/*
 * Who calls what. Push: any thread. Grow: any thread, one at a time, and a
 * close by the reader not beside it: channel.c has a lock for that. Close: the
 * last sender, or the reader. Peek,
 * skip, is_there, rest, fall_asleep: the reader, one thread at a time.
 *
 * The flags of the newest ring's tail change in one step with the claims:
 *
 *	empty	-> fall_asleep -> ASLEEP	only if nothing is claimed
 *	ASLEEP	-> push -> awake		this sender wakes the reader
 *	any	-> close -> CLOSED		no push succeeds any more; wakes
 *						the reader if it was ASLEEP
 *	CLOSED	-> fall_asleep -> and ASLEEP	the reader saw it by itself
 *	full	-> grow -> MOVED		no push succeeds in this ring
 *
 * The end has come with ASLEEP and CLOSED. Nothing is claimed
 * after it, so these stay, and the step that made it so was one thread's.
 *
 * So of each time that the queue goes from empty to not empty or to closed one
 * thread knows, and it is known before whether the reader has to be woken. That
 * needs no order between two variables. Between its claim and its stamp a
 * sender has promised a message that is not there yet: then the reader is not
 * told that it is empty, and must not fall asleep.
 *
 * Growing. MOVED fixes where the old ring ends, and the new one begins with
 * that tail and its flags. The reader reads the old one up to there, so that
 * each sender's messages stay in order. Room is counted over all rings, from
 * the one head to the tail: when a ring is made, its limit is twice the number
 * that wait, and so no further one is made before more wait than ever before.
 * That ring alone then serves any number up to its limit. Old ones may still be
 * looked at by a sender that was slow; they stay until the end and are together
 * smaller than the newest.
 *
 *	grow	store newer, newest	release, pair with
 *	rest	load newer		acquire: how the new ring was made
 *	push	load newest		acquire: the same
 *	close	change tail		acq_rel: after all pushes, and before
 *					the answer of a reader that sees CLOSED
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

/* Whether there was a newer ring to go on with. */
static bool
follow(struct mio__segments *segments, size_t tail)
{
	struct mio__ring *newer;

	/* what was claimed in this ring comes first */
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
mio__segments_rest(struct mio__segments *segments)
{
	size_t tail;

	do
		tail = tail_of(segments);
	while (follow(segments, tail));

	/* whoever lets it grow has a message to send */
	if (tail & MIO__TAIL_MOVED)
		return MIO__STEP;

	return tail - segments->position;
}

size_t
mio__segments_fall_asleep(struct mio__segments *segments)
{
	size_t rest, tail;

	do {
		rest = mio__segments_rest(segments);
		if (rest >= MIO__STEP || (rest & MIO__TAIL_ASLEEP))
			break;
		tail = segments->position | rest;
		MIO__YIELD_POINT();
	} while (!atomic_compare_exchange_weak_explicit(
	    &segments->reading->tail, &tail, tail | MIO__TAIL_ASLEEP,
	    memory_order_acq_rel, memory_order_relaxed));

	return rest;
}

bool
mio__segments_sleep_on(struct mio__segments *segments)
{
	size_t tail = segments->position | MIO__TAIL_ASLEEP;

	/* a change, though to what it was: they read it, or what is after it */
	return atomic_compare_exchange_strong_explicit(&segments->reading->tail,
	    &tail, tail, memory_order_acq_rel, memory_order_relaxed);
}
