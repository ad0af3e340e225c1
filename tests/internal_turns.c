/* SPDX-License-Identifier: MIT */

/* Senders that sleep in line: who is woken, and that nobody else is. */

#include "config.h"
#include "lib/fault_control.h"
#include "lib/harness.h"

#include <sched.h>
#include <stdatomic.h>

#include "channel/turns.h"

enum { THREADS = 5 };

static struct mio__turns turns;
static atomic_int room, attempts, out;
static int order[THREADS];

static int
take_room(void *context, const void *argument)
{
	(void)context;
	(void)argument;
	atomic_fetch_add(&attempts, 1);
	if (atomic_load(&room) == 0)
		return -EAGAIN;
	atomic_fetch_sub(&room, 1);
	/* with the lock held, so in the order of success */
	order[atomic_fetch_add(&out, 1)] = *(const int *)argument;

	return -EPIPE; /* any answer but -EAGAIN is handed on */
}

static void *
wait_for_room(void *argument)
{
	ck_assert_int_eq(mio__turns_wait(&turns, take_room, NULL, argument),
	    -EPIPE);

	return NULL;
}

/* Until the first one has looked, and found nothing. */
static void
await_attempts(int count)
{
	while (atomic_load(&attempts) < count)
		sched_yield();

	/* who attempts has the lock until it sleeps */
	pthread_mutex_lock(&turns.lock);
	ck_assert_int_eq(atomic_load(&attempts), count);
	pthread_mutex_unlock(&turns.lock);
}

/* Until another one stands in line, behind this many. */
static void
await_another(struct mio__turn **last)
{
	struct mio__turn **now;

	do {
		sched_yield();
		pthread_mutex_lock(&turns.lock);
		now = turns.last;
		pthread_mutex_unlock(&turns.lock);
	} while (now == last);
}

static void
line_up(pthread_t *threads, int *numbers)
{
	struct mio__turn **last;
	int i;

	assert_ok(mio__turns_init(&turns));
	for (i = 0; i < THREADS; i++) {
		numbers[i] = i;
		last = turns.last;
		threads[i] = start(wait_for_room, &numbers[i]);
		await_another(last);
	}
	await_attempts(1);
	ck_assert(mio__turns_are_wanted(&turns));
}

/*
 * The one at a place in line is cancelled, and the others go on as if it had
 * not come.
 */
START_TEST(a_thread_that_is_cancelled_leaves_the_line)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];
	int gone = _i, i, n = 0;
	void *result;

	line_up(threads, numbers);
	ck_assert_int_eq(pthread_cancel(threads[gone]), 0);
	ck_assert_int_eq(pthread_join(threads[gone], &result), 0);
	ck_assert_ptr_eq(result, PTHREAD_CANCELED);
	atomic_store(&room, THREADS);
	mio__turns_wake(&turns);
	for (i = 0; i < THREADS; i++) {
		if (i == gone)
			continue;
		join(threads[i]);
		ck_assert_int_eq(order[n++], i);
	}
	ck_assert_int_eq(n, THREADS - 1);
	ck_assert_ptr_null(turns.first);
	ck_assert_ptr_eq(turns.last, &turns.first);
	ck_assert(!mio__turns_are_wanted(&turns));
	mio__turns_fini(&turns);
}
END_TEST

/* The first one takes its wake with it: the next one is woken for the room. */
START_TEST(the_wake_of_a_cancelled_thread_is_passed_on)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];
	int i;
	void *result;

	line_up(threads, numbers);
	/* cancelled and woken before it can come out of its sleep */
	pthread_mutex_lock(&turns.lock);
	ck_assert_int_eq(pthread_cancel(threads[0]), 0);
	pthread_mutex_unlock(&turns.lock);
	atomic_store(&room, THREADS);
	mio__turns_wake_if_wanted(&turns);
	ck_assert_int_eq(pthread_join(threads[0], &result), 0);
	for (i = 1; i < THREADS; i++)
		join(threads[i]);
	ck_assert_ptr_null(turns.first);
	ck_assert(!mio__turns_are_wanted(&turns));
	mio__turns_fini(&turns);
}
END_TEST

static void
end(pthread_t *threads)
{
	int i;

	for (i = 0; i < THREADS; i++) {
		join(threads[i]);
		ck_assert_int_eq(order[i], i);
	}
	ck_assert_ptr_null(turns.first);
	ck_assert(!mio__turns_are_wanted(&turns));
	mio__turns_wake(&turns);
	mio__turns_fini(&turns);
}

static void
await_out(int count)
{
	while (atomic_load(&out) < count)
		sched_yield();
}

START_TEST(each_piece_of_room_is_for_the_next_in_line)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];
	int i;

	line_up(threads, numbers);
	for (i = 1; i < THREADS; i++) {
		atomic_store(&room, 1);
		mio__turns_wake_if_wanted(&turns);
		await_out(i);
		/* the next one has looked; nobody else has */
		await_attempts(1 + 2 * i);
		ck_assert_int_eq(atomic_load(&out), i);
		ck_assert(mio__turns_are_wanted(&turns));
	}
	atomic_store(&room, 1);
	mio__turns_wake_if_wanted(&turns);
	end(threads);
	ck_assert_int_eq(atomic_load(&attempts), 2 * THREADS);
}
END_TEST

/* One wake for much room: each wakes the next. */
START_TEST(room_for_all_is_handed_down_the_line)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];

	line_up(threads, numbers);
	atomic_store(&room, THREADS);
	mio__turns_wake(&turns);
	end(threads);
	ck_assert_int_eq(atomic_load(&attempts), THREADS + 1);
}
END_TEST

/* Somebody who did not wait was faster. */
START_TEST(first_stays_first_when_it_was_woken_in_vain)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];
	int i;

	line_up(threads, numbers);
	for (i = 2; i < 5; i++) {
		mio__turns_wake_if_wanted(&turns);
		await_attempts(i);
		ck_assert_int_eq(atomic_load(&out), 0);
	}
	atomic_store(&room, THREADS);
	mio__turns_wake_if_wanted(&turns);
	end(threads);
}
END_TEST

START_TEST(without_memory_nobody_waits)
{
	int number = 0;

	assert_ok(mio__turns_init(&turns));
	fault_arm("pthread_cond_init", 1, _i == 0 ? ENOMEM : EAGAIN);
	assert_error(
	    mio__turns_wait(&turns, take_room, NULL, &number), ENOMEM);
	ck_assert(fault_disarm());
	ck_assert_ptr_null(turns.first);
	ck_assert_int_eq(atomic_load(&attempts), 0);

	/* and the lock is not held */
	atomic_store(&room, 1);
	assert_error(mio__turns_wait(&turns, take_room, NULL, &number), EPIPE);
	mio__turns_fini(&turns);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("turns");
	TCase *line = new_case(suite, "line");

	tcase_add_test(line, each_piece_of_room_is_for_the_next_in_line);
	tcase_add_test(line, room_for_all_is_handed_down_the_line);
	tcase_add_test(line, first_stays_first_when_it_was_woken_in_vain);
	if (can_cancel()) {
		tcase_add_loop_test(line,
		    a_thread_that_is_cancelled_leaves_the_line, 0, THREADS);
		tcase_add_test(
		    line, the_wake_of_a_cancelled_thread_is_passed_on);
	}
	tcase_add_loop_test(line, without_memory_nobody_waits, 0, 2);

	return run_suite(suite);
}
