/* SPDX-License-Identifier: MIT */

/*
 * A poll in other loops while threads wake it, and under random
 * histories.
 */

#include "config.h"
#include "lib/harness.h"
#include "lib/nest.h"

#include <sched.h>
#include <stdatomic.h>

static void *
wake_once(void *waker)
{
	assert_ok(mio_waker_wake(waker));

	return NULL;
}

START_TEST(woken_by_another_thread_while_asleep)
{
	struct nest nest = new_nest();
	struct mio_waker *waker = new_nest_waker(&nest, 1);
	struct mio_event event;
	pthread_t thread;
	int i;

	for (i = 0; i < 100; i++) {
		arm_quietly(&nest);
		thread = start(wake_once, waker);
		sleep_until_shown(&nest);
		if (nest.fd < 0)
			event = expect_event(nest.poll);
		else
			ck_assert_int_eq(look(&nest, &event, 1), 1);
		ck_assert_uint_eq(event.token, 1);
		join(thread);
		expect_quiet(&nest);
	}

	mio_waker_destroy(waker);
	end_nest(&nest);
}
END_TEST

static void *
wait_in_the_poll(void *poll)
{
	struct mio_event event = expect_event(poll);

	ck_assert_uint_eq(event.token, 1);

	return NULL;
}

struct arming {
	struct mio_poll *poll;
	atomic_uint times;
	_Atomic bool done;
};

static void *
arm_all_the_time(void *argument)
{
	struct arming *arming = argument;
	int armed;

	while (!arming->done) {
		armed = mio_poll_arm(arming->poll);
		if (armed != 0 && armed != 1)
			abort();
		arming->times++;
		/* valgrind might not let another thread run otherwise */
		if (is_slowed_down())
			(void)usleep(100);
	}

	return NULL;
}

/*
 * A thread that waits in the poll gets the event, even if others arm meanwhile.
 */
START_TEST(armed_while_another_thread_waits)
{
	struct nest nest = new_nest();
	struct mio_waker *waker = new_nest_waker(&nest, 1);
	struct arming arming = { .poll = nest.poll };
	pthread_t arms = start(arm_all_the_time, &arming), thread;
	unsigned i, times;

	for (i = 0; i < 300; i++) {
		thread = start(wait_in_the_poll, nest.poll);
		times = arming.times;
		while (i % 2 == 0 && arming.times < times + 2)
			sched_yield();
		assert_ok(mio_waker_wake(waker));
		join(thread);
	}
	arming.done = true;
	join(arms);

	/* a wake of that moment may show once more, for nothing */
	expect_nothing(nest.poll);
	expect_quiet(&nest);

	mio_waker_destroy(waker);
	end_nest(&nest);
}
END_TEST

#define HAMMERS 3
#define BLOWS	20000

struct hammer {
	struct mio_waker *waker;
	struct user user;
	atomic_int blows;
};

static void *
hammer(void *argument)
{
	struct hammer *self = argument;
	int i;

	for (i = 1; i <= BLOWS; i++) {
		atomic_store(&self->blows, i);
		if (i % 2 == 0)
			assert_ok(mio_waker_wake(self->waker));
		else
			set_user(&self->user, MIO_READABLE);
	}

	return NULL;
}

/* One iteration as a program would do it. */
static void
take_a_turn(const struct nest *nest)
{
	struct mio_event events[2];
	int armed = mio_poll_arm(nest->poll);

	ck_assert_int_ge(armed, 0);
	if (nest->fd < 0) {
		ck_assert_int_ge(mio_poll(nest->poll, events, 2, PATIENCE), 1);
		return;
	}
	if (armed == 0)
		sleep_until_shown(nest);
	ck_assert_int_ge(look(nest, events, 2), 0);
}

START_TEST(no_wake_is_lost_to_another_loop)
{
	struct nest nest = new_nest();
	struct hammer hammers[HAMMERS];
	pthread_t threads[HAMMERS];
	int seen, i;

	for (i = 0; i < HAMMERS; i++) {
		hammers[i].waker = new_nest_waker(&nest, (mio_token_t)i);
		hammers[i].user = new_user(&nest, (mio_token_t)i, MIO_EDGE);
		atomic_init(&hammers[i].blows, 0);
	}
	for (i = 0; i < HAMMERS; i++)
		threads[i] = start(hammer, &hammers[i]);

	/*
	 * the last wake is seen at the latest after the iteration that it ends
	 */
	do {
		take_a_turn(&nest);
		for (seen = 0, i = 0; i < HAMMERS; i++)
			seen += atomic_load(&hammers[i].blows);
	} while (seen < HAMMERS * BLOWS);

	for (i = 0; i < HAMMERS; i++) {
		join(threads[i]);
		mio_waker_destroy(hammers[i].waker);
		end_user(&hammers[i].user);
	}
	end_nest(&nest);
}
END_TEST

/* Sources of each kind under histories of every kind, from a generator. */
struct zoo {
	struct nest nest;
	struct mio_waker *wakers[2]; /* tokens 0 and 1 */
	struct user users[3];	     /* 2 to 4 */
	int pipes[2][2];	     /* 5 and 6 */
	uint32_t random;
};

static unsigned
pick(struct zoo *zoo, unsigned below)
{
	zoo->random = zoo->random * 1664525u + 1013904223u;

	return (zoo->random >> 16) % below;
}

/* Something becomes ready; never is anything taken back here. */
static void
make_ready(struct zoo *zoo)
{
	unsigned i = pick(zoo, 7);

	if (i < 2)
		assert_ok(mio_waker_wake(zoo->wakers[i]));
	else if (i < 5)
		set_user(&zoo->users[i - 2], MIO_READABLE);
	else
		(void)write(zoo->pipes[i - 5][1], "x", 1);
}

static void
take_back(struct zoo *zoo)
{
	unsigned i = pick(zoo, 6);

	if (i < 3)
		set_user(&zoo->users[i], 0);
	else if (i == 3)
		assert_ok(mio_poll_reregister(zoo->nest.poll,
		    zoo->users[2].source, 4, MIO_READABLE, MIO_ONESHOT));
	else
		drain_pipe(zoo->pipes[i - 4][0]);
}

/* Armed, it shows exactly when there is something; else there is something. */
static void
check_zoo(struct zoo *zoo)
{
	struct mio_event events[4];
	int armed = mio_poll_arm(zoo->nest.poll);
	bool shown;
	int n;

	ck_assert_int_ge(armed, 0);
	if (armed == 0 && pick(zoo, 2) == 0)
		make_ready(zoo);
	shown = zoo->nest.fd >= 0 && shows(&zoo->nest);

	n = look(&zoo->nest, events, 1 + pick(zoo, 4));
	ck_assert_int_ge(n, 0);
	if (armed == 1)
		ck_assert_int_ge(n, 1);
	else if (zoo->nest.fd >= 0 && backend_is("kqueue"))
		ck_assert(n == 0 || shown); /* a level may be over by now */
	else if (zoo->nest.fd >= 0)
		ck_assert_int_eq(n > 0, shown);
}

START_TEST(any_history)
{
	static const unsigned options[] = { MIO_EDGE, MIO_LEVEL, MIO_ONESHOT };
	struct zoo zoo = { .nest = new_nest(), .random = (uint32_t)_i };
	unsigned i;

	for (i = 0; i < 2; i++) {
		zoo.wakers[i] = new_nest_waker(&zoo.nest, i);
		make_pipe(zoo.pipes[i]);
		assert_ok(mio_poll_register_fd(zoo.nest.poll, zoo.pipes[i][0],
		    5 + i, MIO_READABLE, options[i]));
	}
	for (i = 0; i < 3; i++)
		zoo.users[i] = new_user(&zoo.nest, 2 + i, options[i]);

	for (i = 0; i < 20000; i++) {
		if (pick(&zoo, 3) == 0)
			make_ready(&zoo);
		if (pick(&zoo, 2) == 0)
			take_back(&zoo);
		if (pick(&zoo, 2) == 0)
			check_zoo(&zoo);
	}

	for (i = 0; i < 3; i++)
		end_user(&zoo.users[i]);
	for (i = 0; i < 2; i++) {
		mio_waker_destroy(zoo.wakers[i]);
		close_pipe(zoo.pipes[i]);
	}
	end_nest(&zoo.nest);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("nesting_threads");
	TCase *threads = new_case(suite, "threads");
	TCase *histories = new_case(suite, "histories");

	tcase_add_test(threads, woken_by_another_thread_while_asleep);
	tcase_add_test(threads, armed_while_another_thread_waits);
	tcase_add_test(threads, no_wake_is_lost_to_another_loop);
	tcase_add_loop_test(histories, any_history, 0, 4);

	return run_suite(suite);
}
