/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_SELECTOR_H
#define MIO_SYS_SELECTOR_H

/*
 * The seam to the kernel's own polling. One file implements it, chosen by
 * configure, and its callers do not know which. Arguments come checked: the
 * token is not the reserved one, interest and options go together. All but the
 * wait may be called by any thread at any time and never block for long; the
 * wait by one thread at a time, which the poll's gate sees to.
 */

#include <stddef.h>
#include <stdint.h>

#include "mio/poll.h"

struct mio__selector;
struct mio__waker;

/* What mio_poll_backend() says. */
extern const char mio__selector_name[];

/*
 * The waker ends a wait from outside and is never reported; it stays the
 * caller's and outlives the selector. 0, -EMFILE, -ENFILE, -ENOMEM.
 */
int mio__selector_create(struct mio__selector **out, struct mio__waker *waker);

/* In a forked child this leaves the parent's registrations alone. */
void mio__selector_destroy(struct mio__selector *selector);

/* The descriptor of mio_poll_fd(), or -ENOTSUP. */
int mio__selector_fd(const struct mio__selector *selector);

/*
 * The errors of mio_poll_register_fd(). A registration made during a wait
 * takes effect in that wait, and one that was removed before a wait begins is
 * not reported by it; one with MIO_TOKEN_RESERVED ends waits, and never is.
 */
int mio__selector_add(struct mio__selector *selector, int fd, mio_token_t token,
    unsigned interest, unsigned options);
int mio__selector_modify(struct mio__selector *selector, int fd,
    mio_token_t token, unsigned interest, unsigned options);
int mio__selector_remove(struct mio__selector *selector, int fd);

/*
 * Events put into the array, of which capacity > 0 are free. It may answer 0
 * before timeout_ns has passed, when the waker or a change of the table ended
 * the sleep or the system takes no timeout that long; -EINTR on a signal.
 */
int mio__selector_wait(struct mio__selector *selector, struct mio_event *events,
    size_t capacity, int64_t timeout_ns);

/*
 * An I/O call on fd would have blocked for these readiness bits, or took less
 * than it was given, so the next change is an edge: for selectors that have to
 * be told. Costs nothing on the others.
 */
void mio__selector_rearm(int fd, unsigned ready);

/* fd is about to be closed: for selectors whose kernel does not see that. */
void mio__selector_forget(int fd);

#endif
