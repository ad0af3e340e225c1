/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_CANCEL_H
#define MIO_SYS_CANCEL_H

#include "config.h"

#include <pthread.h>

/*
 * A thread that was asked to end does so in the next call that may wait. For
 * stretches that must come to their end: what is done in them is told, and what
 * was taken is returned.
 */
#ifdef HAVE_PTHREAD_SETCANCELSTATE
static inline int
mio__cancel_hold(void)
{
	int state;

	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);

	return state;
}

static inline void
mio__cancel_let(int state)
{
	int held;

	(void)pthread_setcancelstate(state, &held); /* it was one */
}
#else
/* Where threads cannot be cancelled. */
static inline int
mio__cancel_hold(void)
{
	return 0;
}

static inline void
mio__cancel_let(int state)
{
	(void)state;
}
#endif

#endif
