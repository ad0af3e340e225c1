/* SPDX-License-Identifier: MIT */
#ifndef MIO_TIMER_OVERDUE_H
#define MIO_TIMER_OVERDUE_H

#include <stdint.h>

#include "timer/node.h"

/*
 * The timeouts of a wheel whose tick had already passed when they were set. The
 * first of them is the one with the least tick, and among equal ticks the one
 * that was set first. With n overdue timeouts, adding or removing one takes
 * O(log n) steps.
 */

struct mio__overdue {
	/* The memory of the wheel. */
	struct mio__wheel_link *links;
	struct mio__wheel_node *nodes;

	uint32_t list;        /* holds the first timeout; see overdue.c */
	uint32_t count;       /* of timeouts */
	uint32_t next_number; /* of the timeout that is added next */
};

/* Initializes it without timeouts. It owns the lists from `list' on. */
static inline void
mio__overdue_init(struct mio__overdue *overdue, struct mio__wheel_link *links,
    struct mio__wheel_node *nodes, uint32_t list)
{
	*overdue = (struct mio__overdue){
		.links = links,
		.nodes = nodes,
		.list = list,
	};
}

/* Returns the link of the first timeout. At least one must be overdue. */
static inline uint32_t
mio__overdue_first(const struct mio__overdue *overdue)
{
	return overdue->links[overdue->list].next;
}

/* Adds the node of this link. Its tick is set, and it is in no list. */
void mio__overdue_add(struct mio__overdue *overdue, uint32_t link);

/* Removes the node of this list. Its tick may have changed already. */
void mio__overdue_remove(struct mio__overdue *overdue, uint32_t list);

#endif
