/* SPDX-License-Identifier: MIT */
#ifndef MIO_CORE_READINESS_STATE_H
#define MIO_CORE_READINESS_STATE_H

/*
 * The fields of the state, which is one word, from the lowest bit on, with
 * their sizes in bits:
 *
 *	READY		8	the readiness bits that are set
 *	INTEREST	8	the readiness bits that are reported: the
 *				interest, errors and hang-ups. All are 0 while
 *				it is not registered, after the event of a
 *				oneshot, and once it is dropped.
 *	QUEUED		1	the node is in the queue, or about to be
 *	EDGE, ONESHOT	2	the options
 *	REGISTERED	1
 *	DROPPED		1	its owner has destroyed the source
 *	ORPHAN		1	no reference is left
 *	FINAL		1	even a level is reported only once for each
 *				register or reregister
 *	NEWEST		2	the slot of tokens[] that was stored last
 *	CURRENT		2	the slot from which the collector reads
 *
 * A readiness is due, which means that it has something to report, while READY
 * and INTEREST have a bit in common. readiness.c says which transitions there
 * are.
 */

#include "base/yield_point.h"
#include "core/readiness.h"

#define READY          0xffu
#define INTEREST_SHIFT 8
#define INTEREST       (READY << INTEREST_SHIFT)
#define QUEUED         MIO__READINESS_QUEUED
#define EDGE           0x20000u
#define ONESHOT        0x40000u
#define REGISTERED     0x80000u
#define DROPPED        0x100000u
#define ORPHAN         0x200000u
#define FINAL          0x400000u
#define NEWEST_SHIFT   28
#define CURRENT_SHIFT  30
#define SLOT           0x3u

/* Returns NEWEST or CURRENT. */
static inline unsigned
slot_at(unsigned state, unsigned shift)
{
	return state >> shift & SLOT;
}

/* Returns the bits to report; 0 if it is not due. */
static inline unsigned
due(unsigned state)
{
	return state >> INTEREST_SHIFT & state & READY;
}

/* Returns whether CURRENT and NEWEST differ. */
static inline bool
has_new_token(unsigned state)
{
	return ((state ^ state << (CURRENT_SHIFT - NEWEST_SHIFT)) &
		   SLOT << CURRENT_SHIFT) != 0;
}

static inline unsigned
load_state(const struct mio_readiness *self)
{
	return atomic_load_explicit(&self->state, memory_order_acquire);
}

/*
 * Replaces the word if it is *state. Otherwise, or if the operation fails
 * spuriously, stores the word in *state and returns false.
 */
static inline bool
replace(struct mio_readiness *self, unsigned *state, unsigned next)
{
	MIO__YIELD_POINT();

	return atomic_compare_exchange_weak_explicit(&self->state, state, next,
	    memory_order_acq_rel, memory_order_acquire);
}

#endif
