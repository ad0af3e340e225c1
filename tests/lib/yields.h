/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_YIELDS_H
#define TESTS_LIB_YIELDS_H

/*
 * Included before the library's own files of poll/, which are built a second
 * time with this: at each of their points a thread may lose the processor.
 */

void yield_now_and_then(void);

#define MIO__POINT() yield_now_and_then()

#endif
