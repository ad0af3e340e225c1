/* SPDX-License-Identifier: MIT */
#ifndef MIO_TIMER_LATE_H
#define MIO_TIMER_LATE_H

#include <stdint.h>

#include "timer/wheel.h"

/*
 * The timeouts of a wheel whose tick had passed when they were set: the first
 * is that of the least tick, and of those of one tick the one that was set
 * first. Each call costs O(log n) of these.
 */

/* The list that the first one stands in, alone: how it is recognized. */
static inline uint32_t
mio__late_list(const struct mio__wheel *wheel)
{
	return MIO__WHEEL_LISTS + (uint32_t)wheel->capacity + 1;
}

/* The first one. There is one. */
static inline uint32_t
mio__late_first(const struct mio__wheel *wheel)
{
	return wheel->links[mio__late_list(wheel)].next;
}

/* Gives a node its tick; its link stands in no list. */
void mio__late_add(struct mio__wheel *wheel, uint32_t link, uint64_t tick);

/* The link that stood in this list is out of it, or is to be. */
void mio__late_leave(struct mio__wheel *wheel, uint32_t list);

#endif
