/* SPDX-License-Identifier: MIT */

/* libmio's wheel by itself: no poll, no lock, no clock. */

#include "timers.h"

#include <stdlib.h>

#include "timer/wheel.h"

static struct mio__wheel wheel;
static mio__wheel_handle_t *names;
static volatile uint64_t sum;

/* The functions of sys/memory.h that the wheel uses. */
void *bench_alloc(size_t count, size_t size);
void bench_free(void *block);

void *
bench_alloc(size_t count, size_t size)
{
	return calloc(count, size);
}

void
bench_free(void *block)
{
	free(block);
}

static void
begin(size_t count)
{
	names = calloc(count, sizeof(*names));
	must(names != NULL, "calloc");
	must(mio__wheel_init(&wheel, count, bench_now_ms) == 0, "the wheel");
}

static void
end(void)
{
	mio__wheel_fini(&wheel);
	free(names);
}

static void
insert(const uint32_t *ms, size_t count)
{
	size_t i;
	int r = 0;

	for (i = 0; i < count; i++)
		r |= mio__wheel_insert(
		    &wheel, bench_now_ms + ms[i], i, &names[i]);
	must(r == 0, "insert");
}

static void
reset(const uint32_t *which, const uint32_t *ms, size_t count)
{
	size_t i;
	int r = 0;

	for (i = 0; i < count; i++)
		r |= mio__wheel_move(
		    &wheel, names[which[i]], bench_now_ms + ms[i]);
	must(r == 0, "move");
}

static void
cancel(const uint32_t *which, size_t count)
{
	size_t i;
	int r = 0;

	for (i = 0; i < count; i++)
		r |= mio__wheel_remove(&wheel, names[which[i]], NULL);
	must(r == 0, "remove");
}

static size_t
expire(void)
{
	uint64_t states[256];
	size_t i, n, total = 0;

	do {
		n = mio__wheel_expire(&wheel, bench_now_ms, states, 256);
		for (i = 0; i < n; i++)
			sum += states[i];
		total += n;
	} while (n == 256);

	return total;
}

static int64_t
next(void)
{
	uint64_t tick;

	return mio__wheel_next(&wheel, SIZE_MAX, &tick) ? (int64_t)tick : -1;
}

const struct timers wheel_timers = {
	"libmio, its wheel alone", 0, begin, insert, reset, cancel, expire, next,
	end,
};
