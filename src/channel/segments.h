/* SPDX-License-Identifier: MIT */
#ifndef MIO_CHANNEL_SEGMENTS_H
#define MIO_CHANNEL_SEGMENTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "channel/ring.h"

/*
 * A queue that can grow: a chain of rings, each with twice the room of the one
 * before it. Senders write to the newest ring. The reader moves to the next
 * ring once it has read an older one to its end. Positions continue from one
 * ring to the next.
 */

struct mio__segments {
	/* Loaded by senders; only a grow stores it. */
	_Alignas(64) _Atomic(struct mio__ring *) newest;

	/* Used by the reader; the senders load the head. */
	_Alignas(64) struct mio__ring *reading;
	size_t position; /* of the next message to read */
	atomic_size_t head;
};

/*
 * The queue is empty and asleep, and has room for limit messages at first.
 * Returns 0 or -ENOMEM.
 */
int mio__segments_init(
    struct mio__segments *segments, size_t message_size, size_t limit);
void mio__segments_fini(struct mio__segments *segments);

/* MIO__PUSH_MOVED: another thread is growing the queue. Any thread. */
static inline enum mio__push
mio__segments_push(struct mio__segments *segments, const void *message)
{
	/* acquire: the ring is complete */
	return mio__ring_push(
	    atomic_load_explicit(&segments->newest, memory_order_acquire),
	    message);
}

/*
 * Adds a ring, unless there is room again or the queue is closed. One thread at
 * a time, while others push and one reads. Returns 0 or -ENOMEM.
 */
int mio__segments_grow(struct mio__segments *segments);

/*
 * From here on no push succeeds. Returns true if the queue was asleep and not
 * closed: then the caller has to report its end. Not while another thread grows
 * the queue.
 */
bool mio__segments_close(struct mio__segments *segments);

/* ---- for the reader, one thread at a time */

/*
 * Copies up to count messages, in order, and returns how many. They stay in the
 * queue. It may return fewer than there are, but not 0.
 */
size_t mio__segments_peek(
    struct mio__segments *segments, void *messages, size_t count);

/* Removes that many, which makes room for senders. */
static inline void
mio__segments_pop(struct mio__segments *segments, size_t count)
{
	segments->position += count * MIO__STEP;
	atomic_store_explicit(
	    &segments->head, segments->position, memory_order_release);
}

/* The same, ordered before a check for waiting senders: see waiters.c. */
static inline void
mio__segments_pop_ordered(struct mio__segments *segments, size_t count)
{
	segments->position += count * MIO__STEP;
	(void)atomic_exchange_explicit(
	    &segments->head, segments->position, memory_order_seq_cst);
}

static inline size_t
mio__segments_message_size(const struct mio__segments *segments)
{
	return segments->reading->message_size;
}

/* Returns whether the next message is written. */
static inline bool
mio__segments_is_filled(const struct mio__segments *segments)
{
	return mio__ring_is_filled(segments->reading, segments->position);
}

/*
 * Returns what lies between the reader's position and the tail: MIO__STEP or
 * more if a cell is claimed whose message was not read yet, else the flags of
 * the tail.
 */
size_t mio__segments_unread(struct mio__segments *segments);

/*
 * Sets ASLEEP unless a cell is claimed. Returns what mio__segments_unread()
 * would have returned immediately before.
 */
size_t mio__segments_fall_asleep(struct mio__segments *segments);

/*
 * Returns whether a queue that fell asleep is still asleep. If it is, all that
 * the caller did before happens before what the thread that wakes it does then.
 */
bool mio__segments_confirm_asleep(struct mio__segments *segments);

#endif
