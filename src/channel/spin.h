/* SPDX-License-Identifier: MIT */
#ifndef MIO_CHANNEL_SPIN_H
#define MIO_CHANNEL_SPIN_H

#include <stdbool.h>
#include <stddef.h>

#include "channel/segments.h"

/*
 * How a receiver waits, without sleeping, for senders that are running: for the
 * messages that they are about to send, or for one that is being written.
 */

/* Belongs to the reader of the queue. */
struct mio__spin {
	size_t plenty; /* end the wait when this many messages are queued */
	size_t since;  /* the position after the last wait or sleep */
};

/* The bound is that of the queue, or 0 if it has none. */
void mio__spin_init(struct mio__spin *spin, size_t bound);

/*
 * Called when no message is written. Waits for a few microseconds at most, and
 * only if many messages have been read since the last wait or sleep. Returns
 * whether a message is written.
 */
bool mio__spin_more(struct mio__spin *spin, const struct mio__segments *queue);

/* Called after the reader has put the queue to sleep. */
static inline void
mio__spin_reset(struct mio__spin *spin, const struct mio__segments *queue)
{
	spin->since = queue->position;
}

/* Waits until the next claimed message is written, or none is claimed. */
void mio__spin_claimed(struct mio__segments *queue);

#endif
