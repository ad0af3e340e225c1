/* SPDX-License-Identifier: MIT */
#ifndef MIO_CORE_COLLECT_H
#define MIO_CORE_COLLECT_H

/*
 * What a thread does in mio_poll(). Any number of threads wait in the kernel at
 * once, and one at a time collects what the program itself has made ready.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/core.h"
#include "mio/poll.h"

/*
 * These implement mio_poll() and mio_poll_interruptible(), without a wait and
 * with a timeout that is not 0. The caller has checked the arguments. Any
 * thread may call them. They are cancellation points.
 */
int mio__collect_now(
    struct mio_poll *poll, struct mio_event *events, size_t capacity);
int mio__collect_wait(struct mio_poll *poll, struct mio_event *events,
    size_t capacity, int64_t timeout_ns, bool interruptible);

/* Implements mio_poll_arm(). Any thread may call this. */
int mio__collect_arm(struct mio_poll *poll);

/* Implements mio_poll_destroy(): discards queued nodes and unrefs the poll. */
void mio__collect_close(struct mio_poll *poll);

#endif
