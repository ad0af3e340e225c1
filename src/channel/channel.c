/* SPDX-License-Identifier: MIT */

/*
 * A channel connects a queue of messages to the readiness of its receiver, and
 * if it is bounded also to the senders that wait for room. The queue is asleep
 * after the receiver has found it empty, until a sender claims a cell of it for
 * the next message. It ends when it is asleep and closed (segments.h).
 *
 * Who calls what. Any thread sends, refs and unrefs the sender, and registers
 * the source. One thread at a time, the receiver, makes all other calls.
 *
 * Readable. READABLE is set in the readiness while messages are queued. The
 * tail of the queue (segments.c) decides which thread changes it:
 *
 *	- A sender that claims a cell of a queue that was asleep adds READABLE.
 *	- The last sender, or a receiver that closes, reports the end if the
 *	  queue is asleep and not closed yet.
 *	- A receiver that finds no message removes READABLE and then puts the
 *	  queue to sleep. If that fails because a cell is claimed, it adds
 *	  READABLE again. If the queue was closed while it was awake, the
 *	  receiver reports the end.
 *
 * So at any time the queue is asleep, or READABLE is set, or one thread is
 * about to do either. No wake is lost, and a send to a queue that is awake does
 * not change the readiness. READABLE is removed before the receiver tries to
 * put the queue to sleep, never after: both changes of the readiness are read-
 * modify-writes with acq_rel, so that if a remove undoes an add, the claim of
 * the sender that added READABLE happens before the remove, and the attempt
 * that follows finds the claimed cell. A sender may add READABLE for a message
 * that has been received already. Then one event is reported with nothing to
 * receive, and the next receive removes READABLE. A register need not check the
 * queue: it reports the readiness that is set.
 *
 * If a message is claimed but not written, its sender is about to finish the
 * copy, unless it has lost the processor. The receiver waits for that. A
 * receiver that has received many messages also waits for more of them, for a
 * few microseconds, before it puts the queue to sleep (spin.c).
 *
 * Room. A sender of a full bounded channel becomes a waiter (waiters.c). The
 * receiver moves the head and then checks whether a sender waits; a sender
 * announces that it waits and then checks the head. All four steps are seq_cst,
 * and the two changes are exchanges. A receiver closes the queue with the lock
 * held and then wakes the first waiter. A sender that becomes a waiter later
 * finds the queue closed, and each waiter that leaves wakes the next.
 *
 * Waiting without a poll. A receiver that finds no message has put the queue to
 * sleep. It prepares its sleeper (sleeper.c) and then confirms, by a change of
 * the tail, that the queue is still asleep. A thread that wakes or closes the
 * queue after that finds the sleeper prepared. Only these threads check it.
 *
 * Cancellation. The only cancellation points are the sleep of a waiter and that
 * of a receiver in recv_timeout. A thread that is cancelled there has sent or
 * received nothing and has left the queue of waiters.
 *
 * Lifetime. The channel has two holders: all senders together, and the
 * receiver. The last of them frees it. References to the receiver are held by
 * the channel, by the owner, and by the poll while it is queued (readiness.c).
 */

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/check.h"
#include "base/probe.h"
#include "base/yield_point.h"
#include "channel/sleeper.h"
#include "channel/segments.h"
#include "channel/spin.h"
#include "channel/waiters.h"
#include "core/readiness_source.h"
#include "mio/channel.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/lock.h"
#include "sys/memory.h"
#include "sys/process.h"
#include "sys/thread.h"

/* More than any program has, and far enough from an overflow of the counter. */
#define SENDER_REFS_MAX (UINT32_C(1) << 31)

/* An unbounded channel begins with room for the larger of these two. */
#define FIRST_BYTES        ((size_t)4096)
#define FIRST_MESSAGES_MIN ((size_t)8)

/* The most messages that are copied before their cells are freed. */
#define CHUNK_MAX ((size_t)256)

struct mio__channel {
	struct mio__segments queue;

	/* Constant. */
	_Alignas(64) struct mio_receiver *receiver;
	bool bounded;
	size_t chunk;     /* the most messages of one pop */
	uint64_t process; /* the process that created it */

	pthread_mutex_t lock; /* of waiters, a grow, and a receiver's close */
	struct mio__waiters waiters;
	struct mio__sleeper sleeper; /* for a wait without a poll */
	atomic_uint sender_refs;
	atomic_uint holders; /* see Lifetime */
};

/* All senders share it. It contains the channel, to save an indirection. */
struct mio_sender {
	struct mio__channel channel; /* first: freed as one */
};

struct mio_receiver {
	struct mio__readiness_source base; /* first: freed as one */
	struct mio__channel *channel;
	struct mio__spin spin;
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

static MIO__COLD int
init(struct mio__channel *channel, size_t message_size, size_t bound)
{
	int r;

	channel->bounded = bound != 0;
	channel->chunk = bound != 0 ? chunk_of(bound) : CHUNK_MAX;
	atomic_init(&channel->sender_refs, 1);
	atomic_init(&channel->holders, 2);

	r = mio__process_id(&channel->process);
	if (r < 0)
		return r;

	if (pthread_mutex_init(&channel->lock, NULL) != 0)
		return -ENOMEM;

	mio__waiters_init(&channel->waiters, &channel->lock);
	r = mio__sleeper_init(&channel->sleeper);
	if (r < 0)
		goto fini;

	r = mio__segments_init(&channel->queue, message_size,
	    bound != 0 ? bound : first_limit(message_size));
	if (r == 0)
		return 0;

	mio__sleeper_fini(&channel->sleeper);
fini:
	(void)pthread_mutex_destroy(&channel->lock); /* not held */

	return r;
}

/* A bound of 0 means none. */
static MIO__COLD int
create(struct mio_sender **sender, struct mio_receiver **receiver,
    size_t message_size, size_t bound)
{
	struct mio_sender *new_sender;
	struct mio_receiver *new_receiver;
	int r = -ENOMEM;

	new_sender = mio__os_alloc_aligned(
	    _Alignof(struct mio_sender), sizeof(*new_sender));
	new_receiver = mio__os_alloc(1, sizeof(*new_receiver));
	if (new_sender != NULL && new_receiver != NULL)
		r = init(&new_sender->channel, message_size, bound);
	if (r < 0) {
		mio__os_free(new_receiver);
		mio__os_free(new_sender);
		return r;
	}

	/* one reference for the owner, one for the channel */
	mio__readiness_source_init(&new_receiver->base, 2);
	new_receiver->channel = &new_sender->channel;
	mio__spin_init(&new_receiver->spin, bound);
	new_sender->channel.receiver = new_receiver;

	*sender = new_sender;
	*receiver = new_receiver;

	return 0;
}

MIO__PUBLIC MIO__COLD int
mio_channel_create(struct mio_sender **sender, struct mio_receiver **receiver,
    size_t message_size)
{
	if (sender == NULL || receiver == NULL || message_size == 0)
		return -EINVAL;

	return create(sender, receiver, message_size, 0);
}

MIO__PUBLIC MIO__COLD int
mio_sync_channel_create(struct mio_sender **sender,
    struct mio_receiver **receiver, size_t message_size, size_t bound)
{
	if (sender == NULL || receiver == NULL || message_size == 0 ||
	    bound == 0)
		return -EINVAL;

	return create(sender, receiver, message_size, bound);
}

/* In a forked child no thread waits, but locks may stay held for ever. */
static bool
is_own_process(const struct mio__channel *channel)
{
	return mio__process_is(channel->process);
}

/* Called once by each holder; the second call frees the channel. */
static MIO__COLD void
release(struct mio__channel *channel)
{
	/* acq_rel: all that the other holder did happens before the free */
	if (atomic_fetch_sub_explicit(
		&channel->holders, 1, memory_order_acq_rel) != 1)
		return;

	mio__readiness_unref(readiness_of(channel->receiver));
	mio__segments_fini(&channel->queue);
	if (is_own_process(channel)) {
		mio__sleeper_fini(&channel->sleeper);
		(void)pthread_mutex_destroy(&channel->lock); /* not held */
	}
	mio__os_free(channel);
}

MIO__PUBLIC struct mio_sender *
mio_sender_ref(struct mio_sender *sender)
{
	unsigned refs;

	if (sender == NULL)
		return NULL;

	/* relaxed: the caller holds a reference */
	refs = atomic_fetch_add_explicit(
	    &sender->channel.sender_refs, 1, memory_order_relaxed);
	MIO__CHECK(refs < SENDER_REFS_MAX);

	return sender;
}

/* Contains no cancellation point, so that both steps are done or none. */
static void
notify(struct mio_receiver *receiver)
{
	mio__readiness_add(readiness_of(receiver), MIO_READABLE);
	mio__sleeper_wake_if_prepared(&receiver->channel->sleeper);
}

/* Reports the end instead. */
static void
notify_end(struct mio_receiver *receiver)
{
	mio__readiness_finish(
	    readiness_of(receiver), MIO_READABLE | MIO_READ_CLOSED);
	mio__sleeper_wake_if_prepared(&receiver->channel->sleeper);
}

MIO__PUBLIC void
mio_sender_unref(struct mio_sender *sender)
{
	struct mio__channel *channel;

	if (sender == NULL)
		return;

	/* acq_rel: all that other senders sent happens before the close */
	channel = &sender->channel;
	if (atomic_fetch_sub_explicit(
		&channel->sender_refs, 1, memory_order_acq_rel) != 1)
		return;

	MIO__YIELD_POINT();
	if (mio__segments_close(&channel->queue))
		notify_end(channel->receiver);
	release(channel);
}

/* Makes room, unless another sender has done so already. */
static int
grow(struct mio__channel *channel)
{
	int r;

	mio__lock(&channel->lock);
	r = mio__segments_grow(&channel->queue);
	mio__unlock(&channel->lock);

	return r;
}

/* Sends without waiting. Returns 0, -EAGAIN, -EPIPE or -ENOMEM. */
static inline int
send_now(struct mio__channel *channel, const void *message)
{
	enum mio__push pushed;
	int r;

	for (;;) {
		pushed = mio__segments_push(&channel->queue, message);
		MIO__PROBE(channel__send, channel, pushed <= MIO__PUSH_WAKE);
		if (pushed == MIO__PUSH_DONE)
			return 0;
		if (pushed == MIO__PUSH_WAKE) {
			notify(channel->receiver);
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
	struct mio__channel *channel;
	int r;

	if (sender == NULL || message == NULL)
		return -EINVAL;

	channel = &sender->channel;
	r = send_now(channel, message);
	if (r != -EAGAIN)
		return r;

	return mio__waiters_wait(&channel->waiters, attempt, channel, message);
}

MIO__PUBLIC int
mio_sender_try_send(struct mio_sender *sender, const void *message)
{
	if (sender == NULL || message == NULL)
		return -EINVAL;

	return send_now(&sender->channel, message);
}

/*
 * Called when no message is written. Puts the queue to sleep and returns
 * -EAGAIN, or -EPIPE at its end. Returns 0 if a cell is claimed.
 */
static int
go_idle(struct mio_receiver *receiver)
{
	struct mio__segments *queue = &receiver->channel->queue;
	size_t offset = mio__segments_tail_offset(queue);

	if (offset >= MIO__STEP)
		return 0;

	mio__readiness_remove(readiness_of(receiver), MIO_READABLE);
	MIO__YIELD_POINT();
	offset = mio__segments_fall_asleep(queue);
	if (offset >= MIO__STEP) {
		notify(receiver);
		return 0;
	}
	mio__spin_reset(&receiver->spin, queue);
	if (!(offset & MIO__TAIL_CLOSED))
		return -EAGAIN;

	/* the queue was awake when it was closed, so this reports the end */
	if (!(offset & MIO__TAIL_ASLEEP))
		notify_end(receiver);

	return -EPIPE;
}

/*
 * Receives what is written, in chunks, so that senders get room in between. It
 * stops after a short chunk: what is sent during the copy remains in the queue,
 * see spin.c.
 */
static size_t
copy_filled(struct mio__channel *channel, char *messages, size_t count)
{
	struct mio__segments *queue = &channel->queue;
	size_t size = mio__segments_message_size(queue);
	size_t copied = 0;
	size_t chunk, n;

	do {
		chunk = count - copied;
		if (chunk > channel->chunk)
			chunk = channel->chunk;
		n = mio__segments_peek(queue, messages + copied * size, chunk);
		if (n == 0)
			break;
		copied += n;
		if (channel->bounded) {
			mio__segments_pop_ordered(queue, n);
			mio__waiters_wake_if_needed(&channel->waiters);
		} else {
			mio__segments_pop(queue, n);
		}
	} while (n == chunk && copied < count);

	return copied;
}

/*
 * Receives up to count messages and returns how many. If it returns fewer, the
 * queue was empty and has been put to sleep, so that the next message or the
 * end is reported as an edge.
 */
static int
recv_available(struct mio_receiver *receiver, char *messages, size_t count)
{
	struct mio__segments *queue = &receiver->channel->queue;
	size_t size = mio__segments_message_size(queue);
	size_t n = 0;
	int r;

	for (;;) {
		n += copy_filled(
		    receiver->channel, messages + n * size, count - n);
		MIO__PROBE(channel__recv, receiver->channel, n);
		if (n == count)
			break;
		if (mio__spin_more(&receiver->spin, queue))
			continue;
		r = go_idle(receiver);
		if (r < 0 && n > 0)
			return (int)n; /* the next call returns r */
		if (r < 0)
			return r;
		mio__spin_claimed(queue);
	}

	/* without this, a message after the last one would be no edge */
	if (!mio__segments_is_filled(queue) &&
	    !mio__spin_more(&receiver->spin, queue))
		(void)go_idle(receiver);

	return (int)n;
}

MIO__PUBLIC int
mio_receiver_recv(struct mio_receiver *receiver, void *message)
{
	int n;

	if (receiver == NULL || message == NULL)
		return -EINVAL;

	n = recv_available(receiver, message, 1);

	return n < 0 ? n : 0;
}

MIO__PUBLIC int
mio_receiver_recv_batch(
    struct mio_receiver *receiver, void *messages, size_t count)
{
	if (receiver == NULL || messages == NULL || count == 0)
		return -EINVAL;

	return recv_available(
	    receiver, messages, count < INT_MAX ? count : INT_MAX);
}

/* Called after the queue was found empty and put to sleep. */
static int
wait_for_one(
    struct mio_receiver *receiver, void *message, mio__instant_t deadline)
{
	struct mio__channel *channel = receiver->channel;
	bool in_time = true;
	int r;

	do {
		mio__sleeper_prepare(&channel->sleeper);
		MIO__YIELD_POINT();
		if (mio__segments_confirm_asleep(&channel->queue))
			in_time =
			    mio__sleeper_sleep(&channel->sleeper, deadline);
		else
			mio__sleeper_cancel(&channel->sleeper);
		r = recv_available(receiver, message, 1);
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

	r = recv_available(receiver, message, 1);
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

/* Sends fail with -EPIPE after this. Returns whether to report the end. */
static MIO__COLD bool
close_queue(struct mio__channel *channel)
{
	bool ended;

	if (!is_own_process(channel))
		return false;

	mio__lock(&channel->lock);
	ended = mio__segments_close(&channel->queue);
	mio__unlock(&channel->lock);
	mio__waiters_wake(&channel->waiters);

	return ended;
}

MIO__PUBLIC void
mio_receiver_close(struct mio_receiver *receiver)
{
	if (receiver != NULL && close_queue(receiver->channel))
		notify_end(receiver);
}

MIO__PUBLIC MIO__COLD void
mio_receiver_destroy(struct mio_receiver *receiver)
{
	struct mio__channel *channel;

	if (receiver == NULL)
		return;

	channel = receiver->channel;
	(void)close_queue(channel); /* a destroyed source reports no end */
	mio__readiness_drop(readiness_of(receiver));
	mio__readiness_unref(readiness_of(receiver));
	release(channel);
}
