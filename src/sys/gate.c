/* SPDX-License-Identifier: MIT */

/*
 * Whoever comes while the gate is held, or while others wait, stands in line.
 * The first in line goes in once the gate is not held. Any change of who is
 * first, or of whether the gate is held, wakes all that wait: each looks
 * whether it is its turn. There is one condition for all, so that waiting needs
 * nothing that could be refused.
 *
 * A thread that gives up, by its deadline or since it was cancelled, leaves the
 * line itself, wherever it stands.
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
		(void)pthread_mutex_destroy(&gate->lock); /* nobody knows it */

	return r;
}

void
mio__gate_fini(struct mio__gate *gate)
{
	(void)pthread_cond_destroy(&gate->changed); /* nobody waits */
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
