/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_KQUEUE_OWN_H
#define MIO_SYS_KQUEUE_OWN_H

/*
 * The filters in a kernel queue that are no registrations: the wake and the
 * timer.
 */

#include <stdbool.h>
#include <stdint.h>

#include "sys/kqueue_system.h"
#include "sys/waker.h"

struct mio__kqueue_wake {
	int kq;
	bool by_pipe; /* where the kernel has no means of its own */
	struct mio__waker waker;
};

/* Adds the wake to kq. 0, -EMFILE, -ENFILE, -ENOMEM. */
int mio__kqueue_wake_init(struct mio__kqueue_wake *wake, int kq);
void mio__kqueue_wake_fini(struct mio__kqueue_wake *wake);

/* As mio__selector_wake() and mio__selector_clear_wake(). */
void mio__kqueue_wake(struct mio__kqueue_wake *wake);
void mio__kqueue_clear_wake(struct mio__kqueue_wake *wake);

/* Whether the record is of the wake, which is then over. */
bool
mio__kqueue_is_wake(struct mio__kqueue_wake *wake, const mio__kevent_t *record);

/*
 * Rings once, after ns > 0 nanoseconds of the kernel's own clock, or a moment
 * later. There must be no timer in kq. 0, -ENOMEM; -ENOTSUP: the kernel has
 * none that counts nanoseconds.
 */
int mio__kqueue_add_timer(int kq, int64_t ns);

/* Deletes it, and takes back that it has rung. */
void mio__kqueue_delete_timer(int kq);

#endif
