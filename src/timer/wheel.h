/* SPDX-License-Identifier: MIT */
#ifndef MIO_TIMER_WHEEL_H
#define MIO_TIMER_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "timer/late.h"
#include "timer/node.h"

/*
 * A hierarchical timing wheel. It knows no clock: time is a number of ticks
 * that is handed in and never goes back. Nothing is allocated after init. One
 * thread at a time.
 */

/* The most timeouts there can be. */
#define MIO__WHEEL_MOST ((UINT32_MAX - MIO__WHEEL_LISTS) / 2 - 1)

struct mio__wheel {
	uint64_t now;      /* that digits are compared with; may be behind */
	uint64_t earliest; /* no timeout is due before it */
	bool exact;        /* and one is known to be due then */
	size_t capacity, pending;
	uint64_t mask;   /* of the index in a name */
	uint64_t groups; /* a bit for each of occupied[] that is not 0 */
	struct mio__wheel_link *links;
	struct mio__wheel_node *nodes; /* from 1 on: no index is 0 */
	uint64_t free;                 /* the first of the freed nodes, or 0 */
	uint64_t fresh; /* this node and those behind it are free, too */
	uint64_t occupied[MIO__WHEEL_LISTS / 64];
	struct mio__late late;
};

/* Names a timeout; 0 names none. */
typedef uint64_t mio__wheel_handle_t;

/* 0 or -ENOMEM; 0 < capacity <= MIO__WHEEL_MOST. */
int mio__wheel_init(struct mio__wheel *wheel, size_t capacity, uint64_t now);
void mio__wheel_fini(struct mio__wheel *wheel);

/* 0 or -ENOSPC. A tick that has passed is due at once; UINT64_MAX is none. */
int mio__wheel_insert(struct mio__wheel *wheel, uint64_t tick, uint64_t state,
    mio__wheel_handle_t *handle);

/* As removed and inserted anew under the same name. 0 or -ENOENT. */
int mio__wheel_move(
    struct mio__wheel *wheel, mio__wheel_handle_t handle, uint64_t tick);

/* 0 or -ENOENT. The state may be of no interest: NULL. */
int mio__wheel_remove(
    struct mio__wheel *wheel, mio__wheel_handle_t handle, uint64_t *state);

/*
 * Takes out what is due by now, by tick, and as it was set within one; up to
 * count of them. How many: when it is less there is no more.
 */
size_t mio__wheel_expire(
    struct mio__wheel *wheel, uint64_t now, uint64_t *states, size_t count);

/* Whether something is due by now. */
bool mio__wheel_is_due(struct mio__wheel *wheel, uint64_t now);

/*
 * The earliest tick at which something can be due; false when there is
 * nothing. It looks at so many timeouts at most, and if those are not enough
 * to tell may answer one that is too early.
 */
bool mio__wheel_next(struct mio__wheel *wheel, size_t looks, uint64_t *tick);

#endif
