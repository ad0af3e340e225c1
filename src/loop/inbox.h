/* SPDX-License-Identifier: MIT */
#ifndef MIO_LOOP_INBOX_H
#define MIO_LOOP_INBOX_H

#include <stddef.h>

#include "mio/channel.h"

/*
 * Messages that other threads send to a loop, through a bounded channel. At its
 * beginning a round collects what has arrived, and then pops the messages one
 * by one. Any thread may use the sender; everything else belongs to the loop's
 * thread. Nothing is allocated after init.
 */
struct mio__inbox {
	struct mio_sender *sender;
	struct mio_receiver *receiver;
	char *collected;
	size_t message_size, room;
	size_t next, end; /* collected and not popped yet */
};

/*
 * Creates it for at most capacity waiting messages, of which at most `most' are
 * collected at a time. Returns 0 or -ENOMEM. A zeroed inbox may be passed to
 * fini().
 */
int mio__inbox_init(struct mio__inbox *inbox, size_t message_size,
    size_t capacity, size_t most);
void mio__inbox_fini(struct mio__inbox *inbox);

/*
 * Collects up to limit messages, if all collected before were popped. Returns
 * their number.
 */
size_t mio__inbox_collect(struct mio__inbox *inbox, size_t limit);

/* Returns the next message, valid until the next collect, or NULL. */
const void *mio__inbox_pop(struct mio__inbox *inbox);

#endif
