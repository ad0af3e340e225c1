/* SPDX-License-Identifier: MIT */

/*
 * Threads that share one poll, compared with the same threads on one epoll. The
 * program runs all cases, or those that are named as arguments.
 *
 * Each connection is registered as a oneshot. The thread that gets its event
 * reads a byte, works a little, writes a byte to the connection that is
 * `active' places further, and reregisters the first connection. The number of
 * connections is a multiple of `active', so that no two bytes are ever in the
 * same connection: `active' connections are ready, or about to be, all the
 * time. The last operation makes `stop' readable, which ends all threads; then
 * the remaining bytes are read.
 */

#define _GNU_SOURCE

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <mio.h>

#include "bench.h"

enum { CONNECTIONS = 160, STOP = CONNECTIONS };
enum { THREADS_MOST = 8, EVENTS_MOST = 16 };

/* One set for each contestant: a descriptor in two epolls wakes both. */
struct connections {
	int read_from[CONNECTIONS];
	int write_to[CONNECTIONS];
	int stop;
};

/* The parameters of the current case. */
static int threads, capacity, active;

static _Alignas(64) atomic_long left;

static void
connect_all(struct connections *all)
{
	int ends[2];
	int i;

	for (i = 0; i < CONNECTIONS; i++) {
		must(socketpair(AF_UNIX,
			 SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
			 ends) == 0,
		    "socketpair");
		all->read_from[i] = ends[0];
		all->write_to[i] = ends[1];
	}
	all->stop = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	must(all->stop >= 0, "eventfd");
}

static void
close_all(struct connections *all)
{
	int i;

	for (i = 0; i < CONNECTIONS; i++) {
		(void)close(all->read_from[i]);
		(void)close(all->write_to[i]);
	}
	(void)close(all->stop);
}

/* Works for about a microsecond without touching memory. */
static unsigned
work(unsigned seed)
{
	unsigned x = seed | 1;
	int i;

	for (i = 0; i < 400; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
	}

	return x;
}

/* Does an operation, except for the reregister. */
static void
operate(struct connections *all, int i)
{
	const uint64_t one = 1;
	long before;
	char byte;

	must(read(all->read_from[i], &byte, 1) == 1, "read");
	byte = (char)work((unsigned char)byte);
	before = atomic_fetch_sub(&left, 1);
	if (before > 1)
		must(write(all->write_to[(i + active) % CONNECTIONS], &byte,
			 1) == 1,
		    "write");
	else if (before == 1)
		must(write(all->stop, &one, 8) == 8, "write");
}

/* Runs times operations in all threads together. */
static void
run_threads(
    struct connections *all, void *(*thread)(void *), unsigned long times)
{
	pthread_t started[THREADS_MOST];
	char bytes[8];
	int i;

	atomic_store(&left, (long)times);
	for (i = 0; i < active; i++)
		must(write(all->write_to[i], "", 1) == 1, "write");

	for (i = 0; i < threads; i++)
		must(pthread_create(&started[i], NULL, thread, NULL) == 0,
		    "pthread_create");
	for (i = 0; i < threads; i++)
		(void)pthread_join(started[i], NULL);

	must(read(all->stop, bytes, 8) == 8, "read");
	for (i = 0; i < CONNECTIONS; i++)
		while (read(all->read_from[i], bytes, sizeof(bytes)) > 0)
			continue;
}

/* ---- bare epoll, the reference */

static struct connections bare_all;
static int bare_epoll;

static void
bare_watch(int op, int fd, int number, uint32_t options)
{
	struct epoll_event event = {
		.events = EPOLLIN | options,
		.data.u64 = (uint64_t)number,
	};

	must(epoll_ctl(bare_epoll, op, fd, &event) == 0, "epoll_ctl");
}

static void
bare_begin(void)
{
	int i;

	connect_all(&bare_all);
	bare_epoll = epoll_create1(EPOLL_CLOEXEC);
	must(bare_epoll >= 0, "epoll_create1");
	for (i = 0; i < CONNECTIONS; i++)
		bare_watch(
		    EPOLL_CTL_ADD, bare_all.read_from[i], i, EPOLLONESHOT);
	bare_watch(EPOLL_CTL_ADD, bare_all.stop, STOP, 0);
}

static void
bare_end(void)
{
	(void)close(bare_epoll);
	close_all(&bare_all);
}

static void *
bare_thread(void *unused)
{
	struct epoll_event events[EVENTS_MOST];
	bool stopped = false;
	int i, n, number;

	while (!stopped) {
		n = epoll_wait(bare_epoll, events, capacity, -1);
		must(n > 0, "epoll_wait");
		for (i = 0; i < n; i++) {
			number = (int)events[i].data.u64;
			if (number == STOP) {
				stopped = true;
				continue;
			}
			operate(&bare_all, number);
			bare_watch(EPOLL_CTL_MOD, bare_all.read_from[number],
			    number, EPOLLONESHOT);
		}
	}

	return unused;
}

static void
bare_run(unsigned long times)
{
	run_threads(&bare_all, bare_thread, times);
}

/* ---- libmio */

static struct connections mio_all;
static struct mio_poll *mio;

static void
mio_begin(void)
{
	int i;

	connect_all(&mio_all);
	must(mio_poll_create(&mio) == 0, "mio_poll_create");
	for (i = 0; i < CONNECTIONS; i++)
		must(mio_poll_register_fd(mio, mio_all.read_from[i],
			 (mio_token_t)i, MIO_READABLE,
			 MIO_LEVEL | MIO_ONESHOT) == 0,
		    "mio_poll_register_fd");
	must(mio_poll_register_fd(
		 mio, mio_all.stop, STOP, MIO_READABLE, MIO_LEVEL) == 0,
	    "mio_poll_register_fd");
}

static void
mio_end(void)
{
	mio_poll_destroy(mio);
	close_all(&mio_all);
}

static void *
mio_thread(void *unused)
{
	struct mio_event events[EVENTS_MOST];
	bool stopped = false;
	int i, n, number;

	while (!stopped) {
		n = mio_poll(mio, events, (size_t)capacity, -1);
		must(n > 0, "mio_poll");
		for (i = 0; i < n; i++) {
			number = (int)events[i].token;
			if (number == STOP) {
				stopped = true;
				continue;
			}
			operate(&mio_all, number);
			must(mio_poll_reregister_fd(mio,
				 mio_all.read_from[number], events[i].token,
				 MIO_READABLE, MIO_LEVEL | MIO_ONESHOT) == 0,
			    "mio_poll_reregister_fd");
		}
	}

	return unused;
}

static void
mio_run(unsigned long times)
{
	run_threads(&mio_all, mio_thread, times);
}

/* ---- the cases */

static void
run_case(int argc, char **argv)
{
	static const struct contestant both[] = {
		{ "epoll_wait", bare_begin, bare_run, bare_end },
		{ "libmio", mio_begin, mio_run, mio_end },
	};
	char name[64], what[128];

	(void)snprintf(
	    name, sizeof(name), "array%d-active%d", capacity, active);
	bench_case("pool", name, (unsigned long)threads);
	if (!bench_wanted(argc, argv))
		return;

	(void)snprintf(what, sizeof(what),
	    "%d thread%s, %d event%s a call, %d of %d connections active",
	    threads, threads == 1 ? "" : "s", capacity,
	    capacity == 1 ? "" : "s", active, CONNECTIONS);
	compare_threads(what, both, 2, 20000);
}

int
main(int argc, char **argv)
{
	static const int actives[] = { 1, 8, 40 };
	size_t i;

	for (threads = 1; threads <= THREADS_MOST; threads *= 2)
		for (capacity = 1; capacity <= EVENTS_MOST;
		     capacity += EVENTS_MOST - 1)
			for (i = 0; i < sizeof(actives) / sizeof(actives[0]);
			     i++) {
				active = actives[i];
				run_case(argc, argv);
			}

	return 0;
}
