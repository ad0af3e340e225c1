/* SPDX-License-Identifier: MIT */
#ifndef MIO_WAKER_H
#define MIO_WAKER_H

#include <mio/poll.h>

/*
 * Ends the wait of a poll from another thread or a signal handler: an event
 * MIO_READABLE with the waker's token. What a thread wrote before it woke the
 * poll is seen by the thread that gets the event.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct mio_waker;

/*
 * Any number of wakers may share a poll. They and their poll may be destroyed
 * in any order. Any thread. -EINVAL, -ENOMEM.
 */
int mio_waker_create(struct mio_waker **out, struct mio_poll *poll,
    mio_token_t token);

/*
 * Wakes the poll; wakes that no mio_poll() has reported yet count as one. Costs
 * a system call only when the poll sleeps. Does nothing once the poll is
 * destroyed. Any thread, any number of them, signal handlers. -EINVAL.
 */
int mio_waker_wake(struct mio_waker *waker);

/* A wake that is still pending is not reported. NULL is fine. Any thread. */
void mio_waker_destroy(struct mio_waker *waker);

#ifdef __cplusplus
}
#endif

#endif
