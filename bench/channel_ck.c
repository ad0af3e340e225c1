/* SPDX-License-Identifier: MIT */

/* Concurrency Kit's ring has a fixed size: without a bound it is large. */

#include "channel_peers.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <ck_ring.h>

#include "bench.h"

struct eight {
	unsigned char bytes[8];
};

struct sixtyfour {
	unsigned char bytes[64];
};

CK_RING_PROTOTYPE(eight, eight)
CK_RING_PROTOTYPE(sixtyfour, sixtyfour)

static ck_ring_t ring __attribute__((aligned(64)));
static void *cells;

void
ck_begin(void)
{
	/* it holds one element less than its size */
	unsigned size = channel_case.bound != 0 ? 2048 : 1u << 20;

	bench_version("ck", CK_VERSION);
	event_begin();
	ck_ring_init(&ring, size);
	cells = calloc(size, channel_case.size);
	must(cells != NULL, "calloc");
}

void
ck_end(void)
{
	free(cells);
	event_end();
}

static int
enqueue(const void *message)
{
	struct eight eight;
	struct sixtyfour sixtyfour;

	if (channel_case.size == 8) {
		memcpy(&eight, message, 8);
		return channel_case.producers == 1 ?
		    CK_RING_ENQUEUE_SPSC(eight, &ring, cells, &eight) :
		    CK_RING_ENQUEUE_MPSC(eight, &ring, cells, &eight);
	}
	memcpy(&sixtyfour, message, 64);

	return channel_case.producers == 1 ?
	    CK_RING_ENQUEUE_SPSC(sixtyfour, &ring, cells, &sixtyfour) :
	    CK_RING_ENQUEUE_MPSC(sixtyfour, &ring, cells, &sixtyfour);
}

static void
send_one(const void *message)
{
	while (!enqueue(message))
		(void)sched_yield();
	event_wake_if_asleep();
}

static int
dequeue(void)
{
	static struct eight eight;
	static struct sixtyfour sixtyfour;

	if (channel_case.size == 8)
		return channel_case.producers == 1 ?
		    CK_RING_DEQUEUE_SPSC(eight, &ring, cells, &eight) :
		    CK_RING_DEQUEUE_MPSC(eight, &ring, cells, &eight);

	return channel_case.producers == 1 ?
	    CK_RING_DEQUEUE_SPSC(sixtyfour, &ring, cells, &sixtyfour) :
	    CK_RING_DEQUEUE_MPSC(sixtyfour, &ring, cells, &sixtyfour);
}

static int
is_empty(void)
{
	return ck_ring_size(&ring) == 0;
}

static void
receive(unsigned long times)
{
	while (times > 0) {
		if (dequeue())
			times--;
		else
			event_sleep(is_empty);
	}
}

static const struct channel_peer peer = { send_one, receive };

void
ck_run(unsigned long times)
{
	channel_run(&peer, times);
}
