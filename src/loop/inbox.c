/* SPDX-License-Identifier: MIT */

#include "loop/inbox.h"

#include <errno.h>

#include "base/check.h"
#include "sys/memory.h"

MIO__COLD int
mio__inbox_init(
    struct mio__inbox *inbox, size_t message_size, size_t capacity, size_t most)
{
	int r;

	r = mio_sync_channel_create(
	    &inbox->sender, &inbox->receiver, message_size, capacity);
	if (r < 0)
		return r;

	/* this cannot overflow: the channel has allocated as much */
	inbox->message_size = message_size;
	inbox->room = most < capacity ? most : capacity;
	inbox->collected = mio__os_alloc(inbox->room, message_size);

	return inbox->collected != NULL ? 0 : -ENOMEM;
}

MIO__COLD void
mio__inbox_fini(struct mio__inbox *inbox)
{
	mio_sender_unref(inbox->sender);
	mio_receiver_destroy(inbox->receiver);
	mio__os_free(inbox->collected);
}

size_t
mio__inbox_collect(struct mio__inbox *inbox, size_t limit)
{
	int n;

	if (limit > inbox->room)
		limit = inbox->room;
	if (inbox->next < inbox->end || limit == 0)
		return 0;

	n = mio_receiver_recv_batch(inbox->receiver, inbox->collected, limit);
	inbox->next = 0;
	inbox->end = n > 0 ? (size_t)n : 0;

	return inbox->end;
}

const void *
mio__inbox_pop(struct mio__inbox *inbox)
{
	if (inbox->next == inbox->end)
		return NULL;

	return inbox->collected + inbox->next++ * inbox->message_size;
}
