/* SPDX-License-Identifier: MIT */
#ifndef MIO_TIMER_NODE_H
#define MIO_TIMER_NODE_H

#include <stdint.h>

/* What timeouts are kept in: a node for each, and links that make lists. */

#define MIO__WHEEL_LEVEL_BITS 8
#define MIO__WHEEL_LEVELS     8
#define MIO__WHEEL_DIGITS     (1u << MIO__WHEEL_LEVEL_BITS)
#define MIO__WHEEL_SLOTS      (MIO__WHEEL_LEVELS * MIO__WHEEL_DIGITS)

/* Each slot is a list; those that are late stand in others (late.h). */
#define MIO__WHEEL_LISTS MIO__WHEEL_SLOTS

struct mio__wheel_node {
	uint64_t name; /* while it is not set, without its index */
	uint64_t tick; /* while it is free, the index of the next free one */
	uint64_t state;
};

/*
 * First those of the lists, which are rings, then one for each node, then as
 * many lists for those that are late.
 */
struct mio__wheel_link {
	uint32_t next, prev;
};

#endif
