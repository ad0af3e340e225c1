/* SPDX-License-Identifier: MIT */

/*
 * A channel binds a queue to the readiness of its receiver, and a bounded one
 * to the senders that wait for room.
 *
 * Who calls what. Send, try_send, ref, unref: any thread. Recv, recv_batch,
 * close, destroy: the receiver, one thread at a time. Its source: any thread.
 *
 * Readable. READABLE is in the readiness while messages wait; who changes that
 * is decided by the tail of the queue (segments.c):
 *
 *	the sender that claims a cell of a queue that was asleep adds READABLE
 *	the last sender that goes from one that was asleep finishes, as does a
 *	receiver that closes such a one
 *	the receiver that finds nothing takes READABLE away, then puts the queue
 *	to sleep; when that fails since a message is on its way, it adds
 *	READABLE again, and when no sender is left, or it has closed, it
 *	finishes, once
 *
 * So it holds at any time that the queue is asleep, or READABLE is set, or one
 * thread is about to set it: a send costs nothing more while the queue is not
 * empty, and no wake-up is lost. Taking READABLE away comes before the look and
 * never after it: what a sender added before is of a message that the look
 * sees, for both changes of the readiness are read-modify-writes with acq_rel.
 * A sender may add READABLE when its message was received already: that is one
 * event with nothing behind it, and the receiver's next look takes it away.
 * Registering needs nothing of this: readiness that was set before is told.
 *
 * A message that is claimed and not there yet is waited for, as its sender is a
 * copy away from the end, unless it lost the processor: then the receiver gives
 * up its own, and sleeps if that does not help.
 *
 * Room. A sender of a full bounded channel waits for its turn (turns.c). The
 * receiver moves the head, then looks whether somebody waits; a sender that
 * waits says so, then looks at the head. All are seq_cst, and the first of each
 * two an exchange. The receiver's end is told under the lock.
 *
 * Waiting without a poll. The receiver finds nothing, so that the queue sleeps,
 * then awaits its bell (bell.c), then puts the queue to sleep once more, in a
 * change of the tail: whoever wakes it after that sees that the bell is
 * awaited. Only those who wake the queue look for that.
 *
 * Cancellation. The sleeps in line and for the bell are the only cancellation
 * points of all calls here: whoever is cancelled there has sent or taken
 * nothing, and stands in no line (turns.c). Elsewhere a thread that was asked
 * to end goes on.
 *
 * Lifetime. The channel belongs to its ends: all senders together, and the
 * receiver; the last one frees it. The receiver belongs to the channel, to its
 * owner, and to the poll's queue while it is queued there (readiness.c).
 */

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/check.h"
#include "base/yield_point.h"
#include "channel/bell.h"
#include "channel/segments.h"
#include "channel/turns.h"
#include "core/readiness_source.h"
#include "mio/channel.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/memory.h"
#include "sys/process.h"
#include "sys/thread.h"

/* More than any program has; the rest is room for the threads that add one. */
#define SENDERS_MAX (UINT32_C(1) << 31)

/* A channel without a bound begins with about this much. */
#define FIRST_BYTES        ((size_t)4096)
#define FIRST_MESSAGES_MIN ((size_t)8)

/* Messages that are read before senders are told that there is room. */
#define CHUNK_MAX ((size_t)256)

/* How often the receiver looks for a message on its way before it yields. */
#define LOOKS  100
#define YIELDS 100
#define NAP_NS INT64_C(50000)

struct mio_sender {
	struct mio__segments queue;

	/* Constant. */
	_Alignas(64) struct mio_receiver *receiver;
	bool bounded;
	size_t chunk;
	uint64_t process;

	struct mio__turns turns; /* its lock is for growing, too */
	struct mio__bell bell;   /* the receiver's, where it waits itself */
	atomic_uint senders;
	atomic_uint ends;
};

struct mio_receiver {
	struct mio__readiness_source base; /* first: freed as one */
	struct mio_sender *channel;
};

static struct mio_readiness *
readiness_of(struct mio_receiver *receiver)
{
	return &receiver->base.readiness;
}

static size_t
first_limit(size_t message_size)
{
	size_t limit = FIRST_BYTES / message_size;

	return limit < FIRST_MESSAGES_MIN ? FIRST_MESSAGES_MIN : limit;
}

static size_t
chunk_of(size_t bound)
{
	size_t chunk = bound / 4 + 1;

	return chunk < CHUNK_MAX ? chunk : CHUNK_MAX;
}

static int
init(struct mio_sender *channel, size_t message_size, size_t bound)
{
	int r;

	channel->bounded = bound != 0;
	channel->chunk = bound != 0 ? chunk_of(bound) : CHUNK_MAX;
	atomic_init(&channel->senders, 1);
	atomic_init(&channel->ends, 2);

	r = mio__process_id(&channel->process);
	if (r == 0)
		r = mio__turns_init(&channel->turns);
	if (r < 0)
		return r;

	r = mio__bell_init(&channel->bell);
	if (r < 0)
		goto fini;

	r = mio__segments_init(&channel->queue, message_size,
	    bound != 0 ? bound : first_limit(message_size));
	if (r == 0)
		return 0;

	mio__bell_fini(&channel->bell);
fini:
	mio__turns_fini(&channel->turns);

	return r;
}

/* Bound 0 is none. */
static int
create(struct mio_sender **sender, struct mio_receiver **receiver,
    size_t message_size, size_t bound)
{
	struct mio_sender *channel;
	struct mio_receiver *end;
	int r = -ENOMEM;

	channel = mio__os_alloc_aligned(
	    _Alignof(struct mio_sender), sizeof(*channel));
	end = mio__os_alloc(1, sizeof(*end));
	if (channel != NULL && end != NULL)
		r = init(channel, message_size, bound);
	if (r < 0) {
		mio__os_free(end);
		mio__os_free(channel);
		return r;
	}

	/* one reference is the owner's, one the channel's */
	mio__readiness_source_init(&end->base, 2);
	end->channel = channel;
	channel->receiver = end;

	*sender = channel;
	*receiver = end;

	return 0;
}

MIO__PUBLIC int
mio_channel_create(struct mio_sender **sender, struct mio_receiver **receiver,
    size_t message_size)
{
	if (sender == NULL || receiver == NULL || message_size == 0)
		return -EINVAL;

	return create(sender, receiver, message_size, 0);
}

MIO__PUBLIC int
mio_sync_channel_create(struct mio_sender **sender,
    struct mio_receiver **receiver, size_t message_size, size_t bound)
{
	if (sender == NULL || receiver == NULL || message_size == 0 ||
	    bound == 0)
		return -EINVAL;

	return create(sender, receiver, message_size, bound);
}

/* In a forked child nobody waits, but locks may be held for ever. */
static bool
is_own(const struct mio_sender *channel)
{
	return mio__process_is(channel->process);
}

/* One of the two ends lets go of the channel. */
static void
release(struct mio_sender *channel)
{
	/* acq_rel: the last one frees after all that the other did */
	if (atomic_fetch_sub_explicit(
		&channel->ends, 1, memory_order_acq_rel) != 1)
		return;

	mio__readiness_unref(readiness_of(channel->receiver));
	mio__segments_fini(&channel->queue);
	if (is_own(channel)) {
		mio__bell_fini(&channel->bell);
		mio__turns_fini(&channel->turns);
	}
	mio__os_free(channel);
}

MIO__PUBLIC struct mio_sender *
mio_sender_ref(struct mio_sender *sender)
{
	unsigned senders;

	if (sender == NULL)
		return NULL;

	/* relaxed: whoever adds one holds one */
	senders = atomic_fetch_add_explicit(
	    &sender->senders, 1, memory_order_relaxed);
	MIO__CHECK(senders < SENDERS_MAX);

	return sender;
}

/* Nothing in here is a cancellation point: no call may end between the two. */
static void
tell(struct mio_receiver *receiver)
{
	mio__readiness_add(readiness_of(receiver), MIO_READABLE);
	mio__bell_ring_if_awaited(&receiver->channel->bell);
}

/* The same of the end. */
static void
finish(struct mio_receiver *receiver)
{
	mio__readiness_finish(
	    readiness_of(receiver), MIO_READABLE | MIO_READ_CLOSED);
	mio__bell_ring_if_awaited(&receiver->channel->bell);
}

MIO__PUBLIC void
mio_sender_unref(struct mio_sender *sender)
{
	/* acq_rel: the last one closes after all that the others sent */
	if (sender == NULL ||
	    atomic_fetch_sub_explicit(
		&sender->senders, 1, memory_order_acq_rel) != 1)
		return;

	MIO__YIELD_POINT();
	if (mio__segments_close(&sender->queue))
		finish(sender->receiver);
	release(sender);
}

/* More room in a channel without a bound, of which another may have seen to. */
static int
grow(struct mio_sender *channel)
{
	int r;

	(void)pthread_mutex_lock(&channel->turns.lock); /* cannot fail */
	r = mio__segments_grow(&channel->queue);
	(void)pthread_mutex_unlock(&channel->turns.lock);

	return r;
}

/* Without waiting: 0, -EAGAIN, -EPIPE, -ENOMEM. */
static inline int
send_now(struct mio_sender *channel, const void *message)
{
	enum mio__push pushed;
	int r;

	for (;;) {
		pushed = mio__segments_push(&channel->queue, message);
		if (pushed == MIO__PUSH_DONE)
			return 0;
		if (pushed == MIO__PUSH_WAKE) {
			tell(channel->receiver);
			return 0;
		}
		if (pushed == MIO__PUSH_CLOSED)
			return -EPIPE;
		if (channel->bounded)
			return -EAGAIN;

		r = grow(channel);
		if (r < 0)
			return r;
	}
}

static int
attempt(void *channel, const void *message)
{
	return send_now(channel, message);
}

MIO__PUBLIC int
mio_sender_send(struct mio_sender *sender, const void *message)
{
	int r;

	if (sender == NULL || message == NULL)
		return -EINVAL;

	r = send_now(sender, message);
	if (r != -EAGAIN)
		return r;

	return mio__turns_wait(&sender->turns, attempt, sender, message);
}

MIO__PUBLIC int
mio_sender_try_send(struct mio_sender *sender, const void *message)
{
	if (sender == NULL || message == NULL)
		return -EINVAL;

	return send_now(sender, message);
}

/*
 * Where nothing is there: -EAGAIN and -EPIPE, and then the next sender knows,
 * or 0: a message is on its way.
 */
static int
settle(struct mio_receiver *receiver)
{
	struct mio__segments *queue = &receiver->channel->queue;
	size_t rest = mio__segments_rest(queue);

	if (rest >= MIO__STEP)
		return 0;

	mio__readiness_remove(readiness_of(receiver), MIO_READABLE);
	MIO__YIELD_POINT();
	rest = mio__segments_fall_asleep(queue);
	if (rest >= MIO__STEP) {
		tell(receiver);
		return 0;
	}
	if (!(rest & MIO__TAIL_CLOSED))
		return -EAGAIN;

	/* whoever ended it saw messages: it is told here */
	if (!(rest & MIO__TAIL_ASLEEP))
		finish(receiver);

	return -EPIPE;
}

/* Until the message that was claimed next is there. */
static void
await(struct mio__segments *queue)
{
	unsigned tries;
	int state;

	for (tries = 0; !mio__segments_is_there(queue); tries++) {
		if (mio__segments_rest(queue) < MIO__STEP)
			return;
		if (tries >= LOOKS + YIELDS) {
			state = mio__cancel_hold();
			mio__os_nap(NAP_NS);
			mio__cancel_let(state);
		} else if (tries >= LOOKS) {
			mio__os_yield();
		}
	}
}

/* Takes what is there, in pieces, so that senders go on meanwhile. */
static size_t
take(struct mio_sender *channel, char *messages, size_t count)
{
	struct mio__segments *queue = &channel->queue;
	size_t size = mio__segments_message_size(queue);
	size_t taken = 0;
	size_t chunk, n;

	do {
		chunk = count - taken;
		if (chunk > channel->chunk)
			chunk = channel->chunk;
		n = mio__segments_peek(queue, messages + taken * size, chunk);
		if (n == 0)
			break;
		taken += n;
		if (channel->bounded) {
			mio__segments_skip_ordered(queue, n);
			mio__turns_wake_if_wanted(&channel->turns);
		} else {
			mio__segments_skip(queue, n);
		}
	} while (taken < count);

	return taken;
}

/*
 * As many as are there. Fewer than count means that the queue was empty, and
 * sleeps: so whoever takes that for the end of an edge gets the next one.
 */
static int
recv_some(struct mio_receiver *receiver, char *messages, size_t count)
{
	struct mio__segments *queue = &receiver->channel->queue;
	size_t size = mio__segments_message_size(queue);
	size_t n = 0;
	int r;

	for (;;) {
		n += take(receiver->channel, messages + n * size, count - n);
		if (n == count)
			break;
		r = settle(receiver);
		if (r < 0 && n > 0)
			return (int)n; /* what it says is for later */
		if (r < 0)
			return r;
		await(queue);
	}

	/* a level ends, and an edge may come, with the last message */
	if (!mio__segments_is_there(queue))
		(void)settle(receiver);

	return (int)n;
}

MIO__PUBLIC int
mio_receiver_recv(struct mio_receiver *receiver, void *message)
{
	int n;

	if (receiver == NULL || message == NULL)
		return -EINVAL;

	n = recv_some(receiver, message, 1);

	return n < 0 ? n : 0;
}

MIO__PUBLIC int
mio_receiver_recv_batch(
    struct mio_receiver *receiver, void *messages, size_t count)
{
	if (receiver == NULL || messages == NULL || count == 0)
		return -EINVAL;

	return recv_some(receiver, messages, count < INT_MAX ? count : INT_MAX);
}

/* For a queue that was found empty. */
static int
wait_for_one(
    struct mio_receiver *receiver, void *message, mio__instant_t deadline)
{
	struct mio_sender *channel = receiver->channel;
	bool in_time = true;
	int r;

	do {
		mio__bell_await(&channel->bell);
		MIO__YIELD_POINT();
		if (mio__segments_sleep_on(&channel->queue))
			in_time = mio__bell_sleep(&channel->bell, deadline);
		else
			mio__bell_forget(&channel->bell);
		r = recv_some(receiver, message, 1);
	} while (r == -EAGAIN && in_time);

	return r == -EAGAIN ? -ETIMEDOUT : r;
}

MIO__PUBLIC int
mio_receiver_recv_timeout(
    struct mio_receiver *receiver, void *message, int64_t timeout_ns)
{
	int r;

	if (receiver == NULL || message == NULL)
		return -EINVAL;

	r = recv_some(receiver, message, 1);
	if (r == -EAGAIN && timeout_ns == 0)
		return -ETIMEDOUT;
	if (r == -EAGAIN)
		r = wait_for_one(
		    receiver, message, mio__clock_deadline(timeout_ns));

	return r < 0 ? r : 0;
}

MIO__PUBLIC struct mio_source *
mio_receiver_source(struct mio_receiver *receiver)
{
	return receiver == NULL ? NULL : &receiver->base.source;
}

/* To send is -EPIPE from here on: whether that is the end, and to be told. */
static bool
leave(struct mio_sender *channel)
{
	bool ended;

	if (!is_own(channel))
		return false;

	(void)pthread_mutex_lock(&channel->turns.lock); /* cannot fail */
	ended = mio__segments_close(&channel->queue);
	(void)pthread_mutex_unlock(&channel->turns.lock);
	mio__turns_wake(&channel->turns);

	return ended;
}

MIO__PUBLIC void
mio_receiver_close(struct mio_receiver *receiver)
{
	if (receiver != NULL && leave(receiver->channel))
		finish(receiver);
}

MIO__PUBLIC void
mio_receiver_destroy(struct mio_receiver *receiver)
{
	struct mio_sender *channel;

	if (receiver == NULL)
		return;

	channel = receiver->channel;
	(void)leave(channel); /* there is nobody to tell */
	mio__readiness_drop(readiness_of(receiver));
	mio__readiness_unref(readiness_of(receiver));
	release(channel);
}
