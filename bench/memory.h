/* SPDX-License-Identifier: MIT */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include <stddef.h>

/*
 * Counts what the program and all libraries allocate with malloc(): the number
 * of allocations so far, and the bytes that are allocated now, as the allocator
 * rounds them, with the 8 bytes that it adds to each.
 */
extern unsigned long memory_allocations;
extern long memory_bytes;

/*
 * Objects that another thread makes ready to wake a loop: the registrations of
 * libmio and the corresponding objects of the peers, which the program
 * allocates where it can.
 */
struct memory_source {
	const char *name;
	void (*begin)(size_t count);
	void (*make)(size_t i);
	void (*end)(void);
};

extern const struct memory_source mio_source;
#ifdef HAVE_UV
extern const struct memory_source uv_source;
#endif
#ifdef HAVE_EV
extern const struct memory_source ev_source;
#endif
#ifdef HAVE_EVENT
extern const struct memory_source event_source;
#endif
#ifdef HAVE_SDEVENT
extern const struct memory_source sdevent_source;
#endif

/* Channels with one sender, as channel_case says (bench/channel_peers.h). */
struct memory_channel {
	const char *name;
	void (*begin)(void);
	void (*send)(const void *message);
	/* as many as were sent since the last call */
	void (*recv)(void *message, unsigned long count);
	void (*end)(void);
};

#ifdef HAVE_RUST
extern const struct memory_channel std_memory_channel;
extern const struct memory_channel crossbeam_memory_channel;
extern const struct memory_channel mio06_memory_channel;
#endif

#endif
