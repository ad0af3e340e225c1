/* SPDX-License-Identifier: MIT */

/*
 * The word of state, from the lowest bit:
 *
 *	READY		8	the readiness bits last set
 *	INTEREST	3	READABLE, WRITABLE, PRIORITY
 *	QUEUED		1	the node is in the queue, or about to be
 *	EDGE, ONESHOT	2	the options
 *	REGISTERED	1
 *	DISARMED	1	a oneshot that fired
 *	DROPPED		1	the registration was destroyed
 *	ORPHAN		1	the last reference is gone
 *	READ, WRITE	3 + 3	the slots of tokens: the consumer's, the newest
 *	CLAIMS		6	the slots that updates under way write to
 *	FINAL		1	told once by each registration, also a level
 *
 * It has something to tell, is "due", when it is registered, neither disarmed
 * nor dropped, and READY has a bit of the interest, an error or a hang-up.
 *
 * Who calls what. Set, add, remove, finish, get, ref, unref: any thread; set in
 * signal handlers too. Register, reregister, deregister, drop: any thread that
 * has the registration. Take, is_pending: the consumer of the queue, which is
 * whoever is inside the poll's gate, or once the poll is gone the one reaper.
 *
 * Transitions. Each is one compare-and-swap or fetch on the word, repeated
 * only when another thread's came in between:
 *
 *	set		READY; QUEUED if it is due then
 *	add		bits of READY; QUEUED if it is due then
 *	remove		not these bits of READY, unless FINAL
 *	finish		bits of READY, FINAL; QUEUED if it is due then
 *	register,	two steps: claim a slot and write the token there; then
 *	reregister	WRITE, INTEREST, options, REGISTERED, not DISARMED, the
 *			claim given back; QUEUED if it is due then. Between the
 *			steps nothing has happened yet; the second finds out
 *			whether it may, and so the last second step wins
 *	deregister	not REGISTERED
 *	take		READ = WRITE, if they differ, in a step of its own; then
 *			not QUEUED, but for a level that is due and not FINAL;
 *			DISARMED for a oneshot that is due
 *	drop		DROPPED
 *	last unref	ORPHAN
 *
 * Whoever sets QUEUED pushes the node; nobody else does until it is popped.
 *
 * Tokens. A slot is written by the one update that claimed it, which is
 * neither READ nor WRITE then nor claimed. The consumer reads only slot READ,
 * when READ and WRITE are the same, and only it moves READ: so nobody writes
 * there until it has moved on, and if its compare-and-swap finds the word
 * unchanged then the token is the one that goes with the rest of the word: for
 * WRITE to be the same slot again, READ would have had to leave it. An update
 * takes a slot when fewer than all but two are claimed: four at once on one
 * registration. A fifth waits for one of them to get through its two steps.
 *
 * Lifetime. The word decides who frees: the last unref, or if QUEUED was set
 * then, whoever pops the node. A node refers to its queue from its first
 * register on, so that a push always finds one. Once the poll is gone nobody
 * pops but a reaper: who destroys a poll, or drops the last reference to what
 * is in a closed queue. That sets ORPHAN, then looks whether the queue is
 * closed; closing sets that, then pops. All are seq_cst: either the closer's
 * pop sees ORPHAN, or the other one sees the queue closed and reaps. A push
 * that is not linked yet hides the nodes behind it from a reaper, but its
 * reference is still to be dropped then, and that reaps again.
 *
 * Orders. Every change is a read-modify-write with acq_rel or more, also of a
 * set that changes no bit: it releases into whichever take comes after it, so
 * that what was written before any set is seen after the event. The same orders
 * a token before the update that names its slot, and the consumer's reading of
 * a slot before the claim that writes it anew. The pointer to the queue is
 * stored before the update that first sets REGISTERED.
 */

#include "poll/readiness.h"

#include <errno.h>
#include <stddef.h>

#include "base/check.h"
#include "base/point.h"
#include "mio/registration.h"
#include "sys/os.h"

#define READY          0xffu
#define INTEREST_SHIFT 8
#define INTEREST       (0x7u << INTEREST_SHIFT)
#define QUEUED         MIO__READINESS_QUEUED
#define EDGE           0x1000u
#define ONESHOT        0x2000u
#define REGISTERED     0x4000u
#define DISARMED       0x8000u
#define DROPPED        0x10000u
#define ORPHAN         0x20000u
#define READ_SHIFT     18
#define WRITE_SHIFT    21
#define CLAIMS_SHIFT   24
#define FINAL          0x40000000u

#define UPDATED \
	(INTEREST | EDGE | ONESHOT | REGISTERED | DISARMED | \
	    0x7u << WRITE_SHIFT)

/* What is told whatever the interest. */
#define ALWAYS (MIO_ERROR | MIO_HUP)

/* More than any program has; the rest is room for the threads that add one. */
#define REFS_MAX (UINT32_C(1) << 31)

_Static_assert(MIO__READINESS_EDGE ==
	(REGISTERED | EDGE | MIO_READABLE << INTEREST_SHIFT | MIO_READABLE),
    "what a waker is");
_Static_assert(1u << (CLAIMS_SHIFT + MIO__TOKEN_SLOTS) <= FINAL, "one word");

static unsigned
slot_at(unsigned state, unsigned shift)
{
	return state >> shift & 0x7u;
}

/* The bits there are to tell; 0 when it is not due. */
static unsigned
due(unsigned state)
{
	if ((state & (REGISTERED | DISARMED | DROPPED)) != REGISTERED)
		return 0;

	return state & READY & ((state & INTEREST) >> INTEREST_SHIFT | ALWAYS);
}

static unsigned
queued_if_due(unsigned state)
{
	return due(state) ? state | QUEUED : state;
}

static unsigned
load(const struct mio_readiness *self)
{
	return atomic_load_explicit(&self->state, memory_order_acquire);
}

/* True when *state was replaced; else *state is what is there. */
static bool
replace(struct mio_readiness *self, unsigned *state, unsigned next)
{
	MIO__POINT();

	return atomic_compare_exchange_weak_explicit(&self->state, state, next,
	    memory_order_acq_rel, memory_order_acquire);
}

static struct mio__readiness_queue *
queue_of(struct mio_readiness *self)
{
	return atomic_load_explicit(&self->queue, memory_order_acquire);
}

/* After the change from state to next. */
static void
push_if_newly_queued(struct mio_readiness *self, unsigned state, unsigned next)
{
	if (!(state & QUEUED) && (next & QUEUED))
		mio__readiness_queue_push(queue_of(self), &self->node);
}

void
mio__readiness_init(struct mio_readiness *self, unsigned refs)
{
	atomic_init(&self->node.next, NULL);
	atomic_init(&self->state, 0);
	atomic_init(&self->refs, refs);
	atomic_init(&self->queue, NULL);
}

void
mio__readiness_init_edge(struct mio_readiness *self,
    struct mio__readiness_queue *queue, mio_token_t token)
{
	mio__readiness_init(self, 1);
	atomic_init(&self->state, MIO__READINESS_EDGE);
	atomic_init(&self->queue, queue);
	mio__readiness_queue_ref(queue);
	self->tokens[0] = token;
}

/* The queue it belongs to from now on: this one, unless there is one. */
static struct mio__readiness_queue *
bind_to(struct mio_readiness *self, struct mio__readiness_queue *queue)
{
	struct mio__readiness_queue *bound = queue_of(self);

	if (bound != NULL)
		return bound;

	mio__readiness_queue_ref(queue);
	if (atomic_compare_exchange_strong_explicit(&self->queue, &bound, queue,
		memory_order_acq_rel, memory_order_acquire))
		return queue;

	mio__readiness_queue_unref(queue);

	return bound;
}

/* A slot that is free, or MIO__TOKEN_SLOTS. */
static unsigned
free_slot(unsigned state)
{
	unsigned used = state >> CLAIMS_SHIFT;
	unsigned slot = 0;

	used |= 1u << slot_at(state, READ_SHIFT);
	used |= 1u << slot_at(state, WRITE_SHIFT);
	while (slot < MIO__TOKEN_SLOTS && (used & 1u << slot))
		slot++;

	return slot;
}

static unsigned
claim_slot(struct mio_readiness *self)
{
	unsigned state = load(self);
	unsigned slot;

	for (;;) {
		slot = free_slot(state);
		if (slot == MIO__TOKEN_SLOTS) {
			mio__os_yield();
			state = load(self);
		} else if (replace(self, &state,
			       state | 1u << (CLAIMS_SHIFT + slot))) {
			return slot;
		}
	}
}

/* registered says what it must be for this update. */
static int
update(struct mio_readiness *self, mio_token_t token, unsigned interest,
    unsigned options, unsigned registered)
{
	unsigned slot = claim_slot(self);
	unsigned state, next;
	unsigned set = REGISTERED | interest << INTEREST_SHIFT |
	    slot << WRITE_SHIFT | (options & MIO_EDGE ? EDGE : 0) |
	    (options & MIO_ONESHOT ? ONESHOT : 0);

	self->tokens[slot] = token;

	state = load(self);
	do {
		next = state & ~(1u << (CLAIMS_SHIFT + slot));
		if ((state & REGISTERED) == registered)
			next = queued_if_due((next & ~UPDATED) | set);
	} while (!replace(self, &state, next));

	if ((state & REGISTERED) != registered)
		return registered ? -ENOENT : -EEXIST;

	push_if_newly_queued(self, state, next);

	return 0;
}

int
mio__readiness_register(struct mio_readiness *self,
    struct mio__readiness_queue *queue, mio_token_t token, unsigned interest,
    unsigned options)
{
	if (bind_to(self, queue) != queue)
		return -EINVAL;

	return update(self, token, interest, options, 0);
}

/* Whether calls that name this queue may go on: 0, -EINVAL, -ENOENT. */
static int
check_queue(struct mio_readiness *self, struct mio__readiness_queue *queue)
{
	struct mio__readiness_queue *bound = queue_of(self);

	if (bound == NULL)
		return -ENOENT;

	return bound == queue ? 0 : -EINVAL;
}

int
mio__readiness_reregister(struct mio_readiness *self,
    struct mio__readiness_queue *queue, mio_token_t token, unsigned interest,
    unsigned options)
{
	int r = check_queue(self, queue);

	return r < 0 ? r : update(self, token, interest, options, REGISTERED);
}

int
mio__readiness_deregister(
    struct mio_readiness *self, struct mio__readiness_queue *queue)
{
	int r = check_queue(self, queue);

	if (r < 0)
		return r;

	return atomic_fetch_and_explicit(
		   &self->state, ~REGISTERED, memory_order_acq_rel) &
		REGISTERED
	    ? 0
	    : -ENOENT;
}

void
mio__readiness_drop(struct mio_readiness *self)
{
	atomic_fetch_or_explicit(&self->state, DROPPED, memory_order_acq_rel);
}

MIO__PUBLIC int
mio_readiness_set(struct mio_readiness *self, unsigned ready)
{
	unsigned state, next;

	if (self == NULL || ready > READY)
		return -EINVAL;

	state = atomic_load_explicit(&self->state, memory_order_relaxed);
	do {
		if (state & DROPPED)
			return 0;
		next = queued_if_due((state & ~READY) | ready);
	} while (!replace(self, &state, next));

	push_if_newly_queued(self, state, next);

	return 0;
}

bool
mio__readiness_wants(const struct mio_readiness *self)
{
	return (due(load(self) | MIO_READABLE) & MIO_READABLE) != 0;
}

static void
add(struct mio_readiness *self, unsigned bits)
{
	unsigned state, next;

	state = atomic_load_explicit(&self->state, memory_order_relaxed);
	do
		next = queued_if_due(state | bits);
	while (!replace(self, &state, next));

	push_if_newly_queued(self, state, next);
}

void
mio__readiness_add(struct mio_readiness *self, unsigned ready)
{
	add(self, ready);
}

void
mio__readiness_finish(struct mio_readiness *self, unsigned ready)
{
	add(self, ready | FINAL);
}

void
mio__readiness_remove(struct mio_readiness *self, unsigned ready)
{
	unsigned state = load(self);

	while ((state & ready) && !(state & FINAL))
		if (replace(self, &state, state & ~ready))
			return;
}

MIO__PUBLIC unsigned
mio_readiness_get(const struct mio_readiness *self)
{
	return self == NULL ? 0 : load(self) & READY;
}

MIO__PUBLIC struct mio_readiness *
mio_readiness_ref(struct mio_readiness *self)
{
	unsigned refs;

	if (self == NULL)
		return NULL;

	/* relaxed: whoever adds one holds one */
	refs = atomic_fetch_add_explicit(&self->refs, 1, memory_order_relaxed);
	MIO__CHECK(refs < REFS_MAX);

	return self;
}

static void
release(struct mio_readiness *self)
{
	struct mio__readiness_queue *queue = queue_of(self);

	mio__os_free(self);
	if (queue != NULL)
		mio__readiness_queue_unref(queue);
}

/* Out of the queue without a word, whatever there is to tell. */
static void
discard(struct mio__ready_node *node)
{
	struct mio_readiness *self = (struct mio_readiness *)node;

	/* from here on what is no orphan is its owner's */
	if (atomic_fetch_and_explicit(
		&self->state, ~QUEUED, memory_order_seq_cst) &
	    ORPHAN)
		release(self);
}

/* Only one reaps; one that comes meanwhile makes it look once more. */
static void
reap(struct mio__readiness_queue *queue)
{
	struct mio__ready_node *node;
	unsigned seen;

	if (atomic_fetch_add_explicit(
		&queue->reapers, 1, memory_order_seq_cst) != 0)
		return;

	do {
		seen =
		    atomic_load_explicit(&queue->reapers, memory_order_seq_cst);
		while (mio__readiness_queue_pop(queue, &node) == MIO__POP_NODE)
			discard(node);
	} while (!atomic_compare_exchange_strong_explicit(&queue->reapers,
	    &seen, 0, memory_order_seq_cst, memory_order_seq_cst));
}

MIO__PUBLIC void
mio_readiness_unref(struct mio_readiness *self)
{
	struct mio__readiness_queue *queue;

	/* acq_rel: the last one frees after all that the others did */
	if (self == NULL ||
	    atomic_fetch_sub_explicit(&self->refs, 1, memory_order_acq_rel) !=
		1)
		return;

	queue = queue_of(self);
	if (queue == NULL) {
		release(self);
		return;
	}

	mio__readiness_queue_ref(queue);
	MIO__POINT();
	if (!(atomic_fetch_or_explicit(
		  &self->state, ORPHAN, memory_order_seq_cst) &
		QUEUED))
		release(self);
	else if (atomic_load_explicit(&queue->closed, memory_order_seq_cst))
		reap(queue);
	mio__readiness_queue_unref(queue);
}

/* What the state becomes when what is due has been told. */
static unsigned
told(unsigned state, unsigned ready)
{
	if (ready != 0 && (state & ONESHOT))
		return (state & ~QUEUED) | DISARMED;

	return ready == 0 || (state & (EDGE | FINAL)) ? state & ~QUEUED : state;
}

/* What a popped node has to tell: an event, or none. */
static int
take(struct mio__readiness_queue *queue, struct mio__ready_node *node,
    struct mio_event *event)
{
	struct mio_readiness *self = (struct mio_readiness *)node;
	unsigned state = load(self);
	unsigned next, slot, ready;
	mio_token_t token;

	do {
		slot = slot_at(state, WRITE_SHIFT);
		while (slot_at(state, READ_SHIFT) != slot) {
			next = (state & ~(0x7u << READ_SHIFT)) |
			    slot << READ_SHIFT;
			if (replace(self, &state, next))
				state = next;
			slot = slot_at(state, WRITE_SHIFT);
		}
		token = self->tokens[slot];
		ready = due(state);
		next = told(state, ready);
	} while (!replace(self, &state, next));

	/* from here on what left the queue and is no orphan is its owner's */
	if (next & QUEUED)
		mio__readiness_queue_append(queue, node);
	else if (state & ORPHAN)
		release(self);

	if (ready == 0)
		return 0;

	*event = (struct mio_event){ .token = token, .ready = ready };

	return 1;
}

int
mio__readiness_take(struct mio__readiness_queue *queue,
    struct mio_event *events, int capacity, bool *unlinked)
{
	struct mio__ready_node *last = mio__readiness_queue_last(queue);
	struct mio__ready_node *node;
	enum mio__pop got;
	bool more;
	int n = 0;

	do {
		got = mio__readiness_queue_pop(queue, &node);
		if (got != MIO__POP_NODE)
			break;
		more = last != NULL && node != last;
		n += take(queue, node, &events[n]);
	} while (more && n < capacity);

	*unlinked = got == MIO__POP_UNLINKED;

	return n;
}

bool
mio__readiness_is_pending(struct mio__readiness_queue *queue)
{
	struct mio__ready_node *node;
	struct mio_readiness *self;
	enum mio__pop got;
	unsigned state;

	while (
	    (got = mio__readiness_queue_pop(queue, &node)) == MIO__POP_NODE) {
		self = (struct mio_readiness *)node;
		state = load(self);
		do {
			if (due(state) != 0) {
				mio__readiness_queue_append(queue, node);
				return true;
			}
		} while (!replace(self, &state, state & ~QUEUED));
		if (state & ORPHAN)
			release(self);
	}

	return got == MIO__POP_UNLINKED;
}

void
mio__readiness_close(struct mio__readiness_queue *queue)
{
	atomic_store_explicit(&queue->closed, true, memory_order_seq_cst);
	reap(queue);
	mio__readiness_queue_unref(queue);
}
