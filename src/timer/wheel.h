/* SPDX-License-Identifier: MIT */
#ifndef MIO_TIMER_WHEEL_H
#define MIO_TIMER_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "timer/node.h"
#include "timer/overdue.h"

/*
 * A hierarchical timing wheel, which contains timeouts that become due at given
 * ticks. It knows no clock: the caller passes the current tick, which never
 * decreases. It allocates no memory after init. One thread at a time uses it.
 */

/* The most timeouts that a wheel can contain. */
#define MIO__WHEEL_CAPACITY_MAX ((UINT32_MAX - MIO__WHEEL_LISTS) / 2 - 1)

struct mio__wheel {
	uint64_t now;      /* the slots refer to this tick; it may be past */
	uint64_t earliest; /* no timeout is due before this tick */
	bool exact;        /* a timeout is due at `earliest' */
	size_t capacity, pending;
	uint64_t mask;   /* of the node's index in a handle */
	uint64_t groups; /* a bit for each occupied[] that is not 0 */
	struct mio__wheel_link *links;
	struct mio__wheel_node *nodes; /* nodes[0] is not used */
	uint64_t free;  /* the first node of the free list, or 0 */
	uint64_t fresh; /* this node and all after it are free, too */
	uint64_t occupied[MIO__WHEEL_LISTS / 64]; /* a bit for each slot */
	struct mio__overdue overdue;
};

/* Identifies a timeout. It is never 0. */
typedef uint64_t mio__wheel_handle_t;

/* Returns 0 or -ENOMEM. The capacity is from 1 to MIO__WHEEL_CAPACITY_MAX. */
int mio__wheel_init(struct mio__wheel *wheel, size_t capacity, uint64_t now);
void mio__wheel_fini(struct mio__wheel *wheel);

/*
 * Sets a timeout. If its tick has passed, it is due at once. The tick must be
 * less than UINT64_MAX. Returns 0 or -ENOSPC.
 */
int mio__wheel_insert(struct mio__wheel *wheel, uint64_t tick, uint64_t token,
    mio__wheel_handle_t *handle);

/*
 * Has the effect of a remove and an insert with the same token, but keeps the
 * handle. Returns 0, or -ENOENT if no timeout has this handle.
 */
int mio__wheel_move(
    struct mio__wheel *wheel, mio__wheel_handle_t handle, uint64_t tick);

/*
 * Removes a timeout and stores its token unless the pointer is NULL. Returns 0,
 * or -ENOENT if no timeout has this handle.
 */
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
 * Stores the tick at which the next timeout is due. Returns false if there is
 * none. If more than scan_max timeouts would have to be compared, it may store
 * an earlier tick instead.
 */
bool mio__wheel_next(struct mio__wheel *wheel, size_t scan_max, uint64_t *tick);

#endif
