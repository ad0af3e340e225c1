/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_POLL_TABLE_H
#define MIO_SYS_POLL_TABLE_H

/*
 * The table of the poll(2) selector: what each registered descriptor is waited
 * for. Entries lie side by side in the order of the set that the kernel gets,
 * and are found by descriptor in one step. Pure: no lock, no system call.
 */

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/stat.h>

#include "mio/poll.h"

struct mio__poll_entry {
	int fd;
	bool armed; /* a oneshot that fired is not */
	uint8_t options;
	short events;   /* what to wait for */
	short reported; /* what an edge has reported since */
	mio_token_t token;
	dev_t device; /* tells a reused number from the old file */
	ino_t inode;
};

struct mio__poll_table {
	struct mio__poll_entry *entries;
	size_t count, room;
	size_t *places; /* by descriptor: place in entries + 1, or 0 */
	size_t places_room;
};

/* An empty table is all zeroes; this gives its memory back. */
void mio__poll_table_fini(struct mio__poll_table *table);

/* Room for one more entry, for fd. 0 or -ENOMEM. */
int mio__poll_table_reserve(struct mio__poll_table *table, int fd);

/* An entry for fd, which has none; there must be room. All else is zero. */
struct mio__poll_entry *mio__poll_table_add(
    struct mio__poll_table *table, int fd, const struct stat *st);

/* The last entry takes its place. */
void mio__poll_table_remove(
    struct mio__poll_table *table, struct mio__poll_entry *entry);

/* NULL when there is none. */
struct mio__poll_entry *
mio__poll_table_find(const struct mio__poll_table *table, int fd);

/* Whether the entry was made for this file. */
bool mio__poll_entry_matches(
    const struct mio__poll_entry *entry, const struct stat *st);

/* Registered or reregistered: nothing is reported yet. */
void mio__poll_entry_set(struct mio__poll_entry *entry, mio_token_t token,
    unsigned interest, unsigned options);

/*
 * An edge that has reported what the kernel cannot leave out of its answers,
 * POLLERR or POLLHUP, is not waited for.
 */
bool mio__poll_entry_is_excluded(const struct mio__poll_entry *entry);

/* What the kernel is to wait for. */
struct pollfd mio__poll_entry_slot(const struct mio__poll_entry *entry);

/* The slots of all entries, in their order; how many entries are blind. */
size_t mio__poll_table_slots(
    const struct mio__poll_table *table, struct pollfd *slots);

/* Takes the kernel's answer: whether it makes an event, *event then. */
bool mio__poll_entry_report(
    struct mio__poll_entry *entry, int bits, struct mio_event *event);

/*
 * What the kernel says of a blind entry. Whole again, all that it has is news.
 * Still broken, what has ended is forgotten, and if there is more than was
 * reported, it is waited for again: the next report tells of the breakage too.
 */
void mio__poll_entry_recheck(struct mio__poll_entry *entry, int bits);

/* A call would have blocked for ready: whether that changes the slot. */
bool mio__poll_entry_rearm(struct mio__poll_entry *entry, unsigned ready);

/* Whether every entry is where its descriptor says, and nothing else is. */
bool mio__poll_table_check(const struct mio__poll_table *table);

#endif
