/* SPDX-License-Identifier: MIT */
#ifndef MIO_TIMER_OVERDUE_H
#define MIO_TIMER_OVERDUE_H

#include <stdint.h>

#include "timer/node.h"

/*
 * The timeouts of a wheel whose tick had already passed when they were set. The
 * first of them is the one with the least tick, and among equal ticks the one
 * that was set first. Each call costs O(log n) of their number.
 */

struct mio__overdue {
	struct mio__wheel_link
	    *links; /* those of the wheel, as its nodes are */
	struct mio__wheel_node *nodes;
	uint32_t list;        /* the list whose one node is the first timeout */
	uint32_t count;       /* of timeouts */
	uint32_t next_number; /* for the next timeout */
};

/* Begins empty. The lists from `list' on belong to it. */
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

/* Returns the link of the first timeout. There must be one. */
static inline uint32_t
mio__overdue_first(const struct mio__overdue *overdue)
{
	return overdue->links[overdue->list].next;
}

/* Adds a node whose tick is set and whose link is in no list. */
void mio__overdue_add(struct mio__overdue *overdue, uint32_t link);

/* Removes the node of this list. Its tick may have changed already. */
void mio__overdue_remove(struct mio__overdue *overdue, uint32_t list);

#endif
