/* SPDX-License-Identifier: MIT */
#include "timers.h"

#include <stdlib.h>

#include <event2/event.h>
#include <event2/event_struct.h>

static struct event_base *base;
static struct event *timers;
static size_t expired;

static void
on_timeout(evutil_socket_t fd, short what, void *data)
{
	(void)fd;
	(void)what;
	(void)data;
	expired++;
}

static void
begin(size_t count)
{
	size_t i;

	bench_version("libevent", event_get_version());
	timers = calloc(count, sizeof(*timers));
	must(timers != NULL, "calloc");
	base = event_base_new();
	must(base != NULL, "event_base_new");
	for (i = 0; i < count; i++)
		must(evtimer_assign(&timers[i], base, on_timeout, NULL) == 0,
		    "evtimer_assign");
}

static void
end(void)
{
	event_base_free(base);
	free(timers);
}

static void
add(struct event *timer, uint32_t ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	must(evtimer_add(timer, &tv) == 0, "evtimer_add");
}

static void
insert(const uint32_t *ms, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		add(&timers[i], ms[i]);
}

static void
reset(const uint32_t *which, const uint32_t *ms, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		add(&timers[which[i]], ms[i]);
}

static void
cancel(const uint32_t *which, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		must(evtimer_del(&timers[which[i]]) == 0, "evtimer_del");
}

static size_t
expire(void)
{
	expired = 0;
	(void)event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);

	return expired;
}

const struct timers event_timers = {
	"libevent", 0, begin, insert, reset, cancel, expire, NULL, end,
};
