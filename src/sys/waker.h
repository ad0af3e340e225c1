/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_WAKER_H
#define MIO_SYS_WAKER_H

/*
 * What ends a wait from outside, for selectors whose kernel wakes by
 * descriptors only. One file implements it, chosen by configure; it knows
 * nothing of selectors but the descriptor that one watches.
 */

struct mio__waker {
	int read_fd;  /* readable from a signal until the next drain */
	int write_fd; /* may be the same */
};

/* Fills in *waker. 0, -EMFILE, -ENFILE, -ENOMEM. */
int mio__waker_init(struct mio__waker *waker);
void mio__waker_fini(struct mio__waker *waker);

/*
 * Makes read_fd readable, a new edge each time. Any thread, signal handlers
 * too: it keeps errno, and is no cancellation point. Signals add up to one.
 * Cannot fail for good: what is full is drained, and then holds this signal.
 */
void mio__waker_wake(struct mio__waker *waker);

/* Takes the signals back. Any thread; selectors with edges need not. */
void mio__waker_drain(struct mio__waker *waker);

#endif
