/* SPDX-License-Identifier: MIT */

/*
 * The fields of the state are described in readiness_state.h.
 *
 * Who calls what. Any thread calls set, add, remove, finish, get, ref and
 * unref, and signal handlers call set, too. An update needs the poll's lock.
 * Any thread that has the registration calls deregister and drop. The holder of
 * the collector (collect.c) calls report and requeue. Discard is called by that
 * holder, by the thread that closes the poll, and by a producer that finds the
 * poll closed.
 *
 * Transitions. Each is one compare-and-swap or fetch operation on the word. A
 * compare-and-swap is repeated only if another thread has changed the word in
 * between, or if it failed spuriously:
 *
 *	set		replaces READY; sets QUEUED if it is due then
 *	add		sets bits of READY; sets QUEUED if it is due then
 *	remove		clears bits of READY, but none once FINAL is set
 *	finish		as add, and sets FINAL
 *	update		stores the token in a free slot before; makes NEWEST
 *			that slot; sets the options, REGISTERED, and, unless it
 *			is DROPPED, INTEREST; sets QUEUED if it is due then. The
 *			lock allows one update at a time
 *	deregister	clears REGISTERED and INTEREST
 *	drop		sets DROPPED, clears INTEREST; later sets do nothing
 *	report		first makes CURRENT equal to NEWEST, in a transition of
 *			its own, if they differ; then clears QUEUED, except for
 *			a level that is due and neither FINAL nor ONESHOT;
 *			clears INTEREST if a oneshot is due
 *	requeue		clears QUEUED, unless it is due
 *	discard		clears QUEUED
 *	last unref	sets ORPHAN
 *
 * The thread whose transition sets QUEUED pushes the node. No other thread does
 * so until the node was popped.
 *
 * Tokens. An update writes to a slot that is neither CURRENT nor NEWEST. The
 * collector reads only the slot CURRENT, and only after it has made CURRENT and
 * NEWEST the same. Only the collector changes CURRENT, and only to the value of
 * NEWEST. So a slot that is neither of the two remains so until the update that
 * has written to it makes it NEWEST. Therefore no update writes to the slot
 * from which the collector reads. After the collector has read the token, its
 * compare-and-swap succeeds only if the word is unchanged, and then the token
 * belongs to the rest of the word: after another update, NEWEST could name the
 * same slot again only if CURRENT had changed in between.
 *
 * Lifetime. The word decides who frees the readiness: the last unref, or, if
 * QUEUED was set at that time, the thread that clears QUEUED. That is the
 * holder of the collector, which pops the node; or the thread that closes the
 * poll and pops what is queued; or the producer whose push finds the queue
 * closed. It is exactly one of them, since pushing and closing change the same
 * word (ready_queue.h). From its first register on a readiness has a reference
 * to its poll, so a push always finds one, open or closed.
 *
 * Memory orders. Every transition is a read-modify-write operation with
 * acq_rel, even a set that changes no bit. By the C11 memory model as RC11
 * corrects it, all of them form one release sequence, and each synchronizes
 * with every later one. This has the following effects:
 *
 *	- What a thread has written before a set is seen by the thread that
 *	  receives the event, even if another thread's set has queued the node:
 *	  the transition of the report comes later in the order of the word. The
 *	  report of a level changes nothing; it loads the word with acquire, and
 *	  so synchronizes with the set that it reads and with all before.
 *	- A token is stored before the update that names its slot, and the
 *	  collector reads it after it has seen that update.
 *	- The collector has read a slot before the transition by which it moves
 *	  to another one, and an update writes to the old slot only after it has
 *	  seen this transition.
 *	- The last unref sets ORPHAN, and the thread that is done with the node
 *	  clears QUEUED. The second of these transitions sees the first, and its
 *	  thread frees the readiness after everything that the others have done.
 *	- The pointer to the poll is stored before the update that first sets
 *	  REGISTERED, so the thread that sets QUEUED reads it.
 */

#include "core/readiness.h"

#include <errno.h>
#include <stddef.h>

#include "base/check.h"
#include "base/yield_point.h"
#include "core/readiness_state.h"
#include "sys/memory.h"

/* The bits that an update replaces. */
#define UPDATED (INTEREST | EDGE | ONESHOT | REGISTERED | SLOT << NEWEST_SHIFT)

/* These bits are reported regardless of the interest. */
#define ALWAYS (MIO_ERROR | MIO_HUP)

/*
 * No program has more references than this. The counter does not overflow even
 * if all threads add one before the check of the first one fails.
 */
#define REFS_MAX (UINT32_C(1) << 31)

_Static_assert(MIO__READINESS_EDGE ==
	(REGISTERED | EDGE | (MIO_READABLE | ALWAYS) << INTEREST_SHIFT |
	    MIO_READABLE),
    "the state of a waker");
_Static_assert(EDGE == MIO_EDGE << 17 && ONESHOT == MIO_ONESHOT << 16,
    "options are shifted to their bits");

static unsigned
queued_if_due(unsigned state)
{
	return due(state) ? state | QUEUED : state;
}

static struct mio_poll *
poll_of(const struct mio_readiness *self)
{
	return atomic_load_explicit(&self->poll, memory_order_acquire);
}

void
mio__readiness_init(struct mio_readiness *self, unsigned refs)
{
	self->node.next = NULL;
	atomic_init(&self->state, 0);
	atomic_init(&self->refs, refs);
	atomic_init(&self->poll, NULL);
}

void
mio__readiness_init_edge(
    struct mio_readiness *self, struct mio_poll *poll, mio_token_t token)
{
	mio__readiness_init(self, 1);
	atomic_init(&self->state, MIO__READINESS_EDGE);
	atomic_init(&self->poll, poll);
	mio__core_ref(poll);
	self->tokens[0] = token;
}

void
mio__readiness_ref(struct mio_readiness *self)
{
	unsigned refs;

	/* relaxed: the caller holds a reference already */
	refs = atomic_fetch_add_explicit(&self->refs, 1, memory_order_relaxed);
	MIO__CHECK(refs < REFS_MAX);
}

void
mio__readiness_release(struct mio_readiness *self)
{
	struct mio_poll *poll = poll_of(self);

	mio__os_free(self);
	if (poll != NULL)
		mio__core_unref(poll);
}

void
mio__readiness_unref(struct mio_readiness *self)
{
	/* acq_rel: all that other threads did happens before the free */
	if (atomic_fetch_sub_explicit(&self->refs, 1, memory_order_acq_rel) !=
	    1)
		return;

	MIO__YIELD_POINT();
	if (!(atomic_fetch_or_explicit(
		  &self->state, ORPHAN, memory_order_acq_rel) &
		QUEUED))
		mio__readiness_release(self);
}

int
mio__readiness_discard(struct mio__ready_node *node)
{
	struct mio_readiness *self = (struct mio_readiness *)node;

	/* unless it was an orphan, its owner may free it from here on */
	if (atomic_fetch_and_explicit(
		&self->state, ~QUEUED, memory_order_acq_rel) &
	    ORPHAN)
		mio__readiness_release(self);

	return 0;
}

int
mio__readiness_check(const struct mio_readiness *self,
    const struct mio_poll *poll, unsigned interest, unsigned options)
{
	const struct mio_poll *bound = poll_of(self);

	if ((interest & (MIO_AIO | MIO_LIO)) || (options & MIO_EXCLUSIVE))
		return -ENOTSUP;

	return bound == NULL || bound == poll ? 0 : -EINVAL;
}

/*
 * Binds it to the poll for good. Two polls have two locks, so two threads may
 * call this at once; the second one gets -EINVAL.
 */
static MIO__NOINLINE MIO__COLD int
bind(struct mio_readiness *self, struct mio_poll *poll)
{
	struct mio_poll *bound = NULL;

	mio__core_ref(poll);
	if (atomic_compare_exchange_strong_explicit(&self->poll, &bound, poll,
		memory_order_acq_rel, memory_order_acquire))
		return 0;

	mio__core_unref(poll);

	return bound == poll ? 0 : -EINVAL;
}

/* Returns a slot that is neither CURRENT nor NEWEST. */
static unsigned
free_slot(unsigned state)
{
	unsigned current = slot_at(state, CURRENT_SHIFT);
	unsigned newest = slot_at(state, NEWEST_SHIFT);

	if (current != newest)
		return MIO__TOKEN_SLOTS - current - newest;

	return newest == 0 ? 1 : 0;
}

int
mio__readiness_update_locked(struct mio_readiness *self, struct mio_poll *poll,
    mio_token_t token, unsigned interest, unsigned options, bool registered)
{
	unsigned state, slot, next, bits;
	int r = 0;

	if (poll_of(self) == NULL)
		r = registered ? -ENOENT : bind(self, poll);
	if (r < 0)
		return r;

	state = load_state(self);
	slot = free_slot(state);
	self->tokens[slot] = token;
	bits = REGISTERED | (interest | ALWAYS) << INTEREST_SHIFT |
	    slot << NEWEST_SHIFT | (options & MIO_EDGE) << 17 |
	    (options & MIO_ONESHOT) << 16;

	do {
		if (((state & REGISTERED) != 0) != registered)
			return registered ? -ENOENT : -EEXIST;
		if (state & DROPPED)
			bits &= ~INTEREST;
		next = queued_if_due((state & ~UPDATED) | bits);
	} while (!replace(self, &state, next));

	if ((state ^ next) & QUEUED)
		(void)mio__readiness_push(self);

	return 0;
}

int
mio__readiness_deregister(struct mio_readiness *self, struct mio_poll *poll)
{
	const struct mio_poll *bound = poll_of(self);

	if (bound != poll)
		return bound == NULL ? -ENOENT : -EINVAL;

	return atomic_fetch_and_explicit(&self->state, ~(REGISTERED | INTEREST),
		   memory_order_acq_rel) &
		REGISTERED
	    ? 0
	    : -ENOENT;
}

void
mio__readiness_drop(struct mio_readiness *self)
{
	unsigned state = load_state(self);

	while (!replace(self, &state, (state & ~INTEREST) | DROPPED))
		continue;
}

/*
 * Clears the bits of mask and then sets bits. Returns whether this has set
 * QUEUED, so that the caller has to push the node.
 */
static inline bool
change(struct mio_readiness *self, unsigned mask, unsigned bits)
{
	unsigned state, next;

	state = atomic_load_explicit(&self->state, memory_order_relaxed);
	do {
		if (state & DROPPED)
			return false;
		next = queued_if_due((state & ~mask) | bits);
	} while (!replace(self, &state, next));

	return ((state ^ next) & QUEUED) != 0;
}

int
mio__readiness_set(struct mio_readiness *self, unsigned ready)
{
	return change(self, READY, ready) ? mio__readiness_push(self) : 0;
}

void
mio__readiness_set_without_wake(struct mio_readiness *self, unsigned ready)
{
	if (change(self, READY, ready) &&
	    !mio__ready_queue_push(&poll_of(self)->ready, &self->node))
		(void)mio__readiness_discard(&self->node);
}

unsigned
mio__readiness_get(const struct mio_readiness *self)
{
	return load_state(self) & READY;
}

bool
mio__readiness_is_readable(const struct mio_readiness *self)
{
	return (due(load_state(self) | MIO_READABLE) & MIO_READABLE) != 0;
}

void
mio__readiness_add(struct mio_readiness *self, unsigned ready)
{
	if (change(self, 0, ready))
		(void)mio__readiness_push(self);
}

void
mio__readiness_finish(struct mio_readiness *self, unsigned ready)
{
	if (change(self, 0, ready | FINAL))
		(void)mio__readiness_push(self);
}

void
mio__readiness_remove(struct mio_readiness *self, unsigned ready)
{
	unsigned state = load_state(self);

	while ((state & ready) && !(state & FINAL))
		if (replace(self, &state, state & ~ready))
			return;
}

unsigned
mio__readiness_move_to_token(struct mio_readiness *self, unsigned state)
{
	unsigned next;

	while (has_new_token(state)) {
		next = (state & ~(SLOT << CURRENT_SHIFT)) |
		    slot_at(state, NEWEST_SHIFT) << CURRENT_SHIFT;
		if (replace(self, &state, next))
			state = next;
	}

	return state;
}

unsigned
mio__readiness_dismiss(struct mio_readiness *self, unsigned state)
{
	do
		if (due(state) != 0)
			return state;
	while (!replace(self, &state, state & ~QUEUED));

	if (state & ORPHAN)
		mio__readiness_release(self);

	return 0;
}
