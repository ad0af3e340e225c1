/* SPDX-License-Identifier: MIT */

/*
 * 06_thread: computes sums in a second thread, and prints them in the first.
 * This step adds a channel, which carries jobs to the thread, and calls that
 * the thread posts to the loop.
 *
 *	cc -pthread -o 06_thread 06_thread.c $(pkg-config --cflags --libs mio)
 */

#include <pthread.h>

#include "common.h"

#define JOBS 3

struct job {
	struct mio_loop *loop; /* receives the result */
	unsigned long number, sum;
};

static int results; /* used by the loop's thread only */

/* Is called on the loop's thread. */
static void
on_result(struct mio_loop *loop, void *context)
{
	const struct job *job = context;

	printf("the sum of 1 to %lu is %lu\n", job->number, job->sum);
	if (++results == JOBS)
		mio_loop_shutdown(loop);
}

static void *
work(void *argument)
{
	struct mio_receiver *jobs = argument;
	struct job *job;
	unsigned long i;

	while (mio_receiver_recv_timeout(jobs, &job, -1) == 0) {
		for (i = 1; i <= job->number; i++)
			job->sum += i;
		check("mio_loop_post",
		    mio_loop_post(job->loop, on_result, job));
	}
	mio_receiver_destroy(jobs); /* the last sender is gone */

	return NULL;
}

int
main(void)
{
	struct job jobs[JOBS], *job;
	struct mio_receiver *receiver;
	struct mio_sender *sender;
	struct mio_loop *loop;
	pthread_t thread;
	int i;

	check("mio_loop_create", mio_loop_create(&loop, NULL));
	check("mio_channel_create",
	    mio_channel_create(&sender, &receiver, sizeof(job)));
	check("pthread_create",
	    -pthread_create(&thread, NULL, work, receiver));

	for (i = 0; i < JOBS; i++) {
		job = &jobs[i];
		*job = (struct job){ .loop = loop,
			.number = (unsigned long)(i + 1) * 1000 };
		check("mio_sender_send", mio_sender_send(sender, &job));
	}
	check("mio_loop_run", mio_loop_run(loop, NULL, NULL));

	mio_sender_unref(sender); /* which ends the thread */
	(void)pthread_join(thread, NULL);
	mio_loop_destroy(loop);

	return 0;
}
