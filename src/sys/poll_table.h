/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_POLL_TABLE_H
#define MIO_SYS_POLL_TABLE_H

/*
 * The table of the poll(2) selector: what each registered descriptor is watched
 * for. The entries are an array, in the order of the set that is handed to the
 * kernel, and are found by descriptor in one step. It is pure: it has no lock
 * and makes no system call.
 */

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/stat.h>

#include "mio/poll.h"

struct mio__poll_entry {
	int fd;
	bool armed; /* false after a oneshot has fired */
	uint8_t options;
	short events;   /* to wait for */
	short reported; /* by an edge since it was set or re-armed */
	mio_token_t token;
	dev_t device; /* tell whether the number was reused */
	ino_t inode;
};

struct mio__poll_table {
	struct mio__poll_entry *entries;
	size_t count, room;
	size_t *places; /* by descriptor: index in entries + 1, or 0 */
	size_t places_room;
};

/* Frees the memory of a table. An empty table is zeroed. */
void mio__poll_table_fini(struct mio__poll_table *table);

/* Makes room for one more entry, for fd. Returns 0 or -ENOMEM. */
int mio__poll_table_reserve(struct mio__poll_table *table, int fd);

/*
 * Adds an entry for fd, which must have none; there must be room. The members
 * that mio__poll_entry_set() sets are zero.
 */
struct mio__poll_entry *mio__poll_table_add(
    struct mio__poll_table *table, int fd, const struct stat *st);

/* Removes an entry. The last one takes its place. */
void mio__poll_table_remove(
    struct mio__poll_table *table, struct mio__poll_entry *entry);

/* Returns the entry of fd, or NULL. */
struct mio__poll_entry *
mio__poll_table_find(const struct mio__poll_table *table, int fd);

/* Whether the entry was added for this file. */
bool mio__poll_entry_matches(
    const struct mio__poll_entry *entry, const struct stat *st);

/* Registers or reregisters: nothing was reported yet. */
void mio__poll_entry_set(struct mio__poll_entry *entry, mio_token_t token,
    unsigned interest, unsigned options);

/*
 * Whether an entry is excluded from the wait. An edge that has reported POLLERR
 * or POLLHUP is, since the kernel would report those again and again.
 */
bool mio__poll_entry_is_excluded(const struct mio__poll_entry *entry);

/* Returns what the kernel is to wait for. */
struct pollfd mio__poll_entry_slot(const struct mio__poll_entry *entry);

/*
 * Stores the slots of all entries, in their order. Returns the number of
 * excluded entries.
 */
size_t mio__poll_table_slots(
    const struct mio__poll_table *table, struct pollfd *slots);

/*
 * Processes the bits that the kernel has reported. Returns whether there is an
 * event, and stores it.
 */
bool mio__poll_entry_report(
    struct mio__poll_entry *entry, int bits, struct mio_event *event);

/*
 * Processes the bits that the kernel reports now for an excluded entry. If the
 * error or hang-up has ended, everything counts as new. Otherwise, bits that
 * are gone are forgotten, and if there are bits that were not reported, the
 * entry is waited for again; the next event reports the error as well.
 */
void mio__poll_entry_recheck(struct mio__poll_entry *entry, int bits);

/*
 * An I/O call would have blocked for these readiness bits. Returns whether that
 * changes the slot.
 */
bool mio__poll_entry_rearm(struct mio__poll_entry *entry, unsigned ready);

/* For tests: whether descriptors and entries agree. */
bool mio__poll_table_check(const struct mio__poll_table *table);

#endif
