/* SPDX-License-Identifier: MIT */
#ifndef MIO_TIMER_TICK_H
#define MIO_TIMER_TICK_H

#include <stdint.h>

#include "sys/clock.h"

/*
 * Converts nanoseconds to ticks and back. A division would take as long as
 * everything else in setting a timeout. Instead, the quotient is the upper half
 * of a product. The inverse is less than 2^64 / ns by 1 at most, so that the
 * quotient is too small by 1 at most, which is corrected.
 */

struct mio__tick {
	uint64_t ns;
	uint64_t inverse; /* of ns, times 2^64 */
};

static inline void
mio__tick_init(struct mio__tick *tick, uint64_t ns)
{
	tick->ns = ns;
	tick->inverse = ns == 1 ? UINT64_MAX : UINT64_MAX / ns;
}

#ifdef __SIZEOF_INT128__
static inline uint64_t
mio__tick_product(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 product_t;

	return (uint64_t)((product_t)a * b >> 64);
}
#else
static inline uint64_t
mio__tick_product(uint64_t a, uint64_t b)
{
	uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX);
	uint64_t one = (a >> 32) * (b & UINT32_MAX) + (low >> 32);
	uint64_t two = (a & UINT32_MAX) * (b >> 32) + (one & UINT32_MAX);

	return (a >> 32) * (b >> 32) + (one >> 32) + (two >> 32);
}
#endif

/* Returns the last tick that is not after ns. */
static inline uint64_t
mio__tick_floor(const struct mio__tick *tick, uint64_t ns)
{
	uint64_t quotient = mio__tick_product(ns, tick->inverse);
	uint64_t remainder = ns - quotient * tick->ns;

	return quotient + (remainder >= tick->ns);
}

/* Returns the first tick that is not before ns. */
static inline uint64_t
mio__tick_ceil(const struct mio__tick *tick, uint64_t ns)
{
	uint64_t quotient = mio__tick_product(ns, tick->inverse);
	uint64_t remainder = ns - quotient * tick->ns;

	return quotient + (remainder > 0) + (remainder > tick->ns);
}

/* Returns the time of a tick, or UINT64_MAX if that is too large. */
static inline uint64_t
mio__tick_ns(const struct mio__tick *tick, uint64_t number)
{
	uint64_t ns;

	if (__builtin_mul_overflow(number, tick->ns, &ns))
		return UINT64_MAX;

	return ns;
}

static inline mio__instant_t
mio__tick_instant(const struct mio__tick *tick, uint64_t number)
{
	uint64_t ns = mio__tick_ns(tick, number);

	return ns < (uint64_t)MIO__NEVER ? (mio__instant_t)ns : MIO__NEVER;
}

#endif
