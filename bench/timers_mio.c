/* SPDX-License-Identifier: MIT */

/* libmio, with its public calls and a poll, as a program uses it. */

#include "timers.h"

#include <stdlib.h>

#include <mio.h>

#define MS UINT64_C(1000000)

static struct mio_poll *poll;
static struct mio_timer *timer;
static mio_timeout_t *names;
static volatile uint64_t sum;

static void
begin(size_t count)
{
	names = calloc(count, sizeof(*names));
	must(names != NULL, "calloc");
	must(mio_poll_create(&poll) == 0, "mio_poll_create");
	must(mio_timer_create(&timer, MS, count) == 0, "mio_timer_create");
	must(mio_poll_register(poll, mio_timer_source(timer), 0, MIO_READABLE,
	    MIO_EDGE) == 0, "mio_poll_register");
}

static void
end(void)
{
	mio_timer_destroy(timer);
	mio_poll_destroy(poll);
	free(names);
}

static void
insert(const uint32_t *ms, size_t count)
{
	uint64_t now = mio_clock_now();
	size_t i;
	int r = 0;

	for (i = 0; i < count; i++)
		r |= mio_timer_set_at(timer, now + ms[i] * MS, i, &names[i]);
	must(r == 0, "mio_timer_set_at");
}

static void
reset(const uint32_t *which, const uint32_t *ms, size_t count)
{
	uint64_t now = mio_clock_now();
	size_t i;
	int r = 0;

	for (i = 0; i < count; i++)
		r |= mio_timer_reset_at(
		    timer, names[which[i]], now + ms[i] * MS);
	must(r == 0, "mio_timer_reset_at");
}

static void
cancel(const uint32_t *which, size_t count)
{
	size_t i;
	int r = 0;

	for (i = 0; i < count; i++)
		r |= mio_timer_cancel(timer, names[which[i]], NULL);
	must(r == 0, "mio_timer_cancel");
}

static size_t
expire(void)
{
	mio_token_t states[256];
	struct mio_event event;
	size_t total = 0;
	int i, n;

	if (mio_poll(poll, &event, 1, 0) == 0)
		return 0;

	do {
		n = mio_timer_expire(timer, states, 256);
		for (i = 0; i < n; i++)
			sum += states[i];
		total += (size_t)n;
	} while (n == 256);

	return total;
}

static int64_t
next(void)
{
	uint64_t ns;

	return mio_timer_next(timer, &ns) < 0 ? -1 : (int64_t)ns;
}

const struct timers mio_timers = {
	"libmio", 0, begin, insert, reset, cancel, expire, next, end,
};
