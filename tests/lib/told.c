/* SPDX-License-Identifier: MIT */

#include "config.h"
#include "lib/told.h"

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
	struct told *told = context;

	told->states[told->timeouts++ % 64] = state;
	told->in_round++;
	if (told->react != NULL)
		assert_ok(told->react(loop, told, state));
}

static void
on_ready(
    struct mio_loop *loop, void *context, mio_token_t token, unsigned ready)
{
	struct told *told = context;

	(void)loop;
	(void)token;
	(void)ready;
	told->readies++;
	told->in_round++;
}

static void
on_tick(struct mio_loop *loop, void *context)
{
	struct told *told = context;

	if (told->in_round > told->most_in_round)
		told->most_in_round = told->in_round;
	told->in_round = 0;
	if (++told->ticks == told->end)
		mio_loop_shutdown(loop);
}

const struct mio_handler told_handler = {
	.size = sizeof(told_handler),
	.ready = on_ready,
	.timeout = on_timeout,
	.tick = on_tick,
};

void
tell_once(struct mio_loop *loop, struct told *told)
{
	assert_ok(mio_loop_run_once(loop, &told_handler, told, PATIENCE));
}

void
set_three(struct mio_loop *loop, mio_timeout_t names[3])
{
	mio_token_t i;

	for (i = 0; i < 3; i++)
		assert_ok(mio_loop_timeout(loop, i, i + 1, &names[i]));
	(void)usleep(3000);
}
