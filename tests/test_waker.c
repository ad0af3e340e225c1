/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/harness.h"

#include <signal.h>
#include <stdatomic.h>

#define TOKEN 77

static struct mio_waker *
new_waker(struct mio_poll *poll, mio_token_t token)
{
	struct mio_waker *waker = NULL;

	assert_ok(mio_waker_create(&waker, poll, token));

	return waker;
}

START_TEST(bad_arguments_are_refused)
{
	struct mio_poll *poll = new_poll();
	struct mio_waker *waker = NULL;

	assert_error(mio_waker_create(NULL, poll, 1), EINVAL);
	assert_error(mio_waker_create(&waker, NULL, 1), EINVAL);
	assert_error(mio_waker_create(&waker, poll, MIO_TOKEN_RESERVED),
	    EINVAL);
	ck_assert_ptr_null(waker);
	assert_error(mio_waker_wake(NULL), EINVAL);
	mio_waker_destroy(NULL);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(wake_is_one_readable_event)
{
	struct mio_poll *poll = new_poll();
	struct mio_waker *waker = new_waker(poll, TOKEN);
	int i;

	expect_nothing(poll);
	for (i = 0; i < 3; i++) {
		assert_ok(mio_waker_wake(waker));
		expect_ready(poll, TOKEN, MIO_READABLE, 0);
		expect_nothing(poll);
	}

	mio_waker_destroy(waker);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(wakes_before_a_poll_are_one)
{
	struct mio_poll *poll = new_poll();
	struct mio_waker *waker = new_waker(poll, TOKEN);
	int i;

	for (i = 0; i < 100000; i++)
		assert_ok(mio_waker_wake(waker));
	expect_ready(poll, TOKEN, MIO_READABLE, 0);
	expect_nothing(poll);

	mio_waker_destroy(waker);
	mio_poll_destroy(poll);
}
END_TEST

/* mio on kqueue: of two wakers of one poll, one was never heard. */
START_TEST(each_of_many_wakers_is_heard_in_order)
{
	enum { WAKERS = 100 };
	struct mio_poll *poll = new_poll();
	struct mio_waker *wakers[WAKERS];
	struct mio_event events[7];
	mio_token_t next = 0;
	int i, n;

	for (i = 0; i < WAKERS; i++)
		wakers[i] = new_waker(poll, (mio_token_t)i);
	for (i = 0; i < WAKERS; i++)
		assert_ok(mio_waker_wake(wakers[i]));

	while (next < WAKERS) {
		n = mio_poll(poll, events, 7, PATIENCE);
		ck_assert_int_ge(n, 1);
		for (i = 0; i < n; i++)
			ck_assert_uint_eq(events[i].token, next++);
	}
	expect_nothing(poll);

	for (i = 0; i < WAKERS; i++)
		mio_waker_destroy(wakers[i]);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(destroyed_with_a_wake_pending_it_says_nothing)
{
	struct mio_poll *poll = new_poll();
	struct mio_waker *gone = new_waker(poll, 1);
	struct mio_waker *stays = new_waker(poll, 2);

	assert_ok(mio_waker_wake(gone));
	mio_waker_destroy(gone);
	expect_nothing(poll);

	gone = new_waker(poll, 1);
	assert_ok(mio_waker_wake(gone));
	assert_ok(mio_waker_wake(stays));
	mio_waker_destroy(gone);
	expect_ready(poll, 2, MIO_READABLE, 0);

	mio_waker_destroy(stays);
	mio_poll_destroy(poll);
}
END_TEST

/* mio 0.6 let a wake-up of its own take the only place of an array. */
START_TEST(a_wake_with_nothing_to_report_takes_no_room)
{
	struct mio_poll *poll = new_poll();
	struct mio_waker *waker = new_waker(poll, TOKEN);
	struct mio_event event;
	int fds[2];

	make_pipe(fds);
	assert_ok(mio_poll_register_fd(poll, fds[0], 1, MIO_READABLE, 0));
	assert_ok(mio_poll_arm(poll));
	assert_ok(mio_waker_wake(waker));
	mio_waker_destroy(waker);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	ck_assert_int_eq(mio_poll(poll, &event, 1, 0), 1);
	ck_assert_uint_eq(event.token, 1);
	close_pipe(fds);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(it_may_outlive_its_poll)
{
	struct mio_poll *poll = new_poll();
	struct mio_waker *idle = new_waker(poll, 1);
	struct mio_waker *pending = new_waker(poll, 2);
	struct mio_waker *later = new_waker(poll, 3);

	assert_ok(mio_waker_wake(pending));
	mio_poll_destroy(poll);
	assert_ok(mio_waker_wake(later));
	assert_ok(mio_waker_wake(pending));
	mio_waker_destroy(pending);
	mio_waker_destroy(idle);
	mio_waker_destroy(later);
}
END_TEST

/* With one place in the array, neither keeps the other out for ever. */
START_TEST(wakes_and_descriptors_take_turns)
{
	struct mio_poll *poll = new_poll();
	struct mio_waker *waker = new_waker(poll, 1);
	unsigned seen[3] = { 0 };
	struct mio_event event;
	int fds[2];
	int i;

	ck_assert_int_eq(pipe(fds), 0);
	assert_ok(mio_poll_register_fd(poll, fds[1], 2, MIO_WRITABLE, 0));
	for (i = 0; i < 1000; i++) {
		assert_ok(mio_waker_wake(waker));
		ck_assert_int_eq(mio_poll(poll, &event, 1, 0), 1);
		seen[event.token]++;
	}
	ck_assert_uint_ge(seen[1], 400);
	ck_assert_uint_ge(seen[2], 400);

	assert_ok(mio_fd_close(fds[0]));
	assert_ok(mio_fd_close(fds[1]));
	mio_waker_destroy(waker);
	mio_poll_destroy(poll);
}
END_TEST

struct sleeper {
	struct mio_poll *poll;
	int n;
	struct mio_event event;
};

static void *
sleep_in_poll(void *argument)
{
	struct sleeper *sleeper = argument;

	sleeper->n = mio_poll(sleeper->poll, &sleeper->event, 1, PATIENCE);

	return NULL;
}

/*
 * A wake ends a sleep at whatever moment it comes; what was written before is
 * seen after.
 */
START_TEST(wake_from_a_thread_ends_the_sleep)
{
	struct mio_poll *poll = new_poll();
	struct mio_waker *waker = new_waker(poll, TOKEN);
	struct sleeper sleeper = { .poll = poll };
	pthread_t thread;
	int i, spin;

	for (i = 0; i < 2000; i++) {
		thread = start(sleep_in_poll, &sleeper);
		for (spin = 0; spin < i % 200 * 100; spin++)
			__asm__ volatile("");
		assert_ok(mio_waker_wake(waker));
		join(thread);
		ck_assert_int_eq(sleeper.n, 1);
		ck_assert_uint_eq(sleeper.event.token, TOKEN);
		ck_assert_uint_eq(sleeper.event.ready, MIO_READABLE);
	}

	mio_waker_destroy(waker);
	mio_poll_destroy(poll);
}
END_TEST

struct ball {
	struct mio_poll *poll;
	struct mio_waker *other;
	const unsigned *theirs;
	unsigned *mine;
};

enum { ROUNDS = 20000 };

static void *
play(void *argument)
{
	struct ball *ball = argument;
	struct mio_event event;
	unsigned i;

	for (i = 1; i <= ROUNDS; i++) {
		ck_assert_int_eq(mio_poll(ball->poll, &event, 1, PATIENCE),
		    1);
		/* no atomics: the event is the synchronisation */
		ck_assert_uint_eq(*ball->theirs, i);
		*ball->mine = i;
		assert_ok(mio_waker_wake(ball->other));
	}

	return NULL;
}

START_TEST(what_was_written_before_a_wake_is_seen_after_its_event)
{
	struct mio_poll *polls[2] = { new_poll(), new_poll() };
	struct mio_waker *wakers[2];
	unsigned counts[2] = { 0, 0 };
	struct mio_event event;
	struct ball ball;
	pthread_t thread;
	unsigned i;

	wakers[0] = new_waker(polls[0], 0);
	wakers[1] = new_waker(polls[1], 1);
	ball = (struct ball){
		.poll = polls[1], .other = wakers[0],
		.theirs = &counts[0], .mine = &counts[1],
	};
	thread = start(play, &ball);

	for (i = 1; i <= ROUNDS; i++) {
		counts[0] = i;
		assert_ok(mio_waker_wake(wakers[1]));
		ck_assert_int_eq(mio_poll(polls[0], &event, 1, PATIENCE), 1);
		ck_assert_uint_eq(counts[1], i);
	}

	join(thread);
	for (i = 0; i < 2; i++) {
		mio_waker_destroy(wakers[i]);
		mio_poll_destroy(polls[i]);
	}
}
END_TEST

struct storm {
	struct mio_poll *poll;
	struct mio_waker *wakers[8];
	_Atomic bool last[8];	/* set before the last wake of each */
};

struct storm_thread {
	struct storm *storm;
	unsigned index;
};

static void *
wake_all_the_time(void *argument)
{
	struct storm_thread *self = argument;
	struct storm *storm = self->storm;
	unsigned i;

	for (i = 0; i < 20000; i++)
		assert_ok(mio_waker_wake(storm->wakers[self->index]));
	storm->last[self->index] = true;
	assert_ok(mio_waker_wake(storm->wakers[self->index]));

	return NULL;
}

/* The last wake of each is followed by an event, however many there were. */
START_TEST(storm_of_wakes_loses_none)
{
	struct storm storm = { .poll = new_poll() };
	struct storm_thread args[8];
	struct mio_event events[4];
	pthread_t threads[8];
	unsigned heard = 0;
	unsigned i;
	int j, n;

	for (i = 0; i < 8; i++)
		storm.wakers[i] = new_waker(storm.poll, i);
	for (i = 0; i < 8; i++) {
		args[i] = (struct storm_thread){ &storm, i };
		threads[i] = start(wake_all_the_time, &args[i]);
	}

	while (heard != 0xff) {
		n = mio_poll(storm.poll, events, 4, PATIENCE);
		ck_assert_int_ge(n, 1);
		for (j = 0; j < n; j++)
			if (storm.last[events[j].token])
				heard |= 1u << events[j].token;
	}

	for (i = 0; i < 8; i++) {
		join(threads[i]);
		mio_waker_destroy(storm.wakers[i]);
	}
	mio_poll_destroy(storm.poll);
}
END_TEST

static struct mio_waker *handlers_waker;

static void
wake_from_handler(int number)
{
	(void)number;
	errno = ENOENT;
	(void)mio_waker_wake(handlers_waker);
	if (errno != ENOENT)
		_exit(1);
}

START_TEST(wake_from_a_signal_handler)
{
	struct sigaction action = { .sa_handler = wake_from_handler };
	struct mio_poll *poll = new_poll();
	int i;

	handlers_waker = new_waker(poll, TOKEN);
	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	for (i = 0; i < 100; i++) {
		ck_assert_int_eq(raise(SIGUSR1), 0);
		expect_ready(poll, TOKEN, MIO_READABLE, 0);
	}
	expect_nothing(poll);

	mio_waker_destroy(handlers_waker);
	mio_poll_destroy(poll);
}
END_TEST

static void *
destroy_waker(void *argument)
{
	mio_waker_destroy(argument);

	return NULL;
}

static void *
destroy_poll(void *argument)
{
	mio_poll_destroy(argument);

	return NULL;
}

/* Both at once, with a wake pending: neither a leak nor a use after free. */
START_TEST(poll_and_wakers_go_at_once_on_several_threads)
{
	int i;

	for (i = 0; i < 1000; i++) {
		struct mio_poll *poll = new_poll();
		struct mio_waker *first = new_waker(poll, 1);
		struct mio_waker *second = new_waker(poll, 2);
		pthread_t threads[2];

		assert_ok(mio_waker_wake(first));
		assert_ok(mio_waker_wake(second));
		threads[0] = start(destroy_waker, first);
		threads[1] = start(destroy_poll, poll);
		mio_waker_destroy(second);
		join(threads[0]);
		join(threads[1]);
	}
}
END_TEST

struct churn {
	struct mio_poll *poll;
	_Atomic bool done;
};

static void *
poll_all_the_time(void *argument)
{
	struct churn *churn = argument;
	struct mio_event events[2];

	while (!churn->done)
		ck_assert_int_ge(mio_poll(churn->poll, events, 2, MS(1)), 0);

	return NULL;
}

START_TEST(wakers_are_destroyed_while_the_poll_takes_them)
{
	struct churn churn = { .poll = new_poll() };
	pthread_t thread = start(poll_all_the_time, &churn);
	int i;

	for (i = 0; i < 20000; i++) {
		struct mio_waker *waker = new_waker(churn.poll, 1);

		assert_ok(mio_waker_wake(waker));
		mio_waker_destroy(waker);
	}
	churn.done = true;
	join(thread);
	mio_poll_destroy(churn.poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("waker");
	TCase *alone = new_case(suite, "alone");
	TCase *threads = new_case(suite, "threads");

	tcase_add_test(alone, bad_arguments_are_refused);
	tcase_add_test(alone, wake_is_one_readable_event);
	tcase_add_test(alone, wakes_before_a_poll_are_one);
	tcase_add_test(alone, each_of_many_wakers_is_heard_in_order);
	tcase_add_test(alone, destroyed_with_a_wake_pending_it_says_nothing);
	tcase_add_test(alone, a_wake_with_nothing_to_report_takes_no_room);
	tcase_add_test(alone, it_may_outlive_its_poll);
	tcase_add_test(alone, wakes_and_descriptors_take_turns);
	tcase_add_test(alone, wake_from_a_signal_handler);

	tcase_add_test(threads, wake_from_a_thread_ends_the_sleep);
	tcase_add_test(threads,
	    what_was_written_before_a_wake_is_seen_after_its_event);
	tcase_add_test(threads, storm_of_wakes_loses_none);
	tcase_add_test(threads, poll_and_wakers_go_at_once_on_several_threads);
	tcase_add_test(threads,
	    wakers_are_destroyed_while_the_poll_takes_them);

	return run_suite(suite);
}
