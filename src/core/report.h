/* SPDX-License-Identifier: MIT */
#ifndef MIO_CORE_REPORT_H
#define MIO_CORE_REPORT_H

/*
 * How the holder of the collector turns queued nodes into events. The functions
 * are inline because a call would cost a tenth of a wake and its report (22 of
 * 220 instructions).
 */

#include "core/readiness_state.h"

/*
 * Reports a node that was removed from the list. Returns where to store the
 * next event, which is the same place if the node is not due.
 */
static inline __attribute__((always_inline)) struct mio_event *
mio__report_node(struct mio_poll *poll, struct mio__ready_node *node,
    struct mio_event *event)
{
	struct mio_readiness *self = (struct mio_readiness *)node;
	unsigned state = load_state(self);
	unsigned ready, next;
	mio_token_t token;

	for (;;) {
		if (has_new_token(state))
			state = mio__readiness_move_to_token(self, state);
		token = self->tokens[slot_at(state, CURRENT_SHIFT)];
		ready = due(state);
		if (ready == 0) {
			state = mio__readiness_dismiss(self, state);
			if (state == 0)
				return event;
			continue;
		}

		/* a level stays queued, and its state does not change */
		if (!(state & (EDGE | FINAL | ONESHOT))) {
			mio__ready_queue_append(&poll->ready, node);
			break;
		}

		next = state & ONESHOT ? state & ~INTEREST : state;
		if (replace(self, &state, next & ~QUEUED)) {
			/* unless it is an orphan, its owner may free it now */
			if (__builtin_expect(state & ORPHAN, 0))
				mio__readiness_release(self);
			break;
		}
	}

	event->token = token;
	event->ready = ready;
	event->reserved = 0;

	return event + 1;
}

/*
 * Reports each node that is in the list at most once, and stores the events
 * from event on, but not at end, which is greater. Returns where the next event
 * would be stored. A node that has more to report is appended to the list
 * again.
 */
static inline __attribute__((always_inline)) struct mio_event *
mio__report(
    struct mio_poll *poll, struct mio_event *event, const struct mio_event *end)
{
	struct mio__ready_list list;
	struct mio__ready_node *node, *next;

	mio__ready_queue_detach(&poll->ready, &list);
	for (node = list.first; node != NULL; node = next) {
		/* once it is reported, it may be pushed again, or freed */
		next = node->next;
		event = mio__report_node(poll, node, event);
		if (event != end)
			continue;
		if (next != NULL) {
			list.first = next;
			mio__ready_queue_prepend(&poll->ready, &list);
		}
		break;
	}

	return event;
}

/* Appends a node again if it is due. Returns whether it is. */
static inline bool
mio__report_requeue_if_due(struct mio_poll *poll, struct mio__ready_node *node)
{
	struct mio_readiness *self = (struct mio_readiness *)node;

	if (mio__readiness_dismiss(self, load_state(self)) == 0)
		return false;

	mio__ready_queue_append(&poll->ready, node);

	return true;
}

#endif
