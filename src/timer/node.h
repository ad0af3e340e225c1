/* SPDX-License-Identifier: MIT */
#ifndef MIO_TIMER_NODE_H
#define MIO_TIMER_NODE_H

#include <stdint.h>

/*
 * The memory of a wheel (wheel.h): a node for each timeout, and links that form
 * lists of nodes.
 */

#define MIO__WHEEL_LEVEL_BITS 8
#define MIO__WHEEL_LEVELS     8
#define MIO__WHEEL_DIGITS     (1u << MIO__WHEEL_LEVEL_BITS)
#define MIO__WHEEL_SLOTS      (MIO__WHEEL_LEVELS * MIO__WHEEL_DIGITS)

/* There is one list for each slot, and overdue.h adds lists of its own. */
#define MIO__WHEEL_LISTS MIO__WHEEL_SLOTS

struct mio__wheel_node {
	uint64_t handle; /* while the node is free, without its index */
	uint64_t tick;   /* while the node is free, the next free node, or 0 */
	uint64_t token;
};

/*
 * An element of an array of links, which refer to each other by their index. A
 * list is a ring of links: one that stands for the list itself, and those of
 * its nodes. The array contains, in this order, a link for the list of each
 * slot, a link for each node, and as many links for the lists of overdue.h.
 */
struct mio__wheel_link {
	uint32_t next, prev;
};

#endif
