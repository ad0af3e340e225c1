/* SPDX-License-Identifier: MIT */

/* How channels end, in one thread. */

#include "config.h"
#include "lib/channel_pair.h"
#include "lib/harness.h"

/* Most tests are run without a bound and with two. */
static const size_t bounds[] = { 0, 4, 1000 };
enum { BOUNDS = sizeof(bounds) / sizeof(bounds[0]) };

/* In mio, a level reported the end again and again. */
START_TEST(last_sender_is_reported_once)
{
	unsigned options = _i == 0 ? MIO_LEVEL : MIO_EDGE;
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair(0);
	int i;

	assert_ok(mio_poll_register(poll, pair.source, 1, MIO_READABLE,
	    options));
	ck_assert_ptr_eq(mio_sender_ref(pair.sender), pair.sender);
	mio_sender_unref(pair.sender);
	expect_nothing(poll);
	expect_no_message(pair, EAGAIN);
	mio_sender_unref(pair.sender);
	expect_ready(poll, 1, CLOSED, 0);
	for (i = 0; i < 3; i++) {
		expect_nothing(poll);
		expect_no_message(pair, EPIPE);
	}
	assert_ok(mio_poll_reregister(poll, pair.source, 2, MIO_READABLE,
	    options));
	expect_ready(poll, 2, CLOSED, 0);
	expect_nothing(poll);
	assert_ok(mio_poll_deregister(poll, pair.source));
	assert_ok(mio_poll_register(poll, pair.source, 3, MIO_READABLE,
	    options));
	expect_ready(poll, 3, CLOSED, 0);
	expect_nothing(poll);
	expect_no_message(pair, EPIPE);

	mio_receiver_destroy(pair.receiver);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(end_is_reported_after_the_messages)
{
	unsigned options = _i == 0 ? MIO_LEVEL : MIO_EDGE;
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair(4);

	assert_ok(mio_poll_register(poll, pair.source, 1, MIO_READABLE,
	    options));
	send_one(pair, 1);
	send_one(pair, 2);
	mio_sender_unref(pair.sender);
	expect_ready(poll, 1, MIO_READABLE, MIO_READ_CLOSED);
	expect_message(pair, 1);
	if (options == MIO_LEVEL)
		expect_ready(poll, 1, MIO_READABLE, MIO_READ_CLOSED);
	else
		expect_nothing(poll);
	expect_message(pair, 2);
	expect_ready(poll, 1, CLOSED, 0);
	expect_nothing(poll);
	expect_no_message(pair, EPIPE);
	expect_nothing(poll);

	mio_receiver_destroy(pair.receiver);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(end_before_registering_is_reported)
{
	unsigned options = _i == 0 ? MIO_LEVEL : MIO_EDGE;
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair(0);

	send_one(pair, 1);
	mio_sender_unref(pair.sender);
	expect_message(pair, 1);
	expect_no_message(pair, EPIPE);
	assert_ok(mio_poll_register(poll, pair.source, 1, MIO_READABLE,
	    options));
	expect_ready(poll, 1, CLOSED, 0);
	expect_nothing(poll);

	mio_receiver_destroy(pair.receiver);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(without_receiver_sending_is_epipe)
{
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair(_i == BOUNDS ? 2 : bounds[_i]);
	uint64_t message = 1;

	/* even if it is full, a send neither waits nor returns -EAGAIN */
	assert_ok(mio_poll_register(poll, pair.source, 1, MIO_READABLE, 0));
	send_one(pair, 1);
	send_one(pair, 2);
	mio_receiver_destroy(pair.receiver);
	assert_error(mio_sender_send(pair.sender, &message), EPIPE);
	assert_error(mio_sender_try_send(pair.sender, &message), EPIPE);
	expect_nothing(poll);
	mio_sender_unref(mio_sender_ref(pair.sender));
	assert_error(mio_sender_send(pair.sender, &message), EPIPE);
	mio_sender_unref(pair.sender);
	mio_poll_destroy(poll);
}
END_TEST

/* The sender, the receiver and the poll. */
START_TEST(destroyed_in_any_order)
{
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair(bounds[_i % BOUNDS]);
	int order = _i / BOUNDS;
	int i;

	assert_ok(mio_poll_register(poll, pair.source, 1, MIO_READABLE, 0));
	send_one(pair, 1);
	for (i = 0; i < 3; i++) {
		switch ((order + (order < 3 ? i : 2 * i)) % 3) {
		case 0:
			mio_poll_destroy(poll);
			break;
		case 1:
			mio_sender_unref(pair.sender);
			break;
		default:
			mio_receiver_destroy(pair.receiver);
			break;
		}
	}
}
END_TEST

START_TEST(channel_outlives_its_poll)
{
	struct mio_poll *poll = new_poll();
	struct mio_poll *other = new_poll();
	struct pair pair = new_pair(bounds[_i]);

	assert_ok(mio_poll_register(poll, pair.source, 1, MIO_READABLE, 0));
	send_one(pair, 1);
	mio_poll_destroy(poll);
	send_one(pair, 2);
	expect_message(pair, 1);
	expect_message(pair, 2);
	expect_no_message(pair, EAGAIN);
	send_one(pair, 3);
	expect_message(pair, 3);
	assert_error(mio_poll_register(other, pair.source, 1, MIO_READABLE,
	    0), EINVAL);
	mio_sender_unref(pair.sender);
	expect_no_message(pair, EPIPE);
	mio_receiver_destroy(pair.receiver);
	mio_poll_destroy(other);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("channel, end");
	TCase *ends = new_case(suite, "ends");

	tcase_add_loop_test(ends, last_sender_is_reported_once, 0, 2);
	tcase_add_loop_test(ends, end_is_reported_after_the_messages, 0, 2);
	tcase_add_loop_test(ends, end_before_registering_is_reported, 0, 2);
	tcase_add_loop_test(ends, without_receiver_sending_is_epipe, 0,
	    BOUNDS + 1);
	tcase_add_loop_test(ends, destroyed_in_any_order, 0, 6 * BOUNDS);
	tcase_add_loop_test(ends, channel_outlives_its_poll, 0, BOUNDS);

	return run_suite(suite);
}
