/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_TABLED_H
#define MIO_SYS_TABLED_H

/*
 * The common part of selectors whose kernel keeps no table: the table, its
 * lock, and a list of all such selectors of the process. An I/O call knows a
 * descriptor but not the polls that watch it, so mio__selector_rearm() and
 * mio__selector_forget(), which are implemented here, search all of them.
 *
 * The lock of the list is taken before the lock of a table. All of them are
 * held during fork(2), so that a child can destroy the selectors that it
 * inherits.
 */

#include <pthread.h>

#include "sys/poll_table.h"

struct mio__tabled {
	struct mio__tabled *next, **link; /* under the lock of the list */

	pthread_mutex_t lock;
	struct mio__poll_table table; /* under lock */

	/* Called with the lock held when an entry was changed or removed. */
	void (*changed_locked)(struct mio__tabled *self);

	/*
	 * Called with the lock held when the table has grown. Returns 0 or
	 * -ENOMEM.
	 */
	int (*reserve_locked)(struct mio__tabled *self);
};

/* *self is zeroed except for the two functions. Returns 0 or -ENOMEM. */
int mio__tabled_init(struct mio__tabled *self);
void mio__tabled_fini(struct mio__tabled *self);

/* They return what mio__selector_add(), _modify() and _remove() return. */
int mio__tabled_add(struct mio__tabled *self, mio_fd_t fd, mio_token_t token,
    unsigned interest, unsigned options);
int mio__tabled_modify(struct mio__tabled *self, mio_fd_t fd, mio_token_t token,
    unsigned interest, unsigned options);
int mio__tabled_remove(struct mio__tabled *self, mio_fd_t fd);

#endif
