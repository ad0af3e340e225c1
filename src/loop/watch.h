/* SPDX-License-Identifier: MIT */
#ifndef MIO_LOOP_WATCH_H
#define MIO_LOOP_WATCH_H

#include <stddef.h>
#include <stdint.h>

#include "mio/fd.h"
#include "mio/loop.h"
#include "mio/poll.h"

/* Each chunk has twice as many as the one before: enough for 2^32 watches. */
#define MIO__WATCH_CHUNKS 26

/* The watches of a loop. They never move in memory. */
struct mio__watches {
	struct mio_loop *loop; /* passed to callbacks */
	struct mio_poll *poll;
	uint64_t round;     /* the number of calls to mark */
	mio_token_t limit;  /* all their tokens are below it */
	uint64_t secret;    /* mixed into the tokens */
	uint32_t serial;    /* of the last token */
	uint32_t allocated; /* how many are in use or free */
	struct mio_watch *free;
	struct mio_watch *chunks[MIO__WATCH_CHUNKS];
};

/* What is watched, the descriptor if source is NULL, and the callback. */
struct mio__watch_config {
	struct mio_source *source;
	mio_fd_t fd;
	mio_watch_fn *call;
	void *context;
};

void mio__watches_init(struct mio__watches *watches, struct mio_loop *loop,
    struct mio_poll *poll, mio_token_t limit);
/*
 * Makes no calls, and leaves the registrations as they are, since a forked
 * child would change those of its parent. The struct may be zeroed.
 */
void mio__watches_fini(struct mio__watches *watches);

/* mio_loop_watch() and mio_loop_watch_fd(). */
int mio__watches_start(struct mio__watches *watches,
    const struct mio__watch_config *config, unsigned interest, unsigned options,
    struct mio_watch **out);

/* Marks the events of watches, right after they were reported. */
void mio__watches_mark(
    struct mio__watches *watches, struct mio_event *events, size_t count);

/* Calls the callback of a marked event, if its watch is still the same. */
void mio__watches_dispatch(
    struct mio__watches *watches, const struct mio_event *event);

#endif
