/* SPDX-License-Identifier: MIT */
#ifndef MIO_TIMER_NODE_H
#define MIO_TIMER_NODE_H

#include <stdint.h>

/* The memory of a wheel: a node for each timeout, and links that form lists. */

#define MIO__WHEEL_LEVEL_BITS 8
#define MIO__WHEEL_LEVELS     8
#define MIO__WHEEL_DIGITS     (1u << MIO__WHEEL_LEVEL_BITS)
#define MIO__WHEEL_SLOTS      (MIO__WHEEL_LEVELS * MIO__WHEEL_DIGITS)

/* A list for each slot. Overdue timeouts have more lists (overdue.h). */
#define MIO__WHEEL_LISTS MIO__WHEEL_SLOTS

struct mio__wheel_node {
	uint64_t handle; /* while the node is free, without its index */
	uint64_t tick;   /* while the node is free, the next free index, or 0 */
	uint64_t token;
};

/*
 * First a link for each slot, as its list is a ring, then one for each node,
 * then as many lists for overdue timeouts.
 */
struct mio__wheel_link {
	uint32_t next, prev;
};

#endif
