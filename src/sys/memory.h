/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_MEMORY_H
#define MIO_SYS_MEMORY_H

#include <stddef.h>

/* Allocates zeroed memory; NULL if there is none. */
void *mio__os_alloc(size_t count, size_t size);
/* Allocates one zeroed block; alignment is a power of two dividing size. */
void *mio__os_alloc_aligned(size_t alignment, size_t size);
/* Does what realloc(3) does; if it returns NULL, block is unchanged. */
void *mio__os_grow(void *block, size_t count, size_t size);
void mio__os_free(void *block);

#endif
