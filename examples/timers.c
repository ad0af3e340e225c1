/* SPDX-License-Identifier: MIT */

/*
 * An idle timeout for each of 100,000 peers, which every message of a peer puts
 * off. The messages come through a pipe, a number for each: a second thread
 * says one for every peer, then goes on for all but each tenth, and ends. The
 * silent ones expire while the others talk, those at the end. Prints what
 * happened; ends with 0 when every timeout that was set expired, and none too
 * early.
 */

#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <mio.h>

#define PEERS       100000
#define SILENT      10 /* each tenth */
#define IDLE_NS     UINT64_C(500000000)
#define TALK_NS     UINT64_C(1500000000)
#define BLOCK       128 /* numbers that a pipe takes whole or not at all */
#define BATCH       1024
#define GIVE_UP_SEC 100

enum { MESSAGES, TIMER };

static mio_timeout_t timeouts[PEERS];
static uint64_t deadlines[PEERS]; /* only to check what the timer does */
static unsigned long heard, set, expired, turns;
static uint64_t latest_ns, earliest_ns;

static _Noreturn void
fail(const char *what, ssize_t error)
{
	fprintf(stderr, "%s: %s\n", what, strerror((int)-error));
	exit(1);
}

/* ---- the thread that talks */

static void
nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* The numbers from first on that are not skipped; where it stopped. */
static uint32_t
say_block(mio_fd_t fd, uint32_t first, uint32_t skipped)
{
	uint32_t block[BLOCK], peer = first;
	ssize_t r;
	int n;

	for (n = 0; n < BLOCK; n++, peer = (peer + 1) % PEERS) {
		while (skipped != 0 && peer % skipped == 0)
			peer = (peer + 1) % PEERS;
		block[n] = peer;
	}

	while ((r = mio_pipe_write(fd, block, sizeof(block))) == -EAGAIN)
		nap();
	if (r < 0)
		fail("mio_pipe_write", r);

	return peer;
}

static void *
talk(void *argument)
{
	mio_fd_t fd = *(mio_fd_t *)argument;
	uint64_t end = mio_clock_now() + TALK_NS;
	uint32_t peer = 0, said;

	for (said = 0; said < PEERS; said += BLOCK)
		peer = say_block(fd, peer, 0);

	while (mio_clock_now() < end) {
		for (said = 0; said < BATCH; said += BLOCK)
			peer = say_block(fd, peer, SILENT);
		nap();
	}
	(void)mio_fd_close(fd);

	return NULL;
}

/* ---- the thread that listens */

/* A sign of life: the peer has until then for the next one. */
static void
hear(struct mio_timer *timer, uint32_t peer, uint64_t deadline)
{
	int r = mio_timer_reset_at(timer, timeouts[peer], deadline);

	/* it is new, or was given up and is back */
	if (r == -ENOENT) {
		r = mio_timer_set_at(timer, deadline, peer, &timeouts[peer]);
		set++;
	}
	if (r < 0)
		fail("mio_timer_set_at", r);

	deadlines[peer] = deadline;
	heard++;
}

/* Those that have come so far; false when no more will. */
static bool
take_messages(struct mio_timer *timer, mio_fd_t fd)
{
	static uint32_t peers[16384];
	uint64_t deadline = mio_clock_now() + IDLE_NS; /* of all of these */
	ssize_t i, n = mio_pipe_read(fd, peers, sizeof(peers));

	if (n == 0)
		return false;
	if (n < 0 && n != -EAGAIN)
		fail("mio_pipe_read", n);

	for (i = 0; i < n / (ssize_t)sizeof(peers[0]); i++)
		hear(timer, peers[i], deadline);

	return true;
}

/* The timer is level-triggered: what is left over comes in the next turn. */
static void
take_timeouts(struct mio_timer *timer)
{
	mio_token_t states[BATCH];
	int i, n = mio_timer_expire(timer, states, BATCH);
	uint64_t now = mio_clock_now();

	for (i = 0; i < n; i++) {
		uint64_t deadline = deadlines[states[i]];

		/* here a server would close the connection */
		if (now < deadline && deadline - now > earliest_ns)
			earliest_ns = deadline - now;
		if (now > deadline && now - deadline > latest_ns)
			latest_ns = now - deadline;
		expired++;
	}
}

/* Until there is nobody left, and nobody can come. */
static void
listen_to(struct mio_poll *poll, struct mio_timer *timer, mio_fd_t fd)
{
	struct mio_event events[2];
	bool open = true;
	int i, n;

	while (open || mio_timer_pending(timer) > 0) {
		n = mio_poll(poll, events, 2, -1);
		if (n < 0)
			fail("mio_poll", n);
		turns++;

		for (i = 0; i < n; i++) {
			if (events[i].token == TIMER) {
				take_timeouts(timer);
			} else if (!take_messages(timer, fd)) {
				printf("%lu had expired when the talk ended\n",
				    expired);
				(void)mio_fd_close(fd);
				open = false;
			}
		}
	}
}

int
main(void)
{
	struct mio_timer *timer;
	struct mio_poll *poll;
	mio_fd_t ends[2];
	pthread_t thread;
	int r;

	(void)alarm(GIVE_UP_SEC); /* there is no earlier one */

	if ((r = mio_poll_create(&poll)) < 0 ||
	    (r = mio_pipe_create(ends)) < 0 ||
	    (r = mio_timer_create(&timer, 0, PEERS)) < 0 ||
	    (r = mio_poll_register_fd(
		 poll, ends[0], MESSAGES, MIO_READABLE, MIO_LEVEL)) < 0 ||
	    (r = mio_poll_register(poll, mio_timer_source(timer), TIMER,
		 MIO_READABLE, MIO_LEVEL)) < 0 ||
	    (r = -pthread_create(&thread, NULL, talk, &ends[1])) < 0)
		fail("setting up", r);

	listen_to(poll, timer, ends[0]);

	(void)pthread_join(thread, NULL);
	mio_timer_destroy(timer);
	mio_poll_destroy(poll);

	printf("%lu messages in %lu turns put off %lu timeouts of %d ms\n",
	    heard, turns, set, (int)(IDLE_NS / 1000000));
	printf("%lu expired, %.3f ms late at most, %.3f ms early\n", expired,
	    (double)latest_ns / 1e6, (double)earliest_ns / 1e6);

	return set >= PEERS && expired == set && earliest_ns == 0 ? 0 : 1;
}
