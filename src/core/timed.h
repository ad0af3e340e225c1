/* SPDX-License-Identifier: MIT */
#ifndef MIO_CORE_TIMED_H
#define MIO_CORE_TIMED_H

/*
 * The sources of a poll that become ready by the clock: a list of them, each of
 * which says when that will be. Changed and walked under the poll's lock.
 */

#include <stdbool.h>

#include "sys/clock.h"

/* A source that becomes ready by the clock embeds one, zeroed. */
struct mio__timed {
	struct mio__timed *next, **link; /* link is NULL outside of the list */

	/*
	 * Sets the readiness that is due by now; returns when there will be
	 * more, or MIO__NEVER. It may return a time that is too early, but then
	 * it must get on when it is asked at that time.
	 */
	mio__instant_t (*expire)(struct mio__timed *self, mio__instant_t now);
};

struct mio__timed_list {
	struct mio__timed *first;

	/*
	 * When the poll will be woken for them: by the selector's alarm, or if
	 * there is none because a thread's wait ends then.
	 */
	mio__instant_t armed;
};

void mio__timed_init(struct mio__timed_list *list);

/* Adds one that is in no list. */
void mio__timed_add(struct mio__timed_list *list, struct mio__timed *timed);

/* Takes one off its list, if it is in one. */
void mio__timed_remove(struct mio__timed *timed);

/* Asks all of them; the earliest time, or MIO__NEVER. */
mio__instant_t
mio__timed_expire(const struct mio__timed_list *list, mio__instant_t now);

#endif
