/* SPDX-License-Identifier: MIT */

/*
 * A record is in one of three states:
 *
 *	free	it is in the list of free records, or was never used
 *	set	the timer has a timeout for it, named in `timeout'
 *	due	it was collected, and is in the list of due records; `timeout'
 *		is 0
 *
 * Programs know a record by a name of its own, which stays the same when a due
 * one is reset. The lowest bits of a name are the record's index, and the bits
 * above are a number that grows when the record is freed.
 */

#include "loop/timeouts.h"

#include <errno.h>

#include "base/check.h"
#include "sys/memory.h"

#define CAPACITY  65536
#define DELAY_MAX (UINT64_C(1) << 63)

/* How many timeouts one call to the timer expires. */
#define BATCH 64

/* Record 0 is the head of the list of due records, which is a ring. */
struct mio__timeout_record {
	uint64_t name;
	mio_timeout_t timeout; /* 0 unless it is set */
	struct mio__timeout_data data;
	uint32_t next, prev; /* next links free records, too */
};

MIO__COLD int
mio__timeouts_init(
    struct mio__timeouts *timeouts, uint64_t tick_ns, size_t capacity)
{
	int r;

	if (capacity == 0)
		capacity = CAPACITY;
	if (capacity >= UINT32_MAX)
		return -ENOMEM;

	r = mio_timer_create(&timeouts->timer, tick_ns, capacity);
	if (r < 0)
		return r;

	timeouts->records =
	    mio__os_alloc(capacity + 1, sizeof(*timeouts->records));
	if (timeouts->records == NULL)
		return -ENOMEM;

	timeouts->capacity = timeouts->never_used = (uint32_t)capacity;
	while (timeouts->mask < capacity)
		timeouts->mask = timeouts->mask * 2 + 1;

	return 0;
}

MIO__COLD void
mio__timeouts_fini(struct mio__timeouts *timeouts)
{
	mio_timer_destroy(timeouts->timer);
	mio__os_free(timeouts->records);
}

/* ---- records */

/* Returns 0 if none is free. */
static uint32_t
new_record(struct mio__timeouts *timeouts)
{
	uint32_t index = timeouts->free;

	if (index != 0) {
		timeouts->free = timeouts->records[index].next;
		return index;
	}
	if (timeouts->never_used == 0)
		return 0;

	index = timeouts->capacity - --timeouts->never_used;
	timeouts->records[index].name = index;

	return index;
}

static void
free_record(struct mio__timeouts *timeouts, uint32_t index)
{
	struct mio__timeout_record *record = &timeouts->records[index];

	record->name += timeouts->mask + 1;
	record->timeout = 0;
	record->next = timeouts->free;
	timeouts->free = index;
}

/* Returns 0 if no timeout has this name. */
static uint32_t
find(const struct mio__timeouts *timeouts, mio_timeout_t name)
{
	uint64_t index = name & timeouts->mask;

	if (index == 0 || index > timeouts->capacity - timeouts->never_used ||
	    timeouts->records[index].name != name)
		return 0;

	return (uint32_t)index;
}

/* ---- due records */

static void
append_due(struct mio__timeouts *timeouts, uint32_t index)
{
	struct mio__timeout_record *records = timeouts->records;

	records[index].timeout = 0;
	records[index].next = 0;
	records[index].prev = records[0].prev;
	records[records[0].prev].next = index;
	records[0].prev = index;
}

static void
unlink_due(struct mio__timeouts *timeouts, uint32_t index)
{
	struct mio__timeout_record *records = timeouts->records;

	records[records[index].prev].next = records[index].next;
	records[records[index].next].prev = records[index].prev;
}

void
mio__timeouts_collect(struct mio__timeouts *timeouts)
{
	mio_token_t indexes[BATCH];
	int i, n;

	do {
		n = mio_timer_expire(timeouts->timer, indexes, BATCH);
		for (i = 0; i < n; i++)
			append_due(timeouts, (uint32_t)indexes[i]);
	} while (n == BATCH);
}

bool
mio__timeouts_pop(
    struct mio__timeouts *timeouts, struct mio__timeout_data *data)
{
	uint32_t index = timeouts->records[0].next;

	if (index == 0)
		return false;

	*data = timeouts->records[index].data;
	unlink_due(timeouts, index);
	free_record(timeouts, index);

	return true;
}

/* ---- for programs */

int
mio__timeouts_set(struct mio__timeouts *timeouts, uint64_t delay_ns,
    struct mio__timeout_data data, mio_timeout_t *out)
{
	struct mio__timeout_record *record;
	uint32_t index;
	int r;

	if (delay_ns > DELAY_MAX)
		return -EOVERFLOW;

	index = new_record(timeouts);
	if (index == 0)
		return -ENOSPC;

	record = &timeouts->records[index];
	record->data = data;
	r = mio_timer_set(timeouts->timer, delay_ns, index, &record->timeout);
	if (r < 0) {
		free_record(timeouts, index);
		return r;
	}

	if (out != NULL)
		*out = record->name;

	return 0;
}

int
mio__timeouts_reset(
    struct mio__timeouts *timeouts, mio_timeout_t name, uint64_t delay_ns)
{
	struct mio__timeout_record *record;
	uint32_t index;
	int r;

	if (delay_ns > DELAY_MAX)
		return -EOVERFLOW;

	index = find(timeouts, name);
	if (index == 0)
		return -ENOENT;

	record = &timeouts->records[index];
	if (record->timeout != 0)
		return mio_timer_reset(
		    timeouts->timer, record->timeout, delay_ns);

	r = mio_timer_set(timeouts->timer, delay_ns, index, &record->timeout);
	if (r == 0)
		unlink_due(timeouts, index);

	return r;
}

int
mio__timeouts_clear(struct mio__timeouts *timeouts, mio_timeout_t name)
{
	struct mio__timeout_record *record;
	uint32_t index = find(timeouts, name);

	if (index == 0)
		return -ENOENT;

	record = &timeouts->records[index];
	if (record->timeout != 0)
		(void)mio_timer_cancel(timeouts->timer, record->timeout, NULL);
	else
		unlink_due(timeouts, index);
	free_record(timeouts, index);

	return 0;
}
