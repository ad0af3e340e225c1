/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/wheel_model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define LISTS MIO__WHEEL_LISTS

#define REQUIRE(condition) \
	do { \
		if (!(condition)) \
			fail(#condition, __LINE__); \
	} while (0)

static _Noreturn void
fail(const char *condition, int line)
{
	(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, line, condition);
	abort();
}

struct entry {
	mio__wheel_handle_t handle; /* 0: not set */
	uint64_t tick, token, order;
};

struct wheel_model {
	struct mio__wheel wheel;
	struct entry *entries;
	mio__wheel_handle_t *stale; /* of an earlier use, or 0 */
	uint64_t *tokens;
	size_t capacity, pending;
	uint64_t now, order, next_token, expired;
};

struct wheel_model *
wheel_model_create(size_t capacity, uint64_t now)
{
	struct wheel_model *model = calloc(1, sizeof(*model));

	REQUIRE(model != NULL);
	model->entries = calloc(capacity, sizeof(*model->entries));
	model->stale = calloc(capacity, sizeof(*model->stale));
	model->tokens = calloc(capacity + 1, sizeof(*model->tokens));
	REQUIRE(model->entries && model->stale && model->tokens);
	REQUIRE(mio__wheel_init(&model->wheel, capacity, now) == 0);
	model->capacity = capacity;
	model->now = now;

	return model;
}

void
wheel_model_destroy(struct wheel_model *model)
{
	mio__wheel_fini(&model->wheel);
	free(model->entries);
	free(model->stale);
	free(model->tokens);
	free(model);
}

uint64_t
wheel_model_expired(const struct wheel_model *model)
{
	return model->expired;
}

/* ---- the structure */

static void
check_node(const struct mio__wheel *wheel, uint32_t index, unsigned list)
{
	const struct mio__wheel_node *node = &wheel->nodes[index - LISTS];
	unsigned level = list / MIO__WHEEL_DIGITS;
	unsigned shift = level * MIO__WHEEL_LEVEL_BITS;

	REQUIRE(index > LISTS && index - LISTS <= wheel->capacity);
	REQUIRE((node->handle & wheel->mask) == index - LISTS);
	REQUIRE(node->tick >= wheel->earliest);

	if (list >= LISTS) {
		REQUIRE(node->tick < wheel->now);
		return;
	}
	REQUIRE(node->tick >= wheel->now);
	REQUIRE((node->tick >> shift) % MIO__WHEEL_DIGITS ==
	    list % MIO__WHEEL_DIGITS);
	/* the digits above are those of now */
	if (level + 1 < MIO__WHEEL_LEVELS)
		REQUIRE(((node->tick ^ wheel->now) >> shift) >>
			MIO__WHEEL_LEVEL_BITS == 0);
	if (level > 0)
		REQUIRE(((node->tick ^ wheel->now) >> shift) != 0);
}

static size_t
check_list(const struct mio__wheel *wheel, unsigned list)
{
	const struct mio__wheel_link *links = wheel->links;
	uint32_t index = links[list].next, prev = list;
	size_t n = 0;

	for (; index != list; index = links[index].next) {
		check_node(wheel, index, list);
		REQUIRE(links[index].prev == prev);
		prev = index;
		REQUIRE(++n <= wheel->pending);
	}
	REQUIRE(links[list].prev == prev);

	return n;
}

/* Each position is a list of one node, which is not before the one above it. */
static void
check_overdue(const struct mio__wheel *wheel)
{
	uint32_t list = wheel->overdue.list, i;
	const struct mio__wheel_link *links = wheel->links, *here, *above;
	uint64_t tick, tick_above;

	for (i = 0; i < wheel->overdue.count; i++) {
		here = &links[list + i];
		check_node(wheel, here->next, list + i);
		REQUIRE(links[here->next].next == list + i);
		REQUIRE(links[here->next].prev == list + i);
		REQUIRE(here->prev < wheel->overdue.next_number);
		if (i == 0)
			continue;
		above = &links[list + (i - 1) / 2];
		tick = wheel->nodes[here->next - LISTS].tick;
		tick_above = wheel->nodes[above->next - LISTS].tick;
		REQUIRE(tick > tick_above ||
		    (tick == tick_above && here->prev > above->prev));
	}
}

/* Each node that is not pending is in the free list, or was not used yet. */
static void
check_free_list(const struct mio__wheel *wheel)
{
	size_t n = 0;
	uint64_t i;

	REQUIRE(wheel->fresh > 0 && wheel->fresh <= wheel->capacity + 1);
	for (i = wheel->free; i != 0; i = wheel->nodes[i].tick) {
		REQUIRE(i < wheel->fresh);
		REQUIRE((wheel->nodes[i].handle & wheel->mask) == 0);
		REQUIRE(++n <= wheel->capacity);
	}
	REQUIRE(n + wheel->pending == wheel->fresh - 1);
	for (i = wheel->fresh; i <= wheel->capacity; i++)
		REQUIRE((wheel->nodes[i].handle & wheel->mask) == 0);
}

void
wheel_check(const struct mio__wheel *wheel)
{
	unsigned list;
	uint64_t least = UINT64_MAX;
	uint64_t groups = 0;
	size_t n = 0, i;
	bool occupied;

	for (list = 0; list < LISTS; list++) {
		n += check_list(wheel, list);
		occupied = wheel->occupied[list / 64] >> list % 64 & 1;
		REQUIRE(occupied == (wheel->links[list].next != list));
		groups |= (uint64_t)occupied << list / 64;
	}
	REQUIRE(groups == wheel->groups);
	check_overdue(wheel);
	n += wheel->overdue.count;
	REQUIRE(n == wheel->pending);

	for (i = 1; i <= wheel->capacity; i++)
		if ((wheel->nodes[i].handle & wheel->mask) != 0 &&
		    wheel->nodes[i].tick < least)
			least = wheel->nodes[i].tick;
	check_free_list(wheel);
	REQUIRE(n == 0 || !wheel->exact || wheel->earliest == least);
}

void
wheel_model_check(const struct wheel_model *model)
{
	REQUIRE(model->pending == model->wheel.pending);
	wheel_check(&model->wheel);
}

/* ---- operations on both */

static struct entry *
entry_at(struct wheel_model *model, uint64_t n)
{
	return &model->entries[n % model->capacity];
}

/* Near, far at any level, the same as others, past, at the end of time. */
static uint64_t
tick_of(struct wheel_model *model, uint64_t kind, uint64_t n)
{
	struct entry *entry = entry_at(model, n);

	switch (kind % 8) {
	case 0:
		return model->now + n % 4;
	case 1:
		return entry->handle != 0 ? entry->tick : model->now + n % 300;
	case 2:
		return n % 100 > model->now ? 0 : model->now - n % 100;
	case 3:
		return n % 64 == 0 ? UINT64_MAX - 1 - n % 3
				   : model->now + n % 256;
	default:
		n &= UINT64_MAX >> n % 64;
		return n >= UINT64_MAX - model->now ? UINT64_MAX - 1
						   : model->now + n;
	}
}

static void
insert(struct wheel_model *model, uint64_t tick, uint64_t n)
{
	mio__wheel_handle_t handle = 77;
	struct entry *entry;
	size_t i;

	if (model->pending == model->capacity) {
		REQUIRE(mio__wheel_insert(&model->wheel, tick, 1, &handle) ==
		    -ENOSPC);
		REQUIRE(handle == 77);
		return;
	}

	for (i = 0; entry_at(model, n + i)->handle != 0; i++)
		continue;
	entry = entry_at(model, n + i);
	REQUIRE(mio__wheel_insert(&model->wheel, tick, model->next_token,
		    &handle) == 0);
	REQUIRE(handle != 0);
	for (i = 0; i < model->capacity; i++)
		REQUIRE(model->entries[i].handle != handle);
	*entry = (struct entry){
		handle, tick, model->next_token++, model->order++,
	};
	model->pending++;
}

static void
forget(struct wheel_model *model, struct entry *entry)
{
	model->stale[entry - model->entries] = entry->handle;
	entry->handle = 0;
	model->pending--;
}

static void
move(struct wheel_model *model, struct entry *entry, uint64_t tick)
{
	if (entry->handle == 0) {
		REQUIRE(mio__wheel_move(&model->wheel,
			    model->stale[entry - model->entries], tick) ==
		    -ENOENT);
		return;
	}
	REQUIRE(mio__wheel_move(&model->wheel, entry->handle, tick) == 0);
	entry->tick = tick;
	entry->order = model->order++;
}

static void
remove_one(struct wheel_model *model, struct entry *entry)
{
	uint64_t token = 5;

	if (entry->handle == 0) {
		REQUIRE(mio__wheel_remove(&model->wheel,
			    model->stale[entry - model->entries], &token) ==
		    -ENOENT);
		REQUIRE(token == 5);
		return;
	}
	REQUIRE(mio__wheel_remove(&model->wheel, entry->handle, &token) == 0);
	REQUIRE(token == entry->token);
	forget(model, entry);
}

/* Returns the timeout that is due first, or NULL. */
static struct entry *
first(struct wheel_model *model)
{
	struct entry *best = NULL, *entry;
	size_t i;

	for (i = 0; i < model->capacity; i++) {
		entry = &model->entries[i];
		if (entry->handle != 0 &&
		    (best == NULL || entry->tick < best->tick ||
			(entry->tick == best->tick &&
			    entry->order < best->order)))
			best = entry;
	}

	return best;
}

static void
advance(struct wheel_model *model, uint64_t n)
{
	struct entry *entry = first(model);
	uint64_t step = n & UINT64_MAX >> n % 64;

	/* half of the time to just before, at or after what is next */
	if (n >> 32 & 1 && entry != NULL && entry->tick > model->now)
		step = entry->tick - model->now + n % 3 - 1;
	if (step > (UINT64_C(1) << 52) && n >> 40 & 15)
		step %= 1000;

	model->now = step >= UINT64_MAX - model->now ? UINT64_MAX - 1
						    : model->now + step;
}

static void
expire(struct wheel_model *model, size_t count)
{
	size_t n =
	    mio__wheel_expire(&model->wheel, model->now, model->tokens, count);
	struct entry *entry;
	size_t i;

	REQUIRE(n <= count);
	for (i = 0; i < n; i++) {
		entry = first(model);
		REQUIRE(entry != NULL && entry->tick <= model->now);
		REQUIRE(entry->token == model->tokens[i]);
		forget(model, entry);
	}
	entry = first(model);
	if (n < count)
		REQUIRE(entry == NULL || entry->tick > model->now);
	model->expired += n;
}

static void
next(struct wheel_model *model, size_t scan_max)
{
	struct entry *entry = first(model);
	uint64_t tick = 7;

	REQUIRE(mio__wheel_next(&model->wheel, scan_max, &tick) ==
	    (entry != NULL));
	if (entry == NULL)
		REQUIRE(tick == 7);
	else if (scan_max >= model->capacity)
		REQUIRE(tick == entry->tick);
	else
		REQUIRE(tick <= entry->tick);
}

/*
 * A lower bound is enough for a sleep: checking again at that time makes
 * progress, and reaches the timeout itself in a few steps.
 */
static void
sleep_until_due(struct wheel_model *model)
{
	struct entry *entry = first(model);
	uint64_t tick, before = 0;
	unsigned steps = 0;

	if (entry == NULL)
		return;

	while (!mio__wheel_is_due(&model->wheel, model->now)) {
		REQUIRE(mio__wheel_next(&model->wheel, 2, &tick));
		REQUIRE(tick <= entry->tick && tick > model->now);
		REQUIRE(tick > before);
		before = model->now = tick;
		REQUIRE(++steps <= 2 * MIO__WHEEL_LEVELS);
	}
	REQUIRE(model->now >= entry->tick);
}

void
wheel_model_step(struct wheel_model *model, uint64_t a, uint64_t b, uint64_t c)
{
	struct entry *entry = first(model);

	switch (a % 16) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		insert(model, tick_of(model, b, c), a >> 8);
		break;
	case 5:
	case 6:
	case 7:
		move(model, entry_at(model, a >> 8), tick_of(model, b, c));
		break;
	case 8:
	case 9:
		remove_one(model, entry_at(model, a >> 8));
		break;
	case 10:
		if (entry != NULL)
			remove_one(model, entry);
		break;
	case 11:
		advance(model, c);
		expire(model, 1 + b % model->capacity);
		break;
	case 12:
		expire(model, 1 + b % 3);
		break;
	case 13:
		next(model, b % 4 == 0 ? 0 : b % (2 * model->capacity));
		break;
	case 14:
		REQUIRE(mio__wheel_is_due(&model->wheel, model->now) ==
		    (entry != NULL && entry->tick <= model->now));
		break;
	case 15:
		if (b % 8 == 0)
			sleep_until_due(model);
		break;
	}
}
