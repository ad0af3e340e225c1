/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_TABLED_H
#define MIO_SYS_TABLED_H

/*
 * What selectors share whose kernel keeps no table: the table, its lock, and
 * the list of all such selectors of the process. I/O calls know a descriptor
 * but not the polls that watch it: mio__selector_rearm() and
 * mio__selector_forget(), which are here, look for it in all of them.
 *
 * The lock of the list comes before those of the tables, and fork(2) takes all
 * of them: a child can destroy what it inherited.
 */

#include <pthread.h>

#include "sys/poll_table.h"

struct mio__tabled {
	struct mio__tabled *next, **link; /* lock of the list */

	pthread_mutex_t lock;
	struct mio__poll_table table; /* lock */

	/* Called with the lock held after an entry was changed or removed. */
	void (*changed_locked)(struct mio__tabled *self);

	/* Called with the lock held after the table has grown: 0 or -ENOMEM. */
	int (*reserve_locked)(struct mio__tabled *self);
};

/* All zero but for the two calls. 0 or -ENOMEM. */
int mio__tabled_init(struct mio__tabled *self);
void mio__tabled_fini(struct mio__tabled *self);

/* The errors of mio__selector_add() and its like. */
int mio__tabled_add(struct mio__tabled *self, mio_fd_t fd, mio_token_t token,
    unsigned interest, unsigned options);
int mio__tabled_modify(struct mio__tabled *self, mio_fd_t fd, mio_token_t token,
    unsigned interest, unsigned options);
int mio__tabled_remove(struct mio__tabled *self, mio_fd_t fd);

#endif
