/* SPDX-License-Identifier: MIT */

/*
 * A thread that arrives appends itself to a queue. The first thread in the
 * queue enters as soon as the gate is not held. Whenever the first thread
 * changes while the gate is free, and whenever the gate becomes free, all
 * waiting threads are woken, and each checks whether it may enter. They share
 * one condition variable, so that waiting needs no resource that could run out.
 *
 * A thread that gives up, because its deadline has passed or because it is
 * cancelled, removes itself from the queue, at whatever position it is.
 */

#include "sys/gate.h"

#include <stddef.h>

#include "sys/lock.h"
#include "sys/thread.h"

struct mio__gate_waiter {
	struct mio__gate_waiter *next, **link;
	struct mio__gate *gate;
};

int
mio__gate_init(struct mio__gate *gate)
{
	int r;

	gate->held = false;
	gate->first = NULL;
	gate->last = &gate->first;

	r = -pthread_mutex_init(&gate->lock, NULL);
	if (r < 0)
		return r;

	r = mio__os_cond_init(&gate->changed);
	if (r < 0)
		(void)pthread_mutex_destroy(&gate->lock); /* not in use yet */

	return r;
}

void
mio__gate_fini(struct mio__gate *gate)
{
	(void)pthread_cond_destroy(&gate->changed); /* no thread waits for it */
	(void)pthread_mutex_destroy(&gate->lock);
}

static void
append_locked(struct mio__gate_waiter *self)
{
	self->next = NULL;
	self->link = self->gate->last;
	*self->link = self;
	self->gate->last = &self->next;
}

static void
remove_locked(struct mio__gate_waiter *self)
{
	struct mio__gate *gate = self->gate;

	*self->link = self->next;
	if (self->next != NULL)
		self->next->link = self->link;
	else
		gate->last = self->link;

	if (!gate->held && gate->first != NULL)
		(void)pthread_cond_broadcast(&gate->changed); /* no errors */
}

static void
cancelled(void *argument)
{
	struct mio__gate_waiter *self = argument;

	remove_locked(self);
	mio__unlock(&self->gate->lock);
}

static void
wait_locked(struct mio__gate_waiter *self, mio__instant_t deadline)
{
	struct mio__gate *gate = self->gate;

	while ((gate->held || gate->first != self) &&
	    mio__os_cond_wait(&gate->changed, &gate->lock, deadline))
		continue;
}

bool
mio__gate_enter(struct mio__gate *gate, mio__instant_t deadline)
{
	struct mio__gate_waiter self = { .gate = gate };
	bool inside;

	mio__lock(&gate->lock);
	append_locked(&self);

	pthread_cleanup_push(cancelled, &self);
	wait_locked(&self, deadline);
	pthread_cleanup_pop(0);

	inside = !gate->held && gate->first == &self;
	gate->held |= inside;
	remove_locked(&self);
	mio__unlock(&gate->lock);

	return inside;
}

void
mio__gate_leave(struct mio__gate *gate)
{
	mio__lock(&gate->lock);
	gate->held = false;
	if (gate->first != NULL)
		(void)pthread_cond_broadcast(&gate->changed); /* no errors */
	mio__unlock(&gate->lock);
}
