/* SPDX-License-Identifier: MIT */

#include "config.h"
#include "lib/record.h"

#include "lib/harness.h"

struct mio_loop *
new_loop(const struct mio_loop_config *config)
{
	struct mio_loop *loop = NULL;

	assert_ok(mio_loop_create(&loop, config));

	return loop;
}

static void
on_timeout(struct mio_loop *loop, void *context, mio_token_t state)
{
	struct record *record = context;

	record->states[record->timeouts++ % 64] = state;
	record->in_round++;
	if (record->react != NULL)
		assert_ok(record->react(loop, record, state));
}

static void
on_ready(
    struct mio_loop *loop, void *context, mio_token_t token, unsigned ready)
{
	struct record *record = context;

	(void)loop;
	(void)token;
	(void)ready;
	record->readies++;
	record->in_round++;
}

static void
on_tick(struct mio_loop *loop, void *context)
{
	struct record *record = context;

	if (record->in_round > record->most_in_round)
		record->most_in_round = record->in_round;
	record->in_round = 0;
	if (++record->ticks == record->end)
		mio_loop_shutdown(loop);
}

const struct mio_handler recording_handler = {
	.size = sizeof(recording_handler),
	.ready = on_ready,
	.timeout = on_timeout,
	.tick = on_tick,
};

void
run_one_round(struct mio_loop *loop, struct record *record)
{
	assert_ok(
	    mio_loop_run_once(loop, &recording_handler, record, PATIENCE));
}

void
set_three(struct mio_loop *loop, mio_timeout_t names[3])
{
	mio_token_t i;

	for (i = 0; i < 3; i++)
		assert_ok(mio_loop_timeout(loop, i, i + 1, &names[i]));
	(void)usleep(3000);
}
