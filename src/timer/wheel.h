/* SPDX-License-Identifier: MIT */
#ifndef MIO_TIMER_WHEEL_H
#define MIO_TIMER_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "timer/node.h"
#include "timer/overdue.h"

/*
 * A hierarchical timing wheel. It knows no clock: the caller passes the time as
 * a number of ticks, which never decreases. It allocates no memory after init.
 * It is used by one thread at a time.
 */

/* The most timeouts of a wheel. */
#define MIO__WHEEL_MOST ((UINT32_MAX - MIO__WHEEL_LISTS) / 2 - 1)

struct mio__wheel {
	uint64_t now;      /* the time to which slots refer; may be behind */
	uint64_t earliest; /* no timeout is due before it */
	bool exact;        /* and one is due then */
	size_t capacity, pending;
	uint64_t mask; /* of the index in a handle */
	uint64_t
	    groups; /* a bit for each element of occupied[] that is not 0 */
	struct mio__wheel_link *links;
	struct mio__wheel_node *nodes; /* nodes[0] is not used */
	uint64_t free;                 /* the node that was freed last, or 0 */
	uint64_t fresh; /* from this node on, all are free, too */
	uint64_t occupied[MIO__WHEEL_LISTS / 64]; /* a bit for each slot */
	struct mio__overdue overdue;
};

/* Identifies a timeout; never 0. */
typedef uint64_t mio__wheel_handle_t;

/* Returns 0 or -ENOMEM. The capacity is from 1 to MIO__WHEEL_MOST. */
int mio__wheel_init(struct mio__wheel *wheel, size_t capacity, uint64_t now);
void mio__wheel_fini(struct mio__wheel *wheel);

/*
 * Returns 0 or -ENOSPC. A timeout whose tick has passed is due at once. The
 * tick is less than UINT64_MAX.
 */
int mio__wheel_insert(struct mio__wheel *wheel, uint64_t tick, uint64_t token,
    mio__wheel_handle_t *handle);

/*
 * Has the effect of a remove and an insert, but keeps the handle. Returns 0 or
 * -ENOENT.
 */
int mio__wheel_move(
    struct mio__wheel *wheel, mio__wheel_handle_t handle, uint64_t tick);

/* Returns 0 or -ENOENT. Stores the token unless the pointer is NULL. */
int mio__wheel_remove(
    struct mio__wheel *wheel, mio__wheel_handle_t handle, uint64_t *token);

/*
 * Removes up to count timeouts that are due by now and stores their tokens,
 * ordered by tick, and within a tick in the order in which they were set.
 * Returns how many; if fewer than count, no more are due.
 */
size_t mio__wheel_expire(
    struct mio__wheel *wheel, uint64_t now, uint64_t *tokens, size_t count);

/* Returns whether a timeout is due by now. */
bool mio__wheel_is_due(struct mio__wheel *wheel, uint64_t now);

/*
 * Stores the tick at which the first timeout is due. Returns false if there is
 * none. If that takes a scan of more than scan_max timeouts, the tick may be
 * too early.
 */
bool mio__wheel_next(struct mio__wheel *wheel, size_t scan_max, uint64_t *tick);

#endif
