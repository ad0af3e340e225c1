/* SPDX-License-Identifier: MIT */

/*
 * The allocator of the C library, counted. These functions replace those of the
 * library for the whole process.
 */

#define _GNU_SOURCE

#include "memory.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

unsigned long memory_allocations;
long memory_bytes;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

/* The benchmark has one thread while it counts. */
static void *
counted(void *block)
{
	if (block != NULL) {
		memory_allocations++;
		memory_bytes += (long)(malloc_usable_size(block) + 8);
	}

	return block;
}

static void
discount(void *block)
{
	if (block != NULL)
		memory_bytes -= (long)(malloc_usable_size(block) + 8);
}

void *
malloc(size_t size)
{
	return counted(__libc_malloc(size));
}

void *
calloc(size_t count, size_t size)
{
	return counted(__libc_calloc(count, size));
}

void *
realloc(void *block, size_t size)
{
	long before = memory_bytes;
	void *grown;

	discount(block);
	grown = counted(__libc_realloc(block, size));
	if (grown == NULL && size > 0)
		memory_bytes = before;

	return grown;
}

void *
memalign(size_t alignment, size_t size)
{
	return counted(__libc_memalign(alignment, size));
}

void *
aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int
posix_memalign(void **out, size_t alignment, size_t size)
{
	void *block = memalign(alignment, size);

	if (block == NULL)
		return ENOMEM;
	*out = block;

	return 0;
}

void
free(void *block)
{
	discount(block);
	__libc_free(block);
}
