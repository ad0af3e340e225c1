/* SPDX-License-Identifier: MIT */

/*
 * The memory that libraries allocate in the process; that of the kernel is not
 * included. The cases are:
 *
 *	descriptor     bytes for a registered descriptor, and what the program has
 *	               to keep for it, such as a handle
 *	events         allocations for a million events
 *	registrations  allocations for a million descriptors that are registered
 *	               and deregistered
 *	source         bytes for an object that wakes a loop
 *	message        bytes for a message of 8 or 64 bytes in a channel
 *	messages       allocations for a million messages through a channel
 */

#define _GNU_SOURCE

#include "memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/eventfd.h>

#include <mio.h>

#include "channel_peers.h"
#include "reactor.h"

enum { READY = 10, EVENTS = 100000, SOURCES = 1000, QUEUED = 100000 };
enum { COUNT_MOST = 10000, MESSAGES = 1000000 };

static int descriptors[COUNT_MOST];
static size_t opened;
static long left;

/* Prints the case, unless the values are not wanted, and returns whether. */
static bool
begin_case(int argc, char **argv, const char *name, unsigned long parameter,
    const char *what)
{
	bench_case("memory", name, parameter);
	if (!bench_wanted(argc, argv))
		return false;
	if (parameter != 0)
		printf("\n%s/%lu: %s\n", name, parameter, what);
	else
		printf("\n%s: %s\n", name, what);

	return true;
}

/* ---- descriptors */

bool
reactor_ready(size_t index)
{
	must(index < opened, "the index");

	return --left > 0;
}

static void
open_descriptors(size_t count, unsigned value)
{
	for (opened = 0; opened < count; opened++) {
		descriptors[opened] =
		    eventfd(value, EFD_CLOEXEC | EFD_NONBLOCK);
		must(descriptors[opened] >= 0, "eventfd");
	}
}

static void
close_descriptors(void)
{
	while (opened > 0)
		(void)close(descriptors[--opened]);
}

/* Returns the bytes that are allocated while count descriptors are watched. */
static long
bytes_with(const struct reactor *reactor, size_t count)
{
	long before = memory_bytes, bytes;
	size_t i;

	reactor->begin(count);
	for (i = 0; i < count; i++)
		reactor->add(i, descriptors[i], false);
	reactor->iterate();
	bytes = memory_bytes - before;
	for (i = 0; i < count; i++)
		reactor->remove(i, descriptors[i]);
	reactor->end();

	return bytes;
}

/* Messages that are printed and similar things are allocated the first time. */
static void
print_bytes(const struct reactor *reactor, size_t count)
{
	long none;

	(void)bytes_with(reactor, count);
	none = bytes_with(reactor, 0);
	bench_value(reactor->name, "bytes",
	    (double)(bytes_with(reactor, count) - none) / (double)count);
}

static void
print_event_allocations(const struct reactor *reactor)
{
	unsigned long before;
	size_t i;

	reactor->begin(opened);
	for (i = 0; i < opened; i++)
		reactor->add(i, descriptors[i], false);
	left = EVENTS / 10;
	reactor->run();
	before = memory_allocations;
	left = EVENTS;
	reactor->run();
	bench_value(reactor->name, "allocations",
	    (double)(memory_allocations - before) * (1e6 / EVENTS));
	for (i = 0; i < opened; i++)
		reactor->remove(i, descriptors[i]);
	reactor->end();
}

static void
add_and_remove_all(const struct reactor *reactor)
{
	size_t i;

	for (i = 0; i < opened; i++)
		reactor->add(i, descriptors[i], false);
	reactor->iterate();
	for (i = 0; i < opened; i++)
		reactor->remove(i, descriptors[i]);
	reactor->iterate();
}

static void
print_registration_allocations(const struct reactor *reactor)
{
	unsigned long before;

	reactor->begin(opened);
	add_and_remove_all(reactor);
	before = memory_allocations;
	add_and_remove_all(reactor);
	bench_value(reactor->name, "allocations",
	    (double)(memory_allocations - before) * (1e6 / (double)opened));
	reactor->end();
}

static void
of_descriptors(int argc, char **argv)
{
	static const unsigned counts[] = { 100, 1000, COUNT_MOST };
	size_t i, j, limit = reactor_descriptors();

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		if (!begin_case(argc, argv, "descriptor", counts[i],
			"bytes for a registered descriptor") ||
		    !reactor_has_room(counts[i], limit))
			continue;
		open_descriptors(counts[i], 0);
		for (j = 0; reactors[j] != NULL; j++)
			print_bytes(reactors[j], opened);
		close_descriptors();
	}
	if (begin_case(argc, argv, "events", 0,
		"allocations for a million events")) {
		open_descriptors(READY, 1);
		for (j = 0; reactors[j] != NULL; j++)
			if (reactors[j]->supports & REACTOR_LEVELS)
				print_event_allocations(reactors[j]);
		close_descriptors();
	}
	if (begin_case(argc, argv, "registrations", 0,
		"allocations for a million descriptors, each registered and "
		"deregistered")) {
		open_descriptors(limit < 1000 ? limit : 1000, 0);
		for (j = 0; reactors[j] != NULL; j++)
			print_registration_allocations(reactors[j]);
		close_descriptors();
	}
}

/* ---- objects that wake a loop */

static const struct memory_source *const sources[] = {
	&mio_source,
#ifdef HAVE_UV
	&uv_source,
#endif
#ifdef HAVE_EV
	&ev_source,
#endif
#ifdef HAVE_EVENT
	&event_source,
#endif
#ifdef HAVE_SDEVENT
	&sdevent_source,
#endif
};

/* Returns the bytes that are allocated for count sources. */
static long
source_bytes(const struct memory_source *source, size_t count)
{
	long before, bytes;
	size_t i;

	source->begin(SOURCES);
	before = memory_bytes;
	for (i = 0; i < count; i++)
		source->make(i);
	bytes = memory_bytes - before;
	source->end();

	return bytes;
}

static void
of_sources(int argc, char **argv)
{
	size_t i;

	if (!begin_case(
		argc, argv, "source", 0, "bytes for an object that wakes a loop"))
		return;
	for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		(void)source_bytes(sources[i], SOURCES);
		bench_value(sources[i]->name, "bytes",
		    (double)source_bytes(sources[i], SOURCES) / SOURCES);
	}
}

/* ---- messages */

struct channel_case channel_case;
_Thread_local unsigned channel_producer;

static struct mio_sender *sender;
static struct mio_receiver *receiver;

static void
mio_channel_begin(void)
{
	int r = channel_case.bound == 0 ?
	    mio_channel_create(&sender, &receiver, channel_case.size) :
	    mio_sync_channel_create(
		&sender, &receiver, channel_case.size, channel_case.bound);

	must(r == 0, "mio_channel_create");
}

static void
mio_channel_end(void)
{
	mio_sender_unref(sender);
	mio_receiver_destroy(receiver);
}

static void
mio_channel_send(const void *message)
{
	must(mio_sender_send(sender, message) == 0, "mio_sender_send");
}

static void
mio_channel_recv(void *message, unsigned long count)
{
	while (count-- > 0)
		must(mio_receiver_recv(receiver, message) == 0,
		    "mio_receiver_recv");
}

static const struct memory_channel mio_channel = { "libmio",
	mio_channel_begin, mio_channel_send, mio_channel_recv,
	mio_channel_end };

static const struct memory_channel *const channels[] = {
	&mio_channel,
#ifdef HAVE_RUST
	&std_memory_channel,
	&crossbeam_memory_channel,
	&mio06_memory_channel,
#endif
};

/* Returns the bytes of a channel in which count messages wait. */
static long
bytes_queued(const struct memory_channel *channel, size_t count)
{
	unsigned char message[CHANNEL_SIZE_MAX] = { 1 };
	long before = memory_bytes, bytes;
	size_t i;

	channel->begin();
	for (i = 0; i < count; i++)
		channel->send(message);
	bytes = memory_bytes - before;
	channel->recv(message, count);
	channel->end();

	return bytes;
}

static void
print_message_allocations(const struct memory_channel *channel)
{
	unsigned char message[CHANNEL_SIZE_MAX] = { 1 };
	unsigned long before = 0;
	size_t i;

	channel->begin();
	for (i = 0; i < MESSAGES + 1000; i++) {
		if (i == 1000)
			before = memory_allocations;
		channel->send(message);
		channel->recv(message, 1);
	}
	bench_value(channel->name, "allocations",
	    (double)(memory_allocations - before) * (1e6 / MESSAGES));
	channel->end();
}

static void
of_messages(int argc, char **argv)
{
	static struct channel_case cases[] = {
		{ .name = "unbounded", .size = 8, .bound = 0, .producers = 1 },
		{ .name = "unbounded", .size = 64, .bound = 0, .producers = 1 },
		{ .name = "bounded", .size = 8, .bound = QUEUED, .producers = 1 },
		{ .name = "bounded", .size = 64, .bound = QUEUED, .producers = 1 },
	};
	char what[128];
	size_t i, j;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		channel_case = cases[i];
		(void)snprintf(what, sizeof(what),
		    "bytes for a message of %zu bytes, 100000 of them in a"
		    " channel %s a bound",
		    channel_case.size,
		    channel_case.bound == 0 ? "without" : "with");
		if (begin_case(argc, argv, channel_case.name, channel_case.size,
			what))
			for (j = 0;
			     j < sizeof(channels) / sizeof(channels[0]); j++)
				bench_value(channels[j]->name, "bytes",
				    (double)bytes_queued(channels[j], QUEUED) /
				    QUEUED);
	}
	channel_case = cases[0];
	if (begin_case(argc, argv, "messages", 0,
		"allocations for a million messages, one at a time"))
		for (j = 0; j < sizeof(channels) / sizeof(channels[0]); j++)
			print_message_allocations(channels[j]);
}

int
main(int argc, char **argv)
{
	/* here nothing is timed, and there are no contestants to count for */
	if (getenv("MIO_BENCH_TIMES") != NULL ||
	    getenv("MIO_BENCH_LIST") != NULL)
		return 0;
	of_descriptors(argc, argv);
	of_sources(argc, argv);
	of_messages(argc, argv);

	return 0;
}
