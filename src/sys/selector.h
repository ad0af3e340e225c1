/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_SELECTOR_H
#define MIO_SYS_SELECTOR_H

/*
 * The interface to the kernel's own polling. One file implements it, which
 * configure chooses and which makes its own system calls; callers do not know
 * which one it is. Callers have checked the arguments: the token is not the
 * reserved one, interest and options are valid together, and a descriptor is
 * not negative.
 *
 * Rules for every selector:
 *
 * - Any thread may call any function but create, close and destroy at any time,
 *   also while others wait. Only the wait blocks.
 * - A wait reports at most one event for each registration, with all its
 *   readiness bits. An edge or a oneshot is reported by one wait only.
 * - A oneshot that was reported is disarmed for all readiness, hang-ups and
 *   errors included, until it is modified.
 * - An interest of 0 still reports errors and hang-ups in both directions.
 * - A token has 64 bits, even where a pointer has 32.
 * - A wait that begins after a modify has returned reports by the new
 *   registration. A wait at the same time as a modify reports by the old or by
 *   the new one, never by the token of one and the interest of the other. A
 *   modify reports again what is ready, including an edge that was reported and
 *   a oneshot that has fired.
 * - Closing the last copy of a descriptor removes its registration.
 */

#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/poll.h"
#include "sys/clock.h"

struct mio__selector;

/* The name that mio_poll_backend() returns. */
extern const char mio__selector_name[];

/* Returns 0, -EMFILE, -ENFILE, -ENOMEM or -ENOSPC. */
int mio__selector_create(struct mio__selector **out);

/*
 * Closes it; afterwards only wake and destroy may be called. In a forked child,
 * this leaves the parent's registrations as they are.
 */
void mio__selector_close(struct mio__selector *selector);

/* Frees it. It must have been closed. */
void mio__selector_destroy(struct mio__selector *selector);

/* Returns the descriptor for mio_poll_fd(), or -ENOTSUP if there is none. */
mio_fd_t mio__selector_fd(const struct mio__selector *selector);

/*
 * Register, change and remove a descriptor. They return the errors of
 * mio_poll_register_fd(): -EEXIST if it is registered already, -ENOENT if it is
 * not. What is added or modified during a wait takes effect in that wait. What
 * was removed before a wait begins is not reported by it.
 */
int mio__selector_add(struct mio__selector *selector, mio_fd_t fd,
    mio_token_t token, unsigned interest, unsigned options);
int mio__selector_modify(struct mio__selector *selector, mio_fd_t fd,
    mio_token_t token, unsigned interest, unsigned options);
int mio__selector_remove(struct mio__selector *selector, mio_fd_t fd);

/*
 * Waits for events and stores them in the array, which has room for capacity
 * events: more than 0, less than RANG. Returns their number, or -EINTR if a
 * signal handler has run. Any number of threads may wait, each with a timeout
 * of its own: in nanoseconds and never rounded down, 0 not to wait, negative to
 * wait without a limit. It may return 0 earlier.
 *
 * If a wake or the alarm has ended the wait, WOKEN is added to the number of
 * events, which may be 0; a wake takes no room in the array. RANG is added as
 * well if it was an alarm that may ring long before its time: the caller has to
 * set it again. This is a cancellation point. A cancelled thread has changed
 * nothing, except that it may have consumed a wake or the alarm.
 */
#define MIO__SELECTOR_WOKEN 0x40000000
#define MIO__SELECTOR_RANG  0x20000000
int mio__selector_wait(struct mio__selector *selector, struct mio_event *events,
    size_t capacity, int64_t timeout_ns);

/*
 * Ends one wait: of a thread that is waiting, or else the next one. May be
 * called by any thread, by signal handlers, and after close. It is not a
 * cancellation point, keeps errno, and cannot fail.
 */
void mio__selector_wake(struct mio__selector *selector);

/*
 * Clears a wake that no wait has consumed, so that the descriptor of
 * mio_poll_fd() does not become readable for it. A wake that arrives during
 * this call may remain.
 */
void mio__selector_clear_wake(struct mio__selector *selector);

/*
 * Sets the alarm, which wakes one thread at that time or a moment later, or
 * stops it if the time is MIO__NEVER. This replaces what was set before, even
 * if that has rung already. One thread at a time. The first call creates the
 * alarm and may return -EMFILE, -ENFILE, -ENOMEM or -ENOSPC. -ENOTSUP means
 * that there is no alarm, or none any more: then the caller has to limit the
 * timeouts of its waits.
 */
int
mio__selector_set_alarm(struct mio__selector *selector, mio__instant_t instant);

/* Whether the alarm was created and works. */
bool mio__selector_has_alarm(const struct mio__selector *selector);

/*
 * rearm: an I/O call on fd would have blocked for these readiness bits, or has
 * transferred less than it was given. The next change is therefore a new edge.
 * forget: fd is about to be closed. A selector with a table of its own learns
 * neither in another way. Without one the kernel sees both, and the calls leave
 * no code in the functions that transfer data.
 */
#ifdef MIO_USES_TABLE
void mio__selector_rearm(mio_fd_t fd, unsigned ready);
void mio__selector_forget(mio_fd_t fd);
#else
static inline void
mio__selector_rearm(mio_fd_t fd, unsigned ready)
{
	(void)fd;
	(void)ready;
}

static inline void
mio__selector_forget(mio_fd_t fd)
{
	(void)fd;
}
#endif

#endif
