/* SPDX-License-Identifier: MIT */

/*
 * Who calls what. Await, sleep, forget: one thread. Ring: any thread.
 *
 * The mark is relaxed on both sides, as the caller has an order already: what
 * it waits for is one variable, which it changes after await() and before
 * sleep(), with release, and which the others change, with acquire, before they
 * look at the mark. Either they come later and see the mark, or it sees what
 * they did, and need not sleep.
 *
 * A thread that is late may ring for something that is over: whoever waits
 * looks again.
 */

#include "channel/bell.h"

#include <errno.h>

#include "sys/lock.h"
#include "sys/thread.h"

int
mio__bell_init(struct mio__bell *bell)
{
	atomic_init(&bell->awaited, 0);
	bell->rung = false;
	if (pthread_mutex_init(&bell->lock, NULL) != 0)
		return -ENOMEM;

	if (mio__os_cond_init(&bell->rings) < 0) {
		(void)pthread_mutex_destroy(&bell->lock); /* nobody has it */
		return -ENOMEM;
	}

	return 0;
}

void
mio__bell_fini(struct mio__bell *bell)
{
	(void)pthread_cond_destroy(&bell->rings); /* nobody sleeps */
	(void)pthread_mutex_destroy(&bell->lock); /* nor has it */
}

void
mio__bell_await(struct mio__bell *bell)
{
	mio__lock(&bell->lock);
	bell->rung = false;
	mio__unlock(&bell->lock);
	atomic_store_explicit(&bell->awaited, 1, memory_order_relaxed);
}

void
mio__bell_forget(struct mio__bell *bell)
{
	atomic_store_explicit(&bell->awaited, 0, memory_order_relaxed);
}

/* With the lock, which it gives back. */
static void
get_up(void *argument)
{
	struct mio__bell *bell = argument;

	mio__unlock(&bell->lock);
	mio__bell_forget(bell);
}

static bool
sleep_locked(struct mio__bell *bell, mio__instant_t deadline)
{
	bool in_time = true;

	while (!bell->rung && in_time)
		in_time =
		    mio__os_cond_wait(&bell->rings, &bell->lock, deadline);

	return in_time;
}

bool
mio__bell_sleep(struct mio__bell *bell, mio__instant_t deadline)
{
	bool in_time;

	mio__lock(&bell->lock);
	pthread_cleanup_push(get_up, bell);
	in_time = sleep_locked(bell, deadline);
	pthread_cleanup_pop(1);

	return in_time;
}

void
mio__bell_ring(struct mio__bell *bell)
{
	mio__lock(&bell->lock);
	bell->rung = true;
	(void)pthread_cond_signal(&bell->rings); /* cannot fail */
	mio__unlock(&bell->lock);
}
