/* SPDX-License-Identifier: MIT */
#ifndef MIO_BASE_CHECK_H
#define MIO_BASE_CHECK_H

/*
 * What must hold unless libmio itself is wrong. Stays in release builds; a
 * trap, so that the library needs neither abort nor stdio. What a caller hands
 * in is not checked with this but answered with an error.
 */
#define MIO__CHECK(condition) \
	do { \
		if (__builtin_expect(!(condition), 0)) \
			__builtin_trap(); \
	} while (0)

/* Marks the calls that the library exports; everything else is hidden. */
#define MIO__PUBLIC __attribute__((visibility("default")))

#endif
