/* SPDX-License-Identifier: MIT */
#ifndef BENCH_TIMERS_H
#define BENCH_TIMERS_H

#include <stddef.h>
#include <stdint.h>

#include "bench.h"

/*
 * A contestant keeps timeouts, which are numbered from 0. Time is simulated:
 * every clock shows bench_now_ms, which changes only between the calls. Times
 * passed to a contestant are relative to it.
 */

extern uint64_t bench_now_ms;

struct timers {
	const char *name;
	size_t most; /* omitted if more are pending; 0: no limit */
	void (*begin)(size_t count); /* with room for count timeouts */
	void (*insert)(const uint32_t *ms, size_t count);
	void (*reset)(const uint32_t *which, const uint32_t *ms, size_t count);
	void (*cancel)(const uint32_t *which, size_t count);
	size_t (*expire)(void);  /* runs its loop once: how many expired */
	int64_t (*next)(void);   /* in its own unit; NULL: not supported */
	void (*end)(void);
};

extern const struct timers wheel_timers;
extern const struct timers mio_timers;
#ifdef HAVE_RUST
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
