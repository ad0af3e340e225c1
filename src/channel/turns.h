/* SPDX-License-Identifier: MIT */
#ifndef MIO_CHANNEL_TURNS_H
#define MIO_CHANNEL_TURNS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/*
 * Threads that sleep until there is room for what they have, and are woken one
 * after the other in the order they came.
 */

struct mio__turn;

struct mio__turns {
	/* the first one sleeps, or is about to; exchanged, so a word */
	atomic_uint wanted;
	pthread_mutex_t lock;
	struct mio__turn *first, **last; /* lock */
};

int mio__turns_init(struct mio__turns *turns);
/* Nobody may be waiting, except in a forked child. */
void mio__turns_fini(struct mio__turns *turns);

/*
 * Waits in turn until attempt() is not -EAGAIN: its answer. It is called by the
 * first one only, before each sleep, with the lock held, and is no cancellation
 * point; the sleep is one. -ENOMEM: no memory to wait, and it did not.
 */
int mio__turns_wait(struct mio__turns *turns,
    int (*attempt)(void *context, const void *argument), void *context,
    const void *argument);

/* Wakes the first one; what it waits for was exchanged before, seq_cst. */
void mio__turns_wake(struct mio__turns *turns);

/* Whether the first one sleeps, or is about to, and was not woken yet. */
static inline bool
mio__turns_are_wanted(struct mio__turns *turns)
{
	return atomic_load_explicit(&turns->wanted, memory_order_seq_cst) != 0;
}

static inline void
mio__turns_wake_if_wanted(struct mio__turns *turns)
{
	if (mio__turns_are_wanted(turns))
		mio__turns_wake(turns);
}

#endif
