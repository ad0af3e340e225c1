/* SPDX-License-Identifier: MIT */
#ifndef MIO_BASE_YIELD_POINT_H
#define MIO_BASE_YIELD_POINT_H

/*
 * Marks a place where it matters whether another thread runs in between. It
 * compiles to nothing in the library; the stress tests build a library that
 * yields the processor here.
 */
#ifndef MIO__YIELD_POINT
#define MIO__YIELD_POINT() ((void)0)
#endif

#endif
