/* SPDX-License-Identifier: MIT */

/*
 * Who calls what. Wait: any thread. Wake: any thread, here the receiver.
 *
 *	waits behind others -> the one before it leaves -> first
 *	first -> its attempt succeeds -> out, and wakes the next
 *	first -> its attempt fails -> sleeps -> woken -> first
 *
 * Only the first one tries, and each wakes no more than the next: one thread at
 * a time comes out of its sleep, however many there are. Threads that do not
 * wait may take what it was woken for; it then sleeps again, still the first.
 *
 * A thread that is cancelled while it sleeps leaves the line, wherever it
 * stands in it; when it was the first, the next one is woken, as the room that
 * this one may have been woken for is still there. An attempt is not cancelled.
 *
 * The first one sets WANTED, then tries; who makes room does that, then looks
 * for WANTED. All four are seq_cst: either the attempt sees the room, or the
 * mark is seen. The first of each two is an exchange, which is more than the
 * language asks for: a store is kept in its order before a load of something
 * else by few instructions, and emulators of other processors get that wrong.
 * The mark is taken back with the wake, so that those who make room take the
 * lock once for each sleep, not for each piece of room.
 */

#include "channel/turns.h"

#include <errno.h>
#include <stddef.h>

#include "base/check.h"
#include "base/yield_point.h"
#include "sys/thread.h"

struct mio__turn {
	struct mio__turns *turns;
	struct mio__turn *next;
	pthread_cond_t come;
	bool woken;
};

int
mio__turns_init(struct mio__turns *turns)
{
	atomic_init(&turns->wanted, 0);
	turns->first = NULL;
	turns->last = &turns->first;

	return -pthread_mutex_init(&turns->lock, NULL);
}

void
mio__turns_fini(struct mio__turns *turns)
{
	(void)pthread_mutex_destroy(
	    &turns->lock); /* held in a child at worst */
}

static void
sleep_locked(struct mio__turns *turns, struct mio__turn *self)
{
	while (!self->woken)
		(void)mio__os_cond_wait(&self->come, &turns->lock, MIO__NEVER);
	self->woken = false;
}

static void
wake_first_locked(struct mio__turns *turns)
{
	struct mio__turn *first = turns->first;

	if (first == NULL || first->woken)
		return;

	/* under the lock: the condition is gone once its owner has it */
	first->woken = true;
	(void)pthread_cond_signal(&first->come);
}

/* With the lock, which it gives back. */
static void
leave(void *argument)
{
	struct mio__turn *self = argument, **link;
	struct mio__turns *turns = self->turns;
	bool was_first = turns->first == self;

	/* of those that are not cancelled each is the first */
	for (link = &turns->first; *link != self; link = &(*link)->next)
		MIO__CHECK(*link != NULL);
	*link = self->next;
	if (self->next == NULL)
		turns->last = link;

	if (was_first) {
		atomic_store_explicit(&turns->wanted, 0, memory_order_relaxed);
		wake_first_locked(turns);
	}
	(void)pthread_mutex_unlock(&turns->lock);

	(void)pthread_cond_destroy(&self->come); /* nobody else knows it */
}

int
mio__turns_wait(struct mio__turns *turns,
    int (*attempt)(void *context, const void *argument), void *context,
    const void *argument)
{
	struct mio__turn self = { .turns = turns };
	int r;

	if (mio__os_cond_init(&self.come) < 0)
		return -ENOMEM;

	(void)pthread_mutex_lock(&turns->lock); /* not recursive: cannot fail */
	*turns->last = &self;
	turns->last = &self.next;
	pthread_cleanup_push(leave, &self);

	if (turns->first != &self)
		sleep_locked(turns, &self);

	for (;;) {
		(void)atomic_exchange_explicit(
		    &turns->wanted, 1, memory_order_seq_cst);
		MIO__YIELD_POINT();
		r = attempt(context, argument);
		if (r != -EAGAIN)
			break;
		sleep_locked(turns, &self);
	}
	MIO__CHECK(turns->first == &self);

	pthread_cleanup_pop(1);

	return r;
}

void
mio__turns_wake(struct mio__turns *turns)
{
	(void)pthread_mutex_lock(&turns->lock); /* not recursive: cannot fail */
	atomic_store_explicit(&turns->wanted, 0, memory_order_relaxed);
	wake_first_locked(turns);
	(void)pthread_mutex_unlock(&turns->lock);
}
