/* SPDX-License-Identifier: MIT */

/* Channels, in one thread. */

#include "config.h"
#include "lib/channel_pair.h"
#include "lib/harness.h"

#include <limits.h>

/* Most tests are run without a bound and with two. */
static const size_t bounds[] = { 0, 4, 1000 };
enum { BOUNDS = sizeof(bounds) / sizeof(bounds[0]) };

START_TEST(bad_arguments_are_refused_and_change_nothing)
{
	struct mio_sender *sender = NULL;
	struct mio_receiver *receiver = NULL;
	struct pair pair = new_pair(0);
	uint64_t message = 1;

	assert_error(mio_channel_create(NULL, &receiver, 8), EINVAL);
	assert_error(mio_channel_create(&sender, NULL, 8), EINVAL);
	assert_error(mio_channel_create(&sender, &receiver, 0), EINVAL);
	assert_error(mio_sync_channel_create(NULL, &receiver, 8, 1), EINVAL);
	assert_error(mio_sync_channel_create(&sender, NULL, 8, 1), EINVAL);
	assert_error(mio_sync_channel_create(&sender, &receiver, 0, 1),
	    EINVAL);
	assert_error(mio_sync_channel_create(&sender, &receiver, 8, 0),
	    EINVAL);
	ck_assert_ptr_null(sender);
	ck_assert_ptr_null(receiver);

	assert_error(mio_sender_send(NULL, &message), EINVAL);
	assert_error(mio_sender_send(pair.sender, NULL), EINVAL);
	assert_error(mio_sender_try_send(NULL, &message), EINVAL);
	assert_error(mio_sender_try_send(pair.sender, NULL), EINVAL);
	assert_error(mio_receiver_recv(NULL, &message), EINVAL);
	assert_error(mio_receiver_recv(pair.receiver, NULL), EINVAL);
	assert_error(mio_receiver_recv_batch(NULL, &message, 1), EINVAL);
	assert_error(mio_receiver_recv_batch(pair.receiver, NULL, 1), EINVAL);
	assert_error(mio_receiver_recv_batch(pair.receiver, &message, 0),
	    EINVAL);
	ck_assert_ptr_null(mio_receiver_source(NULL));
	ck_assert_ptr_null(mio_sender_ref(NULL));
	mio_sender_unref(NULL);
	mio_receiver_destroy(NULL);
	expect_no_message(pair, EAGAIN);

	destroy_pair(pair);
}
END_TEST

START_TEST(sizes_beyond_any_memory_are_enomem)
{
	static const struct {
		size_t size, bound;
	} rows[] = {
		{ 8, SIZE_MAX }, { 8, SIZE_MAX / 8 }, { 8, SIZE_MAX / 8 + 1 },
		{ 8, SIZE_MAX / 16 + 1 }, { SIZE_MAX, 1 }, { SIZE_MAX / 2, 2 },
		{ SIZE_MAX - 7, 1 }, { SIZE_MAX - 15, SIZE_MAX },
		{ SIZE_MAX / 2 + 1, 2 }, { 1, SIZE_MAX },
		{ 1, SIZE_MAX / 2 + 2 }, { PTRDIFF_MAX, 1 },
	};
	struct mio_sender *sender = NULL;
	struct mio_receiver *receiver = NULL;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_error(mio_sync_channel_create(&sender, &receiver,
		    rows[i].size, rows[i].bound), ENOMEM);
		assert_error(mio_channel_create(&sender, &receiver,
		    SIZE_MAX - i), ENOMEM);
	}
	ck_assert_ptr_null(sender);
	ck_assert_ptr_null(receiver);
}
END_TEST

START_TEST(registering_is_checked_as_with_every_source)
{
	struct mio_poll *poll = new_poll();
	struct mio_poll *other = new_poll();
	struct pair pair = new_pair(0);

	assert_error(mio_poll_register(poll, pair.source, MIO_TOKEN_RESERVED,
	    MIO_READABLE, 0), EINVAL);
	assert_error(mio_poll_register(poll, pair.source, 1, MIO_HUP, 0),
	    EINVAL);
	assert_error(mio_poll_register(poll, pair.source, 1, MIO_READABLE,
	    MIO_EDGE | MIO_LEVEL), EINVAL);
	assert_error(mio_poll_register(poll, pair.source, 1, MIO_AIO, 0),
	    ENOTSUP);
	assert_error(mio_poll_register(poll, pair.source, 1, MIO_LIO, 0),
	    ENOTSUP);
	assert_error(mio_poll_register(poll, pair.source, 1, MIO_READABLE,
	    MIO_EXCLUSIVE), ENOTSUP);
	assert_error(mio_poll_reregister(poll, pair.source, 1, MIO_READABLE,
	    0), ENOENT);
	assert_error(mio_poll_deregister(poll, pair.source), ENOENT);

	assert_ok(mio_poll_register(poll, pair.source, 1, MIO_READABLE, 0));
	assert_error(mio_poll_register(poll, pair.source, 1, MIO_READABLE, 0),
	    EEXIST);
	assert_error(mio_poll_register(other, pair.source, 1, MIO_READABLE,
	    0), EINVAL);
	assert_error(mio_poll_reregister(other, pair.source, 1, MIO_READABLE,
	    0), EINVAL);
	assert_error(mio_poll_deregister(other, pair.source), EINVAL);
	assert_ok(mio_poll_deregister(poll, pair.source));
	send_one(pair, 1);
	expect_nothing(poll);
	assert_error(mio_poll_register(other, pair.source, 1, MIO_READABLE,
	    0), EINVAL);
	assert_ok(mio_poll_register(poll, pair.source, 2, MIO_READABLE, 0));
	expect_ready(poll, 2, MIO_READABLE, 0);

	destroy_pair(pair);
	mio_poll_destroy(other);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(messages_arrive_whole_and_in_order)
{
	static const size_t sizes[] = {
		1, 2, 3, 7, 8, 9, 15, 16, 17, 63, 64, 65, 100, 4096, 70000,
	};
	size_t size = sizes[_i];
	struct mio_sender *sender;
	struct mio_receiver *receiver;
	/* not aligned, and what is around it stays */
	unsigned char *out = malloc(size + 1), *in = malloc(size + 2);
	unsigned i, round;

	assert_ok(mio_channel_create(&sender, &receiver, size));
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 50; i++) {
			memset(out, (int)(i + round), size + 1);
			assert_ok(mio_sender_send(sender, out + 1));
		}
		for (i = 0; i < 50; i++) {
			memset(in, 0xee, size + 2);
			assert_ok(mio_receiver_recv(receiver, in + 1));
			memset(out, (int)(i + round), size + 1);
			ck_assert_int_eq(memcmp(in + 1, out, size), 0);
			ck_assert_uint_eq(in[0], 0xee);
			ck_assert_uint_eq(in[size + 1], 0xee);
		}
		assert_error(mio_receiver_recv(receiver, in), EAGAIN);
	}

	free(in);
	free(out);
	mio_sender_unref(sender);
	mio_receiver_destroy(receiver);
}
END_TEST

START_TEST(bounds_are_exact)
{
	static const size_t exact[] = { 1, 2, 3, 4, 5, 7, 8, 9, 100, 1024 };
	size_t bound = exact[_i];
	struct pair pair = new_pair(bound);
	uint64_t sent = 0, got = 0, message;
	size_t round, i;

	for (round = 0; round < 40; round++) {
		while (sent - got < bound)
			send_one(pair, sent++);
		message = 0;
		assert_error(mio_sender_try_send(pair.sender, &message),
		    EAGAIN);
		for (i = 0; i <= round % bound; i++) {
			expect_message(pair, got++);
			assert_ok(mio_sender_try_send(pair.sender, &sent));
			sent++;
			assert_error(mio_sender_try_send(pair.sender,
			    &message), EAGAIN);
		}
		for (i = 0; i <= round % bound; i++)
			expect_message(pair, got++);
	}
	while (got < sent)
		expect_message(pair, got++);
	expect_no_message(pair, EAGAIN);

	destroy_pair(pair);
}
END_TEST

START_TEST(batches_receive_what_is_queued)
{
	struct pair pair = new_pair(bounds[_i]);
	uint64_t messages[1000];
	uint64_t sent = 0, got = 0;
	int n, i;

	send_one(pair, sent++);
	send_one(pair, sent++);
	send_one(pair, sent++);
	ck_assert_int_eq(mio_receiver_recv_batch(pair.receiver, messages, 2),
	    2);
	ck_assert_uint_eq(messages[0], 0);
	ck_assert_uint_eq(messages[1], 1);
	messages[1] = 17;
	ck_assert_int_eq(mio_receiver_recv_batch(pair.receiver, messages, 1000),
	    1);
	ck_assert_uint_eq(messages[0], 2);
	ck_assert_uint_eq(messages[1], 17);
	expect_no_message(pair, EAGAIN);
	got = sent;

	if (bounds[_i] == 4) {
		destroy_pair(pair);
		return;
	}
	while (sent - got < 1000)
		send_one(pair, sent++);
	n = mio_receiver_recv_batch(pair.receiver, messages, 1000);
	ck_assert_int_eq(n, 1000);
	for (i = 0; i < n; i++)
		ck_assert_uint_eq(messages[i], got++);
	send_one(pair, 7);
	ck_assert_int_eq(mio_receiver_recv_batch(pair.receiver, messages,
	    SIZE_MAX), 1);
	expect_no_message(pair, EAGAIN);

	destroy_pair(pair);
}
END_TEST

/*
 * An unbounded channel continues in other memory when it grows. A batch ended
 * there, and a program that understood the short count as empty got no further
 * edge.
 */
START_TEST(batches_continue_where_the_channel_grew)
{
	enum { MANY = 600, ROOM = 1000, LARGEST = 300 };
	static const size_t sizes[] = { 1, 8, 12, 64, LARGEST };
	static unsigned char messages[ROOM][LARGEST], message[LARGEST];
	struct mio_poll *poll = new_poll();
	struct pair pair;
	size_t i, n;
	int round;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_ok(mio_channel_create(
		    &pair.sender, &pair.receiver, sizes[i]));
		assert_ok(mio_poll_register(poll,
		    mio_receiver_source(pair.receiver), 1, MIO_READABLE,
		    MIO_EDGE));
		for (round = 1; round <= 4; round++) {
			for (n = 0; n < (size_t)(MANY / 4 * round); n++)
				assert_ok(
				    mio_sender_send(pair.sender, message));
			expect_ready(poll, 1, MIO_READABLE, 0);
			ck_assert_int_eq(mio_receiver_recv_batch(pair.receiver,
					     messages, ROOM),
			    MANY / 4 * round);
			expect_nothing(poll);
		}
		mio_receiver_destroy(pair.receiver);
		mio_sender_unref(pair.sender);
	}
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(without_a_bound_any_number_waits)
{
	struct pair pair = new_pair(0);
	uint64_t sent = 0, got = 0;
	unsigned round;

	for (round = 1; round <= 1u << 17; round *= 2) {
		while (sent - got < round)
			send_one(pair, sent++);
		while (sent - got > round / 3)
			expect_message(pair, got++);
	}
	while (sent != got)
		expect_message(pair, got++);
	expect_no_message(pair, EAGAIN);

	destroy_pair(pair);
}
END_TEST

START_TEST(level_reports_while_messages_wait)
{
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair(bounds[_i]);
	uint64_t messages[4];

	assert_ok(mio_poll_register(poll, pair.source, 1, MIO_READABLE,
	    MIO_LEVEL));
	expect_nothing(poll);
	send_one(pair, 1);
	expect_ready(poll, 1, MIO_READABLE, 0);
	expect_ready(poll, 1, MIO_READABLE, 0);
	send_one(pair, 2);
	expect_message(pair, 1);
	expect_ready(poll, 1, MIO_READABLE, 0);

	/* receiving the last one ends it, even before -EAGAIN */
	expect_message(pair, 2);
	expect_nothing(poll);
	expect_no_message(pair, EAGAIN);
	expect_nothing(poll);
	send_one(pair, 3);
	send_one(pair, 4);
	expect_ready(poll, 1, MIO_READABLE, 0);
	ck_assert_int_eq(mio_receiver_recv_batch(pair.receiver, messages, 2),
	    2);
	expect_nothing(poll);
	send_one(pair, 5);
	expect_ready(poll, 1, MIO_READABLE, 0);

	destroy_pair(pair);
	expect_nothing(poll);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(edge_reports_the_first_message)
{
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair(bounds[_i]);
	uint64_t messages[4];

	assert_ok(mio_poll_register(poll, pair.source, 1, MIO_READABLE,
	    MIO_EDGE));
	send_one(pair, 1);
	expect_ready(poll, 1, MIO_READABLE, 0);
	send_one(pair, 2);
	expect_nothing(poll);
	expect_message(pair, 1);
	expect_nothing(poll);
	send_one(pair, 3);
	expect_nothing(poll);
	expect_message(pair, 2);
	expect_message(pair, 3);

	/* empty, although no poll has reported that yet */
	send_one(pair, 4);
	expect_ready(poll, 1, MIO_READABLE, 0);
	ck_assert_int_eq(mio_receiver_recv_batch(pair.receiver, messages, 4),
	    1);
	expect_no_message(pair, EAGAIN);
	send_one(pair, 5);
	expect_ready(poll, 1, MIO_READABLE, 0);

	/* received before any poll: there is nothing to report */
	expect_message(pair, 5);
	send_one(pair, 6);
	expect_message(pair, 6);
	expect_nothing(poll);
	send_one(pair, 7);
	expect_ready(poll, 1, MIO_READABLE, 0);

	/* reregistering reports what still holds once more */
	assert_ok(mio_poll_reregister(poll, pair.source, 2, MIO_READABLE,
	    MIO_EDGE));
	expect_ready(poll, 2, MIO_READABLE, 0);
	expect_nothing(poll);
	expect_message(pair, 7);
	assert_ok(mio_poll_reregister(poll, pair.source, 3, MIO_READABLE,
	    MIO_EDGE));
	expect_nothing(poll);

	destroy_pair(pair);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(oneshot_reports_once_until_reregistered)
{
	unsigned options = MIO_ONESHOT | (_i == 0 ? MIO_LEVEL : MIO_EDGE);
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair(0);

	assert_ok(mio_poll_register(poll, pair.source, 1, MIO_READABLE,
	    options));
	send_one(pair, 1);
	expect_ready(poll, 1, MIO_READABLE, 0);
	expect_nothing(poll);
	expect_message(pair, 1);
	send_one(pair, 2);
	expect_nothing(poll);
	assert_ok(mio_poll_reregister(poll, pair.source, 2, MIO_READABLE,
	    options));
	expect_ready(poll, 2, MIO_READABLE, 0);
	expect_message(pair, 2);
	mio_sender_unref(pair.sender);
	expect_nothing(poll);
	assert_ok(mio_poll_reregister(poll, pair.source, 3, MIO_READABLE,
	    options));
	expect_ready(poll, 3, CLOSED, 0);
	expect_nothing(poll);

	mio_receiver_destroy(pair.receiver);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(what_was_sent_before_is_reported_when_registered)
{
	unsigned options = _i == 0 ? MIO_LEVEL : MIO_EDGE;
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair(0);

	send_one(pair, 1);
	send_one(pair, 2);
	assert_ok(mio_poll_register(poll, pair.source, 1, MIO_READABLE,
	    options));
	expect_ready(poll, 1, MIO_READABLE, 0);
	assert_ok(mio_poll_deregister(poll, pair.source));
	expect_nothing(poll);
	expect_message(pair, 1);
	assert_ok(mio_poll_register(poll, pair.source, 2, MIO_READABLE,
	    options));
	expect_ready(poll, 2, MIO_READABLE, 0);
	expect_message(pair, 2);
	expect_nothing(poll);

	destroy_pair(pair);
	mio_poll_destroy(poll);
}
END_TEST

/* An interest without READABLE reports the end alone. */
START_TEST(interest_decides_what_is_reported)
{
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair(0);

	assert_ok(mio_poll_register(poll, pair.source, 1, 0, 0));
	send_one(pair, 1);
	expect_nothing(poll);
	expect_message(pair, 1);
	mio_sender_unref(pair.sender);
	expect_ready(poll, 1, MIO_READ_CLOSED, 0);
	expect_nothing(poll);
	assert_ok(mio_poll_reregister(poll, pair.source, 2, MIO_WRITABLE, 0));
	expect_ready(poll, 2, MIO_READ_CLOSED, 0);

	mio_receiver_destroy(pair.receiver);
	mio_poll_destroy(poll);
}
END_TEST

/* One after the other, and all of them, in an array with room for one. */
START_TEST(many_receivers_share_a_poll)
{
	enum { MANY = 20 };
	struct mio_poll *poll = new_poll();
	struct pair pairs[MANY];
	struct mio_event event;
	unsigned seen = 0;
	int i;

	for (i = 0; i < MANY; i++) {
		pairs[i] = new_pair(bounds[i % BOUNDS]);
		assert_ok(mio_poll_register(poll, pairs[i].source,
		    (mio_token_t)i, MIO_READABLE, 0));
		send_one(pairs[i], (uint64_t)i);
	}
	for (i = 0; i < MANY; i++) {
		ck_assert_int_eq(mio_poll(poll, &event, 1, 0), 1);
		ck_assert_uint_eq(event.ready, MIO_READABLE);
		seen |= 1u << event.token;
	}
	ck_assert_uint_eq(seen, (1u << MANY) - 1);
	for (i = 0; i < MANY; i++)
		expect_message(pairs[i], (uint64_t)i);
	expect_nothing(poll);
	for (i = 0; i < MANY; i++)
		destroy_pair(pairs[i]);
	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("channel");
	TCase *calls = new_case(suite, "calls");
	TCase *messages = new_case(suite, "messages");
	TCase *events = new_case(suite, "events");

	tcase_add_test(calls, bad_arguments_are_refused_and_change_nothing);
	tcase_add_test(calls, sizes_beyond_any_memory_are_enomem);
	tcase_add_test(calls, registering_is_checked_as_with_every_source);

	tcase_add_loop_test(messages, messages_arrive_whole_and_in_order, 0,
	    15);
	tcase_add_loop_test(messages, bounds_are_exact, 0, 10);
	tcase_add_loop_test(messages, batches_receive_what_is_queued, 0,
	    BOUNDS);
	tcase_add_test(messages, batches_continue_where_the_channel_grew);
	tcase_add_test(messages, without_a_bound_any_number_waits);

	tcase_add_loop_test(events, level_reports_while_messages_wait, 0,
	    BOUNDS);
	tcase_add_loop_test(events, edge_reports_the_first_message, 0, BOUNDS);
	tcase_add_loop_test(events, oneshot_reports_once_until_reregistered, 0,
	    2);
	tcase_add_loop_test(events,
	    what_was_sent_before_is_reported_when_registered, 0, 2);
	tcase_add_test(events, interest_decides_what_is_reported);
	tcase_add_test(events, many_receivers_share_a_poll);

	return run_suite(suite);
}
