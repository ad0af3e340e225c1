/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_MEMORY_H
#define MIO_SYS_MEMORY_H

#include <stddef.h>

/* Memory, zeroed; NULL when there is none. */
void *mio__os_alloc(size_t count, size_t size);
/* The same for one block; alignment is a power of two that divides size. */
void *mio__os_alloc_aligned(size_t alignment, size_t size);
/* As realloc(3); the caller keeps block when the answer is NULL. */
void *mio__os_grow(void *block, size_t count, size_t size);
void mio__os_free(void *block);

#endif
