/* SPDX-License-Identifier: MIT */

/*
 * Threads are cancelled in calls of a channel. It must be known what they have
 * sent, and the channel must continue to work. Once, a cancelled sender stayed
 * in the queue of waiting senders, on a stack that no longer existed, and kept
 * the lock.
 */

#include "config.h"
#include "lib/channel_pair.h"
#include "lib/harness.h"

#include <sched.h>
#include <stdatomic.h>

enum { THREADS = 5 };

struct sending {
	struct pair pair;
	uint64_t message;
	atomic_uint sent;
	atomic_bool begun;
};

static void *
send_it(void *argument)
{
	struct sending *self = argument;

	atomic_store(&self->begun, true);
	if (mio_sender_send(self->pair.sender, &self->message) == 0)
		atomic_fetch_add(&self->sent, 1);

	return NULL;
}

/* Starts a thread, and lets it run until it is probably asleep. */
static void
begin(pthread_t *thread, struct sending *sending, struct pair pair,
    uint64_t message)
{
	sending->pair = pair;
	sending->message = message;
	atomic_init(&sending->sent, 0);
	atomic_init(&sending->begun, false);
	*thread = start(send_it, sending);
	while (!atomic_load(&sending->begun))
		sched_yield();
	usleep(1000); /* most are asleep by then */
}

START_TEST(other_senders_continue)
{
	struct pair pair = new_pair(1);
	struct sending sending[THREADS];
	pthread_t threads[THREADS];
	uint64_t message;
	unsigned got[THREADS] = { 0 };
	void *result;
	int i, left = THREADS - 1;

	send_one(pair, 1000);
	for (i = 0; i < THREADS; i++)
		begin(&threads[i], &sending[i], pair, (uint64_t)i);
	ck_assert_int_eq(pthread_cancel(threads[_i]), 0);
	ck_assert_int_eq(pthread_join(threads[_i], &result), 0);
	ck_assert_ptr_eq(result, PTHREAD_CANCELED);

	expect_message(pair, 1000);
	while (left > 0) {
		if (mio_receiver_recv(pair.receiver, &message) == -EAGAIN) {
			sched_yield();
			continue;
		}
		ck_assert_uint_lt(message, THREADS);
		ck_assert_uint_eq(got[message]++, 0);
		left--;
	}
	ck_assert_uint_eq(got[_i], 0);
	for (i = 0; i < THREADS; i++)
		if (i != _i)
			join(threads[i]);
	expect_no_message(pair, EAGAIN);
	send_one(pair, 7);
	expect_message(pair, 7);
	destroy_pair(pair);
}
END_TEST

/* Sends until it is cancelled. */
static void *
send_for_ever(void *argument)
{
	struct sending *self = argument;

	for (;;) {
		self->message++;
		if (mio_sender_send(self->pair.sender, &self->message) < 0)
			return NULL;
		atomic_fetch_add(&self->sent, 1);
		atomic_store(&self->begun, true);
	}
}

/* A thread is cancelled at any point: what its sends returned must be true. */
START_TEST(a_cancelled_send_has_sent_nothing)
{
	unsigned rounds = is_slowed_down() ? 20 : 1000, round;
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair((size_t)_i);
	struct mio_event event;
	struct sending sending;
	pthread_t thread;
	uint64_t message, got;
	void *result;

	assert_ok(mio_poll_register(
	    poll, pair.source, 1, MIO_READABLE, MIO_EDGE));
	for (round = 0; round < rounds; round++) {
		sending.pair = pair;
		sending.message = got = 0;
		atomic_init(&sending.sent, 0);
		atomic_init(&sending.begun, false);
		thread = start(send_for_ever, &sending);
		while (got < round % 7) {
			ck_assert_int_eq(mio_poll(poll, &event, 1, PATIENCE),
			    1);
			while (mio_receiver_recv(pair.receiver, &message) == 0)
				ck_assert_uint_eq(message, ++got);
		}
		while (!atomic_load(&sending.begun))
			sched_yield();
		ck_assert_int_eq(pthread_cancel(thread), 0);
		while (round % 2 == 1 &&
		    mio_receiver_recv(pair.receiver, &message) == 0)
			ck_assert_uint_eq(message, ++got);
		ck_assert_int_eq(pthread_join(thread, &result), 0);
		ck_assert_ptr_eq(result, PTHREAD_CANCELED);
		while (mio_receiver_recv(pair.receiver, &message) == 0)
			ck_assert_uint_eq(message, ++got);
		ck_assert_uint_eq(got, atomic_load(&sending.sent));
	}
	destroy_pair(pair);
	mio_poll_destroy(poll);
}
END_TEST

static void *
send_though_cancelled(void *argument)
{
	struct sending *self = argument;

	/* no assertion, as it would be the next cancellation point */
	pthread_cancel(pthread_self());
	if (mio_sender_try_send(self->pair.sender, &self->message) == 0)
		atomic_fetch_add(&self->sent, 1);
	if (mio_sender_send(self->pair.sender, &self->message) == 0)
		atomic_fetch_add(&self->sent, 1);
	mio_sender_unref(self->pair.sender);
	atomic_fetch_add(&self->sent, 1);
	pthread_testcancel();

	return NULL;
}

/* Where there is room, a send is not cancelled, and wakes the poll. */
START_TEST(a_send_without_a_wait_is_not_cancelled)
{
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair(_i == 0 ? 0 : 2);
	struct sending sending = { .pair = pair, .message = 3 };
	struct mio_event event;
	pthread_t thread;
	void *result;

	assert_ok(mio_poll_register(
	    poll, pair.source, 1, MIO_READABLE, MIO_EDGE));
	/* from here on the poll sleeps */
	ck_assert_int_eq(mio_poll_arm(poll), 0);
	thread = start(send_though_cancelled, &sending);
	ck_assert_int_eq(pthread_join(thread, &result), 0);
	ck_assert_ptr_eq(result, PTHREAD_CANCELED);
	ck_assert_uint_eq(atomic_load(&sending.sent), 3);
	ck_assert_int_eq(mio_poll(poll, &event, 1, 0), 1);
	expect_message(pair, 3);
	expect_message(pair, 3);
	expect_no_message(pair, EPIPE);
	mio_receiver_destroy(pair.receiver);
	mio_poll_destroy(poll);
}
END_TEST

/* No message is queued: the end alone has to wake the poll. */
static void *
end_though_cancelled(void *argument)
{
	struct sending *self = argument;

	pthread_cancel(pthread_self());
	mio_sender_unref(self->pair.sender);
	atomic_fetch_add(&self->sent, 1);
	pthread_testcancel();

	return NULL;
}

START_TEST(the_end_is_reported_by_a_cancelled_thread)
{
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair(0);
	struct sending sending = { .pair = pair };
	struct mio_event event;
	pthread_t thread;
	void *result;

	assert_ok(mio_poll_register(
	    poll, pair.source, 1, MIO_READABLE, MIO_EDGE));
	expect_no_message(pair, EAGAIN);
	ck_assert_int_eq(mio_poll_arm(poll), 0);
	thread = start(end_though_cancelled, &sending);
	ck_assert_int_eq(pthread_join(thread, &result), 0);
	ck_assert_uint_eq(atomic_load(&sending.sent), 1);
	ck_assert_int_eq(mio_poll(poll, &event, 1, 0), 1);
	ck_assert_uint_eq(event.ready, CLOSED);
	mio_receiver_destroy(pair.receiver);
	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("channel, cancelled threads");
	TCase *cancel = new_case(suite, "cancel");

	if (!can_cancel())
		return run_suite(suite);

	tcase_add_loop_test(cancel, other_senders_continue, 0, THREADS);
	tcase_add_loop_test(cancel, a_cancelled_send_has_sent_nothing, 1, 4);
	tcase_add_loop_test(cancel, a_send_without_a_wait_is_not_cancelled, 0,
	    2);
	tcase_add_test(cancel, the_end_is_reported_by_a_cancelled_thread);

	return run_suite(suite);
}
