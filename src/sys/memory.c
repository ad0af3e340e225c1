/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "sys/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

void *
mio__os_alloc(size_t count, size_t size)
{
	return calloc(count, size);
}

MIO__COLD void *
mio__os_alloc_aligned(size_t alignment, size_t size)
{
	void *block;

	/* Android before API 28 and macOS before 10.15 lack aligned_alloc */
	if (posix_memalign(&block, alignment, size) != 0)
		return NULL;

	return memset(block, 0, size);
}

void *
mio__os_grow(void *block, size_t count, size_t size)
{
	if (count > PTRDIFF_MAX / size)
		return NULL;

	return realloc(block, count * size);
}

void
mio__os_free(void *block)
{
	free(block);
}
