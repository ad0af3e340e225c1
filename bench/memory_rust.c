/* SPDX-License-Identifier: MIT */

/* Channels of Rust (bench/rust/channel.rs), with one sender. */

#include "memory.h"

#include "bench.h"
#include "channel_peers.h"

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

rust_begin std_channel_begin, crossbeam_channel_begin, mio06_channel_begin;

static struct rust_channel *channel;

static void
begin(rust_begin *function)
{
	bench_rust_versions();
	channel = function(channel_case.size, channel_case.bound, 1);
}

static void
begin_std(void)
{
	begin(std_channel_begin);
}

static void
begin_crossbeam(void)
{
	begin(crossbeam_channel_begin);
}

static void
begin_mio06(void)
{
	begin(mio06_channel_begin);
}

static void
send_one(const void *message)
{
	channel->send(channel->senders[0], message);
}

static void
recv_all(void *message, unsigned long count)
{
	must(channel->receive(channel->receiver, message, count) == count,
	    "receiving");
}

static void
end(void)
{
	channel->end(channel);
}

const struct memory_channel std_memory_channel = { "std mpsc", begin_std,
	send_one, recv_all, end };
const struct memory_channel crossbeam_memory_channel = { "crossbeam",
	begin_crossbeam, send_one, recv_all, end };
const struct memory_channel mio06_memory_channel = { "mio 0.6, its channel",
	begin_mio06, send_one, recv_all, end };
