/* SPDX-License-Identifier: MIT */

/*
 * Receivers that wait without a poll. The program is built a second time, as
 * internal_channel_wait_yields, with a library that yields at each
 * MIO__YIELD_POINT().
 */

#include "config.h"
#include "lib/channel_pair.h"
#include "lib/harness.h"

#include <sched.h>
#include <stdatomic.h>

enum { SENDERS = 3 };

static const size_t bounds[] = { 0, 1, 100 };
enum { BOUNDS = sizeof(bounds) / sizeof(bounds[0]) };

START_TEST(queued_messages_are_received_at_once)
{
	static const int64_t timeouts[] = { 0, 1, INT64_MAX, -1, INT64_MIN };
	struct pair pair = new_pair(bounds[_i]);
	uint64_t message = 5;
	size_t i;

	assert_error(mio_receiver_recv_timeout(NULL, &message, 0), EINVAL);
	assert_error(mio_receiver_recv_timeout(pair.receiver, NULL, 0),
	    EINVAL);
	assert_error(mio_receiver_recv_timeout(pair.receiver, &message, 0),
	    ETIMEDOUT);
	ck_assert_uint_eq(message, 5);
	for (i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++) {
		send_one(pair, i);
		assert_ok(mio_receiver_recv_timeout(pair.receiver, &message,
		    timeouts[i]));
		ck_assert_uint_eq(message, i);
	}
	send_one(pair, 7);
	mio_sender_unref(pair.sender);
	assert_ok(mio_receiver_recv_timeout(pair.receiver, &message, -1));
	for (i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++)
		assert_error(mio_receiver_recv_timeout(pair.receiver, &message,
		    timeouts[i]), EPIPE);
	mio_receiver_destroy(pair.receiver);
}
END_TEST

START_TEST(a_wait_is_not_too_short)
{
	static const int64_t timeouts[] = { 1, 1000, MS(1) + 1, MS(20) };
	struct pair pair = new_pair(0);
	uint64_t message, begun;
	size_t i;

	for (i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++) {
		begun = mio_clock_now();
		assert_error(mio_receiver_recv_timeout(pair.receiver, &message,
		    timeouts[i]), ETIMEDOUT);
		ck_assert_uint_ge(mio_clock_now() - begun,
		    (uint64_t)timeouts[i]);
	}
	destroy_pair(pair);
}
END_TEST

struct sending {
	struct mio_sender *sender;
	uint64_t id, count;
	bool slowly;
};

/* Sends all of its messages and drops its reference. */
static void *
send_numbers(void *argument)
{
	struct sending *self = argument;
	uint64_t i, message;

	for (i = 0; i < self->count; i++) {
		message = self->id << 32 | i;
		must(mio_sender_send(self->sender, &message) == 0);
		if (self->slowly)
			sched_yield();
	}
	mio_sender_unref(self->sender);

	return NULL;
}

/*
 * All messages are received, and then the end, whether or not the receiver is
 * also registered with a poll.
 */
START_TEST(no_message_is_waited_for_in_vain)
{
	uint64_t each = is_slowed_down() ? 200 : 20000;
	struct pair pair = new_pair(bounds[_i % BOUNDS]);
	struct mio_poll *poll = new_poll();
	struct sending sending[SENDERS];
	uint64_t next[SENDERS] = { 0 }, message, sender;
	pthread_t threads[SENDERS];
	uint64_t i;
	int r;

	if (_i / BOUNDS > 0)
		assert_ok(mio_poll_register(poll, pair.source, 1, MIO_READABLE,
		    _i / BOUNDS == 1 ? MIO_LEVEL : MIO_EDGE));
	for (i = 0; i < SENDERS; i++) {
		sending[i] = (struct sending){
			.sender = mio_sender_ref(pair.sender),
			.id = i, .count = each, .slowly = i > 0,
		};
		threads[i] = start(send_numbers, &sending[i]);
	}
	mio_sender_unref(pair.sender);
	while ((r = mio_receiver_recv_timeout(pair.receiver, &message,
		    i++ % 3 == 0 ? -1 : PATIENCE)) == 0) {
		sender = message >> 32;
		must(sender < SENDERS);
		must((message & UINT32_MAX) == next[sender]);
		next[sender]++;
	}
	ck_assert_int_eq(r, -EPIPE);
	for (i = 0; i < SENDERS; i++) {
		join(threads[i]);
		ck_assert_uint_eq(next[i], each);
	}
	if (_i / BOUNDS > 0)
		expect_ready(poll, 1, CLOSED, 0);
	mio_receiver_destroy(pair.receiver);
	mio_poll_destroy(poll);
}
END_TEST

struct waiting {
	struct pair pair;
	atomic_bool begun;
	uint64_t message;
	int result;
};

static void *
wait_for_ever(void *argument)
{
	struct waiting *self = argument;

	atomic_store(&self->begun, true);
	self->result = mio_receiver_recv_timeout(self->pair.receiver,
	    &self->message, -1);

	return NULL;
}

static pthread_t
begin(struct waiting *waiting, struct pair pair)
{
	pthread_t thread;

	*waiting = (struct waiting){ .pair = pair, .result = 1 };
	thread = start(wait_for_ever, waiting);
	while (!atomic_load(&waiting->begun))
		sched_yield();
	usleep(1000); /* most often it is asleep by then */

	return thread;
}

START_TEST(the_last_sender_ends_a_wait)
{
	struct pair pair = new_pair(bounds[_i]);
	struct waiting waiting;
	pthread_t thread = begin(&waiting, pair);

	mio_sender_unref(pair.sender);
	join(thread);
	ck_assert_int_eq(waiting.result, -EPIPE);
	mio_receiver_destroy(pair.receiver);
}
END_TEST

/* A cancelled thread does not receive a message that arrives meanwhile. */
START_TEST(a_wait_may_be_cancelled)
{
	struct pair pair = new_pair(bounds[_i]);
	struct mio_poll *poll = new_poll();
	struct waiting waiting;
	pthread_t thread;
	uint64_t i;
	void *result;

	assert_ok(mio_poll_register(
	    poll, pair.source, 1, MIO_READABLE, MIO_LEVEL));
	for (i = 0; i < 50; i++) {
		thread = begin(&waiting, pair);
		ck_assert_int_eq(pthread_cancel(thread), 0);
		if (i % 2 == 0)
			send_one(pair, i);
		ck_assert_int_eq(pthread_join(thread, &result), 0);
		ck_assert(result == PTHREAD_CANCELED ||
		    (i % 2 == 0 && waiting.message == i));
		if (i % 2 == 0 && result == PTHREAD_CANCELED)
			expect_message(pair, i);
		expect_no_message(pair, EAGAIN);
		expect_nothing(poll);
	}
	send_one(pair, 3);
	expect_ready(poll, 1, MIO_READABLE, 0);
	expect_message(pair, 3);
	destroy_pair(pair);
	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("channel, waits");
	TCase *wait = new_case(suite, "wait");

	tcase_add_loop_test(wait, queued_messages_are_received_at_once, 0,
	    BOUNDS);
	tcase_add_test(wait, a_wait_is_not_too_short);
	tcase_add_loop_test(wait, no_message_is_waited_for_in_vain, 0,
	    3 * BOUNDS);
	tcase_add_loop_test(wait, the_last_sender_ends_a_wait, 0, BOUNDS);
	if (can_cancel())
		tcase_add_loop_test(wait, a_wait_may_be_cancelled, 0, BOUNDS);

	return run_suite(suite);
}
