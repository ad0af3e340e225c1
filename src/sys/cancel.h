/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_CANCEL_H
#define MIO_SYS_CANCEL_H

#include "config.h"

#include <pthread.h>

/*
 * A cancelled thread ends in the next call that is a cancellation point. These
 * functions disable that for code that must run to its end, so that its results
 * are reported and nothing that it removed is lost.
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

	(void)pthread_setcancelstate(state, &held); /* a valid state */
}
#else
/* This system cannot cancel threads. */
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
