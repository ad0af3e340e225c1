/* SPDX-License-Identifier: MIT */
#ifndef MIO_POLL_DEADLINES_H
#define MIO_POLL_DEADLINES_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "sys/clock.h"

/*
 * What a poll waits for besides the kernel's events and its queue: sources that
 * become ready by the clock. The poll asks each of them when that is, and
 * before it sleeps sets a clock of the kernel's, the alarm, to the earliest.
 */

struct mio__readiness_queue;
struct mio__selector;

/* A source that becomes ready by the clock embeds one. */
struct mio__deadline {
	struct mio__deadline *next, **link; /* under the list's lock */

	/*
	 * Sets the readiness that is due by now; answers when there will be
	 * more, or MIO__NEVER. It may answer too early, but then it must get
	 * on when it is asked at that time. Under the list's lock.
	 */
	mio__instant_t (*look)(struct mio__deadline *self, mio__instant_t now);
};

struct mio__deadlines {
	pthread_mutex_t lock;
	atomic_bool any; /* changes under lock */

	/* Each under lock. */
	bool alarm_refused;
	int alarm; /* MIO_INVALID_FD: there is none */
	struct mio__deadline *first;
	struct mio__selector *selector; /* NULL: the poll is gone */
	mio__instant_t armed;           /* what the alarm is set to */
	mio__instant_t until;           /* the end of the sleep */
	mio__instant_t looked;          /* the time of the last look */
	int64_t process;                /* whose poll it is; does not change */
};

/* 0 or -ENOMEM. */
int mio__deadlines_init(struct mio__deadlines *deadlines);
void mio__deadlines_fini(struct mio__deadlines *deadlines);

/* The poll is there, and is gone. */
void mio__deadlines_open(
    struct mio__deadlines *deadlines, struct mio__selector *selector);
void mio__deadlines_close(struct mio__deadlines *deadlines);

/*
 * Before one is added: makes the alarm. Any thread. 0, -EMFILE, -ENFILE,
 * -ENOMEM; -ENOSPC: there are too many in the selector.
 */
int mio__deadlines_prepare(struct mio__readiness_queue *queue);

/* One more, unless it is in the list. Any thread. */
void mio__deadlines_add(
    struct mio__readiness_queue *queue, struct mio__deadline *deadline);

/* Takes it off the list if it is in there. Any thread. */
void mio__deadlines_remove(
    struct mio__readiness_queue *queue, struct mio__deadline *deadline);

/* What a source would answer may have changed. Any thread. */
void mio__deadlines_changed(struct mio__readiness_queue *queue);

/* Whether there are any. */
static inline bool
mio__deadlines_any(const struct mio__deadlines *deadlines)
{
	return atomic_load_explicit(&deadlines->any, memory_order_seq_cst);
}

/* Makes ready what is due. Consumer. */
void mio__deadlines_look(struct mio__deadlines *deadlines);

/*
 * Sets the alarm for a sleep until then, which was announced to the queue. The
 * timeout to sleep with, which is shorter when there is no alarm. Consumer.
 */
int64_t mio__deadlines_arm(
    struct mio__deadlines *deadlines, mio__instant_t until, int64_t timeout_ns);

#endif
