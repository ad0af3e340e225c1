/* SPDX-License-Identifier: MIT */

/* The queue of waiting senders: the right thread is woken, and no other. */

#include "config.h"
#include "lib/fault_control.h"
#include "lib/harness.h"

#include <sched.h>
#include <stdatomic.h>

#include "channel/waiters.h"

enum { THREADS = 5 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct mio__waiters waiters;
static atomic_int room, attempts, successes;
static int order[THREADS];

static int
use_room(void *context, const void *argument)
{
	(void)context;
	(void)argument;
	atomic_fetch_add(&attempts, 1);
	if (atomic_load(&room) == 0)
		return -EAGAIN;
	atomic_fetch_sub(&room, 1);
	/* with the lock held, so in the order of success */
	order[atomic_fetch_add(&successes, 1)] = *(const int *)argument;

	return -EPIPE; /* any result but -EAGAIN is returned */
}

static void *
wait_for_room(void *argument)
{
	ck_assert_int_eq(mio__waiters_wait(&waiters, use_room, NULL, argument),
	    -EPIPE);

	return NULL;
}

/* Waits until so many attempts were made, and failed. */
static void
await_attempts(int count)
{
	while (atomic_load(&attempts) < count)
		sched_yield();

	/* a thread that attempts holds the lock until it sleeps */
	pthread_mutex_lock(&lock);
	ck_assert_int_eq(atomic_load(&attempts), count);
	pthread_mutex_unlock(&lock);
}

/* Waits until another thread is in the queue. */
static void
await_another(struct mio__waiter **last)
{
	struct mio__waiter **now;

	do {
		sched_yield();
		pthread_mutex_lock(&lock);
		now = waiters.last;
		pthread_mutex_unlock(&lock);
	} while (now == last);
}

static void
fill_queue(pthread_t *threads, int *numbers)
{
	struct mio__waiter **last;
	int i;

	mio__waiters_init(&waiters, &lock);
	for (i = 0; i < THREADS; i++) {
		numbers[i] = i;
		last = waiters.last;
		threads[i] = start(wait_for_room, &numbers[i]);
		await_another(last);
	}
	await_attempts(1);
	ck_assert(mio__waiters_need_wake(&waiters));
}

/*
 * A thread at each position is cancelled, and the others go on as if it had
 * never waited.
 */
START_TEST(a_cancelled_thread_leaves_the_queue)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];
	int cancelled = _i, i, n = 0;
	void *result;

	fill_queue(threads, numbers);
	ck_assert_int_eq(pthread_cancel(threads[cancelled]), 0);
	ck_assert_int_eq(pthread_join(threads[cancelled], &result), 0);
	ck_assert_ptr_eq(result, PTHREAD_CANCELED);
	atomic_store(&room, THREADS);
	mio__waiters_wake(&waiters);
	for (i = 0; i < THREADS; i++) {
		if (i == cancelled)
			continue;
		join(threads[i]);
		ck_assert_int_eq(order[n++], i);
	}
	ck_assert_int_eq(n, THREADS - 1);
	ck_assert_ptr_null(waiters.first);
	ck_assert_ptr_eq(waiters.last, &waiters.first);
	ck_assert(!mio__waiters_need_wake(&waiters));
}
END_TEST

/* The first thread was woken: the next one is woken in its place. */
START_TEST(the_wake_of_a_cancelled_thread_is_passed_on)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];
	int i;
	void *result;

	fill_queue(threads, numbers);
	/* cancelled and woken before it can leave its sleep */
	pthread_mutex_lock(&lock);
	ck_assert_int_eq(pthread_cancel(threads[0]), 0);
	pthread_mutex_unlock(&lock);
	atomic_store(&room, THREADS);
	mio__waiters_wake_if_needed(&waiters);
	ck_assert_int_eq(pthread_join(threads[0], &result), 0);
	for (i = 1; i < THREADS; i++)
		join(threads[i]);
	ck_assert_ptr_null(waiters.first);
	ck_assert(!mio__waiters_need_wake(&waiters));
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
	ck_assert_ptr_null(waiters.first);
	ck_assert(!mio__waiters_need_wake(&waiters));
	mio__waiters_wake(&waiters);
}

static void
await_successes(int count)
{
	while (atomic_load(&successes) < count)
		sched_yield();
}

START_TEST(each_piece_of_room_is_for_the_next_thread)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];
	int i;

	fill_queue(threads, numbers);
	for (i = 1; i < THREADS; i++) {
		atomic_store(&room, 1);
		mio__waiters_wake_if_needed(&waiters);
		await_successes(i);
		/* the next thread has tried; no other has */
		await_attempts(1 + 2 * i);
		ck_assert_int_eq(atomic_load(&successes), i);
		ck_assert(mio__waiters_need_wake(&waiters));
	}
	atomic_store(&room, 1);
	mio__waiters_wake_if_needed(&waiters);
	end(threads);
	ck_assert_int_eq(atomic_load(&attempts), 2 * THREADS);
}
END_TEST

/* One wake for much room: each thread wakes the next. */
START_TEST(room_for_all_wakes_one_thread_after_the_other)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];

	fill_queue(threads, numbers);
	atomic_store(&room, THREADS);
	mio__waiters_wake(&waiters);
	end(threads);
	ck_assert_int_eq(atomic_load(&attempts), THREADS + 1);
}
END_TEST

/* A sender that did not wait used the room. */
START_TEST(first_stays_first_when_woken_in_vain)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];
	int i;

	fill_queue(threads, numbers);
	for (i = 2; i < 5; i++) {
		mio__waiters_wake_if_needed(&waiters);
		await_attempts(i);
		ck_assert_int_eq(atomic_load(&successes), 0);
	}
	atomic_store(&room, THREADS);
	mio__waiters_wake_if_needed(&waiters);
	end(threads);
}
END_TEST

START_TEST(without_memory_no_thread_waits)
{
	int number = 0;

	mio__waiters_init(&waiters, &lock);
	fault_arm("pthread_cond_init", 1, _i == 0 ? ENOMEM : EAGAIN);
	assert_error(
	    mio__waiters_wait(&waiters, use_room, NULL, &number), ENOMEM);
	ck_assert(fault_disarm());
	ck_assert_ptr_null(waiters.first);
	ck_assert_int_eq(atomic_load(&attempts), 0);

	/* the lock is not held */
	atomic_store(&room, 1);
	assert_error(
	    mio__waiters_wait(&waiters, use_room, NULL, &number), EPIPE);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("waiters");
	TCase *queue = new_case(suite, "queue");

	tcase_add_test(queue, each_piece_of_room_is_for_the_next_thread);
	tcase_add_test(queue, room_for_all_wakes_one_thread_after_the_other);
	tcase_add_test(queue, first_stays_first_when_woken_in_vain);
	if (can_cancel()) {
		tcase_add_loop_test(queue,
		    a_cancelled_thread_leaves_the_queue, 0, THREADS);
		tcase_add_test(
		    queue, the_wake_of_a_cancelled_thread_is_passed_on);
	}
	tcase_add_loop_test(queue, without_memory_no_thread_waits, 0, 2);

	return run_suite(suite);
}
