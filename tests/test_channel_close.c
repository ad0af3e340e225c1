/* SPDX-License-Identifier: MIT */

/*
 * Receivers that close. The program is built a second time, as
 * internal_channel_close_yields, with a library that yields at each
 * MIO__YIELD_POINT().
 */

#include "config.h"
#include "lib/channel_pair.h"
#include "lib/harness.h"

#include <sched.h>
#include <stdatomic.h>

enum { SENDERS = 4 };

static const size_t bounds[] = { 0, 1, 4, 100 };
enum { BOUNDS = sizeof(bounds) / sizeof(bounds[0]) };

static void
expect_end(struct pair pair)
{
	uint64_t message = 5;

	assert_error(mio_sender_send(pair.sender, &message), EPIPE);
	assert_error(mio_sender_try_send(pair.sender, &message), EPIPE);
	expect_no_message(pair, EPIPE);
	assert_error(mio_receiver_recv_timeout(pair.receiver, &message, -1),
	    EPIPE);
}

START_TEST(what_was_sent_before_is_received)
{
	struct pair pair = new_pair(bounds[_i]);
	uint64_t message = 9, count = 0;

	mio_receiver_close(NULL);
	while (count < 5000 &&
	    mio_sender_try_send(pair.sender, &count) == 0)
		count++;
	ck_assert_uint_eq(count, bounds[_i] == 0 ? 5000 : bounds[_i]);
	mio_receiver_close(pair.receiver);
	assert_error(mio_sender_send(pair.sender, &message), EPIPE);
	assert_error(mio_sender_try_send(pair.sender, &message), EPIPE);
	for (message = 0; message < count; message++)
		expect_message(pair, message);
	expect_end(pair);
	mio_receiver_close(pair.receiver);
	expect_end(pair);
	destroy_pair(pair);
}
END_TEST

/* The end is reported once, and once more after each register. */
START_TEST(the_end_is_reported_once)
{
	unsigned options = _i % 2 == 0 ? MIO_LEVEL : MIO_EDGE;
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair(bounds[_i / 2]);

	assert_ok(mio_poll_register(
	    poll, pair.source, 1, MIO_READABLE, options));
	expect_no_message(pair, EAGAIN);
	mio_receiver_close(pair.receiver);
	expect_ready(poll, 1, CLOSED, 0);
	expect_nothing(poll);
	expect_end(pair);
	mio_receiver_close(pair.receiver);
	mio_sender_unref(pair.sender);
	expect_nothing(poll);
	expect_no_message(pair, EPIPE);
	assert_ok(mio_poll_reregister(
	    poll, pair.source, 2, MIO_READABLE, options));
	expect_ready(poll, 2, CLOSED, 0);
	expect_nothing(poll);
	mio_receiver_destroy(pair.receiver);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(the_end_is_reported_after_the_messages)
{
	unsigned options = _i % 2 == 0 ? MIO_LEVEL : MIO_EDGE;
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair(bounds[_i / 2]);

	assert_ok(mio_poll_register(
	    poll, pair.source, 1, MIO_READABLE, options));
	send_one(pair, 3);
	expect_ready(poll, 1, MIO_READABLE, 0);
	mio_receiver_close(pair.receiver);
	expect_message(pair, 3);
	expect_ready(poll, 1, CLOSED, 0);
	expect_nothing(poll);
	expect_end(pair);
	destroy_pair(pair);

	/* the sender is dropped before the close: still one end */
	pair = new_pair(bounds[_i / 2]);
	assert_ok(mio_poll_register(
	    poll, pair.source, 2, MIO_READABLE, options));
	send_one(pair, 4);
	mio_sender_unref(pair.sender);
	mio_receiver_close(pair.receiver);
	expect_message(pair, 4);
	expect_ready(poll, 2, CLOSED, 0);
	expect_nothing(poll);
	expect_no_message(pair, EPIPE);
	mio_receiver_destroy(pair.receiver);
	mio_poll_destroy(poll);
}
END_TEST

struct sending {
	struct mio_sender *sender;
	uint64_t id, sent;
	int last;
};

/* Sends until a send fails, and then drops its reference. */
static void *
send_numbers(void *argument)
{
	struct sending *self = argument;
	uint64_t message = self->id << 32;

	while ((self->last = mio_sender_send(self->sender, &message)) == 0) {
		message++;
		self->sent++;
		if (self->sent % 1000 == 0 && self->id % 2 == 0)
			sched_yield();
	}
	mio_sender_unref(self->sender);

	return NULL;
}

static void
begin(struct sending *sending, pthread_t *threads, struct pair pair)
{
	uint64_t i;

	for (i = 0; i < SENDERS; i++) {
		sending[i] = (struct sending){
			.sender = mio_sender_ref(pair.sender), .id = i,
		};
		threads[i] = start(send_numbers, &sending[i]);
	}
	mio_sender_unref(pair.sender);
}

/* No message is received, so only the close wakes the senders. */
START_TEST(closing_ends_every_wait_for_room)
{
	unsigned rounds = is_slowed_down() ? 5 : 200, round;
	struct sending sending[SENDERS];
	struct pair pair;
	pthread_t threads[SENDERS];
	uint64_t sent, i, message;

	for (round = 0; round < rounds; round++) {
		pair = new_pair(2);
		begin(sending, threads, pair);
		for (i = 0; i < round; i++)
			sched_yield();
		mio_receiver_close(pair.receiver);
		for (i = 0, sent = 0; i < SENDERS; i++) {
			join(threads[i]);
			ck_assert_int_eq(sending[i].last, -EPIPE);
			sent += sending[i].sent;
		}
		ck_assert_uint_le(sent, 2);
		while (mio_receiver_recv(pair.receiver, &message) == 0)
			sent--;
		ck_assert_uint_eq(sent, 0);
		mio_receiver_destroy(pair.receiver);
	}
}
END_TEST

/* Receives one message in one of three ways. */
static int
receive(struct pair pair, uint64_t *message, unsigned way)
{
	int r;

	if (way % 3 == 0)
		return mio_receiver_recv_timeout(pair.receiver, message, -1);
	if (way % 3 == 1)
		return mio_receiver_recv(pair.receiver, message);

	r = mio_receiver_recv_batch(pair.receiver, message, 1);

	return r < 0 ? r : 0;
}

/* Exactly what was sent is received; then the end is reported. */
START_TEST(closing_loses_nothing)
{
	unsigned rounds = is_slowed_down() ? 3 : 40, round;
	struct sending sending[SENDERS];
	struct mio_poll *poll = new_poll();
	struct mio_event event;
	struct pair pair;
	pthread_t threads[SENDERS];
	uint64_t next[SENDERS], message, n, i;
	int r;

	for (round = 0; round < rounds; round++) {
		memset(next, 0, sizeof(next));
		pair = new_pair(bounds[_i]);
		assert_ok(mio_poll_register(
		    poll, pair.source, 1, MIO_READABLE, MIO_EDGE));
		begin(sending, threads, pair);
		for (n = 0;; n++) {
			if (n == round * 10)
				mio_receiver_close(pair.receiver);
			r = receive(pair, &message, round);
			if (r == -EPIPE)
				break;
			if (r == -EAGAIN) {
				must(mio_poll(poll, &event, 1, PATIENCE) == 1);
				n--;
				continue;
			}
			must(message >> 32 < SENDERS);
			must((message & UINT32_MAX) == next[message >> 32]);
			next[message >> 32]++;
		}
		for (i = 0; i < SENDERS; i++) {
			join(threads[i]);
			ck_assert_int_eq(sending[i].last, -EPIPE);
			ck_assert_uint_eq(sending[i].sent, next[i]);
		}
		do
			must(mio_poll(poll, &event, 1, PATIENCE) == 1);
		while (event.ready != CLOSED);
		expect_nothing(poll);
		mio_receiver_destroy(pair.receiver);
	}
	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("channel, closing");
	TCase *close_case = new_case(suite, "close");

	tcase_add_loop_test(
	    close_case, what_was_sent_before_is_received, 0, BOUNDS);
	tcase_add_loop_test(
	    close_case, the_end_is_reported_once, 0, 2 * BOUNDS);
	tcase_add_loop_test(
	    close_case, the_end_is_reported_after_the_messages, 0, 2 * BOUNDS);
	tcase_add_test(close_case, closing_ends_every_wait_for_room);
	tcase_add_loop_test(close_case, closing_loses_nothing, 0, BOUNDS);

	return run_suite(suite);
}
