/* SPDX-License-Identifier: MIT */

/* timeout.c, a wheel in a file that programs copy into their source. */

#include "timers.h"

#include <stdlib.h>

#include <timeout.c>

static struct timeouts *all;
static struct timeout *timers;
static volatile uintptr_t sum;

static void
begin(size_t count)
{
	int error;
	size_t i;

	timers = calloc(count, sizeof(*timers));
	all = timeouts_open(0, &error);
	must(timers != NULL && all != NULL, "timeouts_open");
	timeouts_update(all, bench_now_ms);
	for (i = 0; i < count; i++)
		(void)timeout_init(&timers[i], TIMEOUT_ABS);
}

static void
end(void)
{
	timeouts_close(all);
	free(timers);
}

static void
insert(const uint32_t *ms, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		timeouts_add(all, &timers[i], bench_now_ms + ms[i]);
}

static void
reset(const uint32_t *which, const uint32_t *ms, size_t count)
{
	size_t i;

	timeouts_update(all, bench_now_ms);
	for (i = 0; i < count; i++)
		timeouts_add(all, &timers[which[i]], bench_now_ms + ms[i]);
}

static void
cancel(const uint32_t *which, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		timeouts_del(all, &timers[which[i]]);
}

static size_t
expire(void)
{
	struct timeout *timeout;
	size_t n = 0;

	timeouts_update(all, bench_now_ms);
	for (; (timeout = timeouts_get(all)) != NULL; n++)
		sum += (uintptr_t)timeout;

	return n;
}

const struct timers timeout_timers = {
	"timeout.c", 0, begin, insert, reset, cancel, expire, NULL, end,
};
