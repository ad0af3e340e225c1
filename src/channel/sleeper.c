/* SPDX-License-Identifier: MIT */

/*
 * Who calls what. Prepare, sleep, cancel: the one thread that sleeps. Wake: any
 * thread.
 *
 * Why relaxed is enough for `prepared'. The caller provides the order, by one
 * atomic variable V that says whether there is a reason to sleep: the tail of
 * the queue, in channel.c. The sleeper calls prepare() and then changes V by a
 * compare-and-swap that releases. If V no longer has the value for which it
 * would sleep, that fails, and the sleeper calls cancel(). Another thread
 * changes V by a read-modify-write that acquires, and then loads `prepared'.
 * The changes of one variable are totally ordered. Either the other thread's
 * change comes first: then the sleeper's fails, and it does not sleep. Or it
 * comes after the sleeper's: then it reads from that, or from a
 * read-modify-write that continues its release sequence. So prepare() happens
 * before the load, which reads 1, or the 0 of a later cancel().
 *
 * A wake may arrive late, for a reason that is over. The caller of sleep()
 * therefore checks again whether it has to sleep on.
 */

#include "channel/sleeper.h"

#include <errno.h>

#include "sys/lock.h"
#include "sys/thread.h"

int
mio__sleeper_init(struct mio__sleeper *sleeper)
{
	atomic_init(&sleeper->prepared, 0);
	sleeper->woken = false;
	if (pthread_mutex_init(&sleeper->lock, NULL) != 0)
		return -ENOMEM;

	if (mio__os_cond_init(&sleeper->cond) < 0) {
		(void)pthread_mutex_destroy(&sleeper->lock); /* not held */
		return -ENOMEM;
	}

	return 0;
}

void
mio__sleeper_fini(struct mio__sleeper *sleeper)
{
	(void)pthread_cond_destroy(&sleeper->cond);  /* no thread sleeps */
	(void)pthread_mutex_destroy(&sleeper->lock); /* not held */
}

void
mio__sleeper_prepare(struct mio__sleeper *sleeper)
{
	mio__lock(&sleeper->lock);
	sleeper->woken = false;
	mio__unlock(&sleeper->lock);
	atomic_store_explicit(&sleeper->prepared, 1, memory_order_relaxed);
}

void
mio__sleeper_cancel(struct mio__sleeper *sleeper)
{
	atomic_store_explicit(&sleeper->prepared, 0, memory_order_relaxed);
}

/* Called with the lock, which it unlocks. */
static void
stop_sleeping(void *argument)
{
	struct mio__sleeper *sleeper = argument;

	mio__unlock(&sleeper->lock);
	mio__sleeper_cancel(sleeper);
}

static bool
sleep_locked(struct mio__sleeper *sleeper, mio__instant_t deadline)
{
	bool in_time = true;

	while (!sleeper->woken && in_time)
		in_time =
		    mio__os_cond_wait(&sleeper->cond, &sleeper->lock, deadline);

	return in_time;
}

bool
mio__sleeper_sleep(struct mio__sleeper *sleeper, mio__instant_t deadline)
{
	bool in_time;

	mio__lock(&sleeper->lock);
	pthread_cleanup_push(stop_sleeping, sleeper);
	in_time = sleep_locked(sleeper, deadline);
	pthread_cleanup_pop(1);

	return in_time;
}

void
mio__sleeper_wake(struct mio__sleeper *sleeper)
{
	mio__lock(&sleeper->lock);
	sleeper->woken = true;
	(void)pthread_cond_signal(&sleeper->cond); /* cannot fail */
	mio__unlock(&sleeper->lock);
}
