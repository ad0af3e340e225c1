/* SPDX-License-Identifier: MIT */
#ifndef MIO_WAKER_H
#define MIO_WAKER_H

#include <mio/poll.h>

/*
 * A waker wakes a poll from another thread or a signal handler: mio_poll()
 * reports MIO_READABLE with the waker's token. What a thread wrote before the
 * wake is seen by the thread that receives the event.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct mio_waker;

/*
 * Creates a waker. A poll may have any number of them, and they and the poll
 * may be destroyed in any order. Thread-safe. Errors: -EINVAL, -ENOMEM.
 */
int mio_waker_create(struct mio_waker **out, struct mio_poll *poll,
    mio_token_t token);

/*
 * Wakes the poll. Several wakes may be reported as one event. The call makes a
 * system call only if a thread sleeps in the poll, and has no effect once the
 * poll is destroyed. Thread-safe and async-signal-safe. Errors: -EINVAL.
 */
int mio_waker_wake(struct mio_waker *waker);

/*
 * Destroys a waker, before or after its poll. A pending wake is not reported
 * any more. Any thread may make this call, but no other call may use the waker
 * at the same time or later. NULL is ignored.
 */
void mio_waker_destroy(struct mio_waker *waker);

#ifdef __cplusplus
}
#endif

#endif
