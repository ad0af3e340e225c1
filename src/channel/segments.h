/* SPDX-License-Identifier: MIT */
#ifndef MIO_CHANNEL_SEGMENTS_H
#define MIO_CHANNEL_SEGMENTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "channel/ring.h"

/*
 * A queue that can grow: a chain of rings, each with twice the room of the one
 * before it. Senders write to the newest; the reader follows once it has read
 * the older ones to their ends. Positions run on from one ring to the next.
 */

struct mio__segments {
	/* Senders load it, and only a grow stores it. */
	_Alignas(64) _Atomic(struct mio__ring *) newest;

	/* The reader's, and what it tells the senders. */
	_Alignas(64) struct mio__ring *reading;
	size_t position; /* of the next message to read */
	atomic_size_t head;
};

/* Empty and asleep, with room for limit messages at first. 0, -ENOMEM. */
int mio__segments_init(
    struct mio__segments *segments, size_t message_size, size_t limit);
void mio__segments_fini(struct mio__segments *segments);

/* MIO__PUSH_MOVED: another thread is growing it, or just has. Any thread. */
static inline enum mio__push
mio__segments_push(struct mio__segments *segments, const void *message)
{
	/* acquire: how the ring was made */
	return mio__ring_push(
	    atomic_load_explicit(&segments->newest, memory_order_acquire),
	    message);
}

/*
 * More room, unless there is some. One thread at a time, while others push and
 * one reads. 0, -ENOMEM.
 */
int mio__segments_grow(struct mio__segments *segments);

/*
 * No push succeeds any more. Returns whether the caller has to tell the reader,
 * which slept and knows of no end yet. Not while another thread grows it.
 */
bool mio__segments_close(struct mio__segments *segments);

/* What follows is for the reader, one thread at a time. */

/* Copies what is there, in order: how many messages. */
size_t mio__segments_peek(
    struct mio__segments *segments, void *messages, size_t count);

/* Lets go of that many, so that senders have room. */
static inline void
mio__segments_skip(struct mio__segments *segments, size_t count)
{
	segments->position += count * MIO__STEP;
	atomic_store_explicit(
	    &segments->head, segments->position, memory_order_release);
}

/* The same, ordered before a look for those that wait for room: see turns.c. */
static inline void
mio__segments_skip_ordered(struct mio__segments *segments, size_t count)
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

/* Whether the next message is there to be had. */
static inline bool
mio__segments_is_there(const struct mio__segments *segments)
{
	return mio__ring_is_there(segments->reading, segments->position);
}

/*
 * How it stands when nothing is there: the flags of the tail, if nothing was
 * claimed either, or MIO__STEP or more, if a message is about to be there.
 */
size_t mio__segments_rest(struct mio__segments *segments);

/*
 * Unless something was claimed, whoever sends next, or closes, is told that
 * nobody looks any more. Answers what the rest was in the step that did that.
 */
size_t mio__segments_fall_asleep(struct mio__segments *segments);

/*
 * Of one that fell asleep: whether it sleeps still. Then whoever wakes it sees
 * all that was done before this.
 */
bool mio__segments_sleep_on(struct mio__segments *segments);

#endif
