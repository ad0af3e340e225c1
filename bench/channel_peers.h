/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CHANNEL_PEERS_H
#define BENCH_CHANNEL_PEERS_H

#include <stddef.h>

/*
 * Queues of other libraries, whose receiver sleeps in epoll on an eventfd, or
 * in the library's own loop, while nothing is there. Those that have no bound
 * of their own run without one; those that have no other way wait for room by
 * giving up the processor.
 */

enum { CHANNEL_SIZE_MAX = 64, CHANNEL_PRODUCERS_MAX = 2 };

struct channel_case {
	const char *name;
	size_t size, bound;
	unsigned producers;
};

extern struct channel_case channel_case;

/* Which of the case's producers this thread is, from 0. */
extern _Thread_local unsigned channel_producer;

struct channel_peer {
	void (*send)(const void *message);
	void (*receive)(unsigned long times);
};

void channel_run(const struct channel_peer *peer, unsigned long times);

void ck_begin(void);
void ck_run(unsigned long times);
void ck_end(void);

void urcu_begin(void);
void urcu_run(unsigned long times);
void urcu_end(void);

void uv_channel_begin(void);
void uv_channel_run(unsigned long times);
void uv_channel_end(void);

void rust_std_begin(void);
void rust_std_run(unsigned long times);
void rust_std_end(void);
void rust_crossbeam_begin(void);
void rust_crossbeam_run(unsigned long times);
void rust_crossbeam_end(void);
void rust_mio06_begin(void);
void rust_mio06_run(unsigned long times);
void rust_mio06_end(void);
void rust_mio_extras_begin(void);
void rust_mio_extras_run(unsigned long times);
void rust_mio_extras_end(void);

void nng_begin(void);
void nng_run(unsigned long times);
void nng_end(void);

void zmq_begin(void);
void zmq_run(unsigned long times);
void zmq_end(void);

/* An eventfd whose receiver sleeps only after it said so. */
void event_begin(void);
void event_end(void);
void event_wake_if_asleep(void);
/* Sleeps unless is_empty() is false once it has said so. */
void event_sleep(int (*is_empty)(void));

#endif
