/* SPDX-License-Identifier: MIT */
#ifndef MIO_TIMER_TICK_H
#define MIO_TIMER_TICK_H

#include <stdint.h>

#include "sys/clock.h"

/*
 * Converts nanoseconds to ticks and back. A tick is identified by its number,
 * and begins at that many times the length of a tick. A division would take as
 * long as everything else that is done to set a timeout. Instead, the quotient
 * is the upper half of the product with an inverse. The inverse is at most 1
 * less than 2^64 / ns, so that the quotient is at most 1 too small, which is
 * corrected by means of the remainder.
 */

struct mio__tick {
	uint64_t ns;      /* the length of a tick */
	uint64_t inverse; /* (2^64 - 1) / ns, rounded down */
};

static inline void
mio__tick_init(struct mio__tick *tick, uint64_t ns)
{
	tick->ns = ns;
	tick->inverse = ns == 1 ? UINT64_MAX : UINT64_MAX / ns;
}

/* Returns the upper 64 bits of a product of 128 bits. */
#ifdef __SIZEOF_INT128__
static inline uint64_t
mio__tick_multiply_high(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 product_t;

	return (uint64_t)((product_t)a * b >> 64);
}
#else
static inline uint64_t
mio__tick_multiply_high(uint64_t a, uint64_t b)
{
	uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX);
	uint64_t high_a = (a >> 32) * (b & UINT32_MAX) + (low >> 32);
	uint64_t high_b = (a & UINT32_MAX) * (b >> 32) + (high_a & UINT32_MAX);

	return (a >> 32) * (b >> 32) + (high_a >> 32) + (high_b >> 32);
}
#endif

/* Returns the last tick that does not begin after ns. */
static inline uint64_t
mio__tick_floor(const struct mio__tick *tick, uint64_t ns)
{
	uint64_t quotient = mio__tick_multiply_high(ns, tick->inverse);
	uint64_t remainder = ns - quotient * tick->ns;

	return quotient + (remainder >= tick->ns);
}

/* Returns the first tick that does not begin before ns. */
static inline uint64_t
mio__tick_ceil(const struct mio__tick *tick, uint64_t ns)
{
	uint64_t quotient = mio__tick_multiply_high(ns, tick->inverse);
	uint64_t remainder = ns - quotient * tick->ns;

	return quotient + (remainder > 0) + (remainder > tick->ns);
}

/* Returns when a tick begins, or UINT64_MAX if that is too large. */
static inline uint64_t
mio__tick_ns(const struct mio__tick *tick, uint64_t number)
{
	uint64_t ns;

	if (__builtin_mul_overflow(number, tick->ns, &ns))
		return UINT64_MAX;

	return ns;
}

/* Returns the same as an instant, or MIO__NEVER if that is too large. */
static inline mio__instant_t
mio__tick_instant(const struct mio__tick *tick, uint64_t number)
{
	uint64_t ns = mio__tick_ns(tick, number);

	return ns < (uint64_t)MIO__NEVER ? (mio__instant_t)ns : MIO__NEVER;
}

#endif
