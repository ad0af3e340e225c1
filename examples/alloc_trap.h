/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_ALLOC_TRAP_H
#define EXAMPLES_ALLOC_TRAP_H

#include <stdbool.h>

/*
 * Counts every call of the malloc family that this process makes, in any thread
 * and in any library. A program that links this file replaces the functions of
 * the C library with functions that count. A sanitizer's allocator cannot be
 * replaced; its hooks count instead.
 */

/* Returns the number of calls so far. */
unsigned long alloc_trap_count(void);

/* Returns false if these functions are replaced in turn, as by valgrind. */
bool alloc_trap_works(void);

#endif
