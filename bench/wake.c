/* SPDX-License-Identifier: MIT */

/*
 * The cost of waking a thread that waits. The program runs all cases, or those
 * that are named as arguments.
 */

#define _GNU_SOURCE

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <mio.h>

#include "bench.h"
#include "wake_peers.h"

enum { MANY = 64 };

/* How many descriptors or registrations are ready in the current case. */
static int ready_count;

/* ---- bare system calls, the reference */

/* The contestants of one comparison share these. */
static int bare_users, mio_users;

static int bare_epoll, bare_event;
static atomic_uint flag;

static void
bare_begin(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };

	if (bare_users++ > 0)
		return;
	bare_epoll = epoll_create1(EPOLL_CLOEXEC);
	bare_event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	must(bare_epoll >= 0 && bare_event >= 0, "eventfd");
	must(epoll_ctl(bare_epoll, EPOLL_CTL_ADD, bare_event, &event) == 0,
	    "epoll_ctl");
}

static void
bare_end(void)
{
	if (--bare_users > 0)
		return;
	(void)close(bare_event);
	(void)close(bare_epoll);
}

static void
eventfd_polls(unsigned long times)
{
	struct epoll_event events[MANY];
	const uint64_t one = 1;

	while (times-- > 0) {
		must(write(bare_event, &one, 8) == 8, "write");
		must(epoll_wait(bare_epoll, events, MANY, 0) == 1, "wait");
	}
}

static void
flag_polls(unsigned long times)
{
	struct epoll_event events[MANY];

	while (times-- > 0) {
		atomic_exchange(&flag, 1);
		must(epoll_wait(bare_epoll, events, MANY, 0) == 0, "wait");
		must(atomic_exchange(&flag, 0) == 1, "flag");
	}
}

static void
exchanges(unsigned long times)
{
	while (times-- > 0)
		bench_exchange(&flag);
}

/* ---- libmio */

static struct mio_poll *mio;
static struct mio_waker *waker;
static struct mio_registration *registration;
static struct mio_readiness *readiness;

static void
mio_begin(void)
{
	if (mio_users++ > 0)
		return;
	must(mio_poll_create(&mio) == 0, "mio_poll_create");
	must(mio_waker_create(&waker, mio, 1) == 0, "mio_waker_create");
	must(mio_registration_create(&registration, &readiness) == 0,
	    "mio_registration_create");
	must(mio_poll_register(mio, mio_registration_source(registration), 2,
	    MIO_READABLE, MIO_EDGE) == 0, "mio_poll_register");
}

static void
mio_end(void)
{
	if (--mio_users > 0)
		return;
	mio_waker_destroy(waker);
	mio_registration_destroy(registration);
	mio_readiness_unref(readiness);
	mio_poll_destroy(mio);
}

static void
waker_polls(unsigned long times)
{
	struct mio_event events[MANY];

	while (times-- > 0) {
		(void)mio_waker_wake(waker);
		must(mio_poll(mio, events, MANY, 0) == 1, "mio_poll");
	}
}

static void
set_polls(unsigned long times)
{
	struct mio_event events[MANY];

	while (times-- > 0) {
		(void)mio_readiness_set(readiness, MIO_READABLE);
		must(mio_poll(mio, events, MANY, 0) == 1, "mio_poll");
	}
}

static void
coalesced_wakes(unsigned long times)
{
	while (times-- > 0)
		(void)mio_waker_wake(waker);
}

static void
coalesced_sets(unsigned long times)
{
	while (times-- > 0)
		(void)mio_readiness_set(readiness, MIO_READABLE);
}

/* ---- one wake and the call that reports it; a wake that is pending */

static void
one_wake(void)
{
	static const struct contestant contestants[] = {
		{ "a flag and epoll_wait", bare_begin, flag_polls, bare_end },
		{ "libmio, waker", mio_begin, waker_polls, mio_end },
		{ "libmio, registration", mio_begin, set_polls, mio_end },
		{ "eventfd and epoll_wait", bare_begin, eventfd_polls,
		    bare_end },
		UV_POLLS EV_POLLS RUST_POLLS
	};

	compare("one wake and the poll that reports it", contestants,
	    sizeof(contestants) / sizeof(contestants[0]), 100000);
}

static void
coalesced(void)
{
	static const struct contestant contestants[] = {
		{ "an atomic exchange", bare_begin, exchanges, bare_end },
		{ "libmio, waker", mio_begin, coalesced_wakes, mio_end },
		{ "libmio, registration", mio_begin, coalesced_sets, mio_end },
		UV_WAKES EV_WAKES RUST_WAKES
	};

	compare("a wake while one is pending", contestants,
	    sizeof(contestants) / sizeof(contestants[0]), 2000000);
}

/* ---- wakes of a poll that another thread keeps busy */

static pthread_t busy_thread;
static atomic_bool busy_stop;

static void *
poll_all_the_time(void *unused)
{
	struct mio_event events[MANY];

	while (!atomic_load_explicit(&busy_stop, memory_order_relaxed))
		(void)mio_poll(mio, events, MANY, 0);

	return unused;
}

/* The thread runs only during a round, so as not to disturb others. */
static void
busy_wakes(unsigned long times)
{
	busy_stop = false;
	must(pthread_create(&busy_thread, NULL, poll_all_the_time, NULL) == 0,
	    "pthread_create");
	coalesced_wakes(times);
	busy_stop = true;
	(void)pthread_join(busy_thread, NULL);
}

static void
busy(void)
{
	static const struct contestant contestants[] = {
		{ "libmio, waker", mio_begin, busy_wakes, mio_end },
		UV_BUSY
	};

	compare("a wake of a poll that is busy", contestants,
	    sizeof(contestants) / sizeof(contestants[0]), 2000000);
}

/* ---- two threads that sleep and wake each other */

static struct mio_poll *polls[2];
static struct mio_waker *wakers[2];
static int epolls[2], events_fd[2];
static unsigned long rounds;
static pthread_t partner;
static bool one_core;
static cpu_set_t any_core;

static void
pin(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	if (one_core)
		must(pthread_setaffinity_np(pthread_self(), sizeof(set),
		    &set) == 0, "pthread_setaffinity_np");
}

static void
unpin(void)
{
	(void)pthread_setaffinity_np(pthread_self(), sizeof(any_core),
	    &any_core);
}

static void
mio_side(int side)
{
	struct mio_event event;
	unsigned long i;

	for (i = 0; i < rounds; i++) {
		if (side == 0)
			(void)mio_waker_wake(wakers[1]);
		must(mio_poll(polls[side], &event, 1, -1) == 1, "mio_poll");
		if (side == 1)
			(void)mio_waker_wake(wakers[0]);
	}
}

static void
bare_side(int side)
{
	struct epoll_event event;
	const uint64_t one = 1;
	unsigned long i;

	for (i = 0; i < rounds; i++) {
		if (side == 0)
			must(write(events_fd[1], &one, 8) == 8, "write");
		must(epoll_wait(epolls[side], &event, 1, -1) == 1, "wait");
		if (side == 1)
			must(write(events_fd[0], &one, 8) == 8, "write");
	}
}

static void *
mio_partner(void *unused)
{
	pin();
	mio_side(1);

	return unused;
}

static void *
bare_partner(void *unused)
{
	pin();
	bare_side(1);

	return unused;
}

static void
play(unsigned long times, void *(*other)(void *), void (*own)(int))
{
	rounds = times;
	pin();
	must(pthread_create(&partner, NULL, other, NULL) == 0, "create");
	own(0);
	(void)pthread_join(partner, NULL);
	unpin();
}

static void
play_mio(unsigned long times)
{
	play(times, mio_partner, mio_side);
}

static void
play_bare(unsigned long times)
{
	play(times, bare_partner, bare_side);
}

static void
play_begin(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int i;

	if (polls[0] != NULL)
		return;
	for (i = 0; i < 2; i++) {
		must(mio_poll_create(&polls[i]) == 0, "create");
		must(mio_waker_create(&wakers[i], polls[i], 1) == 0, "create");
		epolls[i] = epoll_create1(EPOLL_CLOEXEC);
		events_fd[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		must(epoll_ctl(epolls[i], EPOLL_CTL_ADD, events_fd[i],
		    &event) == 0, "epoll_ctl");
	}
}

static void
play_end(void)
{
	/* the contestants share them until the program ends */
}

static void
ping_pong(void)
{
	static const struct contestant contestants[] = {
		{ "eventfd and epoll_wait", play_begin, play_bare, play_end },
		{ "libmio", play_begin, play_mio, play_end },
	};

	must(pthread_getaffinity_np(pthread_self(), sizeof(any_core),
	    &any_core) == 0, "pthread_getaffinity_np");
	one_core = true;
	bench_case("wake", "pingpong-one-core", 0);
	compare("ping-pong of two threads on one core", contestants, 2, 20000);
	one_core = false;
	bench_case("wake", "pingpong", 0);
	compare("ping-pong of two threads on any core", contestants, 2, 20000);
}

/* ---- many kernel events */

static int ready_fds[MANY];
static volatile uint64_t sum;

static void
ready_begin(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int i;

	mio_begin();
	bare_begin();
	if (mio_users > 1)
		return;
	for (i = 0; i < ready_count; i++) {
		ready_fds[i] = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
		event.data.u64 = (uint64_t)i;
		must(epoll_ctl(bare_epoll, EPOLL_CTL_ADD, ready_fds[i],
		    &event) == 0, "epoll_ctl");
		must(mio_poll_register_fd(mio, ready_fds[i], (uint64_t)i,
		    MIO_READABLE, MIO_LEVEL) == 0, "register");
	}
}

static void
ready_end(void)
{
	int i;

	for (i = 0; i < ready_count && mio_users == 1; i++)
		(void)close(ready_fds[i]);
	bare_end();
	mio_end();
}

static void
bare_events(unsigned long times)
{
	struct epoll_event events[MANY];
	uint64_t local = 0;
	int i, n;

	while (times-- > 0) {
		n = epoll_wait(bare_epoll, events, MANY, 0);
		must(n == ready_count, "epoll_wait");
		for (i = 0; i < n; i++)
			local += events[i].data.u64 ^ events[i].events;
	}
	sum = local;
}

static void
mio_events(unsigned long times)
{
	struct mio_event events[MANY];
	uint64_t local = 0;
	int i, n;

	while (times-- > 0) {
		n = mio_poll(mio, events, MANY, 0);
		must(n == ready_count, "mio_poll");
		for (i = 0; i < n; i++)
			local += events[i].token ^ events[i].ready;
	}
	sum = local;
}

static void
kernel_events(void)
{
	/* both contestants watch the same descriptors */
	static const struct contestant both[] = {
		{ "epoll_wait", ready_begin, bare_events, ready_end },
		{ "libmio", ready_begin, mio_events, ready_end },
	};
	char what[64];

	(void)snprintf(
	    what, sizeof(what), "%d kernel events a poll", ready_count);
	compare(what, both, 2, 20000);
}

/* ---- many registrations, set and reported in one call */

static struct mio_registration *registrations[MANY];
static struct mio_readiness *handles[MANY];
static atomic_uint flags[MANY];

static void
sets_begin(void)
{
	int i;

	must(mio_poll_create(&mio) == 0, "mio_poll_create");
	for (i = 0; i < ready_count; i++) {
		must(mio_registration_create(&registrations[i], &handles[i]) ==
			0,
		    "mio_registration_create");
		must(mio_poll_register(mio,
			 mio_registration_source(registrations[i]),
			 (uint64_t)i, MIO_READABLE, MIO_EDGE) == 0,
		    "mio_poll_register");
	}
}

static void
sets_end(void)
{
	int i;

	for (i = 0; i < ready_count; i++) {
		mio_registration_destroy(registrations[i]);
		mio_readiness_unref(handles[i]);
	}
	mio_poll_destroy(mio);
}

static void
mio_sets(unsigned long times)
{
	struct mio_event events[MANY];
	int i;

	while (times-- > 0) {
		for (i = 0; i < ready_count; i++)
			(void)mio_readiness_set(handles[i], MIO_READABLE);
		must(mio_poll(mio, events, MANY, 0) == ready_count,
		    "mio_poll");
	}
}

static void
flag_sets(unsigned long times)
{
	struct epoll_event events[MANY];
	int i;

	while (times-- > 0) {
		for (i = 0; i < ready_count; i++)
			atomic_exchange(&flags[i], 1);
		must(epoll_wait(bare_epoll, events, MANY, 0) == 0, "wait");
		for (i = 0; i < ready_count; i++)
			must(atomic_exchange(&flags[i], 0) == 1, "flag");
	}
}

static void
sets(void)
{
	static const struct contestant both[] = {
		{ "flags and epoll_wait", bare_begin, flag_sets, bare_end },
		{ "libmio, registration", sets_begin, mio_sets, sets_end },
	};
	char what[64];

	(void)snprintf(what, sizeof(what),
	    "%d registrations set and reported in a poll", ready_count);
	compare(what, both, 2, 20000);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
		int count;
	} cases[] = {
		{ "one", one_wake, 0 },
		{ "coalesced", coalesced, 0 },
		{ "busy", busy, 0 },
		{ "pingpong", ping_pong, 0 },
		{ "events", kernel_events, 1 },
		{ "events", kernel_events, 8 },
		{ "events", kernel_events, 10 },
		{ "events", kernel_events, 50 },
		{ "events", kernel_events, 64 },
		{ "sets", sets, 10 },
		{ "sets", sets, 50 },
	};
	size_t i;

#ifdef HAVE_RUST
	bench_rust_versions();
#endif
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bench_case("wake", cases[i].name, (unsigned long)cases[i].count);
		ready_count = cases[i].count;
		if (bench_wanted(argc, argv))
			cases[i].run();
	}

	return 0;
}
