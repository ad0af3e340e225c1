/* SPDX-License-Identifier: MIT */
#ifndef BENCH_TIMERS_H
#define BENCH_TIMERS_H

#include <stddef.h>
#include <stdint.h>

#include "bench.h"

/*
 * What keeps timeouts, by number from 0 on. Time is simulated: bench_now_ms is
 * what every clock shows, and moves between the calls only. Times handed in are
 * from now on.
 */

extern uint64_t bench_now_ms;

struct timers {
	const char *name;
	size_t most; /* with more a round takes minutes; 0: with none */
	void (*begin)(size_t count); /* room for so many, as for a program */
	void (*insert)(const uint32_t *ms, size_t count);
	void (*reset)(const uint32_t *which, const uint32_t *ms, size_t count);
	void (*cancel)(const uint32_t *which, size_t count);
	size_t (*expire)(void);  /* a turn of its loop: how many expired */
	int64_t (*next)(void);   /* in its own unit; NULL: there is no call */
	void (*end)(void);
};

extern const struct timers wheel_timers;
extern const struct timers mio_timers;
#ifdef HAVE_MIO06
extern const struct timers mio06_timers;
#endif
#ifdef HAVE_UV
extern const struct timers uv_timers;
#endif
#ifdef HAVE_EV
extern const struct timers ev_timers;
#endif
#ifdef HAVE_EVENT
extern const struct timers event_timers;
#endif
#ifdef HAVE_SDEVENT
extern const struct timers sdevent_timers;
#endif
#ifdef HAVE_TIMEOUT_C
extern const struct timers timeout_timers;
#endif

#endif
