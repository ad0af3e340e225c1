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
entry_at(const struct mio__late *late, uint32_t place)
{
	const struct mio__wheel_link *link = &late->links[late->list + place];

	return (struct entry){ link->next, link->prev };
}

static void
put(struct mio__late *late, uint32_t place, struct entry entry)
{
	uint32_t list = late->list + place;

	late->links[list] =
	    (struct mio__wheel_link){ entry.link, entry.number };
	late->links[entry.link] = (struct mio__wheel_link){ list, list };
}

static bool
is_before(const struct mio__late *late, struct entry one, struct entry two)
{
	uint64_t first = late->nodes[one.link - MIO__WHEEL_LISTS].tick;
	uint64_t second = late->nodes[two.link - MIO__WHEEL_LISTS].tick;

	return first != second ? first < second : one.number < two.number;
}

/* Puts it here or above. */
static void
rise(struct mio__late *late, uint32_t place, struct entry entry)
{
	struct entry above;

	for (; place > 0; place = (place - 1) / 2) {
		above = entry_at(late, (place - 1) / 2);
		if (!is_before(late, entry, above))
			break;
		put(late, place, above);
	}
	put(late, place, entry);
}

/* Puts it here or below, in a heap of so many. */
static void
sink(struct mio__late *late, uint32_t place, struct entry entry, size_t count)
{
	struct entry below, other;
	size_t next;

	while ((next = (size_t)place * 2 + 1) < count) {
		below = entry_at(late, (uint32_t)next);
		if (next + 1 < count) {
			other = entry_at(late, (uint32_t)next + 1);
			if (is_before(late, other, below)) {
				below = other;
				next++;
			}
		}
		if (!is_before(late, below, entry))
			break;
		put(late, place, below);
		place = (uint32_t)next;
	}
	put(late, place, entry);
}

/* In order is a heap, too. */
static void
number_anew(struct mio__late *late)
{
	uint32_t count = late->count, i;
	struct entry entry, first;

	for (i = count - 1; i > 0; i--) {
		entry = entry_at(late, i);
		put(late, i, entry_at(late, 0));
		sink(late, 0, entry, i);
	}

	/* the last one stands first by now */
	for (i = 0; i < count / 2; i++) {
		first = entry_at(late, i);
		put(late, i, entry_at(late, count - 1 - i));
		put(late, count - 1 - i, first);
	}
	for (i = 0; i < count; i++)
		put(late, i, (struct entry){ entry_at(late, i).link, i });
	late->number = count;
}

void
mio__late_add(struct mio__late *late, uint32_t link)
{
	if (late->count == 0)
		late->number = 0;
	else if (late->number == UINT32_MAX)
		number_anew(late);

	rise(late, late->count++, (struct entry){ link, late->number++ });
}

void
mio__late_leave(struct mio__late *late, uint32_t list)
{
	uint32_t place = list - late->list;
	struct entry last = entry_at(late, --late->count);

	if (place == late->count)
		return;

	if (place > 0 && is_before(late, last, entry_at(late, (place - 1) / 2)))
		rise(late, place, last);
	else
		sink(late, place, last, late->count);
}
