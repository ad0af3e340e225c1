/* SPDX-License-Identifier: MIT */
#ifndef MIO_LOOP_WATCH_H
#define MIO_LOOP_WATCH_H

#include <stddef.h>
#include <stdint.h>

#include "mio/loop.h"

/* Each chunk holds twice as many as the one before: enough for 2^32. */
#define MIO__WATCH_CHUNKS 26

/* The watches of a loop, which stay where they are. */
struct mio__watches {
	uint64_t secret; /* what their tokens are made of */
	uint32_t serial; /* of the last one */
	uint32_t made;   /* how many are in use or were */
	struct mio_watch *unused;
	struct mio_watch *chunks[MIO__WATCH_CHUNKS];
};

void mio__watches_init(struct mio__watches *watches);
/* None is told, and none is taken out of the poll, which may be another's. */
void mio__watches_fini(struct mio__watches *watches);

/* Marks events of watches, right after they were reported. */
void mio__watches_mark(
    struct mio__watches *watches, struct mio_event *events, size_t count);
/* For a marked event: calls back if it is the watch's still. */
void mio__watches_tell(struct mio_loop *loop, const struct mio_event *event);

#endif
