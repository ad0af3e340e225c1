/* SPDX-License-Identifier: MIT */
#include "sys/kqueue_batch.h"

#define NO_DESCRIPTOR UINT32_MAX

/* Whether the descriptor may have an event; it has one from now on. */
static bool
may_have_event(struct mio__kqueue_batch *batch, uintptr_t fd)
{
	uint64_t *word = &batch->seen[fd % MIO__BATCH_BITS / 64];
	uint64_t bit = UINT64_C(1) << fd % 64;
	bool seen = (*word & bit) != 0;

	*word |= bit;

	return seen;
}

/* Until the end, `reserved' names the descriptor. */
bool
mio__kqueue_batch_put(struct mio__kqueue_batch *batch, uintptr_t fd,
    mio_token_t token, unsigned ready)
{
	uint32_t name = (uint32_t)fd;
	struct mio_event *end = batch->events + batch->count;
	struct mio_event *event =
	    may_have_event(batch, fd) ? batch->events : end;

	while (
	    event < end && (event->reserved != name || event->token != token))
		event++;

	if (event == end) {
		if (batch->count == batch->capacity)
			return false;
		batch->count++;
		*event = (struct mio_event){ .token = token, .reserved = name };
	}
	event->ready |= ready;

	return true;
}

void
mio__kqueue_batch_add(
    struct mio__kqueue_batch *batch, mio_token_t token, unsigned ready)
{
	batch->events[batch->count++] = (struct mio_event){
		.token = token,
		.ready = ready,
		.reserved = NO_DESCRIPTOR,
	};
}

int
mio__kqueue_batch_end(struct mio__kqueue_batch *batch)
{
	size_t i;

	for (i = 0; i < batch->count; i++)
		batch->events[i].reserved = 0;

	return (int)batch->count;
}
