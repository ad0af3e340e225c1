/* SPDX-License-Identifier: MIT */
#include "lib/yields.h"

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <time.h>

/* Each thread has a row of its own, begun by the clock. */
static _Thread_local uint32_t row;

/* Long enough for others; no thread is cancelled where it would not be. */
static void
sleep_a_moment(void)
{
	const struct timespec moment = { .tv_nsec = 1000 };
	int state;

	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	(void)nanosleep(&moment, NULL);
	(void)pthread_setcancelstate(state, &state);
}

void
yield_now_and_then(void)
{
	struct timespec now;

	if (row == 0) {
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		row = (uint32_t)now.tv_nsec * 2654435761u | 1;
	}

	row ^= row << 13;
	row ^= row >> 17;
	row ^= row << 5;

	if (row % 64 == 0)
		sleep_a_moment();
	else if (row % 4 == 0)
		(void)sched_yield();
}
