/* SPDX-License-Identifier: MIT */

/*
 * A binary heap. Its places are the links behind those of the nodes, and each
 * is a list with a single node in it: so a node is taken out of it as out of
 * any list of the wheel, without a question, and the list that is empty then is
 * the place that has to be filled. A place needs one link only; the other one
 * is the number by which those of one tick are told apart.
 *
 * The numbers begin anew with each heap that was empty. One that lives through
 * all of them is numbered anew: sorted in place, once in four thousand million.
 */

#include "timer/late.h"

#include <stdbool.h>
#include <stddef.h>

/* What stands at a place: the link of a node, and its number. */
struct entry {
	uint32_t link, number;
};

static struct entry
entry_at(const struct mio__wheel *wheel, uint32_t place)
{
	const struct mio__wheel_link *link =
	    &wheel->links[mio__late_list(wheel) + place];

	return (struct entry){ link->next, link->prev };
}

static void
put(struct mio__wheel *wheel, uint32_t place, struct entry entry)
{
	uint32_t list = mio__late_list(wheel) + place;

	wheel->links[list] =
	    (struct mio__wheel_link){ entry.link, entry.number };
	wheel->links[entry.link] = (struct mio__wheel_link){ list, list };
}

static bool
is_before(const struct mio__wheel *wheel, struct entry one, struct entry two)
{
	uint64_t first = wheel->nodes[one.link - MIO__WHEEL_LISTS].tick;
	uint64_t second = wheel->nodes[two.link - MIO__WHEEL_LISTS].tick;

	return first != second ? first < second : one.number < two.number;
}

/* Puts it here or above. */
static void
rise(struct mio__wheel *wheel, uint32_t place, struct entry entry)
{
	struct entry above;

	for (; place > 0; place = (place - 1) / 2) {
		above = entry_at(wheel, (place - 1) / 2);
		if (!is_before(wheel, entry, above))
			break;
		put(wheel, place, above);
	}
	put(wheel, place, entry);
}

/* Puts it here or below, in a heap of so many. */
static void
sink(struct mio__wheel *wheel, uint32_t place, struct entry entry, size_t count)
{
	struct entry below, other;
	size_t next;

	while ((next = (size_t)place * 2 + 1) < count) {
		below = entry_at(wheel, (uint32_t)next);
		if (next + 1 < count) {
			other = entry_at(wheel, (uint32_t)next + 1);
			if (is_before(wheel, other, below)) {
				below = other;
				next++;
			}
		}
		if (!is_before(wheel, below, entry))
			break;
		put(wheel, place, below);
		place = (uint32_t)next;
	}
	put(wheel, place, entry);
}

/* In order is a heap, too. */
static void
number_anew(struct mio__wheel *wheel)
{
	uint32_t count = wheel->late, i;
	struct entry entry, first;

	for (i = count - 1; i > 0; i--) {
		entry = entry_at(wheel, i);
		put(wheel, i, entry_at(wheel, 0));
		sink(wheel, 0, entry, i);
	}

	/* the last one stands first by now */
	for (i = 0; i < count / 2; i++) {
		first = entry_at(wheel, i);
		put(wheel, i, entry_at(wheel, count - 1 - i));
		put(wheel, count - 1 - i, first);
	}
	for (i = 0; i < count; i++)
		put(wheel, i, (struct entry){ entry_at(wheel, i).link, i });
	wheel->late_number = count;
}

void
mio__late_add(struct mio__wheel *wheel, uint32_t link, uint64_t tick)
{
	if (wheel->late == 0)
		wheel->late_number = 0;
	else if (wheel->late_number == UINT32_MAX)
		number_anew(wheel);

	wheel->nodes[link - MIO__WHEEL_LISTS].tick = tick;
	rise(
	    wheel, wheel->late++, (struct entry){ link, wheel->late_number++ });
}

void
mio__late_leave(struct mio__wheel *wheel, uint32_t list)
{
	uint32_t place = list - mio__late_list(wheel);
	struct entry last = entry_at(wheel, --wheel->late);

	if (place == wheel->late)
		return;

	if (place > 0 &&
	    is_before(wheel, last, entry_at(wheel, (place - 1) / 2)))
		rise(wheel, place, last);
	else
		sink(wheel, place, last, wheel->late);
}
