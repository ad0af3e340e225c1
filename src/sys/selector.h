/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_SELECTOR_H
#define MIO_SYS_SELECTOR_H

/*
 * The seam to the kernel's own polling. One file implements it, chosen by
 * configure, with its own system calls; its callers do not know which.
 * Arguments come checked: the token is not the reserved one, interest and
 * options go together, a descriptor is not negative.
 *
 * Rules for all:
 *
 *	- Any thread calls anything at any time, also while others wait, but for
 *	  create, close and destroy. Nothing blocks but the wait.
 *	- A registration gives one event to a wait, and to one wait at a time as
 *	  long as it is an edge or a oneshot: readable and writable come
 *	  together.
 *	- A oneshot that was reported is disarmed in all directions, hang-ups
 *	  and errors included, until it is modified.
 *	- An interest of 0 reports errors and hang-ups in both directions.
 *	- A token has 64 bits, also where a pointer has 32.
 *	- A modify that has returned is what later waits report by; one that
 *	  goes on beside a wait is reported by the old or the new registration,
 *	  never by the token of one and the interest of the other. It reports
 *	  again what holds, an edge and a oneshot that fired included.
 *	- Closing the last copy of a descriptor takes it out.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/poll.h"
#include "sys/clock.h"

struct mio__selector;

/* What mio_poll_backend() returns. */
extern const char mio__selector_name[];

/* 0, -EMFILE, -ENFILE, -ENOMEM, -ENOSPC. */
int mio__selector_create(struct mio__selector **out);

/*
 * The poll is gone: nothing but wake and destroy is called from then on. In a
 * forked child this leaves the parent's registrations alone.
 */
void mio__selector_close(struct mio__selector *selector);

/* Frees it; it was closed. */
void mio__selector_destroy(struct mio__selector *selector);

/* The descriptor of mio_poll_fd(), or -ENOTSUP. */
mio_fd_t mio__selector_fd(const struct mio__selector *selector);

/*
 * The errors of mio_poll_register_fd(): -EEXIST for what is in there, -ENOENT
 * for what is not. What is added or modified during a wait takes effect in it;
 * what was removed before a wait begins is not reported by it.
 */
int mio__selector_add(struct mio__selector *selector, mio_fd_t fd,
    mio_token_t token, unsigned interest, unsigned options);
int mio__selector_modify(struct mio__selector *selector, mio_fd_t fd,
    mio_token_t token, unsigned interest, unsigned options);
int mio__selector_remove(struct mio__selector *selector, mio_fd_t fd);

/*
 * Puts events into the array, which has room for capacity > 0 of them, no more
 * than INT_MAX: how many, or -EINTR when a signal handler ran. Any number of
 * threads, each with its own timeout in nanoseconds: negative for no end, 0 to
 * look, never rounded down. It may return 0 earlier. *woken is set when a wake
 * or the alarm ended the wait, also when there are events; that takes no room
 * from events. A cancellation point: a thread that is cancelled has changed
 * nothing, but may have been woken.
 */
int mio__selector_wait(struct mio__selector *selector, struct mio_event *events,
    size_t capacity, int64_t timeout_ns, bool *woken);

/*
 * Ends one wait, of a thread that waits or else the next one. Any thread,
 * signal handlers, after close; no cancellation point, keeps errno, cannot
 * fail.
 */
void mio__selector_wake(struct mio__selector *selector);

/*
 * Takes back a wake that no wait has taken, so that the descriptor of
 * mio_poll_fd() does not show it; one of this moment may show all the same.
 */
void mio__selector_clear_wake(struct mio__selector *selector);

/*
 * Wakes one thread at that time, or a moment later; MIO__NEVER is no time.
 * Takes the place of what it was set to before, also when that has rung. One
 * thread at a time. The first one makes it: -EMFILE, -ENFILE, -ENOMEM, -ENOSPC
 * then. -ENOTSUP when there is none, or none any more: then the caller has to
 * see to it that waits end in time.
 */
int
mio__selector_set_alarm(struct mio__selector *selector, mio__instant_t instant);

/* Whether the alarm was made and works. */
bool mio__selector_has_alarm(const struct mio__selector *selector);

/*
 * An I/O call on fd would have blocked for these readiness bits, or took less
 * than it was given, so the next change is an edge: for selectors that have to
 * be told. Costs nothing on the others.
 */
void mio__selector_rearm(mio_fd_t fd, unsigned ready);

/* fd is about to be closed: for selectors whose kernel does not see that. */
void mio__selector_forget(mio_fd_t fd);

#endif
