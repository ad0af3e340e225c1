/* SPDX-License-Identifier: MIT */
#ifndef MIO_BASE_CHECK_H
#define MIO_BASE_CHECK_H

/*
 * Checks a condition that holds unless libmio itself has a bug. The check stays
 * in release builds, and traps, so that the library needs neither abort(3) nor
 * stdio. Arguments of callers are not checked with this; a wrong one makes the
 * call return an error.
 */
#define MIO__CHECK(condition) \
	do { \
		if (__builtin_expect(!(condition), 0)) \
			__builtin_trap(); \
	} while (0)

/* Marks the calls that the library exports; everything else is hidden. */
#define MIO__PUBLIC __attribute__((visibility("default")))

/*
 * Marks functions that create, destroy, configure, parse and format, and paths
 * that are taken once or never: the compiler makes them small instead of fast.
 * Whatever a server does for each connection, event or message is not marked.
 */
#define MIO__COLD __attribute__((cold))

/* Marks functions that the compiler would otherwise copy into each caller. */
#define MIO__NOINLINE __attribute__((noinline))

#endif
