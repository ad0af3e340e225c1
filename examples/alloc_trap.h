/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_ALLOC_TRAP_H
#define EXAMPLES_ALLOC_TRAP_H

#include <stdbool.h>

/*
 * Counts every call of the malloc family that this process makes, in any
 * thread, library or not. The program that links this has its allocator in
 * front of the C library's; with a sanitizer, whose allocator has to stay, the
 * sanitizer's hooks count.
 */

/* How many there were so far. */
unsigned long alloc_trap_count(void);

/* False where something else stands in front again, as under valgrind. */
bool alloc_trap_works(void);

#endif
