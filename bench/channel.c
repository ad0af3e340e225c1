/* SPDX-License-Identifier: MIT */

/*
 * One or two threads send messages to a thread that sleeps while there are
 * none. The program runs all cases, or those that are named as arguments. The
 * result of a contestant is the time of one message.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <mio.h>

#include "bench.h"
#include "channel_peers.h"

enum { MESSAGES = 2000000, BATCH = 256 };

struct channel_case channel_case;
_Thread_local unsigned channel_producer;

/* ---- shared by all contestants */

struct producer {
	const struct channel_peer *peer;
	unsigned long times;
	unsigned number;
};

static void *
produce(void *argument)
{
	struct producer *self = argument;
	unsigned char message[CHANNEL_SIZE_MAX] = { 1 };
	unsigned long i;

	channel_producer = self->number;
	for (i = 0; i < self->times; i++) {
		memcpy(message, &i, sizeof(i));
		self->peer->send(message);
	}

	return NULL;
}

/* Each burst is received completely before the next one is sent. */
static void
run_bursts(const struct channel_peer *peer, unsigned long times)
{
	struct producer self = { peer, channel_case.burst, 0 };
	unsigned long sent;

	for (sent = 0; sent < times; sent += channel_case.burst) {
		(void)produce(&self);
		peer->receive(channel_case.burst);
	}
}

void
channel_run(const struct channel_peer *peer, unsigned long times)
{
	unsigned long each = times / channel_case.producers + 1;
	struct producer producers[CHANNEL_PRODUCERS_MAX];
	pthread_t threads[CHANNEL_PRODUCERS_MAX];
	unsigned i;

	if (channel_case.burst != 0) {
		run_bursts(peer, times);
		return;
	}
	for (i = 0; i < channel_case.producers; i++) {
		producers[i] = (struct producer){ peer, each, i };
		must(pthread_create(&threads[i], NULL, produce,
		    &producers[i]) == 0, "pthread_create");
	}
	peer->receive(each * channel_case.producers);
	for (i = 0; i < channel_case.producers; i++)
		(void)pthread_join(threads[i], NULL);
}

/* ---- libmio */

/* The two ways of receiving are begun together and run alternately. */
static struct mio_channel {
	struct mio_poll *poll;
	struct mio_sender *sender;
	struct mio_receiver *receiver;
} batched, single, *channel;

static void
mio_begin(struct mio_channel *new)
{
	int r;

	must(mio_poll_create(&new->poll) == 0, "mio_poll_create");
	r = channel_case.bound == 0 ?
	    mio_channel_create(&new->sender, &new->receiver,
	    channel_case.size) :
	    mio_sync_channel_create(&new->sender, &new->receiver,
	    channel_case.size, channel_case.bound);
	must(r == 0, "mio_channel_create");
	must(mio_poll_register(new->poll, mio_receiver_source(new->receiver), 1,
	    MIO_READABLE, MIO_EDGE) == 0, "mio_poll_register");
}

static void
mio_end(struct mio_channel *old)
{
	mio_sender_unref(old->sender);
	mio_receiver_destroy(old->receiver);
	mio_poll_destroy(old->poll);
}

static void
mio_send(const void *message)
{
	must(mio_sender_send(channel->sender, message) == 0, "mio_sender_send");
}

static void
mio_receive(unsigned long times)
{
	static unsigned char messages[BATCH * CHANNEL_SIZE_MAX];
	struct mio_event event;
	int n;

	while (times > 0) {
		must(mio_poll(channel->poll, &event, 1, -1) == 1, "mio_poll");
		while ((n = mio_receiver_recv_batch(channel->receiver,
		    messages, BATCH)) > 0)
			times -= (unsigned long)n;
		must(n == -EAGAIN, "mio_receiver_recv_batch");
	}
}

static void
mio_receive_singly(unsigned long times)
{
	unsigned char message[CHANNEL_SIZE_MAX];
	struct mio_event event;
	int r;

	while (times > 0) {
		must(mio_poll(channel->poll, &event, 1, -1) == 1, "mio_poll");
		while ((r = mio_receiver_recv(channel->receiver, message)) == 0)
			times--;
		must(r == -EAGAIN, "mio_receiver_recv");
	}
}

static const struct channel_peer mio_batches = { mio_send, mio_receive };
static const struct channel_peer mio_singly = { mio_send, mio_receive_singly };

static void
batch_begin(void)
{
	mio_begin(&batched);
}

static void
batch_run(unsigned long times)
{
	channel = &batched;
	channel_run(&mio_batches, times);
}

static void
batch_end(void)
{
	mio_end(&batched);
}

static void
single_begin(void)
{
	mio_begin(&single);
}

static void
single_run(unsigned long times)
{
	channel = &single;
	channel_run(&mio_singly, times);
}

static void
single_end(void)
{
	mio_end(&single);
}

/* ---- the cases */

static const struct contestant contestants[] = {
	{ "libmio, in batches", batch_begin, batch_run, batch_end },
	{ "libmio, one by one", single_begin, single_run, single_end },
#ifdef HAVE_CK
	{ "ck, ring and eventfd", ck_begin, ck_run, ck_end },
#endif
#ifdef HAVE_URCU
	{ "liburcu, wfcqueue and eventfd", urcu_begin, urcu_run, urcu_end },
#endif
#ifdef HAVE_UV
	{ "libuv, locked queue and async", uv_channel_begin, uv_channel_run,
	    uv_channel_end },
#endif
#ifdef HAVE_RUST
	{ "std mpsc and eventfd", rust_std_begin, rust_std_run, rust_std_end },
	{ "crossbeam and eventfd", rust_crossbeam_begin, rust_crossbeam_run,
	    rust_crossbeam_end },
	{ "crossbeam, its own wait", rust_waiting_begin, rust_waiting_run,
	    rust_waiting_end },
	{ "mio 0.6, its channel", rust_mio06_begin, rust_mio06_run,
	    rust_mio06_end },
	{ "mio-extras", rust_mio_extras_begin, rust_mio_extras_run,
	    rust_mio_extras_end },
#endif
#ifdef HAVE_NNG
	{ "nng, pair", nng_begin, nng_run, nng_end },
#endif
#ifdef HAVE_ZMQ
	{ "zmq, push and pull", zmq_begin, zmq_run, zmq_end },
#endif
};

static const struct channel_case cases[] = {
	{ "bounded8", 8, 1024, 1, 0 },
	{ "bounded64", 64, 1024, 1, 0 },
	{ "unbounded8", 8, 0, 1, 0 },
	{ "unbounded64", 64, 0, 1, 0 },
	{ "bounded8x2", 8, 1024, 2, 0 },
	{ "bounded64x2", 64, 1024, 2, 0 },
	{ "unbounded8x2", 8, 0, 2, 0 },
	{ "unbounded64x2", 64, 0, 2, 0 },
	{ "burst8", 8, 0, 1, 1 },
	{ "burst8", 8, 0, 1, 10 },
	{ "burst8", 8, 0, 1, 100 },
	{ "burst8", 8, 0, 1, 1000 },
	{ "burst8", 8, 0, 1, 10000 },
};

int
main(int argc, char **argv)
{
	size_t i;

#ifdef HAVE_RUST
	bench_rust_versions();
#endif
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bench_case("channel", cases[i].name, cases[i].burst);
		if (!bench_wanted(argc, argv))
			continue;
		channel_case = cases[i];
		compare(cases[i].name, contestants,
		    sizeof(contestants) / sizeof(contestants[0]), MESSAGES);
	}

	return 0;
}
