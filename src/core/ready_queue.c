/* SPDX-License-Identifier: MIT */
#include "core/ready_queue.h"

_Static_assert(ATOMIC_POINTER_LOCK_FREE == 2, "signal handlers push");

void
mio__ready_queue_init(struct mio__ready_queue *queue)
{
	queue->list.first = NULL;
	queue->list.last = NULL;
	atomic_init(&queue->incoming, NULL);
}

void
mio__ready_queue_close(struct mio__ready_queue *queue)
{
	struct mio__ready_node *newest;

	newest = atomic_exchange_explicit(
	    &queue->incoming, MIO__READY_CLOSED, memory_order_seq_cst);
	if (newest != NULL)
		mio__ready_list_append_stack(&queue->list, newest);
}
