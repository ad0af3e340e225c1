/* SPDX-License-Identifier: MIT */
#include "sys/compat.h"
#include "sys/poll_table.h"

#include "sys/memory.h"

/* The kernel reports these whether asked to or not. */
#define BROKEN (POLLERR | POLLHUP)

void
mio__poll_table_fini(struct mio__poll_table *table)
{
	mio__os_free(table->entries);
	mio__os_free(table->places);
}

static int
reserve_places(struct mio__poll_table *table, size_t room)
{
	size_t *places;
	size_t i;

	if (room <= table->places_room)
		return 0;

	room += room / 2 + 64;
	places = mio__os_grow(table->places, room, sizeof(*places));
	if (places == NULL)
		return -ENOMEM;

	for (i = table->places_room; i < room; i++)
		places[i] = 0;

	table->places = places;
	table->places_room = room;

	return 0;
}

static int
reserve_entries(struct mio__poll_table *table, size_t room)
{
	struct mio__poll_entry *entries;

	if (room <= table->room)
		return 0;

	room += room / 2 + 16;
	entries = mio__os_grow(table->entries, room, sizeof(*entries));
	if (entries == NULL)
		return -ENOMEM;

	table->entries = entries;
	table->room = room;

	return 0;
}

int
mio__poll_table_reserve(struct mio__poll_table *table, int fd)
{
	int r = reserve_places(table, (size_t)fd + 1);

	return r < 0 ? r : reserve_entries(table, table->count + 1);
}

struct mio__poll_entry *
mio__poll_table_add(
    struct mio__poll_table *table, int fd, const struct stat *st)
{
	struct mio__poll_entry *entry = &table->entries[table->count++];

	*entry = (struct mio__poll_entry){
		.fd = fd,
		.device = st->st_dev,
		.inode = st->st_ino,
	};
	table->places[fd] = table->count;

	return entry;
}

void
mio__poll_table_remove(
    struct mio__poll_table *table, struct mio__poll_entry *entry)
{
	struct mio__poll_entry *last = &table->entries[table->count - 1];

	table->places[entry->fd] = 0;
	if (entry != last) {
		*entry = *last;
		table->places[entry->fd] = (size_t)(entry - table->entries) + 1;
	}

	table->count--;
}

struct mio__poll_entry *
mio__poll_table_find(const struct mio__poll_table *table, int fd)
{
	if ((size_t)fd >= table->places_room || table->places[fd] == 0)
		return NULL;

	return &table->entries[table->places[fd] - 1];
}

bool
mio__poll_entry_matches(
    const struct mio__poll_entry *entry, const struct stat *st)
{
	return entry->device == st->st_dev && entry->inode == st->st_ino;
}

static short
to_kernel(unsigned interest)
{
	int bits = 0;

	if (interest & MIO_READABLE)
		bits |= POLLIN | POLLRDHUP;
	if (interest & MIO_WRITABLE)
		bits |= POLLOUT;
	if (interest & MIO_PRIORITY)
		bits |= POLLPRI;

	return (short)bits;
}

static uint32_t
to_ready(int bits)
{
	uint32_t ready = 0;

	if (bits & POLLIN)
		ready |= MIO_READABLE;
	if (bits & POLLOUT)
		ready |= MIO_WRITABLE;
	if (bits & POLLPRI)
		ready |= MIO_PRIORITY;
	if (bits & POLLRDHUP)
		ready |= MIO_READABLE | MIO_READ_CLOSED;
	if (bits & POLLHUP)
		ready |= MIO_READABLE | MIO_WRITABLE | MIO_HUP;
	if (bits & POLLERR)
		ready |=
		    MIO_ERROR | MIO_READABLE | MIO_WRITABLE | MIO_WRITE_CLOSED;

	return ready;
}

/* The bits that are gone when a call would have blocked for ready. */
static short
bits_of_blocked(unsigned ready)
{
	int bits = BROKEN;

	if (ready & MIO_READABLE)
		bits |= POLLIN | POLLPRI | POLLRDHUP;
	if (ready & MIO_WRITABLE)
		bits |= POLLOUT;

	return (short)bits;
}

void
mio__poll_entry_set(struct mio__poll_entry *entry, mio_token_t token,
    unsigned interest, unsigned options)
{
	entry->token = token;
	entry->events = to_kernel(interest);
	entry->reported = 0;
	entry->options = (uint8_t)options;
	entry->armed = true;
}

bool
mio__poll_entry_is_excluded(const struct mio__poll_entry *entry)
{
	return entry->armed && entry->reported & BROKEN;
}

struct pollfd
mio__poll_entry_slot(const struct mio__poll_entry *entry)
{
	bool excluded = !entry->armed || mio__poll_entry_is_excluded(entry);

	return (struct pollfd){
		.fd = excluded ? -1 : entry->fd,
		.events = (short)(entry->events & ~entry->reported),
	};
}

bool
mio__poll_entry_report(
    struct mio__poll_entry *entry, int bits, struct mio_event *event)
{
	if (entry->options & MIO_EDGE) {
		bits |= entry->reported;
		entry->reported = (short)bits;
	}
	if (entry->options & MIO_ONESHOT)
		entry->armed = false;

	*event = (struct mio_event){
		.token = entry->token,
		.ready = to_ready(bits),
	};

	/* the library watches descriptors of its own, too */
	return event->ready != 0 && entry->token != MIO_TOKEN_RESERVED;
}

void
mio__poll_entry_recheck(struct mio__poll_entry *entry, int bits)
{
	int reported = entry->reported;

	if (reported & BROKEN & ~bits)
		entry->reported = 0;
	else if (bits & ~reported)
		entry->reported = (short)(reported & bits & ~BROKEN);
	else
		entry->reported = (short)(reported & bits);
}

bool
mio__poll_entry_rearm(struct mio__poll_entry *entry, unsigned ready)
{
	short reported = entry->reported;

	entry->reported &= (short)~bits_of_blocked(ready);

	return entry->reported != reported;
}

size_t
mio__poll_table_slots(const struct mio__poll_table *table, struct pollfd *slots)
{
	size_t excluded = 0;
	size_t i;

	for (i = 0; i < table->count; i++) {
		slots[i] = mio__poll_entry_slot(&table->entries[i]);
		excluded += mio__poll_entry_is_excluded(&table->entries[i]);
	}

	return excluded;
}

bool
mio__poll_table_check(const struct mio__poll_table *table)
{
	size_t used = 0;
	size_t i;

	for (i = 0; i < table->places_room; i++) {
		size_t place = table->places[i];

		if (place > table->count)
			return false;
		if (place != 0 && table->entries[place - 1].fd != (int)i)
			return false;
		used += place != 0;
	}

	return used == table->count && table->count <= table->room;
}
