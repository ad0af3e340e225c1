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

#endif
