/* SPDX-License-Identifier: MIT */
#ifndef MIO_BASE_PROCESSOR_H
#define MIO_BASE_PROCESSOR_H

/*
 * Hints to the processor. They change no state of the program, and are empty
 * where the compiler or the processor has none.
 */

/*
 * Waits for a few dozen nanoseconds at most, in a loop that checks what another
 * thread stores.
 */
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
#define MIO__PAUSE() __builtin_ia32_pause()
#elif defined(__GNUC__) && defined(__aarch64__)
/* the instruction YIELD takes no time on most of these processors */
#define MIO__PAUSE() __asm__ volatile("isb" ::: "memory")
#else
#define MIO__PAUSE() ((void)0)
#endif

/*
 * Requests the cache line of this address for a store, and does not wait for
 * it. On x86-64 the built-in function requests it for a load, unless the code
 * is compiled for newer processors only. Older ones ignore the instruction.
 */
#if defined(__GNUC__) && defined(__x86_64__)
#define MIO__PREFETCH_TO_STORE(address) \
	__asm__ volatile("prefetchw %0" ::"m"(*(const char *)(address)))
#elif defined(__GNUC__)
#define MIO__PREFETCH_TO_STORE(address) __builtin_prefetch((address), 1)
#else
#define MIO__PREFETCH_TO_STORE(address) ((void)0)
#endif

#endif
