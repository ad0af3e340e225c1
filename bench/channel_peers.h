/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CHANNEL_PEERS_H
#define BENCH_CHANNEL_PEERS_H

#include <stddef.h>

/*
 * Queues of other libraries. While a queue is empty, its receiver sleeps in
 * epoll on an eventfd, or in the loop of the library. Queues that do not
 * support a bound run without one. A sender that cannot wait for room yields
 * the processor.
 */

enum { CHANNEL_SIZE_MAX = 64, CHANNEL_PRODUCERS_MAX = 2 };

struct channel_case {
	const char *name;
	size_t size, bound;
	unsigned producers;
	/* if not 0, a thread sends so many messages, then receives them */
	unsigned long burst;
};

extern struct channel_case channel_case;

/* The number of this thread among the producers of the case, from 0. */
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
void rust_waiting_begin(void);
void rust_waiting_run(unsigned long times);
void rust_waiting_end(void);
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

/* An eventfd whose receiver announces that it is about to sleep. */
void event_begin(void);
void event_end(void);
void event_wake_if_asleep(void);
/* Announces the sleep, then sleeps unless is_empty() returns false. */
void event_sleep(int (*is_empty)(void));

#endif
