/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_KQUEUE_BATCH_H
#define MIO_SYS_KQUEUE_BATCH_H

/* The events of one wait: one for each registration that has records. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/poll.h"

#define MIO__BATCH_BITS 1024u

struct mio__kqueue_batch {
	struct mio_event *events;
	size_t capacity, count;

	/* Of the caller. */
	int woken; /* what the result of the wait says of wakes and the alarm */
	bool is_careful_ready;

	/* A descriptor whose bit is not set has no event. */
	uint64_t seen[MIO__BATCH_BITS / 64];
};

/* Adds the bits to the registration's event. False: there is no room for it. */
bool mio__kqueue_batch_put(struct mio__kqueue_batch *batch, uintptr_t fd,
    mio_token_t token, unsigned ready);

/*
 * Adds an event that is not of a descriptor, and not merged with any other.
 * There must be room.
 */
void mio__kqueue_batch_add(
    struct mio__kqueue_batch *batch, mio_token_t token, unsigned ready);

/* The events are complete: how many. */
int mio__kqueue_batch_end(struct mio__kqueue_batch *batch);

#endif
