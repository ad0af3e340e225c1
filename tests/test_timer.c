/* SPDX-License-Identifier: MIT */

/* Timers with the real clock, as a poll's source and by themselves. */

#include "config.h"
#include "lib/harness.h"
#include "lib/nest.h"

#include <dirent.h>
#include <stdatomic.h>

#define TICK MS(1)
#define FAR  (UINT64_C(1) << 63)

/* Without it another loop has to ask mio_timer_next(). */
#ifdef HAVE_TIMERFD_CREATE
#define NESTED_TESTS 1
#else
#define NESTED_TESTS 0
#endif

static struct mio_timer *
new_timer(void)
{
	struct mio_timer *timer = NULL;

	assert_ok(mio_timer_create(&timer, TICK, 1000));

	return timer;
}

struct scene {
	struct mio_poll *poll;
	struct mio_timer *timer;
	struct mio_source *source;
};

static struct scene
begin(unsigned options)
{
	struct scene scene = { .poll = new_poll(), .timer = new_timer() };

	scene.source = mio_timer_source(scene.timer);
	assert_ok(mio_poll_register(
	    scene.poll, scene.source, 9, MIO_READABLE, options));

	return scene;
}

static void
end(struct scene *scene)
{
	mio_timer_destroy(scene->timer);
	mio_poll_destroy(scene->poll);
}

static mio_timeout_t
set(struct scene *scene, uint64_t delay_ns, mio_token_t state)
{
	mio_timeout_t timeout = 0;

	assert_ok(mio_timer_set(scene->timer, delay_ns, state, &timeout));
	ck_assert_uint_ne(timeout, 0);

	return timeout;
}

/* Due now: a delay of 0 is, too, but only with the next tick. */
static void
set_due(struct scene *scene, mio_token_t state)
{
	assert_ok(mio_timer_set_at(scene->timer, 1, state, NULL));
}

static void
expect_due(struct scene *scene)
{
	struct mio_event event = expect_event(scene->poll);

	ck_assert_uint_eq(event.token, 9);
	ck_assert_uint_eq(event.ready, MIO_READABLE);
}

/* Just these, and then no more. */
static void
expect_state(struct scene *scene, mio_token_t state)
{
	mio_token_t states[2] = { 0, 0 };

	ck_assert_int_eq(mio_timer_expire(scene->timer, states, 2), 1);
	ck_assert_uint_eq(states[0], state);
}

START_TEST(bad_arguments_are_refused)
{
	struct mio_timer *timer = new_timer(), *none = NULL;
	mio_timeout_t timeout = 77;
	mio_token_t state = 78;
	uint64_t delay = 79;

	assert_error(mio_timer_create(NULL, 0, 0), EINVAL);
	assert_error(mio_timer_create(&none, 0, SIZE_MAX), ENOMEM);
	assert_error(mio_timer_create(&none, 0, UINT32_MAX), ENOMEM);
	ck_assert_ptr_null(none);
	ck_assert_ptr_null(mio_timer_source(NULL));
	mio_timer_destroy(NULL);

	assert_error(mio_timer_set(NULL, 1, 2, &timeout), EINVAL);
	assert_error(mio_timer_set(NULL, UINT64_MAX, 2, &timeout), EINVAL);
	assert_error(mio_timer_set_at(NULL, 1, 2, &timeout), EINVAL);
	assert_error(mio_timer_reset(NULL, 1, 2), EINVAL);
	assert_error(mio_timer_reset(NULL, 1, UINT64_MAX), EINVAL);
	assert_error(mio_timer_reset_at(NULL, 1, 2), EINVAL);
	assert_error(mio_timer_cancel(NULL, 1, &state), EINVAL);
	assert_error(mio_timer_expire(NULL, &state, 1), EINVAL);
	assert_error(mio_timer_expire(timer, NULL, 1), EINVAL);
	assert_error(mio_timer_expire(timer, &state, 0), EINVAL);
	assert_error(mio_timer_next(NULL, &delay), EINVAL);
	assert_error(mio_timer_next(timer, NULL), EINVAL);
	ck_assert_uint_eq(mio_timer_pending(NULL), 0);

	assert_error(mio_timer_set(timer, FAR + 1, 2, &timeout), EOVERFLOW);
	assert_error(
	    mio_timer_set_at(timer, UINT64_MAX, 2, &timeout), EOVERFLOW);
	assert_error(mio_timer_reset(timer, 0, 1), ENOENT);
	assert_error(mio_timer_reset_at(timer, UINT64_MAX, 1), ENOENT);
	assert_error(mio_timer_cancel(timer, 0, &state), ENOENT);
	assert_error(mio_timer_next(timer, &delay), ENOENT);
	ck_assert_int_eq(mio_timer_expire(timer, &state, 1), 0);
	ck_assert_uint_eq(mio_timer_pending(timer), 0);
	ck_assert_uint_eq(timeout, 77);
	ck_assert_uint_eq(state, 78);
	ck_assert_uint_eq(delay, 79);

	assert_ok(mio_timer_set(timer, 5, 6, NULL));
	assert_ok(mio_timer_set(timer, SECONDS(60), 6, &timeout));
	assert_error(mio_timer_reset(timer, timeout, FAR + 1), EOVERFLOW);
	assert_error(
	    mio_timer_reset_at(timer, timeout, UINT64_MAX), EOVERFLOW);
	assert_ok(mio_timer_cancel(timer, timeout, NULL));
	mio_timer_destroy(timer);
}
END_TEST

START_TEST(registers_as_other_sources_do)
{
	struct scene scene = begin(MIO_LEVEL);
	struct mio_poll *other = new_poll();
	struct mio_timer *fresh = new_timer();

	assert_error(mio_poll_register(scene.poll, scene.source, 1,
			 MIO_READABLE, 0), EEXIST);
	assert_error(mio_poll_register(other, scene.source, 1, MIO_READABLE, 0),
	    EINVAL);
	assert_error(mio_poll_reregister(other, scene.source, 1, MIO_READABLE,
			 0), EINVAL);
	assert_error(mio_poll_deregister(other, scene.source), EINVAL);
	assert_ok(mio_poll_deregister(scene.poll, scene.source));
	assert_error(mio_poll_deregister(scene.poll, scene.source), ENOENT);
	assert_error(mio_poll_reregister(scene.poll, scene.source, 1,
			 MIO_READABLE, 0), ENOENT);
	assert_error(mio_poll_register(other, scene.source, 1, MIO_READABLE, 0),
	    EINVAL);

	assert_error(mio_poll_register(other, mio_timer_source(fresh), 1,
			 MIO_READABLE, MIO_EXCLUSIVE), ENOTSUP);
	assert_error(mio_poll_register(
			 other, mio_timer_source(fresh), 1, MIO_AIO, 0),
	    ENOTSUP);
	assert_error(mio_poll_register(
			 other, mio_timer_source(fresh), 1, MIO_LIO, 0),
	    ENOTSUP);
	assert_error(mio_poll_register(other, mio_timer_source(fresh),
			 MIO_TOKEN_RESERVED, MIO_READABLE, 0), EINVAL);
	assert_error(mio_poll_reregister(
			 other, mio_timer_source(fresh), 1, MIO_READABLE, 0),
	    ENOENT);
	mio_timer_destroy(fresh);
	mio_poll_destroy(other);
	end(&scene);
}
END_TEST

/* The wheel's timeouts of mio were early by up to half a tick, and more. */
START_TEST(nothing_is_early)
{
	static const uint64_t ticks[] = { 0, 1, 1000, MS(1), MS(3), MS(10) };
	struct scene scene;
	struct mio_timer *timer;
	unsigned random = 7;
	uint64_t delay, asked;
	mio_token_t state;
	int i;

	for (i = 0; i < 60; i++) {
		scene.poll = new_poll();
		assert_ok(mio_timer_create(&timer, ticks[i % 6], 10));
		scene.timer = timer;
		assert_ok(mio_poll_register(
		    scene.poll, mio_timer_source(timer), 9, MIO_READABLE, 0));
		random = random * 1103515245 + 12345;
		delay = random >> 8 & 0x7fffff; /* up to 8 ms */
		asked = mio_clock_now();
		set(&scene, delay, 5);
		expect_due(&scene);
		ck_assert_uint_ge(mio_clock_now(), asked + delay);
		ck_assert_int_eq(mio_timer_expire(timer, &state, 1), 1);
		ck_assert_uint_eq(state, 5);
		end(&scene);
	}
}
END_TEST

START_TEST(deadlines_come_in_order)
{
	struct scene scene = begin(MIO_LEVEL);
	uint64_t now = mio_clock_now();
	mio_token_t states[8], state = 1;
	int i, n;

	/* 3 4 2 1 by time, and the equal ones as they were set */
	assert_ok(mio_timer_set_at(scene.timer, now + MS(40), 5, NULL));
	assert_ok(mio_timer_set_at(scene.timer, now + MS(40), 6, NULL));
	assert_ok(mio_timer_set_at(scene.timer, now + MS(5), 2, NULL));
	assert_ok(mio_timer_set_at(scene.timer, now - MS(5), 1, NULL));
	assert_ok(mio_timer_set_at(scene.timer, now + MS(20), 3, NULL));
	assert_ok(mio_timer_set_at(scene.timer, now + MS(20), 4, NULL));
	ck_assert_uint_eq(mio_timer_pending(scene.timer), 6);
	while (state <= 6) {
		expect_due(&scene);
		n = mio_timer_expire(scene.timer, states, 8);
		ck_assert_int_gt(n, 0);
		for (i = 0; i < n; i++)
			ck_assert_uint_eq(states[i], state++);
	}
	ck_assert_uint_eq(mio_timer_pending(scene.timer), 0);
	expect_nothing(scene.poll);
	end(&scene);
}
END_TEST

START_TEST(level_tells_until_all_is_handed_out)
{
	struct scene scene = begin(MIO_LEVEL);
	mio_token_t state;

	set_due(&scene, 1);
	set_due(&scene, 2);
	expect_due(&scene);
	expect_due(&scene);
	ck_assert_int_eq(mio_timer_expire(scene.timer, &state, 1), 1);
	expect_due(&scene);
	ck_assert_int_eq(mio_timer_expire(scene.timer, &state, 1), 1);
	expect_nothing(scene.poll);
	set(&scene, MS(2), 3);
	expect_due(&scene);
	expect_state(&scene, 3);
	expect_nothing(scene.poll);
	end(&scene);
}
END_TEST

START_TEST(edge_tells_once_until_all_is_handed_out)
{
	struct scene scene = begin(MIO_EDGE);
	mio_token_t states[4];

	set_due(&scene, 1);
	set_due(&scene, 2);
	expect_due(&scene);
	expect_nothing(scene.poll);
	set_due(&scene, 3);
	expect_nothing(scene.poll);
	ck_assert_int_eq(mio_timer_expire(scene.timer, states, 2), 2);
	set_due(&scene, 4);
	expect_nothing(scene.poll);
	ck_assert_int_eq(mio_timer_expire(scene.timer, states, 4), 2);
	expect_nothing(scene.poll);
	set(&scene, MS(2), 5);
	expect_due(&scene);
	expect_state(&scene, 5);
	end(&scene);
}
END_TEST

START_TEST(oneshot_sleeps_until_reregistered)
{
	struct scene scene = begin(MIO_ONESHOT);

	set_due(&scene, 1);
	expect_due(&scene);
	expect_state(&scene, 1);
	set_due(&scene, 2);
	expect_nothing(scene.poll);
	assert_ok(mio_poll_reregister(
	    scene.poll, scene.source, 9, MIO_READABLE, MIO_ONESHOT));
	expect_due(&scene);
	expect_nothing(scene.poll);
	/* again, as the condition still holds */
	assert_ok(mio_poll_reregister(
	    scene.poll, scene.source, 9, MIO_READABLE, MIO_ONESHOT));
	expect_due(&scene);
	expect_state(&scene, 2);
	end(&scene);
}
END_TEST

START_TEST(reregistering_an_edge_tells_again)
{
	struct scene scene = begin(MIO_EDGE);

	set_due(&scene, 1);
	expect_due(&scene);
	assert_ok(mio_poll_reregister(
	    scene.poll, scene.source, 9, MIO_READABLE, MIO_EDGE));
	expect_due(&scene);
	expect_nothing(scene.poll);
	expect_state(&scene, 1);
	assert_ok(mio_poll_reregister(
	    scene.poll, scene.source, 9, MIO_READABLE, MIO_EDGE));
	expect_nothing(scene.poll);
	end(&scene);
}
END_TEST

START_TEST(nothing_is_told_without_registration_or_interest)
{
	struct scene scene = begin(MIO_LEVEL);

	assert_ok(mio_poll_deregister(scene.poll, scene.source));
	set_due(&scene, 1);
	expect_nothing(scene.poll);
	assert_ok(mio_poll_register(
	    scene.poll, scene.source, 9, MIO_WRITABLE, MIO_LEVEL));
	expect_nothing(scene.poll);
	assert_ok(mio_poll_reregister(scene.poll, scene.source, 9, 0, 0));
	expect_nothing(scene.poll);
	assert_ok(mio_poll_reregister(
	    scene.poll, scene.source, 9, MIO_READABLE, MIO_LEVEL));
	expect_due(&scene);
	assert_ok(mio_poll_deregister(scene.poll, scene.source));
	expect_nothing(scene.poll);
	expect_state(&scene, 1);
	end(&scene);
}
END_TEST

START_TEST(cancelled_ones_are_not_told)
{
	struct scene scene = begin(_i ? MIO_EDGE : MIO_LEVEL);
	mio_timeout_t timeout, again;
	mio_token_t state = 0;

	timeout = set(&scene, MS(3), 5);
	assert_ok(mio_timer_cancel(scene.timer, timeout, &state));
	ck_assert_uint_eq(state, 5);
	assert_error(mio_timer_cancel(scene.timer, timeout, &state), ENOENT);
	assert_error(mio_timer_reset(scene.timer, timeout, 1), ENOENT);
	expect_nothing(scene.poll);

	/* its place is another's by now, in the same tick */
	again = set(&scene, MS(3), 6);
	assert_error(mio_timer_cancel(scene.timer, timeout, &state), ENOENT);
	ck_assert_uint_eq(state, 5);
	expect_due(&scene);

	/* due, told and cancelled */
	ck_assert_uint_eq(mio_timer_pending(scene.timer), 1);
	assert_ok(mio_timer_cancel(scene.timer, again, &state));
	ck_assert_uint_eq(state, 6);
	expect_nothing(scene.poll);
	set_due(&scene, 7);
	expect_due(&scene);
	expect_state(&scene, 7);
	end(&scene);
}
END_TEST

START_TEST(reset_moves_both_ways)
{
	struct scene scene = begin(MIO_LEVEL);
	uint64_t now = mio_clock_now(), delay;
	mio_timeout_t timeout = set(&scene, SECONDS(600), 1);

	assert_ok(mio_timer_reset(scene.timer, timeout, MS(4)));
	expect_due(&scene);
	ck_assert_uint_ge(mio_clock_now(), now + MS(4));

	/* due already, and not any more */
	assert_ok(mio_timer_reset(scene.timer, timeout, SECONDS(600)));
	expect_nothing(scene.poll);
	assert_ok(mio_timer_next(scene.timer, &delay));
	ck_assert_uint_gt(delay, SECONDS(500));
	ck_assert_uint_le(delay, SECONDS(600) + TICK);
	assert_ok(mio_timer_reset_at(scene.timer, timeout, 0));
	assert_ok(mio_timer_next(scene.timer, &delay));
	ck_assert_uint_eq(delay, 0);
	expect_due(&scene);
	expect_state(&scene, 1);
	assert_error(mio_timer_reset(scene.timer, timeout, 0), ENOENT);
	end(&scene);
}
END_TEST

START_TEST(capacity_is_told_and_loses_nothing)
{
	enum { ROOM = 100 };
	struct mio_timer *timer;
	mio_timeout_t timeouts[ROOM], none = 77;
	mio_token_t states[ROOM + 1];
	int i;

	assert_ok(mio_timer_create(&timer, 0, ROOM));
	for (i = 0; i < ROOM; i++)
		assert_ok(mio_timer_set(
		    timer, 0, (mio_token_t)i, &timeouts[i]));
	assert_error(mio_timer_set(timer, 0, 5, &none), ENOSPC);
	ck_assert_uint_eq(none, 77);
	ck_assert_uint_eq(mio_timer_pending(timer), ROOM);
	assert_ok(mio_timer_cancel(timer, timeouts[50], NULL));
	assert_ok(mio_timer_set(timer, 0, 1000, NULL));
	assert_error(mio_timer_set(timer, 0, 5, NULL), ENOSPC);
	(void)usleep(2000); /* a tick, so that all are due */
	ck_assert_int_eq(mio_timer_expire(timer, states, ROOM + 1), ROOM);
	for (i = 0; i < ROOM; i++)
		ck_assert_uint_ne(states[i], 50);
	mio_timer_destroy(timer);

	assert_ok(mio_timer_create(&timer, 0, 0));
	for (i = 0; i < 65536; i++)
		if (mio_timer_set(timer, 5, 1, NULL) != 0)
			ck_abort_msg("%d", i);
	assert_error(mio_timer_set(timer, 5, 1, NULL), ENOSPC);
	mio_timer_destroy(timer);
}
END_TEST

/* 2^63 ns, at any tick: mio's arithmetic overflowed, macOS's wait returned. */
START_TEST(far_deadlines_do_not_wake)
{
	static const uint64_t ticks[] = {
		1, 1000, MS(1), SECONDS(1), UINT64_C(1) << 32, FAR, UINT64_MAX,
	};
	struct mio_poll *poll = new_poll();
	struct mio_timer *timers[7];
	uint64_t delay;
	int64_t before;
	size_t i;

	for (i = 0; i < 7; i++) {
		assert_ok(mio_timer_create(&timers[i], ticks[i], 4));
		assert_ok(mio_poll_register(poll, mio_timer_source(timers[i]),
		    i, MIO_READABLE, 0));
		assert_ok(mio_timer_set(timers[i], FAR, 1, NULL));
		assert_ok(mio_timer_set_at(
		    timers[i], mio_clock_now() + FAR, 1, NULL));
		assert_ok(mio_timer_next(timers[i], &delay));
		ck_assert_uint_ge(delay, FAR - SECONDS(100));
	}
	before = cpu_ns();
	expect_nothing(poll);
	assert_ok(mio_poll(poll, &(struct mio_event){ 0 }, 1, MS(200)));
	if (!is_slowed_down())
		ck_assert_int_lt(cpu_ns() - before, MS(100));
	for (i = 0; i < 7; i++)
		mio_timer_destroy(timers[i]);
	mio_poll_destroy(poll);
}
END_TEST

static unsigned
count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	unsigned n = 0;

	if (dir == NULL)
		return 0;
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);

	return n;
}

/* mio's had a thread and a pipe each, and kept them. */
START_TEST(timers_cost_neither_threads_nor_descriptors)
{
	struct mio_poll *poll = new_poll();
	struct mio_timer *timer;
	unsigned threads = count_threads(), fds = 0;
	int i;

	for (i = 0; i < 1000; i++) {
		timer = new_timer();
		assert_ok(mio_poll_register(
		    poll, mio_timer_source(timer), 1, MIO_READABLE, 0));
		assert_ok(mio_timer_set(timer, (uint64_t)i, 1, NULL));
		if (i == 0)
			fds = count_fds();
		mio_timer_destroy(timer);
	}
	ck_assert_uint_eq(count_fds(), fds);
	ck_assert_uint_eq(count_threads(), threads);
	expect_nothing(poll);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(timers_and_polls_go_in_any_order)
{
	struct scene scene = begin(MIO_LEVEL);

	set_due(&scene, 1);
	expect_due(&scene);
	mio_poll_destroy(scene.poll);
	expect_state(&scene, 1);
	set_due(&scene, 2);
	expect_state(&scene, 2);
	mio_timer_destroy(scene.timer);

	scene = begin(MIO_LEVEL);
	set_due(&scene, 1);
	expect_due(&scene);
	mio_timer_destroy(scene.timer);
	expect_nothing(scene.poll);
	mio_poll_destroy(scene.poll);
}
END_TEST

START_TEST(several_timers_share_a_poll)
{
	struct mio_poll *poll = new_poll();
	struct mio_timer *timers[5];
	struct mio_event events[5];
	mio_token_t state;
	int i, n, seen = 0;

	for (i = 0; i < 5; i++) {
		timers[i] = new_timer();
		assert_ok(mio_poll_register(poll, mio_timer_source(timers[i]),
		    (mio_token_t)i, MIO_READABLE, MIO_LEVEL));
		assert_ok(mio_timer_set(timers[i], (uint64_t)MS(5 * (5 - i)),
		    (mio_token_t)i, NULL));
	}
	while (seen < 5) {
		n = mio_poll(poll, events, 5, PATIENCE);
		ck_assert_int_gt(n, 0);
		for (i = 0; i < n; i++, seen++) {
			ck_assert_int_eq(mio_timer_expire(
			    timers[events[i].token], &state, 1), 1);
			ck_assert_uint_eq(state, events[i].token);
		}
	}
	for (i = 0; i < 5; i++)
		mio_timer_destroy(timers[i]);
	mio_poll_destroy(poll);
}
END_TEST

/* All in one tick, in batches, and what the kernel has gets through. */
START_TEST(crowded_tick_is_fair_to_other_events)
{
	enum { CROWD = 20000, BATCH = 64 };
	struct mio_poll *poll = new_poll();
	mio_token_t states[BATCH];
	struct mio_event events[2];
	struct mio_timer *timer;
	uint64_t at = mio_clock_now() + MS(1), next = 0;
	bool timer_came, pipe_came;
	int fds[2], i, j, n;

	make_pipe(fds);
	put_byte(fds[1]);
	assert_ok(mio_timer_create(&timer, 0, CROWD));
	assert_ok(mio_poll_register_fd(poll, fds[0], 1, MIO_READABLE, 0));
	for (i = 0; i < CROWD; i++)
		if (mio_timer_set_at(timer, at, (mio_token_t)i, NULL) != 0)
			ck_abort_msg("%d", i);
	(void)usleep(3000);
	assert_ok(mio_poll_register(
	    poll, mio_timer_source(timer), 2, MIO_READABLE, 0));

	while (next < CROWD) {
		/* one event at a time: each within a few */
		timer_came = pipe_came = false;
		for (i = 0; i < 4; i++) {
			ck_assert_int_eq(mio_poll(poll, events, 1, 0), 1);
			timer_came |= events[0].token == 2;
			pipe_came |= events[0].token == 1;
		}
		ck_assert(timer_came && pipe_came);
		n = mio_timer_expire(timer, states, BATCH);
		for (j = 0; j < n; j++)
			if (states[j] != next++)
				ck_abort_msg("%d", j);
		ck_assert(n == BATCH || next == CROWD);
	}
	mio_timer_destroy(timer);
	mio_poll_destroy(poll);
	close_pipe(fds);
}
END_TEST

START_TEST(nested_poll_shows_what_is_due)
{
	struct nest nest = new_nest();
	struct scene scene = { .poll = nest.poll, .timer = new_timer() };
	mio_timeout_t timeout;

	assert_ok(mio_poll_register(scene.poll, mio_timer_source(scene.timer),
	    9, MIO_READABLE, MIO_LEVEL));
	expect_quiet(&nest);
	timeout = set(&scene, SECONDS(600), 1);
	expect_quiet(&nest);
	arm_quietly(&nest);
	/* while armed */
	assert_ok(mio_timer_reset(scene.timer, timeout, MS(3)));
	sleep_until_shown(&nest);
	if (nest.fd < 0)
		expect_due(&scene);
	else
		expect_one(&nest, 9, MIO_READABLE);
	expect_pending(&nest, 9, MIO_READABLE);
	expect_state(&scene, 1);
	expect_quiet(&nest);

	/* set while armed, and cancelled */
	arm_quietly(&nest);
	timeout = set(&scene, MS(1), 1);
	assert_ok(mio_timer_cancel(scene.timer, timeout, NULL));
	(void)usleep(3000);
	expect_quiet(&nest);
	mio_timer_destroy(scene.timer);
	end_nest(&nest);
}
END_TEST

struct sleeper {
	struct mio_poll *poll;
	struct mio_event event;
	_Atomic bool back;
};

static void *
sleep_in_poll(void *argument)
{
	struct sleeper *sleeper = argument;

	ck_assert_int_eq(
	    mio_poll(sleeper->poll, &sleeper->event, 1, PATIENCE), 1);
	sleeper->back = true;

	return NULL;
}

/* The poll sleeps in a thread, the timer is used here. */
START_TEST(timer_is_used_while_a_thread_sleeps)
{
	struct scene scene = begin(MIO_LEVEL);
	struct sleeper sleeper;
	mio_timeout_t timeout;
	pthread_t thread;
	uint64_t asked;
	int i;

	for (i = 0; i < 10; i++) {
		sleeper = (struct sleeper){ .poll = scene.poll };
		if (i % 2)
			timeout = set(&scene, SECONDS(600), 1);
		thread = start(sleep_in_poll, &sleeper);
		(void)usleep(i % 3 ? 2000 : 0);
		if (i % 2 == 0)
			timeout = set(&scene, SECONDS(500), 1);
		asked = mio_clock_now();
		assert_ok(mio_timer_reset(scene.timer, timeout, MS(2)));
		join(thread);
		ck_assert_uint_ge(mio_clock_now(), asked + MS(2));
		ck_assert_uint_eq(sleeper.event.token, 9);
		expect_state(&scene, 1);
	}

	/* cancelled or destroyed: the sleep goes on */
	sleeper = (struct sleeper){ .poll = scene.poll };
	thread = start(sleep_in_poll, &sleeper);
	(void)usleep(2000);
	timeout = set(&scene, MS(4), 1);
	assert_ok(mio_timer_cancel(scene.timer, timeout, NULL));
	set(&scene, MS(4), 1);
	mio_timer_destroy(scene.timer);
	(void)usleep(8000);
	ck_assert(!sleeper.back);

	/* registered meanwhile */
	scene.timer = new_timer();
	set(&scene, MS(1), 2);
	assert_ok(mio_poll_register(scene.poll, mio_timer_source(scene.timer),
	    8, MIO_READABLE, MIO_LEVEL));
	join(thread);
	ck_assert_uint_eq(sleeper.event.token, 8);
	expect_state(&scene, 2);
	end(&scene);
}
END_TEST

/* A first timer is noticed by a sleep that began without any. */
START_TEST(first_timer_comes_during_a_sleep)
{
	struct scene scene = begin(MIO_LEVEL);
	struct sleeper sleeper = { .poll = scene.poll };
	pthread_t thread;

	/* a short sleep with a timer, and that one goes */
	set(&scene, SECONDS(600), 1);
	ck_assert_int_eq(
	    mio_poll(scene.poll, &(struct mio_event){ 0 }, 1, MS(1)), 0);
	mio_timer_destroy(scene.timer);

	thread = start(sleep_in_poll, &sleeper);
	(void)usleep(3000);
	scene.timer = new_timer();
	set(&scene, MS(5), 2);
	assert_ok(mio_poll_register(scene.poll, mio_timer_source(scene.timer),
	    8, MIO_READABLE, MIO_LEVEL));
	join(thread);
	ck_assert_uint_eq(sleeper.event.token, 8);
	expect_state(&scene, 2);
	end(&scene);
}
END_TEST

struct storm {
	struct scene scene;
	_Atomic bool over;
	_Atomic unsigned events;
};

static void *
poll_until_over(void *argument)
{
	struct storm *storm = argument;
	struct mio_event event;

	while (!storm->over)
		if (mio_poll(storm->scene.poll, &event, 1, MS(20)) == 1 &&
		    event.token == 10)
			storm->events++;

	return NULL;
}

/* One thread uses the timer at random, two poll: all that is due is told. */
START_TEST(timer_is_used_while_threads_poll)
{
	struct storm storm = { .scene = begin(MIO_LEVEL) };
	struct scene *scene = &storm.scene;
	mio_timeout_t timeouts[16] = { 0 };
	mio_token_t states[4];
	pthread_t threads[2];
	unsigned random = 5, set_count = 0, ended = 0;
	int64_t end_at;
	int i, n;

	threads[0] = start(poll_until_over, &storm);
	threads[1] = start(poll_until_over, &storm);
	for (i = 0; i < (is_slowed_down() ? 500 : 20000); i++) {
		random = random * 1103515245 + 12345;
		if (random >> 16 & 1) {
			set_count++;
			timeouts[i % 16] = set(scene, random >> 12, 1);
		} else if (mio_timer_cancel(scene->timer, timeouts[i % 16],
			       NULL) == 0) {
			ended++;
		}
		(void)mio_timer_reset(
		    scene->timer, timeouts[(i + 5) % 16], random >> 10);
		n = mio_timer_expire(scene->timer, states, 4);
		ended += (unsigned)n;
		if (mio_timer_pending(scene->timer) > 900)
			(void)usleep(1000);
	}
	end_at = now_ns() + PATIENCE;
	while (ended < set_count && now_ns() < end_at) {
		(void)usleep(500);
		ended += (unsigned)mio_timer_expire(scene->timer, states, 4);
	}
	ck_assert_uint_eq(ended, set_count);

	/* and now the poll sleeps until the last one is due */
	assert_ok(mio_poll_reregister(
	    scene->poll, scene->source, 10, MIO_READABLE, MIO_LEVEL));
	set(scene, MS(30), 1);
	while (storm.events == 0 && now_ns() < end_at)
		(void)usleep(500);
	ck_assert_uint_gt(storm.events, 0);
	expect_state(scene, 1);
	storm.over = true;
	join(threads[0]);
	join(threads[1]);
	end(scene);
}
END_TEST

START_TEST(a_million_are_pending)
{
	enum { MILLION = 1000000 };
	size_t many = is_slowed_down() ? MILLION / 20 : MILLION;
	mio_timeout_t *timeouts = calloc(many, sizeof(*timeouts));
	struct mio_timer *timer;
	uint64_t now = mio_clock_now(), delay;
	mio_token_t states[512];
	size_t i, left;
	int n;

	ck_assert_ptr_nonnull(timeouts);
	assert_ok(mio_timer_create(&timer, 0, many));
	for (i = 0; i < many; i++)
		if (mio_timer_set_at(timer, now + SECONDS(60) + i * 50000, i,
			&timeouts[i]) != 0)
			ck_abort_msg("set %zu", i);
	ck_assert_uint_eq(mio_timer_pending(timer), many);
	for (i = 0; i < many; i += 2)
		if (mio_timer_reset_at(timer, timeouts[i], now) != 0)
			ck_abort_msg("reset %zu", i);
	assert_ok(mio_timer_next(timer, &delay));
	for (i = 1; i < many; i += 2)
		if (mio_timer_cancel(timer, timeouts[i], NULL) != 0)
			ck_abort_msg("cancel %zu", i);
	left = mio_timer_pending(timer);
	ck_assert_uint_eq(left, many / 2);
	(void)usleep(2000);
	while ((n = mio_timer_expire(timer, states, 512)) > 0)
		left -= (size_t)n;
	ck_assert_uint_eq(left, 0);
	mio_timer_destroy(timer);
	free(timeouts);
}
END_TEST

START_TEST(clock_goes_on)
{
	uint64_t first = mio_clock_now();
	int64_t between = now_ns();

	ck_assert_int_ge(between, (int64_t)first);
	ck_assert_uint_ge(mio_clock_now(), (uint64_t)between);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("timer");
	TCase *tcase = new_case(suite, "alone");

	tcase_add_test(tcase, bad_arguments_are_refused);
	tcase_add_test(tcase, capacity_is_told_and_loses_nothing);
	tcase_add_test(tcase, a_million_are_pending);
	tcase_add_test(tcase, clock_goes_on);

	tcase = new_case(suite, "poll");
	tcase_add_test(tcase, registers_as_other_sources_do);
	tcase_add_test(tcase, nothing_is_early);
	tcase_add_test(tcase, deadlines_come_in_order);
	tcase_add_test(tcase, level_tells_until_all_is_handed_out);
	tcase_add_test(tcase, edge_tells_once_until_all_is_handed_out);
	tcase_add_test(tcase, oneshot_sleeps_until_reregistered);
	tcase_add_test(tcase, reregistering_an_edge_tells_again);
	tcase_add_test(
	    tcase, nothing_is_told_without_registration_or_interest);
	tcase_add_loop_test(tcase, cancelled_ones_are_not_told, 0, 2);
	tcase_add_test(tcase, reset_moves_both_ways);
	tcase_add_test(tcase, far_deadlines_do_not_wake);
	tcase_add_test(tcase, timers_cost_neither_threads_nor_descriptors);
	tcase_add_test(tcase, timers_and_polls_go_in_any_order);
	tcase_add_test(tcase, several_timers_share_a_poll);
	tcase_add_test(tcase, crowded_tick_is_fair_to_other_events);
	tcase_add_loop_test(
	    tcase, nested_poll_shows_what_is_due, 0, NESTED_TESTS);

	tcase = new_case(suite, "threads");
	tcase_add_test(tcase, timer_is_used_while_a_thread_sleeps);
	tcase_add_test(tcase, first_timer_comes_during_a_sleep);
	tcase_add_test(tcase, timer_is_used_while_threads_poll);

	return run_suite(suite);
}
