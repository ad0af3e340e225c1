/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdlib.h>

#include <systemd/sd-event.h>

#include "bench.h"

static sd_event *loop;
static sd_event_source **sources;
static size_t made;

static int
woken(sd_event_source *source, void *context)
{
	(void)source;
	(void)context;

	return 0;
}

static void
begin(size_t count)
{
	bench_version("sd-event", SDEVENT_VERSION);
	must(sd_event_new(&loop) >= 0, "sd_event_new");
	sources = malloc(count * sizeof(sources[0]));
	must(sources != NULL, "malloc");
	made = 0;
}

/* Only the thread of its loop can switch a source on. */
static void
make(size_t i)
{
	must(sd_event_add_defer(loop, &sources[i], woken, NULL) >= 0 &&
		sd_event_source_set_enabled(sources[i], SD_EVENT_OFF) >= 0,
	    "sd_event_add_defer");
	made++;
}

static void
end(void)
{
	while (made-- > 0)
		sd_event_source_unref(sources[made]);
	sd_event_unref(loop);
	free(sources);
}

const struct memory_source sdevent_source = { "sd-event, defer", begin, make,
	end };
