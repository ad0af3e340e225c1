/* SPDX-License-Identifier: MIT */

/*
 * The word of state, from the lowest bit:
 *
 *	READY		8	the readiness bits last set
 *	INTEREST	8	those of them that are reported: the interest,
 *			errors and hang-ups; none while it is not
 *			registered, a oneshot that fired, or DROPPED
 *	QUEUED		1	the node is in the queue, or about to be
 *	EDGE, ONESHOT	2	the options
 *	REGISTERED	1
 *	DROPPED		1	the registration was destroyed
 *	ORPHAN		1	the last reference is gone
 *	FINAL		1	reported once by each registration, also a level
 *	WRITE, READ	2 + 2	the slots of tokens: the newest, the collector's
 *
 * It has something to report, is "due", when READY and INTEREST have a bit in
 * common.
 *
 * Who calls what. Set, add, remove, finish, get, ref, unref: any thread; set in
 * signal handlers too. Register and reregister: under the lock of the poll.
 * Deregister and drop: any thread that has the registration. Take and keep: the
 * collector of the poll (collect.c). Discard: the collector, whoever closes the
 * poll, and who finds it closed.
 *
 * Transitions. Each is one compare-and-swap or fetch on the word, repeated
 * only when another thread's came in between:
 *
 *	set		READY; QUEUED if it is due then
 *	add		bits of READY; QUEUED if it is due then
 *	remove		not these bits of READY, unless FINAL
 *	finish		bits of READY, FINAL; QUEUED if it is due then
 *	register,	the token goes into a free slot first; then WRITE,
 *	reregister	INTEREST, unless DROPPED, options, REGISTERED; QUEUED if
 *			it is due then. The lock makes it one at a time
 *	deregister	not REGISTERED, no INTEREST
 *	drop		DROPPED, no INTEREST; nothing is set any more
 *	take		READ = WRITE, if they differ, in a step of its own; then
 *			not QUEUED, but for a level that is due and not FINAL;
 *			no INTEREST for a oneshot that is due
 *	keep		not QUEUED, unless it is due
 *	discard		not QUEUED
 *	last unref	ORPHAN
 *
 * Whoever sets QUEUED pushes the node; nobody else does until it is popped.
 *
 * Tokens. An update writes to the slot that is neither READ nor WRITE. The
 * collector reads only slot READ, when READ and WRITE are the same, and only it
 * moves READ, always to WRITE: a slot that is neither stays so until this very
 * update names it. So nobody writes where the collector reads until it has
 * moved on, and if its compare-and-swap finds the word unchanged then the token
 * is the one that goes with the rest of the word: for WRITE to be the same slot
 * again, READ would have had to leave it.
 *
 * Lifetime. The word decides who frees: the last unref, or if QUEUED was set
 * then, whoever takes QUEUED away. That is the collector that pops the node, or
 * the one who closes the poll and pops what is there, or the producer whose
 * push finds the queue closed: exactly one of them, as the push and the closing
 * change the same word (ready_queue.h). A readiness refers to its poll from its
 * first register on, so that a push always finds one, open or closed.
 *
 * Orders. Every change is a read-modify-write with acq_rel, also of a set that
 * changes no bit: it releases into whichever take comes after it, so that what
 * was written before any set is seen after the event. The same orders a token
 * before the update that names its slot, and the collector's reading of a slot
 * before the update that writes it anew. ORPHAN and QUEUED are bits of one
 * word, so that whoever comes second sees the first, and frees after all that
 * the others did. The pointer to the poll is stored before the update that
 * first sets REGISTERED.
 */

#include "core/readiness.h"

#include <errno.h>
#include <stddef.h>

#include "base/check.h"
#include "base/yield_point.h"
#include "sys/memory.h"

#define READY          0xffu
#define INTEREST_SHIFT 8
#define INTEREST       (READY << INTEREST_SHIFT)
#define QUEUED         MIO__READINESS_QUEUED
#define EDGE           0x20000u
#define ONESHOT        0x40000u
#define REGISTERED     0x80000u
#define DROPPED        0x100000u
#define ORPHAN         0x200000u
#define FINAL          0x400000u
#define NEWEST_SHIFT   28
#define CURRENT_SHIFT  30
#define SLOT           0x3u

#define UPDATED (INTEREST | EDGE | ONESHOT | REGISTERED | SLOT << NEWEST_SHIFT)

/* Kept out of the way of those who set and take. */
#define COLD __attribute__((noinline, cold))

/* What is reported whatever the interest. */
#define ALWAYS (MIO_ERROR | MIO_HUP)

/* More than any program has; the rest is room for the threads that add one. */
#define REFS_MAX (UINT32_C(1) << 31)

_Static_assert(MIO__READINESS_EDGE ==
	(REGISTERED | EDGE | (MIO_READABLE | ALWAYS) << INTEREST_SHIFT |
	    MIO_READABLE),
    "what a waker is");
_Static_assert(EDGE == MIO_EDGE << 17 && ONESHOT == MIO_ONESHOT << 16,
    "options are moved into their place");

static inline unsigned
slot_at(unsigned state, unsigned shift)
{
	return state >> shift & SLOT;
}

/* The bits there are to report; 0 when it is not due. */
static inline unsigned
due(unsigned state)
{
	return state >> INTEREST_SHIFT & state & READY;
}

static unsigned
queued_if_due(unsigned state)
{
	return due(state) ? state | QUEUED : state;
}

static inline unsigned
load(const struct mio_readiness *self)
{
	return atomic_load_explicit(&self->state, memory_order_acquire);
}

/* True when *state was replaced; else *state is what is there. */
static inline bool
replace(struct mio_readiness *self, unsigned *state, unsigned next)
{
	MIO__YIELD_POINT();

	return atomic_compare_exchange_weak_explicit(&self->state, state, next,
	    memory_order_acq_rel, memory_order_acquire);
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

	/* relaxed: whoever adds one holds one */
	refs = atomic_fetch_add_explicit(&self->refs, 1, memory_order_relaxed);
	MIO__CHECK(refs < REFS_MAX);
}

static COLD void
release(struct mio_readiness *self)
{
	struct mio_poll *poll = poll_of(self);

	mio__os_free(self);
	if (poll != NULL)
		mio__core_unref(poll);
}

void
mio__readiness_unref(struct mio_readiness *self)
{
	/* acq_rel: the last one frees after all that the others did */
	if (atomic_fetch_sub_explicit(&self->refs, 1, memory_order_acq_rel) !=
	    1)
		return;

	MIO__YIELD_POINT();
	if (!(atomic_fetch_or_explicit(
		  &self->state, ORPHAN, memory_order_acq_rel) &
		QUEUED))
		release(self);
}

void
mio__readiness_discard(struct mio__ready_node *node)
{
	struct mio_readiness *self = (struct mio_readiness *)node;

	/* from here on what is no orphan is its owner's */
	if (atomic_fetch_and_explicit(
		&self->state, ~QUEUED, memory_order_acq_rel) &
	    ORPHAN)
		release(self);
}

/* After the change from state to next. */
static void
push_if_newly_queued(struct mio_readiness *self, unsigned state, unsigned next)
{
	if ((state ^ next) & QUEUED)
		mio__readiness_push(self);
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
 * Makes it this poll's from now on, unless it is another's: whether it is. Two
 * polls have two locks, so that two threads may come here at once.
 */
static bool
bind(struct mio_readiness *self, struct mio_poll *poll)
{
	struct mio_poll *bound = poll_of(self);

	if (bound != NULL)
		return bound == poll;

	mio__core_ref(poll);
	if (atomic_compare_exchange_strong_explicit(&self->poll, &bound, poll,
		memory_order_acq_rel, memory_order_acquire))
		return true;

	mio__core_unref(poll);

	return bound == poll;
}

/* Neither READ nor WRITE. */
static unsigned
free_slot(unsigned state)
{
	unsigned current = slot_at(state, CURRENT_SHIFT);
	unsigned newest = slot_at(state, NEWEST_SHIFT);

	if (current != newest)
		return MIO__TOKEN_SLOTS - current - newest;

	return newest == 0 ? 1 : 0;
}

/* registered says what it must be for this update. */
static int
update_locked(struct mio_readiness *self, mio_token_t token, unsigned interest,
    unsigned options, unsigned registered)
{
	unsigned state = load(self);
	unsigned slot = free_slot(state);
	unsigned next;
	unsigned set = REGISTERED | (interest | ALWAYS) << INTEREST_SHIFT |
	    slot << NEWEST_SHIFT | (options & MIO_EDGE) << 17 |
	    (options & MIO_ONESHOT) << 16;

	self->tokens[slot] = token;

	do {
		if ((state & REGISTERED) != registered)
			return registered ? -ENOENT : -EEXIST;
		if (state & DROPPED)
			set &= ~INTEREST;
		next = queued_if_due((state & ~UPDATED) | set);
	} while (!replace(self, &state, next));

	push_if_newly_queued(self, state, next);

	return 0;
}

int
mio__readiness_register_locked(struct mio_readiness *self,
    struct mio_poll *poll, mio_token_t token, unsigned interest,
    unsigned options)
{
	if (!bind(self, poll))
		return -EINVAL;

	return update_locked(self, token, interest, options, 0);
}

int
mio__readiness_reregister_locked(struct mio_readiness *self,
    struct mio_poll *poll, mio_token_t token, unsigned interest,
    unsigned options)
{
	struct mio_poll *bound = poll_of(self);

	if (bound != poll)
		return bound == NULL ? -ENOENT : -EINVAL;

	return update_locked(self, token, interest, options, REGISTERED);
}

int
mio__readiness_deregister(struct mio_readiness *self, struct mio_poll *poll)
{
	struct mio_poll *bound = poll_of(self);

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
	unsigned state = load(self);

	while (!replace(self, &state, (state & ~INTEREST) | DROPPED))
		continue;
}

/* Sets bits and clears those of mask: whether the node is to be pushed. */
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

void
mio__readiness_set(struct mio_readiness *self, unsigned ready)
{
	if (change(self, READY, ready))
		mio__readiness_push(self);
}

void
mio__readiness_set_without_wake(struct mio_readiness *self, unsigned ready)
{
	if (change(self, READY, ready) &&
	    !mio__ready_queue_push(&poll_of(self)->ready, &self->node))
		mio__readiness_discard(&self->node);
}

unsigned
mio__readiness_get(const struct mio_readiness *self)
{
	return load(self) & READY;
}

bool
mio__readiness_is_readable(const struct mio_readiness *self)
{
	return (due(load(self) | MIO_READABLE) & MIO_READABLE) != 0;
}

void
mio__readiness_add(struct mio_readiness *self, unsigned ready)
{
	if (change(self, 0, ready))
		mio__readiness_push(self);
}

void
mio__readiness_finish(struct mio_readiness *self, unsigned ready)
{
	if (change(self, 0, ready | FINAL))
		mio__readiness_push(self);
}

void
mio__readiness_remove(struct mio_readiness *self, unsigned ready)
{
	unsigned state = load(self);

	while ((state & ready) && !(state & FINAL))
		if (replace(self, &state, state & ~ready))
			return;
}

/* Whether an update has left a token that the collector has not moved to. */
static inline bool
has_new_token(unsigned state)
{
	return ((state ^ state << (CURRENT_SHIFT - NEWEST_SHIFT)) &
		   SLOT << CURRENT_SHIFT) != 0;
}

/* Moves to it; what the state is then. */
static COLD unsigned
move_to_token(struct mio_readiness *self, unsigned state)
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

/*
 * What the state becomes when that has been reported, which is not told again.
 */
static inline unsigned
after_report(unsigned state, unsigned ready)
{
	if (ready != 0 && (state & ONESHOT))
		state &= ~INTEREST;

	return state & ~QUEUED;
}

/* The event after the one that a popped node has, if it has one. */
static inline struct mio_event *
report_one(struct mio_poll *poll, struct mio__ready_node *node,
    struct mio_event *event)
{
	struct mio_readiness *self = (struct mio_readiness *)node;
	unsigned state = load(self);
	unsigned ready;
	mio_token_t token;

	for (;;) {
		if (has_new_token(state))
			state = move_to_token(self, state);
		token = self->tokens[slot_at(state, CURRENT_SHIFT)];
		ready = due(state);

		/* a level stays, and changes nothing: the look was all */
		if (ready != 0 && !(state & (EDGE | FINAL | ONESHOT))) {
			mio__ready_queue_append(&poll->ready, node);
			break;
		}
		if (replace(self, &state, after_report(state, ready))) {
			/* from here on what is no orphan is its owner's */
			if (state & ORPHAN)
				release(self);
			break;
		}
	}
	if (ready == 0)
		return event;

	event->token = token;
	event->ready = ready;
	event->reserved = 0;

	return event + 1;
}

size_t
mio__readiness_report(
    struct mio_poll *poll, struct mio_event *events, size_t capacity)
{
	const struct mio__ready_node *last = poll->ready.last;
	const struct mio_event *end = events + capacity;
	struct mio_event *event = events;
	struct mio__ready_node *node;

	if (mio__ready_queue_is_empty(&poll->ready))
		return 0;

	while (event != end) {
		node = mio__ready_queue_pop(&poll->ready);
		event = report_one(poll, node, event);
		if (node == last)
			break;
	}

	return (size_t)(event - events);
}

bool
mio__readiness_requeue_if_due(
    struct mio_poll *poll, struct mio__ready_node *node)
{
	struct mio_readiness *self = (struct mio_readiness *)node;
	unsigned state = load(self);

	do {
		if (due(state) != 0) {
			mio__ready_queue_append(&poll->ready, node);
			return true;
		}
	} while (!replace(self, &state, state & ~QUEUED));

	if (state & ORPHAN)
		release(self);

	return false;
}
