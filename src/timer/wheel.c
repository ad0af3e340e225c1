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
 * Memory. A node is half a cache line, and links are indexes. A timeout is
 * named by its node and how often that was used: 48 bits of generation, or what
 * the index leaves of 64, must go by before a name comes back.
 *
 * The earliest tick is kept while it is known. When that timeout goes, and its
 * slot is not of level 0, the rest of the slot has to be looked at; a caller
 * who cannot wait for that gets a lower bound.
 */

#include "timer/wheel.h"

#include <errno.h>
#include <string.h>

#include "sys/os.h"

#define NONE       MIO__WHEEL_NONE
#define DIGITS     MIO__WHEEL_DIGITS
#define LATE       MIO__WHEEL_LATE
#define GENERATION ((UINT64_C(1) << 48) - 1)
#define NEVER      UINT64_MAX

#define PER_NODE (sizeof(struct mio__wheel_node) / sizeof(uint64_t))

_Static_assert(sizeof(struct mio__wheel_node) == 32, "two to a cache line");

int
mio__wheel_init(struct mio__wheel *wheel, size_t capacity, uint64_t now)
{
	size_t words = mio__unused_words(capacity);
	size_t nodes = capacity + (words + PER_NODE - 1) / PER_NODE;
	unsigned i;

	memset(wheel, 0, sizeof(*wheel));
	wheel->nodes = mio__os_alloc(nodes, sizeof(*wheel->nodes));
	if (wheel->nodes == NULL)
		return -ENOMEM;

	for (i = 0; i <= MIO__WHEEL_SLOTS; i++)
		wheel->lists[i] = (struct mio__wheel_list){ NONE, NONE };

	wheel->now = now;
	wheel->earliest = NEVER;
	wheel->exact = true;
	wheel->capacity = (uint32_t)capacity;
	mio__unused_init(&wheel->unused, capacity,
	    (uint64_t *)(void *)(wheel->nodes + capacity));
	while (capacity - 1 > (UINT64_C(1) << wheel->index_bits) - 1)
		wheel->index_bits++;
	wheel->generations = GENERATION & (UINT64_MAX >> wheel->index_bits);

	return 0;
}

void
mio__wheel_fini(struct mio__wheel *wheel)
{
	mio__os_free(wheel->nodes);
}

static void
give_back(struct mio__wheel *wheel, uint32_t index)
{
	wheel->nodes[index].generation++;
	wheel->pending--;
	mio__unused_give(&wheel->unused, index);
}

/* ---- names */

static mio__wheel_handle_t
name(const struct mio__wheel *wheel, uint32_t index)
{
	uint64_t generation =
	    wheel->nodes[index].generation & wheel->generations;

	return generation << wheel->index_bits | index;
}

/* The node of this name, or NONE. One that is set has an odd generation. */
static uint32_t
find(const struct mio__wheel *wheel, mio__wheel_handle_t handle)
{
	uint64_t index = handle & ((UINT64_C(1) << wheel->index_bits) - 1);
	uint64_t generation = handle >> wheel->index_bits;

	if (index >= wheel->capacity || !(generation & 1) ||
	    (wheel->nodes[index].generation & wheel->generations) != generation)
		return NONE;

	return (uint32_t)index;
}

/* ---- lists */

static void
append(struct mio__wheel *wheel, unsigned list, uint32_t index)
{
	struct mio__wheel_node *node = &wheel->nodes[index];
	struct mio__wheel_list *at = &wheel->lists[list];

	node->list = (uint16_t)list;
	node->next = NONE;
	node->prev = at->last;
	if (at->last == NONE)
		at->first = index;
	else
		wheel->nodes[at->last].next = index;
	at->last = index;
}

/* Two sorted chains into one; of equal ones, those of the first go first. */
static uint32_t
merge(struct mio__wheel_node *nodes, uint32_t one, uint32_t two)
{
	uint32_t first = NONE, *end = &first;

	while (one != NONE && two != NONE) {
		uint32_t *from =
		    nodes[two].tick < nodes[one].tick ? &two : &one;

		*end = *from;
		end = &nodes[*from].next;
		*from = *end;
	}
	*end = one != NONE ? one : two;

	return first;
}

/*
 * Sorts the list of late ones by tick, what came first staying first: chains
 * of 2^i of them wait in the i-th place until there is a second one.
 */
static void
sort_late(struct mio__wheel *wheel)
{
	struct mio__wheel_list *late = &wheel->lists[LATE];
	struct mio__wheel_node *nodes = wheel->nodes;
	uint32_t chains[32], index = late->first, chain, next, prev = NONE;
	unsigned i, places = 0;

	for (; index != NONE; index = next) {
		next = nodes[index].next;
		nodes[index].next = NONE;
		chain = index;
		for (i = 0; i < places && chains[i] != NONE; i++) {
			chain = merge(nodes, chains[i], chain);
			chains[i] = NONE;
		}
		places += i == places;
		chains[i] = chain;
	}
	for (chain = NONE, i = 0; i < places; i++)
		chain = merge(nodes, chains[i], chain);

	late->first = chain;
	for (index = chain; index != NONE; index = nodes[index].next) {
		nodes[index].prev = prev;
		prev = index;
	}
	late->last = prev;
	wheel->late_unsorted = false;
}

/* The first of the late ones, or NONE. */
static uint32_t
first_late(struct mio__wheel *wheel)
{
	if (wheel->late_unsorted)
		sort_late(wheel);

	return wheel->lists[LATE].first;
}

static void
append_late(struct mio__wheel *wheel, uint32_t index)
{
	uint32_t last = wheel->lists[LATE].last;

	if (last != NONE && wheel->nodes[last].tick > wheel->nodes[index].tick)
		wheel->late_unsorted = true;
	append(wheel, LATE, index);
}

/* Puts a node with its tick where it belongs. */
static void
place(struct mio__wheel *wheel, uint32_t index)
{
	uint64_t tick = wheel->nodes[index].tick;
	unsigned level, digit;

	if (tick < wheel->now) {
		append_late(wheel, index);
		return;
	}

	level = (63u - (unsigned)__builtin_clzll((tick ^ wheel->now) | 1)) /
	    MIO__WHEEL_LEVEL_BITS;
	digit = tick >> level * MIO__WHEEL_LEVEL_BITS & (DIGITS - 1);

	append(wheel, level * DIGITS + digit, index);
	wheel->occupied[level][digit / 64] |= UINT64_C(1) << digit % 64;
	wheel->levels |= 1u << level;
}

static void
mark_empty(struct mio__wheel *wheel, unsigned list)
{
	unsigned level = list / DIGITS, digit = list % DIGITS;
	uint64_t *words = wheel->occupied[level];

	words[digit / 64] &= ~(UINT64_C(1) << digit % 64);
	if ((words[0] | words[1] | words[2] | words[3]) == 0)
		wheel->levels &= ~(1u << level);
}

static void
unlink_node(struct mio__wheel *wheel, uint32_t index)
{
	struct mio__wheel_node *nodes = wheel->nodes;
	struct mio__wheel_node *node = &nodes[index];
	struct mio__wheel_list *list = &wheel->lists[node->list];

	if (node->prev == NONE)
		list->first = node->next;
	else
		nodes[node->prev].next = node->next;

	if (node->next == NONE)
		list->last = node->prev;
	else
		nodes[node->next].prev = node->prev;

	if (list->first == NONE && node->list != LATE)
		mark_empty(wheel, node->list);
}

/* ---- what is due next */

static void
came(struct mio__wheel *wheel, uint64_t tick)
{
	if (tick <= wheel->earliest) {
		wheel->earliest = tick;
		wheel->exact = true;
	}
}

static void
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
	const uint64_t *words = wheel->occupied[level];
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
least_of(const struct mio__wheel *wheel, unsigned list, size_t looks)
{
	uint32_t index = wheel->lists[list].first;
	uint64_t least = NEVER;

	for (; index != NONE && looks > 0; looks--) {
		if (wheel->nodes[index].tick < least)
			least = wheel->nodes[index].tick;
		index = wheel->nodes[index].next;
	}

	return index == NONE ? least : NEVER;
}

static uint32_t
first_of(const struct mio__wheel *wheel, unsigned list)
{
	return wheel->lists[list].first;
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

	if (first_late(wheel) != NONE) {
		*tick = wheel->nodes[first_late(wheel)].tick;
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

	index = mio__unused_take(&wheel->unused);
	node = &wheel->nodes[index];
	node->generation++;
	node->tick = tick;
	node->state = state;
	wheel->pending++;
	place(wheel, index);
	came(wheel, tick);

	*handle = name(wheel, index);

	return 0;
}

int
mio__wheel_move(
    struct mio__wheel *wheel, mio__wheel_handle_t handle, uint64_t tick)
{
	uint32_t index = find(wheel, handle);

	if (index == NONE)
		return -ENOENT;

	unlink_node(wheel, index);
	went(wheel, wheel->nodes[index].tick);
	wheel->nodes[index].tick = tick;
	place(wheel, index);
	came(wheel, tick);

	return 0;
}

int
mio__wheel_remove(
    struct mio__wheel *wheel, mio__wheel_handle_t handle, uint64_t *state)
{
	uint32_t index = find(wheel, handle);

	if (index == NONE)
		return -ENOENT;

	*state = wheel->nodes[index].state;
	unlink_node(wheel, index);
	give_back(wheel, index);
	went(wheel, wheel->nodes[index].tick);

	return 0;
}

/* ---- time goes on */

/*
 * Moves a slot down, in its order: now has come to its first tick. Each link
 * has to be waited for, so a second walk goes ahead from the other end, and
 * fetches the half that comes later.
 */
static void
move_down(struct mio__wheel *wheel, unsigned slot)
{
	struct mio__wheel_list list = wheel->lists[slot];
	uint32_t index = list.first, ahead = list.last, next;

	wheel->lists[slot] = (struct mio__wheel_list){ NONE, NONE };
	mark_empty(wheel, slot);

	for (; index != NONE; index = next) {
		next = wheel->nodes[index].next;
		if (ahead != index && ahead != NONE)
			ahead = wheel->nodes[ahead].prev;
		else
			ahead = NONE;
		place(wheel, index);
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

	if (first_late(wheel) != NONE)
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
take(struct mio__wheel *wheel, unsigned list, uint64_t *states, size_t count)
{
	struct mio__wheel_node *nodes = wheel->nodes;
	uint32_t index = first_of(wheel, list), next;
	size_t n = 0;

	for (; index != NONE && n < count; index = next) {
		next = nodes[index].next;
		states[n++] = nodes[index].state;
		give_back(wheel, index);
	}

	wheel->lists[list].first = index;
	if (index != NONE) {
		nodes[index].prev = NONE;
	} else {
		wheel->lists[list].last = NONE;
		if (list != LATE)
			mark_empty(wheel, list);
	}

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
