/* SPDX-License-Identifier: MIT */

/*
 * The alarm is one timerfd per poll, made when the first source comes that
 * needs it, edge-triggered in the selector under the token that is nobody's.
 * It is set before a sleep, and only if the earliest deadline moved; setting
 * it also takes back that it rang, so it is never read. So what happens
 * between two sleeps costs no system call, and it never rings for what was
 * cancelled. A kernel or sandbox that has no timerfd leaves the poll's own
 * timeout.
 *
 * Who calls what. Look and arm: the consumer of the queue, which is whoever is
 * inside the poll's gate. Add, remove, changed: any thread. Open and close: who
 * makes and destroys the poll. The lock comes before those that the sources
 * take when they are asked; sources call here without theirs.
 *
 * Sleep. The consumer announces it to the queue (`sleeping'), then asks the
 * sources under their locks. Who changes a source does so under its lock, then
 * looks for the announcement. Either the change came first and the consumer
 * sees it when it asks, or the consumer asked first, and then the lock makes
 * its announcement visible to the one who changes: who sets the alarm anew
 * here, or wakes the consumer when there is none. The same between `any', set
 * by add, and `sleeping': these two are seq_cst.
 */

#include "poll/deadlines.h"

#include <errno.h>
#include <stddef.h>

#include "sys/lock.h"
#include "base/point.h"
#include "mio/poll.h"
#include "poll/readiness_queue.h"
#include "sys/os.h"
#include "sys/selector.h"

int
mio__deadlines_init(struct mio__deadlines *deadlines)
{
	*deadlines = (struct mio__deadlines){ .alarm = MIO_INVALID_FD };

	return -pthread_mutex_init(&deadlines->lock, NULL);
}

void
mio__deadlines_fini(struct mio__deadlines *deadlines)
{
	(void)pthread_mutex_destroy(&deadlines->lock); /* nobody has it */
}

void
mio__deadlines_open(
    struct mio__deadlines *deadlines, struct mio__selector *selector)
{
	deadlines->selector = selector;
	deadlines->process = mio__os_process();
}

/*
 * In a forked child the alarm is the parent's, which may sleep by it, and the
 * lock may have been held by a thread that the child lacks. The child only
 * destroys.
 */
static bool
is_inherited(const struct mio__deadlines *deadlines)
{
	return deadlines->process != mio__os_process();
}

static void
unlink_locked(struct mio__deadline *deadline)
{
	*deadline->link = deadline->next;
	if (deadline->next != NULL)
		deadline->next->link = deadline->link;
	deadline->link = NULL;
}

void
mio__deadlines_close(struct mio__deadlines *deadlines)
{
	bool inherited = is_inherited(deadlines);

	if (!inherited)
		mio__lock(&deadlines->lock);

	while (!inherited && deadlines->first != NULL)
		unlink_locked(deadlines->first);

	deadlines->selector = NULL;
	if (deadlines->alarm != MIO_INVALID_FD)
		(void)mio__os_close(deadlines->alarm); /* ours */
	deadlines->alarm = MIO_INVALID_FD;

	if (!inherited)
		mio__unlock(&deadlines->lock);
}

static int
make_alarm_locked(struct mio__deadlines *deadlines)
{
	int alarm, r;

	if (deadlines->alarm != MIO_INVALID_FD || deadlines->alarm_refused)
		return 0;

	alarm = mio__os_timerfd();
	if (alarm < 0) {
		deadlines->alarm_refused = mio__os_refused(-alarm);
		return deadlines->alarm_refused ? 0 : alarm;
	}

	r = mio__selector_add(deadlines->selector, alarm, MIO_TOKEN_RESERVED,
	    MIO_READABLE, MIO_EDGE);
	if (r < 0) {
		(void)mio__os_close(alarm);
		return r;
	}

	deadlines->alarm = alarm;
	deadlines->armed = MIO__NEVER;

	return 0;
}

/* Asks all of them. */
static mio__instant_t
earliest_locked(struct mio__deadlines *deadlines, mio__instant_t now)
{
	struct mio__deadline *deadline;
	mio__instant_t earliest = MIO__NEVER, next;

	for (deadline = deadlines->first; deadline != NULL;
	     deadline = deadline->next) {
		next = deadline->look(deadline, now);
		if (next < earliest)
			earliest = next;
	}

	return earliest;
}

/* For a sleep until then. */
static void
set_alarm_locked(struct mio__deadlines *deadlines, mio__instant_t earliest)
{
	/* beyond the end of the sleep, neither has to be exact */
	if (earliest == deadlines->armed ||
	    (earliest >= deadlines->until &&
		deadlines->armed >= deadlines->until))
		return;

	mio__os_timerfd_set(deadlines->alarm, earliest);
	mio__selector_rearm(deadlines->alarm, MIO_READABLE);
	deadlines->armed = earliest;
}

int64_t
mio__deadlines_arm(
    struct mio__deadlines *deadlines, mio__instant_t until, int64_t timeout_ns)
{
	mio__instant_t earliest;

	mio__lock(&deadlines->lock);

	earliest = earliest_locked(deadlines, deadlines->looked);
	deadlines->until = until;
	if (deadlines->alarm != MIO_INVALID_FD) {
		set_alarm_locked(deadlines, earliest);
	} else if (earliest < until) {
		deadlines->until = earliest;
		timeout_ns = mio__clock_left(earliest);
	}

	mio__unlock(&deadlines->lock);

	return timeout_ns;
}

void
mio__deadlines_look(struct mio__deadlines *deadlines)
{
	bool locked = mio__lock_others_out(&deadlines->lock);

	deadlines->looked = mio__clock_now();
	(void)earliest_locked(deadlines, deadlines->looked);

	/* it rings: what it is set to is over */
	if (deadlines->armed <= deadlines->looked)
		deadlines->armed = 0;

	mio__let_others_in(&deadlines->lock, locked);
}

void
mio__deadlines_changed(struct mio__readiness_queue *queue)
{
	struct mio__deadlines *deadlines = &queue->deadlines;
	mio__instant_t earliest;

	MIO__POINT();
	if (!atomic_load_explicit(&queue->sleeping, memory_order_seq_cst) ||
	    is_inherited(deadlines))
		return;

	mio__lock(&deadlines->lock);

	if (deadlines->selector != NULL) {
		earliest = earliest_locked(deadlines, deadlines->looked);
		if (deadlines->alarm != MIO_INVALID_FD) {
			set_alarm_locked(deadlines, earliest);
		} else if (earliest < deadlines->until) {
			deadlines->until = earliest;
			mio__readiness_queue_rouse(queue);
		}
	}

	mio__unlock(&deadlines->lock);
}

int
mio__deadlines_prepare(struct mio__readiness_queue *queue)
{
	struct mio__deadlines *deadlines = &queue->deadlines;
	int r;

	mio__lock(&deadlines->lock);
	r = make_alarm_locked(deadlines);
	mio__unlock(&deadlines->lock);

	return r;
}

void
mio__deadlines_add(
    struct mio__readiness_queue *queue, struct mio__deadline *deadline)
{
	struct mio__deadlines *deadlines = &queue->deadlines;

	mio__lock(&deadlines->lock);

	if (deadlines->first == NULL)
		deadlines->until = MIO__NEVER; /* of a sleep without any */
	if (deadline->link == NULL) {
		deadline->next = deadlines->first;
		deadline->link = &deadlines->first;
		if (deadline->next != NULL)
			deadline->next->link = &deadline->next;
		deadlines->first = deadline;
		atomic_store_explicit(
		    &deadlines->any, true, memory_order_seq_cst);
	}

	mio__unlock(&deadlines->lock);

	mio__deadlines_changed(queue);
}

void
mio__deadlines_remove(
    struct mio__readiness_queue *queue, struct mio__deadline *deadline)
{
	struct mio__deadlines *deadlines = &queue->deadlines;

	if (is_inherited(deadlines))
		return;

	mio__lock(&deadlines->lock);

	if (deadline->link != NULL)
		unlink_locked(deadline);
	if (deadlines->first == NULL)
		atomic_store_explicit(
		    &deadlines->any, false, memory_order_seq_cst);

	mio__unlock(&deadlines->lock);

	mio__deadlines_changed(queue);
}
