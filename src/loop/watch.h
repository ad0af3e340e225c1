/* SPDX-License-Identifier: MIT */
#ifndef MIO_LOOP_WATCH_H
#define MIO_LOOP_WATCH_H

#include <stddef.h>
#include <stdint.h>

#include "mio/fd.h"
#include "mio/loop.h"
#include "mio/poll.h"

/* Each chunk holds twice as many as the one before: enough for 2^32. */
#define MIO__WATCH_CHUNKS 26

/* The watches of a loop, which stay where they are. */
struct mio__watches {
	struct mio_loop *loop; /* for callbacks, no more */
	struct mio_poll *poll;
	uint64_t round;     /* counts the marks */
	mio_token_t limit;  /* that their tokens are below */
	uint64_t secret;    /* what those are made of */
	uint32_t serial;    /* of the last one */
	uint32_t allocated; /* how many are in use or were */
	struct mio_watch *free;
	struct mio_watch *chunks[MIO__WATCH_CHUNKS];
};

/* What is watched, the descriptor if source is NULL, and who is called. */
struct mio__watch_config {
	struct mio_source *source;
	mio_fd_t fd;
	mio_watch_fn *call;
	void *context;
};

void mio__watches_init(struct mio__watches *watches, struct mio_loop *loop,
    struct mio_poll *poll, mio_token_t limit);
/*
 * None is told, and none is taken out of the poll, which may be another's. As
 * zeroes, this does.
 */
void mio__watches_fini(struct mio__watches *watches);

/* mio_loop_watch() and mio_loop_watch_fd(). */
int mio__watches_start(struct mio__watches *watches,
    const struct mio__watch_config *config, unsigned interest, unsigned options,
    struct mio_watch **out);

/* Marks events of watches, right after they were reported. */
void mio__watches_mark(
    struct mio__watches *watches, struct mio_event *events, size_t count);
/* For a marked event: calls back if it is the watch's still. */
void mio__watches_dispatch(
    struct mio__watches *watches, const struct mio_event *event);

#endif
