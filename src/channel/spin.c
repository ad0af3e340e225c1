/* SPDX-License-Identifier: MIT */

/*
 * Who calls what. The reader of the queue, one thread at a time, makes all of
 * these calls. They load stamps and the tail, and change nothing that another
 * thread uses, so that to spin is the same as to check later.
 *
 * Why a reader spins that could sleep. A reader of batches is several times as
 * fast as a sender. It empties the queue at once, and would sleep after every
 * few dozen messages. For each sleep the sender makes a system call and the
 * reader makes two, and some time passes before the reader runs again. In the
 * same time, several hundred messages can be sent.
 *
 * Why it spins for longer than until the next message. A reader that is right
 * behind a sender loads the cache lines that the sender is about to store to.
 * The sender then waits for them, message by message, and is up to ten times
 * slower. So the reader leaves the cells alone until a good number of messages
 * is queued, and only checks the cell of the last of these.
 *
 * What it may cost. Most programs receive a few messages, and then nothing is
 * sent for a long time. A reader therefore spins only if at least MESSAGES_MIN
 * messages have been read since it last spun or slept. So it makes no more than
 * four pauses for each message. If nothing is sent, for instance because the
 * sender shares the processor with it, it spins for PAUSES_FIRST pauses, and
 * otherwise for no longer than a sleep would take.
 *
 * It does not yield the processor: if other programs run, it might get it back
 * only after milliseconds, while the sender waits for room. A thread that wakes
 * from a sleep runs much sooner.
 */

#include "channel/spin.h"

#include "base/check.h"
#include "base/processor.h"
#include "sys/cancel.h"
#include "sys/thread.h"

/* A pause takes 5 to 50 ns. */
#define MESSAGES_MIN ((size_t)64)
#define PAUSES_FIRST 32
#define PAUSES_NEXT  16
#define CHECKS       14

/* The most messages that are waited for: two batches of channel.c. */
#define PLENTY_MAX ((size_t)512)

/* The wait for a claimed message: the reader spins, yields, then naps. */
#define SPINS  100
#define YIELDS 100
#define NAP_NS INT64_C(50000)

MIO__COLD void
mio__spin_init(struct mio__spin *spin, size_t bound)
{
	/* half of the bound: a sender that finds no room goes to sleep */
	spin->plenty = bound / 2 + 1;
	if (bound == 0 || spin->plenty > PLENTY_MAX)
		spin->plenty = PLENTY_MAX;
	spin->since = 0;
}

static void
pause_for(int pauses)
{
	for (; pauses > 0; pauses--)
		MIO__PAUSE();
}

bool
mio__spin_more(struct mio__spin *spin, const struct mio__segments *queue)
{
	const struct mio__ring *ring = queue->reading;
	size_t last = queue->position + (spin->plenty - 1) * MIO__STEP;
	int n;

	if (queue->position - spin->since < MESSAGES_MIN * MIO__STEP)
		return false;

	spin->since = queue->position;
	pause_for(PAUSES_FIRST);
	if (!mio__ring_is_filled(ring, queue->position))
		return false;

	for (n = 0; n < CHECKS && !mio__ring_is_filled(ring, last); n++)
		pause_for(PAUSES_NEXT);

	return true;
}

void
mio__spin_claimed(struct mio__segments *queue)
{
	unsigned tries;
	int state;

	for (tries = 0; !mio__segments_is_filled(queue); tries++) {
		if (mio__segments_tail_offset(queue) < MIO__STEP)
			return;
		if (tries >= SPINS + YIELDS) {
			state = mio__cancel_hold();
			mio__os_nap(NAP_NS);
			mio__cancel_let(state);
		} else if (tries >= SPINS) {
			mio__os_yield();
		}
	}
}
