/* SPDX-License-Identifier: MIT */
#ifndef MIO_CORE_COLLECT_H
#define MIO_CORE_COLLECT_H

/*
 * What threads in mio_poll() do: they wait in the kernel side by side, and one
 * at a time collects what the program has made ready itself.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/core.h"
#include "mio/poll.h"

/*
 * mio_poll() and mio_poll_interruptible(), with arguments that were checked.
 * Any thread; a cancellation point.
 */
int mio__collect_wait(struct mio_poll *poll, struct mio_event *events,
    size_t capacity, int64_t timeout_ns, bool interruptible);

/* mio_poll_arm(). Any thread. */
int mio__collect_arm(struct mio_poll *poll);

/* mio_poll_destroy(): lets go of what is queued, and of the poll. */
void mio__collect_close(struct mio_poll *poll);

/*
 * Sources that become ready by the clock. Before the first is added: 0,
 * -EMFILE, -ENFILE, -ENOMEM or -ENOSPC, when the system has an alarm but not
 * for us now. All three under the poll's lock.
 */
int mio__collect_prepare_locked(struct mio_poll *poll);
void mio__collect_add_locked(struct mio_poll *poll, struct mio__timed *timed);
void
mio__collect_remove_locked(struct mio_poll *poll, struct mio__timed *timed);

/* Some thread waits, and what a timed source would return has changed. */
void mio__collect_set_alarm(struct mio_poll *poll);

/*
 * What a timed source would return may have changed. Any thread, without locks:
 * who waits has announced that before it asked the sources, under their locks.
 */
static inline void
mio__collect_changed(struct mio_poll *poll)
{
	MIO__POINT();
	if (mio__core_waiters(poll) != 0)
		mio__collect_set_alarm(poll);
}

#endif
