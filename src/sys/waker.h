/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_WAKER_H
#define MIO_SYS_WAKER_H

/*
 * Ends a wait from outside, for selectors whose kernel can be woken only by a
 * descriptor. One file implements it, chosen by configure. It knows nothing of
 * selectors; a selector watches read_fd.
 */

struct mio__waker {
	int read_fd;  /* readable after a wake until the next drain */
	int write_fd; /* may be the same descriptor */
};

/* Returns 0, -EMFILE, -ENFILE or -ENOMEM. */
int mio__waker_init(struct mio__waker *waker);
void mio__waker_fini(struct mio__waker *waker);

/*
 * Makes read_fd readable, with a new edge each time. Any thread, and signal
 * handlers: it keeps errno and is not a cancellation point. Several wakes
 * before a drain count as one. It always succeeds: if the descriptor is full,
 * it is drained and then written to.
 */
void mio__waker_wake(struct mio__waker *waker);

/* Makes read_fd unreadable. Any thread. Selectors that use edges need not. */
void mio__waker_drain(struct mio__waker *waker);

#endif
