/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/timers.h"

struct mio_timer *
new_timer(void)
{
	struct mio_timer *timer = NULL;

	assert_ok(mio_timer_create(&timer, TICK, 1000));

	return timer;
}

struct scene
begin(unsigned options)
{
	struct scene scene = { .poll = new_poll(), .timer = new_timer() };

	scene.source = mio_timer_source(scene.timer);
	assert_ok(mio_poll_register(
	    scene.poll, scene.source, 9, MIO_READABLE, options));

	return scene;
}

void
end(struct scene *scene)
{
	mio_timer_destroy(scene->timer);
	mio_poll_destroy(scene->poll);
}

mio_timeout_t
set(struct scene *scene, uint64_t delay_ns, mio_token_t token)
{
	mio_timeout_t timeout = 0;

	assert_ok(mio_timer_set(scene->timer, delay_ns, token, &timeout));
	ck_assert_uint_ne(timeout, 0);

	return timeout;
}

void
set_due(struct scene *scene, mio_token_t token)
{
	assert_ok(mio_timer_set_at(scene->timer, 1, token, NULL));
}

void
expect_due(struct scene *scene)
{
	struct mio_event event = expect_event(scene->poll);

	ck_assert_uint_eq(event.token, 9);
	ck_assert_uint_eq(event.ready, MIO_READABLE);
}

void
expect_token(struct scene *scene, mio_token_t token)
{
	mio_token_t tokens[2] = { 0, 0 };

	ck_assert_int_eq(mio_timer_expire(scene->timer, tokens, 2), 1);
	ck_assert_uint_eq(tokens[0], token);
}
