/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_YIELDS_H
#define TESTS_LIB_YIELDS_H

/*
 * Included before the library's own files, which are built a second time with
 * this: a thread may lose the processor at each of their yield points.
 */

void yield_now_and_then(void);

#define MIO__YIELD_POINT() yield_now_and_then()

#endif
