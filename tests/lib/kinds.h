/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_KINDS_H
#define TESTS_LIB_KINDS_H

#include <stddef.h>

/* Every kind of descriptor that there is on this system. */

struct kind {
	const char *name;
	/* A descriptor, or -1 where there is no such thing; *other as well. */
	int (*make)(int *other);
};

extern const struct kind kinds[];
extern const size_t kinds_count;

#endif
