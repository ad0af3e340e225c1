/* SPDX-License-Identifier: MIT */

/*
 * Keeps an idle timeout for each of 100,000 peers. Every message of a peer
 * moves its timeout. A message is the number of a peer, which a second thread
 * writes to a pipe. This thread first writes one message for every peer, then
 * more for all but every tenth peer, and then ends. The timeouts of the silent
 * peers expire while the others send; the others expire at the end. Prints
 * statistics; the status is 0 if every timeout that was set expired, and none
 * too early.
 *
 *	cc -pthread -o timers timers.c $(pkg-config --cflags --libs mio)
 */

#define _XOPEN_SOURCE 700

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <mio.h>

#define PEERS       100000
#define SILENT      10 /* every tenth peer */
#define IDLE_NS     UINT64_C(500000000)
#define SEND_NS     UINT64_C(1500000000)
#define BLOCK       128 /* numbers that a pipe accepts as a whole */
#define BATCH       1024
#define GIVE_UP_SEC 100

enum { MESSAGES, TIMER };

static mio_timeout_t timeouts[PEERS];
static uint64_t deadlines[PEERS]; /* only to check the timer */
static unsigned long received, set, expired, polls;
static uint64_t latest_ns, earliest_ns;

static _Noreturn void
fail(const char *what, ssize_t error)
{
	fprintf(stderr, "%s: %s\n", what, strerror((int)-error));
	exit(1);
}

/* ---- the thread that sends */

static void
nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* Sends a block of numbers from first on; returns the next number. */
static uint32_t
send_block(mio_fd_t fd, uint32_t first, uint32_t skipped)
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
send_all(void *argument)
{
	mio_fd_t fd = *(mio_fd_t *)argument;
	uint64_t end = mio_clock_now() + SEND_NS;
	uint32_t peer = 0, sent;

	for (sent = 0; sent < PEERS; sent += BLOCK)
		peer = send_block(fd, peer, 0);

	while (mio_clock_now() < end) {
		for (sent = 0; sent < BATCH; sent += BLOCK)
			peer = send_block(fd, peer, SILENT);
		nap();
	}
	(void)mio_fd_close(fd);

	return NULL;
}

/* ---- the thread that receives */

/* Handles a message: the next one must arrive before the deadline. */
static void
handle_message(struct mio_timer *timer, uint32_t peer, uint64_t deadline)
{
	int r = mio_timer_reset_at(timer, timeouts[peer], deadline);

	/* the peer is new, or its timeout has expired */
	if (r == -ENOENT) {
		r = mio_timer_set_at(timer, deadline, peer, &timeouts[peer]);
		set++;
	}
	if (r < 0)
		fail("mio_timer_set_at", r);

	deadlines[peer] = deadline;
	received++;
}

/* Receives all available messages; returns false at the end. */
static bool
receive_messages(struct mio_timer *timer, mio_fd_t fd)
{
	static uint32_t peers[16384];
	uint64_t deadline = mio_clock_now() + IDLE_NS; /* for all of them */
	ssize_t i, n = mio_pipe_read(fd, peers, sizeof(peers));

	if (n == 0)
		return false;
	if (n < 0 && n != -EAGAIN)
		fail("mio_pipe_read", n);

	for (i = 0; i < n / (ssize_t)sizeof(peers[0]); i++)
		handle_message(timer, peers[i], deadline);

	return true;
}

/* The timer is level-triggered: the next poll reports remaining timeouts. */
static void
expire_timeouts(struct mio_timer *timer)
{
	mio_token_t tokens[BATCH];
	int i, n = mio_timer_expire(timer, tokens, BATCH);
	uint64_t now = mio_clock_now();

	for (i = 0; i < n; i++) {
		uint64_t deadline = deadlines[tokens[i]];

		/* a server would close the connection here */
		if (now < deadline && deadline - now > earliest_ns)
			earliest_ns = deadline - now;
		if (now > deadline && now - deadline > latest_ns)
			latest_ns = now - deadline;
		expired++;
	}
}

/* Runs until no message can arrive and no timeout is pending. */
static void
receive_all(struct mio_poll *poll, struct mio_timer *timer, mio_fd_t fd)
{
	struct mio_event events[2];
	bool open = true;
	int i, n;

	while (open || mio_timer_pending(timer) > 0) {
		n = mio_poll(poll, events, 2, -1);
		if (n < 0)
			fail("mio_poll", n);
		polls++;

		for (i = 0; i < n; i++) {
			if (events[i].token == TIMER) {
				expire_timeouts(timer);
			} else if (!receive_messages(timer, fd)) {
				printf("%lu had expired at the last message\n",
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

	(void)alarm(GIVE_UP_SEC); /* no alarm was set before */

	if ((r = mio_poll_create(&poll)) < 0 ||
	    (r = mio_pipe_create(ends)) < 0 ||
	    (r = mio_timer_create(&timer, 0, PEERS)) < 0 ||
	    (r = mio_poll_register_fd(
		 poll, ends[0], MESSAGES, MIO_READABLE, MIO_LEVEL)) < 0 ||
	    (r = mio_poll_register(poll, mio_timer_source(timer), TIMER,
		 MIO_READABLE, MIO_LEVEL)) < 0 ||
	    (r = -pthread_create(&thread, NULL, send_all, &ends[1])) < 0)
		fail("setting up", r);

	receive_all(poll, timer, ends[0]);

	(void)pthread_join(thread, NULL);
	mio_timer_destroy(timer);
	mio_poll_destroy(poll);

	printf("%lu messages in %lu polls moved %lu timeouts of %d ms\n",
	    received, polls, set, (int)(IDLE_NS / 1000000));
	printf("%lu expired, %.3f ms late at most, %.3f ms early\n", expired,
	    (double)latest_ns / 1e6, (double)earliest_ns / 1e6);

	return set >= PEERS && expired == set && earliest_ns == 0 ? 0 : 1;
}
