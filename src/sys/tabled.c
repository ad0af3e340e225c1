/* SPDX-License-Identifier: MIT */
#include "sys/tabled.h"

#include <errno.h>
#include <stddef.h>

#include "sys/descriptor.h"
#include "sys/lock.h"
#include "sys/pollable.h"
#include "sys/selector.h"

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct mio__tabled *list;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int fork_result; /* of watch_forks() */

static void
lock_all(void)
{
	struct mio__tabled *t;

	mio__lock(&list_lock);
	for (t = list; t != NULL; t = t->next)
		mio__lock(&t->lock);
}

static void
unlock_all(void)
{
	struct mio__tabled *t;

	for (t = list; t != NULL; t = t->next)
		mio__unlock(&t->lock);
	mio__unlock(&list_lock);
}

static void
watch_forks(void)
{
	fork_result = -pthread_atfork(lock_all, unlock_all, unlock_all);
}

int
mio__tabled_init(struct mio__tabled *self)
{
	int r;

	(void)pthread_once(&once, watch_forks); /* has no errors */
	r = fork_result;
	if (r == 0)
		r = -pthread_mutex_init(&self->lock, NULL);
	if (r < 0)
		return r;

	mio__lock(&list_lock);
	self->next = list;
	self->link = &list;
	if (list != NULL)
		list->link = &self->next;
	list = self;
	mio__unlock(&list_lock);

	return 0;
}

void
mio__tabled_fini(struct mio__tabled *self)
{
	mio__lock(&list_lock);
	*self->link = self->next;
	if (self->next != NULL)
		self->next->link = self->link;
	mio__unlock(&list_lock);

	(void)pthread_mutex_destroy(&self->lock); /* it is not held */
	mio__poll_table_fini(&self->table);
}

/* ---- what is registered */

static void
remove_locked(struct mio__tabled *t, struct mio__poll_entry *entry)
{
	mio__poll_table_remove(&t->table, entry);
	t->changed_locked(t);
}

/*
 * Returns the entry of fd, or NULL. An entry is removed if its number belongs
 * to another file by now.
 */
static struct mio__poll_entry *
find_same_locked(struct mio__tabled *t, mio_fd_t fd, const struct stat *st)
{
	struct mio__poll_entry *entry = mio__poll_table_find(&t->table, fd);

	if (entry == NULL || mio__poll_entry_matches(entry, st))
		return entry;

	remove_locked(t, entry);

	return NULL;
}

static int
add_locked(struct mio__tabled *t, mio_fd_t fd, const struct stat *st,
    struct mio__poll_entry **entry)
{
	int r;

	if (find_same_locked(t, fd, st) != NULL)
		return -EEXIST;

	r = mio__poll_table_reserve(&t->table, fd);
	if (r == 0)
		r = t->reserve_locked(t);
	if (r < 0)
		return r;

	*entry = mio__poll_table_add(&t->table, fd, st);

	return 0;
}

int
mio__tabled_add(struct mio__tabled *t, mio_fd_t fd, mio_token_t token,
    unsigned interest, unsigned options)
{
	struct mio__poll_entry *entry;
	struct stat st;
	int r;

	r = mio__os_stat(fd, &st);
	if (r == 0)
		r = mio__pollable(fd, &st);
	if (r < 0)
		return r;

	mio__lock(&t->lock);
	r = add_locked(t, fd, &st, &entry);
	if (r == 0) {
		mio__poll_entry_set(entry, token, interest, options);
		t->changed_locked(t);
	}
	mio__unlock(&t->lock);

	return r;
}

/* Finds the entry of fd, and returns 0 with the lock held, or an error. */
static int
lock_entry(struct mio__tabled *t, mio_fd_t fd, struct mio__poll_entry **entry)
{
	struct stat st;
	int r = mio__os_stat(fd, &st);

	if (r < 0)
		return r;

	mio__lock(&t->lock);
	*entry = find_same_locked(t, fd, &st);
	if (*entry != NULL)
		return 0;

	mio__unlock(&t->lock);

	/* it was not added, or it could not have been */
	r = mio__pollable(fd, &st);

	return r < 0 ? r : -ENOENT;
}

int
mio__tabled_modify(struct mio__tabled *t, mio_fd_t fd, mio_token_t token,
    unsigned interest, unsigned options)
{
	struct mio__poll_entry *entry;
	int r = lock_entry(t, fd, &entry);

	if (r < 0)
		return r;

	mio__poll_entry_set(entry, token, interest, options);
	t->changed_locked(t);
	mio__unlock(&t->lock);

	return 0;
}

int
mio__tabled_remove(struct mio__tabled *t, mio_fd_t fd)
{
	struct mio__poll_entry *entry;
	int r = lock_entry(t, fd, &entry);

	if (r < 0)
		return r;

	remove_locked(t, entry);
	mio__unlock(&t->lock);

	return 0;
}

/* ---- for I/O calls */

/* Re-arms the entries of fd in all tables, or removes them if ready is 0. */
static void
update_all(mio_fd_t fd, unsigned ready)
{
	struct mio__poll_entry *entry;
	struct mio__tabled *t;

	mio__lock(&list_lock);
	for (t = list; t != NULL; t = t->next) {
		mio__lock(&t->lock);
		entry = mio__poll_table_find(&t->table, fd);
		if (entry != NULL && ready == 0)
			remove_locked(t, entry);
		else if (entry != NULL && mio__poll_entry_rearm(entry, ready))
			t->changed_locked(t);
		mio__unlock(&t->lock);
	}
	mio__unlock(&list_lock);
}

void
mio__selector_rearm(mio_fd_t fd, unsigned ready)
{
	if (ready != 0)
		update_all(fd, ready);
}

void
mio__selector_forget(mio_fd_t fd)
{
	update_all(fd, 0);
}
