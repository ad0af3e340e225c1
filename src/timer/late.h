/* SPDX-License-Identifier: MIT */
#ifndef MIO_TIMER_LATE_H
#define MIO_TIMER_LATE_H

#include <stdint.h>

#include "timer/node.h"

/*
 * The timeouts of a wheel whose tick had passed when they were set: the first
 * is that of the least tick, and of those of one tick the one that was set
 * first. Each call costs O(log n) of these.
 */

struct mio__late {
	struct mio__wheel_link *links; /* the wheel's, as its nodes are */
	struct mio__wheel_node *nodes;
	uint32_t list;          /* in which the first one stands, alone */
	uint32_t count, number; /* how many there are; of the next one */
};

/* None. The lists from this one on are theirs. */
static inline void
mio__late_init(struct mio__late *late, struct mio__wheel_link *links,
    struct mio__wheel_node *nodes, uint32_t list)
{
	*late = (struct mio__late){
		.links = links,
		.nodes = nodes,
		.list = list,
	};
}

/* The first one. There is one. */
static inline uint32_t
mio__late_first(const struct mio__late *late)
{
	return late->links[late->list].next;
}

/* Adds a node that has its tick; its link stands in no list. */
void mio__late_add(struct mio__late *late, uint32_t link);

/* The link that stood in this list is out of it, or is to be. */
void mio__late_leave(struct mio__late *late, uint32_t list);

#endif
