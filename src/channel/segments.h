/* SPDX-License-Identifier: MIT */
#ifndef MIO_CHANNEL_SEGMENTS_H
#define MIO_CHANNEL_SEGMENTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "channel/ring.h"

/*
 * A queue that can grow: a chain of rings, each with twice the room of the one
 * before it. Senders write to the newest ring. The reader reads a ring to its
 * end before it enters the next one. Positions continue from one ring to the
 * next, and one head serves all rings.
 *
 * The queue is asleep while its tail has the flag ASLEEP: the reader has found
 * no claimed cell, and no sender has claimed one since. It is closed when its
 * tail has the flag CLOSED. It has ended when it is both: no message is left,
 * and none can be sent.
 */

struct mio__segments {
	/* Loaded by senders; only a grow stores it. */
	_Alignas(64) _Atomic(struct mio__ring *) newest;

	/* Used by the reader; senders load only the head. */
	_Alignas(64) struct mio__ring *reading;
	size_t position;    /* of the next message to read */
	atomic_size_t head; /* the same, as senders see it */
};

/*
 * Initializes a queue that is empty and asleep, and has room for limit messages
 * before it grows. Returns 0 or -ENOMEM.
 */
int mio__segments_init(
    struct mio__segments *segments, size_t message_size, size_t limit);
void mio__segments_fini(struct mio__segments *segments);

/*
 * Copies a message into the queue. Returns MIO__PUSH_MOVED while another thread
 * grows the queue. Any thread may call this.
 */
static inline enum mio__push
mio__segments_push(struct mio__segments *segments, const void *message)
{
	/* acquire: the ring is initialized */
	return mio__ring_push(
	    atomic_load_explicit(&segments->newest, memory_order_acquire),
	    message);
}

/*
 * Adds a ring, unless there is room again or the queue is closed. One thread at
 * a time may call this, while others push and one reads. Returns 0 or -ENOMEM.
 */
int mio__segments_grow(struct mio__segments *segments);

/*
 * Closes the queue: no push succeeds after this. Returns true if the queue was
 * asleep and not closed yet. It has then ended, and the caller has to report
 * that. No other thread may grow the queue at the same time.
 */
bool mio__segments_close(struct mio__segments *segments);

/* ---- for the reader, one thread at a time */

/*
 * Copies up to count messages, in order, and returns how many. They stay in the
 * queue. It stops at a message that has not been written yet, and may stop at
 * the end of a ring, but not before the first message.
 */
size_t mio__segments_peek(
    struct mio__segments *segments, void *messages, size_t count);

/* Removes the first count messages, which makes room for senders. */
static inline void
mio__segments_pop(struct mio__segments *segments, size_t count)
{
	segments->position += count * MIO__STEP;
	atomic_store_explicit(
	    &segments->head, segments->position, memory_order_release);
}

/* Does the same, ordered before a check for waiting senders (waiters.c). */
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

/* Returns whether the next message of the ring being read is written. */
static inline bool
mio__segments_is_filled(const struct mio__segments *segments)
{
	return mio__ring_is_filled(segments->reading, segments->position);
}

/*
 * Returns the tail minus the reader's position: MIO__STEP or more if a claimed
 * message has not been removed yet, otherwise only the flags of the tail. Also
 * returns MIO__STEP while another thread grows the queue. Enters the next ring
 * if this one has been read to its end.
 */
size_t mio__segments_tail_offset(struct mio__segments *segments);

/*
 * Sets ASLEEP unless a cell is claimed. Returns what
 * mio__segments_tail_offset() would have returned immediately before.
 */
size_t mio__segments_fall_asleep(struct mio__segments *segments);

/*
 * Returns whether a queue that fell asleep is still asleep and not closed. If
 * so, everything that the caller did before happens before everything that a
 * thread does after it has woken or closed the queue.
 */
bool mio__segments_confirm_asleep(struct mio__segments *segments);

#endif
