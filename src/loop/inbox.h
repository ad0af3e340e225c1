/* SPDX-License-Identifier: MIT */
#ifndef MIO_LOOP_INBOX_H
#define MIO_LOOP_INBOX_H

#include <stddef.h>

#include "mio/channel.h"

/*
 * What other threads send to a loop: a bounded channel, from which a round
 * collects what is there when it begins, and then takes one by one. The sender
 * is for any thread, everything else for the loop's. Nothing is allocated after
 * init.
 */
struct mio__inbox {
	struct mio_sender *sender;
	struct mio_receiver *receiver;
	char *collected;
	size_t message_size, room;
	size_t next, end; /* of what was collected, and not yet taken */
};

/*
 * At most capacity messages wait, and most of them are collected at a time. 0,
 * -ENOMEM. As zeroes, fini() does.
 */
int mio__inbox_init(struct mio__inbox *inbox, size_t message_size,
    size_t capacity, size_t most);
void mio__inbox_fini(struct mio__inbox *inbox);

/* How many there are to take then, limit at most, if all before were taken. */
size_t mio__inbox_collect(struct mio__inbox *inbox, size_t limit);
/* The next one, there until the next collect; NULL when there is none. */
const void *mio__inbox_pop(struct mio__inbox *inbox);

#endif
