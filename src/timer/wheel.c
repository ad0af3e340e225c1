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
 * before now has no slot: it goes to those that are late (late.c), which are
 * due before all else.
 *
 * Memory. Lists are rings of indexes, each through an entry of its own, so that
 * taking something out needs no list and asks no question. The links stand
 * apart from the rest: eight of them share a cache line, and a walk over them
 * is not held up by what it passes.
 *
 * Names. A timeout is named by the index of its node, which is not 0, and by
 * how often that was used: what the index leaves of 64 bits must go by before a
 * name comes back. The node has the name too, so that looking one up is one
 * comparison; while it is not set it has it without the index, and then no name
 * is equal to that.
 *
 * Free nodes. The node that was freed last is used next, as it is still in the
 * cache: to cancel one of 100,000 and set another takes 17 ns, and took 38 with
 * a hierarchical bitmap of free nodes, whose one advantage was that it handed
 * them out in the order of memory (after 70,000 of 100,000 were cancelled in
 * random order, an insert takes 30 ns and took 7). A list that is started anew
 * whenever no timeout is pending has that for the price of a branch: the nodes
 * from `fresh' on were not used since.
 *
 * The earliest tick is kept while it is known. When that timeout goes, and its
 * slot is not of level 0, the rest of the slot has to be looked at; a caller
 * who cannot wait for that gets a lower bound.
 */

#include "timer/wheel.h"

#include <errno.h>
#include <string.h>

#include "sys/memory.h"

#define DIGITS MIO__WHEEL_DIGITS
#define LISTS  MIO__WHEEL_LISTS
#define NEVER  UINT64_MAX

/* What is allocated counts in words. */
#define UNIT sizeof(uint64_t)

/* No list. */
#define NONE UINT32_MAX

/* The links of a node, by its index. */
#define LINK(index) ((uint32_t)(index) + LISTS)

/* ---- names */

static inline struct mio__wheel_node *
node_at(const struct mio__wheel *wheel, uint32_t link)
{
	return &wheel->nodes[link - LISTS];
}

/* What this names, or NULL, and its index, which is in the name. */
static inline struct mio__wheel_node *
find(
    const struct mio__wheel *wheel, mio__wheel_handle_t handle, uint64_t *index)
{
	struct mio__wheel_node *node;

	*index = handle & wheel->mask;
	if (*index > wheel->capacity)
		return NULL;

	node = &wheel->nodes[*index];

	return node->name == handle ? node : NULL;
}

/* ---- the free list */

/* Removes a node from the free list. There is one. */
static inline uint64_t
get_node(struct mio__wheel *wheel)
{
	uint64_t index = wheel->free;

	wheel->pending++;
	if (index == 0)
		return wheel->fresh++;

	wheel->free = wheel->nodes[index].tick;

	return index;
}

/* From here on its name names nothing. */
static inline void
free_node(struct mio__wheel *wheel, uint64_t index)
{
	struct mio__wheel_node *node = &wheel->nodes[index];

	node->name -= index;
	node->tick = wheel->free;
	wheel->free = index;
	wheel->pending--;
}

/* Once all nodes are free, they are handed out in the order of memory again. */
static inline void
reset_free_list(struct mio__wheel *wheel)
{
	wheel->free = 0;
	wheel->fresh = 1;
}

/* ---- the whole */

int
mio__wheel_init(struct mio__wheel *wheel, size_t capacity, uint64_t now)
{
	uint64_t count = (uint64_t)capacity + 1, units, i;

	units = count * (sizeof(struct mio__wheel_node) / UNIT) +
	    (LISTS + 2 * count) * (sizeof(struct mio__wheel_link) / UNIT);
	if (units > SIZE_MAX / UNIT)
		return -ENOMEM;

	memset(wheel, 0, sizeof(*wheel));
	wheel->nodes = mio__os_alloc((size_t)units, UNIT);
	if (wheel->nodes == NULL)
		return -ENOMEM;

	wheel->nodes[0].name = NEVER; /* no handle */
	wheel->links = (struct mio__wheel_link *)(void *)(wheel->nodes + count);
	for (i = 0; i < LISTS; i++)
		wheel->links[i] = (struct mio__wheel_link){
			(uint32_t)i,
			(uint32_t)i,
		};

	wheel->now = now;
	wheel->earliest = NEVER;
	wheel->capacity = capacity;
	while (wheel->mask < capacity)
		wheel->mask = wheel->mask * 2 + 1;
	mio__late_init(&wheel->late, wheel->links, wheel->nodes,
	    (uint32_t)(LISTS + count));
	reset_free_list(wheel);

	return 0;
}

void
mio__wheel_fini(struct mio__wheel *wheel)
{
	mio__os_free(wheel->nodes);
}

/* ---- lists */

/* After what was the last one, or the list itself. */
static inline uint32_t
append(struct mio__wheel *wheel, uint32_t list, uint32_t link)
{
	struct mio__wheel_link *links = wheel->links;
	uint32_t last = links[list].prev;

	links[link].next = list;
	links[last].next = link;
	links[link].prev = last;
	links[list].prev = link;

	return last;
}

static inline void
mark_occupied(struct mio__wheel *wheel, uint32_t list)
{
	wheel->occupied[list / 64] |= UINT64_C(1) << list % 64;
	wheel->groups |= UINT64_C(1) << list / 64;
}

static inline void
mark_empty(struct mio__wheel *wheel, uint32_t list)
{
	uint64_t *word = &wheel->occupied[list / 64];

	*word &= ~(UINT64_C(1) << list % 64);
	if (*word == 0)
		wheel->groups &= ~(UINT64_C(1) << list / 64);
}

/* Takes a node out of its list. */
static inline void
take_out(struct mio__wheel *wheel, uint32_t link)
{
	uint32_t next = wheel->links[link].next, prev = wheel->links[link].prev;

	wheel->links[prev].next = next;
	wheel->links[next].prev = prev;
	if (next != prev)
		return;
	if (next < LISTS)
		mark_empty(wheel, next);
	else
		mio__late_leave(&wheel->late, next);
}

/* Puts a node where it belongs by its tick. */
static inline void
place(struct mio__wheel *wheel, uint32_t link, uint64_t tick)
{
	unsigned shift;
	uint32_t slot;

	if (tick < wheel->now) {
		mio__late_add(&wheel->late, link);
		return;
	}
	shift = (63u - (unsigned)__builtin_clzll((tick ^ wheel->now) | 1)) &
	    ~(MIO__WHEEL_LEVEL_BITS - 1u);
	slot = shift / MIO__WHEEL_LEVEL_BITS * DIGITS |
	    (tick >> shift & (DIGITS - 1));

	if (append(wheel, slot, link) == slot)
		mark_occupied(wheel, slot);
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

/* What was earliest, or all there was. */
static inline void
went(struct mio__wheel *wheel)
{
	wheel->exact = false;
	if (wheel->pending == 0) {
		wheel->earliest = NEVER;
		reset_free_list(wheel);
	}
}

/* The first occupied slot. There is one. */
static unsigned
first_slot(const struct mio__wheel *wheel)
{
	unsigned group = (unsigned)__builtin_ctzll(wheel->groups);

	return group * 64 + (unsigned)__builtin_ctzll(wheel->occupied[group]);
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

	if (wheel->late.count > 0) {
		*tick = node_at(wheel, mio__late_first(&wheel->late))->tick;
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
	uint64_t index;

	if (wheel->pending == wheel->capacity)
		return -ENOSPC;

	index = get_node(wheel);
	node = &wheel->nodes[index];
	node->name += wheel->mask + 1 + index;
	node->tick = tick;
	node->state = state;
	*handle = node->name;
	came(wheel, tick);
	place(wheel, LINK(index), tick);

	return 0;
}

int
mio__wheel_move(
    struct mio__wheel *wheel, mio__wheel_handle_t handle, uint64_t tick)
{
	uint64_t index;
	struct mio__wheel_node *node = find(wheel, handle, &index);

	if (node == NULL)
		return -ENOENT;

	take_out(wheel, LINK(index));
	if (node->tick == wheel->earliest)
		wheel->exact = false;
	node->tick = tick;
	came(wheel, tick);
	place(wheel, LINK(index), tick);

	return 0;
}

int
mio__wheel_remove(
    struct mio__wheel *wheel, mio__wheel_handle_t handle, uint64_t *state)
{
	uint64_t index;
	struct mio__wheel_node *node = find(wheel, handle, &index);

	if (node == NULL)
		return -ENOENT;

	if (state != NULL)
		*state = node->state;
	take_out(wheel, LINK(index));
	if (node->tick == wheel->earliest)
		wheel->exact = false;
	free_node(wheel, index);
	if (wheel->pending == 0)
		went(wheel);

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

	if (wheel->late.count > 0)
		return wheel->late.list;

	while (wheel->groups != 0) {
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
		free_node(wheel, index - LISTS);
	}

	links[list].next = index;
	links[index].prev = list;
	if (index == list)
		mark_empty(wheel, list);

	return n;
}

static size_t
take_late(struct mio__wheel *wheel, uint64_t *states, size_t count)
{
	uint32_t link;
	size_t n = 0;

	while (wheel->late.count > 0 && n < count) {
		link = mio__late_first(&wheel->late);
		mio__late_leave(&wheel->late, wheel->late.list);
		states[n++] = node_at(wheel, link)->state;
		free_node(wheel, link - LISTS);
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
		n += list < LISTS ? take(wheel, list, states + n, count - n)
				  : take_late(wheel, states + n, count - n);

	/* what was earliest may have been taken */
	if (n > 0 && wheel->earliest <= now)
		went(wheel);

	return n;
}
