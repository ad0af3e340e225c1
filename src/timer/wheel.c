/* SPDX-License-Identifier: MIT */

/*
 * A tick is eight digits of eight bits. A timeout stands at the level of the
 * highest digit in which its tick differs from now, in the slot of that digit:
 * so everything at a level is due before everything at the levels above, and at
 * one level by digit. The first occupied slot of the lowest occupied level is
 * what is due next, and bitmaps find it in a few instructions. When now comes
 * to the first tick of a slot above level 0, what stands there moves down: at
 * most seven times, two or three in practice.
 *
 * Order. At any moment all timeouts of one tick stand in one list: which one
 * depends on the tick and on now alone. Lists are appended to, and moving down
 * keeps their order, so within a tick the first set is the first out. A tick
 * before now goes into a list of its own, sorted when it is looked at, which is
 * due before all else.
 *
 * Memory. Lists are rings of indexes, each through an entry of its own, so that
 * taking something out needs no list and asks no question. The links stand
 * apart from the rest: eight of them share a cache line, and a walk over them
 * is not held up by what it passes. A timeout is named by its node and how
 * often that was used: what the index leaves of 64 bits must go by before a
 * name comes back.
 *
 * The earliest tick is kept while it is known. When that timeout goes, and its
 * slot is not of level 0, the rest of the slot has to be looked at; a caller
 * who cannot wait for that gets a lower bound.
 */

#include "timer/wheel.h"

#include <errno.h>
#include <string.h>

#include "sys/os.h"

#define DIGITS MIO__WHEEL_DIGITS
#define LATE   MIO__WHEEL_LATE
#define LISTS  MIO__WHEEL_LISTS
#define NEVER  UINT64_MAX

/* Of bits, one for each slot of a level. */
#define LEVEL_WORDS (DIGITS / 64)

/* No list. */
#define NONE UINT32_MAX

/* What is allocated, in units of what a timeout takes. */
#define UNIT (sizeof(struct mio__wheel_node) + sizeof(struct mio__wheel_link))

_Static_assert(UNIT == 32, "three words and two halves");

int
mio__wheel_init(struct mio__wheel *wheel, size_t capacity, uint64_t now)
{
	size_t words = mio__unused_words(capacity);
	uint64_t more = (words + LISTS) * sizeof(uint64_t) / UNIT + 1;
	struct mio__wheel_node *nodes;
	uint32_t i;

	if (more + capacity > SIZE_MAX / UNIT)
		return -ENOMEM;
	nodes = mio__os_alloc(capacity + (size_t)more, UNIT);
	if (nodes == NULL)
		return -ENOMEM;

	memset(wheel, 0, sizeof(*wheel));
	wheel->nodes = nodes;
	wheel->links = (struct mio__wheel_link *)(void *)(nodes + capacity);
	for (i = 0; i < LISTS; i++)
		wheel->links[i] = (struct mio__wheel_link){ i, i };

	wheel->now = now;
	wheel->earliest = NEVER;
	wheel->exact = true;
	wheel->capacity = capacity;
	mio__unused_init(&wheel->unused, capacity,
	    (uint64_t *)(void *)(wheel->links + LISTS + capacity));
	while (capacity - 1 > (UINT64_C(1) << wheel->index_bits) - 1)
		wheel->index_bits++;

	return 0;
}

void
mio__wheel_fini(struct mio__wheel *wheel)
{
	mio__os_free(wheel->nodes);
}

/* ---- names */

/* Of a node and of its links, both. */
static inline struct mio__wheel_node *
node_at(const struct mio__wheel *wheel, uint32_t index)
{
	return &wheel->nodes[index - LISTS];
}

static inline mio__wheel_handle_t
name(const struct mio__wheel *wheel, uint32_t index)
{
	return node_at(wheel, index)->generation << wheel->index_bits |
	    (index - LISTS);
}

/* Whether this names a node, and which: one that is set, with an odd number. */
static inline bool
find(
    const struct mio__wheel *wheel, mio__wheel_handle_t handle, uint32_t *index)
{
	uint64_t place = handle & ((UINT64_C(1) << wheel->index_bits) - 1);

	*index = (uint32_t)place + LISTS;

	return place < wheel->capacity && name(wheel, *index) == handle &&
	    (handle >> wheel->index_bits) % 2 == 1;
}

static inline void
give_back(struct mio__wheel *wheel, uint32_t index)
{
	node_at(wheel, index)->generation++;
	wheel->pending--;
	mio__unused_give(&wheel->unused, index - LISTS);
}

/* ---- lists */

/* After what was the last one, or the list itself. */
static inline uint32_t
append(struct mio__wheel *wheel, uint32_t list, uint32_t index)
{
	struct mio__wheel_link *links = wheel->links;
	uint32_t last;

	links[index].next = list;
	last = links[list].prev;
	links[index].prev = last;
	links[last].next = index;
	links[list].prev = index;

	return last;
}

/* Two sorted chains into one; of equal ones, those of the first go first. */
static uint32_t
merge(struct mio__wheel *wheel, uint32_t one, uint32_t two)
{
	uint32_t first = LATE, *end = &first, *from;

	while (one != LATE && two != LATE) {
		from = node_at(wheel, two)->tick < node_at(wheel, one)->tick
		    ? &two
		    : &one;
		*end = *from;
		end = &wheel->links[*from].next;
		*from = *end;
	}
	*end = one != LATE ? one : two;

	return first;
}

/*
 * Sorts the list of late ones by tick, what came first staying first: chains
 * of 2^i of them wait in the i-th place until there is a second one.
 */
static void
sort_late(struct mio__wheel *wheel)
{
	struct mio__wheel_link *links = wheel->links;
	uint32_t chains[32], index = links[LATE].next, chain, next;
	unsigned i, places = 0;

	for (; index != LATE; index = next) {
		next = links[index].next;
		links[index].next = LATE;
		chain = index;
		for (i = 0; i < places && chains[i] != LATE; i++) {
			chain = merge(wheel, chains[i], chain);
			chains[i] = LATE;
		}
		places += i == places;
		chains[i] = chain;
	}
	for (chain = LATE, i = 0; i < places; i++)
		chain = merge(wheel, chains[i], chain);

	links[LATE].next = chain;
	for (index = LATE; (next = links[index].next) != LATE; index = next)
		links[next].prev = index;
	links[LATE].prev = index;
	wheel->late_unsorted = false;
}

/* The first of the late ones, or LATE. */
static uint32_t
first_late(struct mio__wheel *wheel)
{
	if (wheel->late_unsorted)
		sort_late(wheel);

	return wheel->links[LATE].next;
}

/* Puts a node with its tick where it belongs. */
static inline void
place(struct mio__wheel *wheel, uint32_t index, uint64_t tick)
{
	uint32_t list = LATE, last;
	unsigned shift;

	if (tick >= wheel->now) {
		shift =
		    (63u - (unsigned)__builtin_clzll((tick ^ wheel->now) | 1)) &
		    ~(MIO__WHEEL_LEVEL_BITS - 1u);
		list = shift / MIO__WHEEL_LEVEL_BITS * DIGITS |
		    (tick >> shift & (DIGITS - 1));
	}

	last = append(wheel, list, index);
	if (list == LATE) {
		if (last != LATE && node_at(wheel, last)->tick > tick)
			wheel->late_unsorted = true;
	} else if (last == list) {
		wheel->occupied[list / 64] |= UINT64_C(1) << list % 64;
		wheel->levels |= 1u << list / DIGITS;
	}
}

static inline void
mark_empty(struct mio__wheel *wheel, uint32_t list)
{
	unsigned level = list / DIGITS;
	uint64_t *words = &wheel->occupied[level * LEVEL_WORDS];

	wheel->occupied[list / 64] &= ~(UINT64_C(1) << list % 64);
	if ((words[0] | words[1] | words[2] | words[3]) == 0)
		wheel->levels &= ~(1u << level);
}

static inline void
take_out(struct mio__wheel *wheel, uint32_t index)
{
	struct mio__wheel_link *links = wheel->links;
	struct mio__wheel_link link = links[index];

	links[link.prev].next = link.next;
	links[link.next].prev = link.prev;

	/* the same before and after it is the list itself */
	if (link.prev == link.next && link.next != LATE)
		mark_empty(wheel, link.next);
}

/* ---- what is due next */

static inline void
came(struct mio__wheel *wheel, uint64_t tick)
{
	if (tick <= wheel->earliest) {
		wheel->earliest = tick;
		wheel->exact = true;
	}
}

static inline void
went(struct mio__wheel *wheel, uint64_t tick)
{
	if (wheel->pending == 0) {
		wheel->earliest = NEVER;
		wheel->exact = true;
	} else if (tick == wheel->earliest) {
		wheel->exact = false;
	}
}

/* The first occupied slot. There is one. */
static unsigned
first_slot(const struct mio__wheel *wheel)
{
	unsigned level = (unsigned)__builtin_ctz(wheel->levels);
	const uint64_t *words = &wheel->occupied[level * LEVEL_WORDS];
	unsigned i = 0;

	while (words[i] == 0)
		i++;

	return level * DIGITS + i * 64 + (unsigned)__builtin_ctzll(words[i]);
}

/* The first of the ticks that a slot stands for. */
static uint64_t
start_of(const struct mio__wheel *wheel, unsigned slot)
{
	unsigned shift = slot / DIGITS * MIO__WHEEL_LEVEL_BITS;
	uint64_t above = wheel->now >> shift & ~(uint64_t)(DIGITS - 1);

	return (above | slot % DIGITS) << shift;
}

/* The least tick of a list, or NEVER when it has more than so many. */
static uint64_t
least_of(const struct mio__wheel *wheel, uint32_t list, size_t looks)
{
	uint32_t index = wheel->links[list].next;
	uint64_t least = NEVER;

	for (; index != list && looks > 0; looks--) {
		if (node_at(wheel, index)->tick < least)
			least = node_at(wheel, index)->tick;
		index = wheel->links[index].next;
	}

	return index == list ? least : NEVER;
}

bool
mio__wheel_next(struct mio__wheel *wheel, size_t looks, uint64_t *tick)
{
	uint64_t start, least;
	unsigned slot;

	if (wheel->pending == 0)
		return false;

	*tick = wheel->earliest;
	if (wheel->exact)
		return true;

	if (first_late(wheel) != LATE) {
		*tick = node_at(wheel, first_late(wheel))->tick;
		wheel->exact = true;
	} else {
		slot = first_slot(wheel);
		start = start_of(wheel, slot);
		least = slot < DIGITS ? start : least_of(wheel, slot, looks);
		wheel->exact = least != NEVER;
		if (wheel->exact)
			*tick = least;
		else if (*tick < start)
			*tick = start;
	}
	wheel->earliest = *tick;

	return true;
}

/* ---- timeouts */

int
mio__wheel_insert(struct mio__wheel *wheel, uint64_t tick, uint64_t state,
    mio__wheel_handle_t *handle)
{
	struct mio__wheel_node *node;
	uint32_t index;

	if (wheel->pending == wheel->capacity)
		return -ENOSPC;

	index = LISTS + mio__unused_first(&wheel->unused);
	node = node_at(wheel, index);
	node->generation++;
	node->tick = tick;
	node->state = state;
	wheel->pending++;
	place(wheel, index, tick);
	came(wheel, tick);

	*handle = name(wheel, index);
	mio__unused_take(&wheel->unused); /* last: it may have to search */

	return 0;
}

int
mio__wheel_move(
    struct mio__wheel *wheel, mio__wheel_handle_t handle, uint64_t tick)
{
	uint32_t index;

	if (!find(wheel, handle, &index))
		return -ENOENT;

	take_out(wheel, index);
	if (node_at(wheel, index)->tick == wheel->earliest)
		wheel->exact = false;
	node_at(wheel, index)->tick = tick;
	place(wheel, index, tick);
	came(wheel, tick);

	return 0;
}

int
mio__wheel_remove(
    struct mio__wheel *wheel, mio__wheel_handle_t handle, uint64_t *state)
{
	uint32_t index;

	if (!find(wheel, handle, &index))
		return -ENOENT;

	*state = node_at(wheel, index)->state;
	take_out(wheel, index);
	give_back(wheel, index);
	went(wheel, node_at(wheel, index)->tick);

	return 0;
}

/* ---- time goes on */

/*
 * Moves a slot down, in its order: now has come to its first tick. Each link
 * has to be waited for, so a second walk goes ahead from the other end, and
 * fetches the half that comes later.
 */
static void
move_down(struct mio__wheel *wheel, uint32_t slot)
{
	struct mio__wheel_link *links = wheel->links;
	uint32_t index = links[slot].next, ahead = links[slot].prev, next;

	links[slot] = (struct mio__wheel_link){ slot, slot };
	mark_empty(wheel, slot);

	for (; index != slot; index = next) {
		next = links[index].next;
		if (ahead == index || ahead == next)
			ahead = slot;
		if (ahead != slot) {
			__builtin_prefetch(node_at(wheel, ahead));
			ahead = links[ahead].prev;
		}
		place(wheel, index, node_at(wheel, index)->tick);
	}
}

/* The first slot begins then: so much is known without looking into it. */
static void
nothing_before(struct mio__wheel *wheel, unsigned slot, uint64_t start)
{
	if (start > wheel->earliest) {
		wheel->earliest = start;
		wheel->exact = slot < DIGITS;
	}
}

/* The list that is due next by now, or NONE when none is. */
static unsigned
due_list(struct mio__wheel *wheel, uint64_t now)
{
	unsigned slot;
	uint64_t start;

	if (now < wheel->earliest)
		return NONE;

	if (first_late(wheel) != LATE)
		return LATE;

	while (wheel->levels != 0) {
		slot = first_slot(wheel);
		start = start_of(wheel, slot);
		if (start > now) {
			nothing_before(wheel, slot, start);
			break;
		}

		wheel->now = start;
		if (slot < DIGITS)
			return slot;
		move_down(wheel, slot);
	}

	if (wheel->now < now)
		wheel->now = now;

	return NONE;
}

bool
mio__wheel_is_due(struct mio__wheel *wheel, uint64_t now)
{
	return due_list(wheel, now) != NONE;
}

/* From the front of a list. */
static size_t
take(struct mio__wheel *wheel, uint32_t list, uint64_t *states, size_t count)
{
	struct mio__wheel_link *links = wheel->links;
	uint32_t index = links[list].next, next;
	size_t n = 0;

	for (; index != list && n < count; index = next) {
		next = links[index].next;
		states[n++] = node_at(wheel, index)->state;
		give_back(wheel, index);
	}

	links[list].next = index;
	links[index].prev = list;
	if (index == list && list != LATE)
		mark_empty(wheel, list);

	return n;
}

size_t
mio__wheel_expire(
    struct mio__wheel *wheel, uint64_t now, uint64_t *states, size_t count)
{
	unsigned list;
	size_t n = 0;

	while (n < count && (list = due_list(wheel, now)) != NONE)
		n += take(wheel, list, states + n, count - n);

	/* what was earliest may have been taken */
	if (n > 0 && wheel->earliest <= now)
		went(wheel, wheel->earliest);

	return n;
}
