/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "alloc_trap.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static atomic_ulong count;

static void
note(void)
{
	atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
}

unsigned long
alloc_trap_count(void)
{
	return atomic_load_explicit(&count, memory_order_relaxed);
}

bool
alloc_trap_works(void)
{
	unsigned long before = alloc_trap_count();
	void *volatile block = malloc(1);
	void *volatile zeroed = calloc(1, 1);

	free(block);
	free(zeroed);

	return alloc_trap_count() - before >= 4;
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    defined(SANITIZED)

void __sanitizer_malloc_hook(const volatile void *block, size_t size);
void __sanitizer_free_hook(const volatile void *block);

void
__sanitizer_malloc_hook(const volatile void *block, size_t size)
{
	(void)block;
	(void)size;
	note();
}

void
__sanitizer_free_hook(const volatile void *block)
{
	if (block != NULL)
		note();
}

#elif defined(__APPLE__)

/*
 * Programs cannot stand in front of the system's allocator there. It calls
 * this pointer, which is for its own tools, for each call of the family.
 */
#include <stdint.h>

typedef void log_call(uint32_t type, uintptr_t zone, uintptr_t second,
    uintptr_t third, uintptr_t result, uint32_t frames);

extern log_call *malloc_logger;

static void
on_call(uint32_t type, uintptr_t zone, uintptr_t second, uintptr_t third,
    uintptr_t result, uint32_t frames)
{
	(void)type;
	(void)zone;
	(void)second;
	(void)third;
	(void)result;
	(void)frames;
	note();
}

__attribute__((constructor)) static void
set_logger(void)
{
	malloc_logger = on_call;
}

#else

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>

void *memalign(size_t alignment, size_t size); /* not everywhere declared */

/*
 * The functions of the C library, which are looked up at the first call. The
 * look-up may allocate; it gets pieces of an arena that are never freed. In a
 * static program there is nothing to look up, and all memory is allocated in
 * the arena.
 */
static struct {
	void *(*malloc)(size_t);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
	void (*free)(void *);
	void *(*aligned_alloc)(size_t, size_t);
	int (*posix_memalign)(void **, size_t, size_t);
} real;

#define ARENA_SIZE (64 << 20)
static _Alignas(4096) char arena[ARENA_SIZE];
static atomic_size_t arena_used;
static bool looking_up, alone;

/* Reserves room for the alignment, too, which is a power of two. */
static void *
from_arena(size_t alignment, size_t size)
{
	size_t unit = _Alignof(max_align_t);
	size_t all, begin;

	if (alignment < unit)
		alignment = unit;
	if (size > sizeof(arena) || alignment > 4096)
		return NULL;
	all = (size + alignment + unit - 1) / unit * unit;
	begin = atomic_fetch_add_explicit(
	    &arena_used, all, memory_order_relaxed);
	if (begin > sizeof(arena) || all > sizeof(arena) - begin)
		abort();

	return arena + (begin + alignment - 1) / alignment * alignment;
}

static bool
is_from_arena(const void *block)
{
	const char *byte = block;

	return byte >= arena && byte < arena + sizeof(arena);
}

static void
find(void *to, const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	alone = alone || symbol == NULL;
	memcpy(to, &symbol, sizeof(symbol));
}

/* Runs before main, while there is only one thread. */
__attribute__((constructor)) static void
look_up(void)
{
	if (real.free != NULL || looking_up || alone)
		return;

	looking_up = true;
	find(&real.malloc, "malloc");
	find(&real.calloc, "calloc");
	find(&real.realloc, "realloc");
	find(&real.aligned_alloc, "aligned_alloc");
	find(&real.posix_memalign, "posix_memalign");
	find(&real.free, "free");
	if (alone)
		memset(&real, 0, sizeof(real));
	looking_up = false;
}

void *
malloc(size_t size)
{
	note();
	look_up();

	return real.malloc != NULL ? real.malloc(size) : from_arena(1, size);
}

void *
calloc(size_t n, size_t size)
{
	note();
	look_up();

	/* the arena is zeroed to begin with */
	if (size != 0 && n > SIZE_MAX / size)
		return NULL;
	return real.calloc != NULL ? real.calloc(n, size) :
	    from_arena(1, n * size);
}

void *
realloc(void *block, size_t size)
{
	note();
	look_up();
	if (real.realloc == NULL && block == NULL)
		return from_arena(1, size);
	if (is_from_arena(block)) {
		void *copy = malloc(size);
		size_t room = (size_t)(arena + sizeof(arena) - (char *)block);

		return copy != NULL ?
		    memcpy(copy, block, size < room ? size : room) : NULL;
	}

	return real.realloc(block, size);
}

void
free(void *block)
{
	if (block == NULL || (is_from_arena(block) && !alone))
		return;

	note();
	look_up();
	if (!alone)
		real.free(block);
}

void *
aligned_alloc(size_t alignment, size_t size)
{
	note();
	look_up();

	return real.aligned_alloc != NULL ?
	    real.aligned_alloc(alignment, size) : from_arena(alignment, size);
}

void *
memalign(size_t alignment, size_t size)
{
	return aligned_alloc(alignment, size);
}

int
posix_memalign(void **out, size_t alignment, size_t size)
{
	note();
	look_up();

	if (real.posix_memalign != NULL)
		return real.posix_memalign(out, alignment, size);

	*out = from_arena(alignment, size);

	return *out != NULL ? 0 : ENOMEM;
}

#endif
