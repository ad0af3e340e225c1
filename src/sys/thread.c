/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "sys/thread.h"

#include <sched.h>
#include <stddef.h>
#include <time.h>

void
mio__os_yield(void)
{
	(void)sched_yield(); /* never fails on Linux, harmless elsewhere */
}

void
mio__os_nap(int64_t ns)
{
	struct timespec ts = mio__os_timespec(ns);

	(void)nanosleep(&ts, NULL); /* a signal only shortens it */
}
