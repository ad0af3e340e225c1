/* SPDX-License-Identifier: MIT */

/* The timer of the Rust crate mio 0.6: mio06/mio06.rs is what calls it. */

#include "timers.h"

#include <stdbool.h>

/* At least the ticks of a minute, so that no slot is passed twice. */
#define SLOTS 65536

struct mio06;

struct mio06 *mio06_begin(size_t count, size_t slots);
void mio06_end(struct mio06 *timers);
void mio06_set(struct mio06 *timers, size_t which, uint32_t ms);
bool mio06_cancel(struct mio06 *timers, size_t which);
size_t mio06_expire(struct mio06 *timers, uint64_t *sum);

static struct mio06 *timers;
static uint64_t sum;

static void
begin(size_t count)
{
	timers = mio06_begin(count, SLOTS);
}

static void
end(void)
{
	mio06_end(timers);
}

static void
insert(const uint32_t *ms, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		mio06_set(timers, i, ms[i]);
}

/* mio 0.6 cannot reset: this cancels and sets. */
static void
reset(const uint32_t *which, const uint32_t *ms, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		must(mio06_cancel(timers, which[i]), "cancel_timeout");
		mio06_set(timers, which[i], ms[i]);
	}
}

static void
cancel(const uint32_t *which, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		must(mio06_cancel(timers, which[i]), "cancel_timeout");
}

static size_t
expire(void)
{
	return mio06_expire(timers, &sum);
}

const struct timers mio06_timers = {
	"mio 0.6, its wheel alone", 0, begin, insert, reset, cancel, expire,
	NULL, end,
};
