/* SPDX-License-Identifier: MIT */

/*
 * Who calls what. The one thread that sleeps calls prepare, sleep and cancel.
 * Any thread calls wake.
 *
 * Why relaxed is sufficient for `prepared'. The callers provide the order with
 * one atomic variable V, whose value says whether there is a reason to sleep.
 * In channel.c this is the tail of the queue. The sleeper calls prepare() and
 * then changes V by a compare-and-swap that releases. The compare-and-swap
 * fails if V no longer has the value for which the sleeper would sleep, and
 * then the sleeper calls cancel(). Another thread that removes the reason to
 * sleep changes V by a read-modify-write that acquires, and then loads
 * `prepared'. All changes of one variable have a total order:
 *
 *	- If the change of the other thread comes first, the compare-and-swap
 *	  fails, and the sleeper does not sleep.
 *	- If it comes after that of the sleeper, it reads from the sleeper's
 *	  compare-and-swap, or from a read-modify-write that continues the
 *	  release sequence of it. So prepare() happens before the load, which
 *	  therefore reads 1, or 0 if the sleeper has already called cancel() or
 *	  returned.
 *
 * A wake may arrive late, after the sleeper has handled the reason for it, and
 * may then end the next sleep. The caller of sleep() therefore checks whether
 * it has to sleep again.
 */

#include "channel/sleeper.h"

#include <errno.h>

#include "base/check.h"
#include "sys/lock.h"
#include "sys/thread.h"

MIO__COLD int
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

MIO__COLD void
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

/* Called with the lock held; unlocks it. */
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
