/* SPDX-License-Identifier: MIT */
#include "timers.h"

#include <stdlib.h>
#include <time.h>

#include <systemd/sd-event.h>

static sd_event *loop;
static sd_event_source **timers;
static size_t room, expired;

static int
on_timeout(sd_event_source *source, uint64_t usec, void *data)
{
	(void)source;
	(void)usec;
	(void)data;
	expired++;

	return 0;
}

static void
begin(size_t count)
{
	size_t i;

	bench_version("sd-event", SDEVENT_VERSION);
	room = count;
	timers = calloc(count, sizeof(*timers));
	must(timers != NULL, "calloc");
	must(sd_event_new(&loop) >= 0, "sd_event_new");
	for (i = 0; i < count; i++)
		must(sd_event_add_time(loop, &timers[i], CLOCK_MONOTONIC, 0, 1,
		    on_timeout, NULL) >= 0 &&
		    sd_event_source_set_enabled(timers[i], SD_EVENT_OFF) >= 0,
		    "sd_event_add_time");
}

static void
end(void)
{
	size_t i;

	for (i = 0; i < room; i++)
		sd_event_source_unref(timers[i]);
	sd_event_unref(loop);
	free(timers);
}

static void
insert(const uint32_t *ms, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		must(sd_event_source_set_time(timers[i],
		    (bench_now_ms + ms[i]) * 1000) >= 0 &&
		    sd_event_source_set_enabled(timers[i],
		    SD_EVENT_ONESHOT) >= 0, "sd_event_source_set_time");
}

static void
reset(const uint32_t *which, const uint32_t *ms, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		must(sd_event_source_set_time(timers[which[i]],
		    (bench_now_ms + ms[i]) * 1000) >= 0,
		    "sd_event_source_set_time");
}

static void
cancel(const uint32_t *which, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		must(sd_event_source_set_enabled(timers[which[i]],
		    SD_EVENT_OFF) >= 0, "sd_event_source_set_enabled");
}

/* An iteration of its loop handles one source. */
static size_t
expire(void)
{
	expired = 0;
	while (sd_event_run(loop, 0) > 0)
		continue;

	return expired;
}

const struct timers sdevent_timers = {
	"sd-event", 100000, begin, insert, reset, cancel, expire, NULL, end,
};
