/* SPDX-License-Identifier: MIT */
#ifndef BENCH_WAKE_PEERS_H
#define BENCH_WAKE_PEERS_H

#include <stdatomic.h>

#include "bench.h"

/* One exchange, in another file, as a call of a library is. */
void bench_exchange(atomic_uint *flag);

#ifdef HAVE_UV
void uv_begin(void);
void uv_end(void);
void uv_polls(unsigned long times);
void uv_wakes(unsigned long times);
void uv_busy(unsigned long times);
#define UV_POLLS { "libuv, async", uv_begin, uv_polls, uv_end },
#define UV_WAKES { "libuv, async", uv_begin, uv_wakes, uv_end },
#define UV_BUSY { "libuv, async", uv_begin, uv_busy, uv_end },
#else
#define UV_POLLS
#define UV_WAKES
#define UV_BUSY
#endif

#ifdef HAVE_EV
void ev_begin(void);
void ev_end(void);
void ev_polls(unsigned long times);
void ev_wakes(unsigned long times);
#define EV_POLLS { "libev, async", ev_begin, ev_polls, ev_end },
#define EV_WAKES { "libev, async", ev_begin, ev_wakes, ev_end },
#else
#define EV_POLLS
#define EV_WAKES
#endif

#ifdef HAVE_RUST
void mio6_begin(void);
void mio6_end(void);
void mio6_polls(unsigned long times);
void mio6_wakes(unsigned long times);
void mio8_begin(void);
void mio8_end(void);
void mio8_polls(unsigned long times);
void mio8_wakes(unsigned long times);
#define RUST_POLLS \
	{ "mio 0.6, readiness", mio6_begin, mio6_polls, mio6_end }, \
	{ "mio 0.8, waker", mio8_begin, mio8_polls, mio8_end },
#define RUST_WAKES \
	{ "mio 0.6, readiness", mio6_begin, mio6_wakes, mio6_end }, \
	{ "mio 0.8, waker", mio8_begin, mio8_wakes, mio8_end },
#else
#define RUST_POLLS
#define RUST_WAKES
#endif

#endif
