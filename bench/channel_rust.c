/* SPDX-License-Identifier: MIT */

/*
 * Channels of Rust (bench/rust/channel.rs): those of mio 0.6 wait in its poll,
 * those of the standard library and of crossbeam use the eventfd. That of
 * crossbeam also takes part with its own wait, which is no part of any poll.
 */

#include "channel_peers.h"

#include "bench.h"

struct rust_channel {
	void *senders[CHANNEL_PRODUCERS_MAX], *receiver;
	void (*send)(const void *sender, const void *message);
	unsigned long (*receive)(void *receiver, void *into,
	    unsigned long most);
	int (*is_empty)(void *receiver);
	void (*end)(struct rust_channel *channel);
};

typedef struct rust_channel *rust_begin(
    size_t size, size_t bound, unsigned producers);

rust_begin std_channel_begin, crossbeam_channel_begin, waiting_channel_begin,
    mio06_channel_begin, mio_extras_channel_begin;

/* The contestants are begun together and run alternately. */
static struct rust_channel *of_std, *of_crossbeam, *of_waiting, *of_mio06,
    *of_mio_extras, *channel;
static unsigned char bytes[CHANNEL_SIZE_MAX];

static struct rust_channel *
begin(rust_begin *function)
{
	return function(channel_case.size, channel_case.bound,
	    channel_case.producers);
}

static void
send_alone(const void *message)
{
	channel->send(channel->senders[channel_producer], message);
}

static void
receive_alone(unsigned long times)
{
	(void)channel->receive(channel->receiver, bytes, times);
}

static const struct channel_peer alone = { send_alone, receive_alone };

static void
send_event(const void *message)
{
	channel->send(channel->senders[channel_producer], message);
	event_wake_if_asleep();
}

static int
is_empty(void)
{
	return channel->is_empty(channel->receiver);
}

static void
receive_event(unsigned long times)
{
	while ((times -= channel->receive(channel->receiver, bytes, times)) > 0)
		event_sleep(is_empty);
}

static const struct channel_peer event = { send_event, receive_event };

void
rust_std_begin(void)
{
	event_begin();
	of_std = begin(std_channel_begin);
}

void
rust_std_run(unsigned long times)
{
	channel = of_std;
	channel_run(&event, times);
}

void
rust_std_end(void)
{
	of_std->end(of_std);
	event_end();
}

void
rust_crossbeam_begin(void)
{
	event_begin();
	of_crossbeam = begin(crossbeam_channel_begin);
}

void
rust_crossbeam_run(unsigned long times)
{
	channel = of_crossbeam;
	channel_run(&event, times);
}

void
rust_crossbeam_end(void)
{
	of_crossbeam->end(of_crossbeam);
	event_end();
}

void
rust_waiting_begin(void)
{
	of_waiting = begin(waiting_channel_begin);
}

void
rust_waiting_run(unsigned long times)
{
	channel = of_waiting;
	channel_run(&alone, times);
}

void
rust_waiting_end(void)
{
	of_waiting->end(of_waiting);
}

void
rust_mio06_begin(void)
{
	of_mio06 = begin(mio06_channel_begin);
}

void
rust_mio06_run(unsigned long times)
{
	channel = of_mio06;
	channel_run(&alone, times);
}

void
rust_mio06_end(void)
{
	of_mio06->end(of_mio06);
}

void
rust_mio_extras_begin(void)
{
	of_mio_extras = begin(mio_extras_channel_begin);
}

void
rust_mio_extras_run(unsigned long times)
{
	channel = of_mio_extras;
	channel_run(&alone, times);
}

void
rust_mio_extras_end(void)
{
	of_mio_extras->end(of_mio_extras);
}
