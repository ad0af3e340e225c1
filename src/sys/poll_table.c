/* SPDX-License-Identifier: MIT */
#include "sys/poll_table.h"

#include <errno.h>

#include "sys/os.h"

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
mio__poll_entry_is(const struct mio__poll_entry *entry, const struct stat *st)
{
	return entry->device == st->st_dev && entry->inode == st->st_ino;
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
