/* SPDX-License-Identifier: MIT */

/*
 * A binary heap. Each of its positions is a list of the wheel that contains a
 * single node, so that the link of a node says at which position it is.
 *
 * Timeouts are numbered in the order in which they are added, which orders
 * those of the same tick. The link of a list with one node needs only `next';
 * its `prev' holds the number of the timeout.
 *
 * The numbers start again at 0 when a timeout is added to an empty heap. If a
 * heap uses up all 2^32 numbers without becoming empty, it is sorted in place
 * and numbered again.
 */

#include "timer/overdue.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/check.h"

/* The content of a position: the link of a node, and the timeout's number. */
struct entry {
	uint32_t link, number;
};

static struct entry
entry_at(const struct mio__overdue *overdue, uint32_t position)
{
	const struct mio__wheel_link *link =
	    &overdue->links[overdue->list + position];

	return (struct entry){ link->next, link->prev };
}

static void
put(struct mio__overdue *overdue, uint32_t position, struct entry entry)
{
	uint32_t list = overdue->list + position;

	overdue->links[list] =
	    (struct mio__wheel_link){ entry.link, entry.number };
	overdue->links[entry.link] = (struct mio__wheel_link){ list, list };
}

static bool
is_before(const struct mio__overdue *overdue, struct entry a, struct entry b)
{
	uint64_t tick_a = overdue->nodes[a.link - MIO__WHEEL_LISTS].tick;
	uint64_t tick_b = overdue->nodes[b.link - MIO__WHEEL_LISTS].tick;

	return tick_a != tick_b ? tick_a < tick_b : a.number < b.number;
}

/* Stores the entry at this position, which is free, or above it. */
static MIO__COLD void
rise(struct mio__overdue *overdue, uint32_t position, struct entry entry)
{
	struct entry above;

	for (; position > 0; position = (position - 1) / 2) {
		above = entry_at(overdue, (position - 1) / 2);
		if (!is_before(overdue, entry, above))
			break;
		put(overdue, position, above);
	}
	put(overdue, position, entry);
}

/*
 * Stores the entry at this position, which is free, or below it, in a heap of
 * count entries.
 */
static MIO__COLD void
sink(struct mio__overdue *overdue, uint32_t position, struct entry entry,
    size_t count)
{
	struct entry below, other;
	size_t next;

	while ((next = (size_t)position * 2 + 1) < count) {
		below = entry_at(overdue, (uint32_t)next);
		if (next + 1 < count) {
			other = entry_at(overdue, (uint32_t)next + 1);
			if (is_before(overdue, other, below)) {
				below = other;
				next++;
			}
		}
		if (!is_before(overdue, below, entry))
			break;
		put(overdue, position, below);
		position = (uint32_t)next;
	}
	put(overdue, position, entry);
}

/*
 * Sorts the heap in ascending order, in which it is still a heap, and numbers
 * its timeouts from 0 on.
 */
static MIO__COLD void
renumber(struct mio__overdue *overdue)
{
	uint32_t count = overdue->count, i;
	struct entry entry, first;

	for (i = count - 1; i > 0; i--) {
		entry = entry_at(overdue, i);
		put(overdue, i, entry_at(overdue, 0));
		sink(overdue, 0, entry, i);
	}

	/* the order is descending so far */
	for (i = 0; i < count / 2; i++) {
		first = entry_at(overdue, i);
		put(overdue, i, entry_at(overdue, count - 1 - i));
		put(overdue, count - 1 - i, first);
	}
	for (i = 0; i < count; i++)
		put(overdue, i, (struct entry){ entry_at(overdue, i).link, i });
	overdue->next_number = count;
}

MIO__COLD void
mio__overdue_add(struct mio__overdue *overdue, uint32_t link)
{
	if (overdue->count == 0)
		overdue->next_number = 0;
	else if (overdue->next_number == UINT32_MAX)
		renumber(overdue);

	rise(overdue, overdue->count++,
	    (struct entry){ link, overdue->next_number++ });
}

MIO__COLD void
mio__overdue_remove(struct mio__overdue *overdue, uint32_t list)
{
	uint32_t position = list - overdue->list;
	struct entry last = entry_at(overdue, --overdue->count);

	if (position == overdue->count)
		return;

	if (position > 0 &&
	    is_before(overdue, last, entry_at(overdue, (position - 1) / 2)))
		rise(overdue, position, last);
	else
		sink(overdue, position, last, overdue->count);
}
