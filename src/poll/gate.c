/* SPDX-License-Identifier: MIT */

/*
 * Who calls what: any thread enters, the thread that is inside leaves.
 *
 *	FREE -> enter -> HELD			one compare-and-swap
 *	HELD -> leave -> FREE			one compare-and-swap
 *	HELD -> enter -> QUEUED			under the lock; the caller waits
 *	QUEUED -> enter -> QUEUED		under the lock; the caller waits
 *	QUEUED -> leave -> QUEUED or HELD	under the lock; to the first
 *	QUEUED -> the last one gives up -> HELD	under the lock
 *
 * Invariant, under the lock: the state is QUEUED exactly when the queue is not
 * empty. The gate goes straight from the one who leaves to the first in the
 * queue and is never FREE in between, so a thread that polls in a tight loop
 * cannot starve the others. Either a waiter is granted the gate, or it takes
 * itself out of the queue: both happen under the lock, so a waiter that times
 * out as it is let in finds itself inside, and no turn is lost.
 *
 * Orders: FREE -> HELD acquires what HELD -> FREE released: everything that
 * the last one inside did to the poll. The other hand-overs go through the
 * lock. HELD -> QUEUED needs no order: it says nothing but that leaving has to
 * take the lock.
 */

#include "poll/gate.h"

#include <stddef.h>

#include "base/check.h"
#include "sys/os.h"

#define FREE   MIO__GATE_FREE
#define HELD   MIO__GATE_HELD
#define QUEUED MIO__GATE_QUEUED

struct mio__gate_waiter {
	struct mio__gate_waiter *next;
	pthread_cond_t turn;
	bool granted;
};

int
mio__gate_init(struct mio__gate *gate)
{
	atomic_init(&gate->state, FREE);
	gate->first = NULL;
	gate->last = &gate->first;

	return -pthread_mutex_init(&gate->lock, NULL);
}

void
mio__gate_fini(struct mio__gate *gate)
{
	(void)pthread_mutex_destroy(&gate->lock); /* held in a child at worst */
}

/* Enters, or makes sure that whoever is inside will see the queue. */
static bool
enter_or_announce_locked(struct mio__gate *gate)
{
	unsigned state = HELD;

	while (!mio__gate_try_enter(gate)) {
		state = HELD;
		if (atomic_compare_exchange_strong_explicit(&gate->state,
			&state, QUEUED, memory_order_relaxed,
			memory_order_relaxed) ||
		    state == QUEUED)
			return false;
	}

	return true;
}

static void
give_up_locked(struct mio__gate *gate, struct mio__gate_waiter *self)
{
	struct mio__gate_waiter **link = &gate->first;

	while (*link != self)
		link = &(*link)->next;

	*link = self->next;
	if (self->next == NULL)
		gate->last = link;

	/* the one inside cannot leave by itself while the lock is ours */
	if (gate->first == NULL)
		atomic_store_explicit(&gate->state, HELD, memory_order_relaxed);
}

static bool
wait_in_queue_locked(struct mio__gate *gate, mio__instant_t deadline)
{
	struct mio__gate_waiter self = { .next = NULL };
	int r;

	r = mio__os_cond_init(&self.turn);
	MIO__CHECK(r == 0);

	*gate->last = &self;
	gate->last = &self.next;

	while (!self.granted) {
		if (mio__os_cond_wait(&self.turn, &gate->lock, deadline))
			continue;
		if (!self.granted)
			give_up_locked(gate, &self);
		break;
	}

	(void)pthread_cond_destroy(&self.turn); /* nobody else knows it */

	return self.granted;
}

bool
mio__gate_enter(struct mio__gate *gate, mio__instant_t deadline)
{
	bool inside;

	if (mio__gate_try_enter(gate))
		return true;

	(void)pthread_mutex_lock(&gate->lock); /* not recursive: cannot fail */
	inside = enter_or_announce_locked(gate);
	if (!inside)
		inside = wait_in_queue_locked(gate, deadline);
	(void)pthread_mutex_unlock(&gate->lock);

	return inside;
}

static void
hand_over_locked(struct mio__gate *gate)
{
	struct mio__gate_waiter *next = gate->first;

	/* everyone gave up between our look and the lock */
	if (next == NULL) {
		atomic_store_explicit(&gate->state, FREE, memory_order_release);
		return;
	}

	gate->first = next->next;
	if (gate->first == NULL) {
		gate->last = &gate->first;
		atomic_store_explicit(&gate->state, HELD, memory_order_relaxed);
	}

	/* under the lock: the condition is gone once its owner has it */
	next->granted = true;
	(void)pthread_cond_signal(&next->turn);
}

void
mio__gate_hand_over(struct mio__gate *gate)
{
	(void)pthread_mutex_lock(&gate->lock); /* not recursive: cannot fail */
	hand_over_locked(gate);
	(void)pthread_mutex_unlock(&gate->lock);
}
