/* SPDX-License-Identifier: MIT */
#ifndef MIO_POLL_WAKER_H
#define MIO_POLL_WAKER_H

#include <stdbool.h>

struct mio_event;
struct mio__readiness_queue;
struct mio__ready_node;

/* A popped node's event; false, and it is gone, when it was destroyed. */
bool mio__waker_take(struct mio__ready_node *node, struct mio_event *event);

/* The poll is being destroyed: drops what is queued, and the reference. */
void mio__waker_close(struct mio__readiness_queue *queue);

#endif
