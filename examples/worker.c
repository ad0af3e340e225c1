/* SPDX-License-Identifier: MIT */

/*
 * worker [LIMIT]: counts the primes below LIMIT (2000000 by default). A second
 * thread works on one piece after another, while the first thread can handle
 * other events.
 *
 * One channel carries jobs to the worker, another one carries the results back.
 * Each thread waits in its own poll, where descriptors and timers could be
 * registered beside its receiver. The channel of jobs is bounded, so that jobs
 * do not pile up: when it is full, the next job is sent after the next result
 * has arrived.
 *
 *	cc -pthread -o worker worker.c $(pkg-config --cflags --libs mio)
 */

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mio.h>

#define PIECE   10000
#define JOBS    8 /* the bound of the channel */
#define RESULTS ((mio_token_t)1)

struct job {
	unsigned long from, to;
};

struct result {
	unsigned long from, primes;
};

static void
check(int result, const char *what)
{
	if (result >= 0)
		return;
	(void)fprintf(stderr, "%s: %s\n", what, strerror(-result));
	exit(1);
}

/* ---- the worker's thread */

struct worker {
	pthread_t thread;
	struct mio_receiver *jobs;
	struct mio_sender *results;
};

static bool
is_prime(unsigned long n)
{
	unsigned long d;

	for (d = 2; d * d <= n; d++)
		if (n % d == 0)
			return false;

	return n >= 2;
}

static struct result
work(struct job job)
{
	struct result result = { .from = job.from };
	unsigned long n;

	for (n = job.from; n < job.to; n++)
		result.primes += is_prime(n);

	return result;
}

/* Runs until no job can arrive, or no receiver of results is left. */
static void *
run(void *argument)
{
	struct worker *self = argument;
	struct mio_poll *poll;
	struct mio_event event;
	struct result result;
	struct job job;
	int r = 0;

	check(mio_poll_create(&poll), "mio_poll_create");
	check(mio_poll_register(poll, mio_receiver_source(self->jobs), 0,
	    MIO_READABLE, MIO_EDGE), "mio_poll_register");

	while (r != -EPIPE) {
		check(mio_poll(poll, &event, 1, -1), "mio_poll");
		while ((r = mio_receiver_recv(self->jobs, &job)) == 0) {
			result = work(job);
			r = mio_sender_send(self->results, &result);
			if (r < 0)
				break;
		}
	}

	/* releasing its ends notifies the other side */
	mio_receiver_destroy(self->jobs);
	mio_sender_unref(self->results);
	mio_poll_destroy(poll);

	return NULL;
}

/* ---- the first thread */

struct program {
	struct mio_poll *poll;
	struct mio_sender *jobs;
	struct mio_receiver *results;
	unsigned long next, limit, done, pieces, primes;
};

/* Sends as many jobs as fit; releases the sender after the last one. */
static void
send_jobs(struct program *p)
{
	struct job job;
	int r;

	while (p->jobs != NULL && p->next < p->limit) {
		job.from = p->next;
		job.to = p->limit - p->next < PIECE ? p->limit :
		    p->next + PIECE;
		r = mio_sender_try_send(p->jobs, &job);
		if (r == -EAGAIN)
			return;
		check(r, "mio_sender_try_send");
		p->next = job.to;
		p->pieces++;
	}
	mio_sender_unref(p->jobs);
	p->jobs = NULL;
}

/* Receives the available results; returns false after the last one. */
static bool
collect(struct program *p)
{
	struct result results[JOBS];
	int i, n;

	while ((n = mio_receiver_recv_batch(p->results, results, JOBS)) > 0) {
		for (i = 0; i < n; i++)
			p->primes += results[i].primes;
		p->done += (unsigned long)n;
		send_jobs(p);
	}

	return n != -EPIPE;
}

static void
start(struct program *p, struct worker *worker)
{
	check(mio_sync_channel_create(&p->jobs, &worker->jobs,
	    sizeof(struct job), JOBS), "mio_sync_channel_create");
	check(mio_channel_create(&worker->results, &p->results,
	    sizeof(struct result)), "mio_channel_create");
	check(mio_poll_register(p->poll, mio_receiver_source(p->results),
	    RESULTS, MIO_READABLE, MIO_EDGE), "mio_poll_register");
	check(-pthread_create(&worker->thread, NULL, run, worker),
	    "pthread_create");
}

int
main(int argc, char **argv)
{
	struct program p = { .limit = 2000000 };
	struct worker worker;
	struct mio_event event;
	bool more = true;

	if (argc > 1)
		p.limit = strtoul(argv[1], NULL, 10);
	check(mio_poll_create(&p.poll), "mio_poll_create");
	start(&p, &worker);

	send_jobs(&p);
	while (more) {
		check(mio_poll(p.poll, &event, 1, -1), "mio_poll");
		if (event.token == RESULTS)
			more = collect(&p);
	}

	(void)pthread_join(worker.thread, NULL);
	mio_receiver_destroy(p.results);
	mio_poll_destroy(p.poll);

	printf("%lu primes below %lu, in %lu pieces\n", p.primes, p.next,
	    p.pieces);

	return p.done == p.pieces ? 0 : 1;
}
