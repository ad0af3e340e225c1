/* SPDX-License-Identifier: MIT */

/* What a round of the loop reports, and what it leaves for the next one. */

#include "config.h"
#include "lib/harness.h"
#include "lib/record.h"

#include <stddef.h>

/* ---- timeouts */

static int
set_again(struct mio_loop *loop, struct record *record, mio_token_t state)
{
	int r = mio_loop_timeout(loop, 0, state, NULL);

	(void)record;
	(void)usleep(1500); /* the work, which takes longer than a tick */

	return r;
}

/*
 * A timeout of 0 that a callback set was reported in the same round when the
 * callback worked for longer than a tick and others were pending: the round
 * went on as long as callbacks set timeouts, and events waited for its end.
 */
START_TEST(what_timeouts_set_waits_for_the_next_round)
{
	struct record record = { .react = set_again, .end = 10 };
	struct mio_loop *loop = new_loop(NULL);
	int fds[2], i;

	make_pipe(fds);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	assert_ok(mio_poll_register_fd(
	    mio_loop_poll(loop), fds[0], 1, MIO_READABLE, MIO_LEVEL));
	for (i = 0; i < 100; i++)
		assert_ok(mio_loop_timeout(loop, SECONDS(3600), 2, NULL));
	assert_ok(mio_loop_timeout(loop, 0, 1, NULL));
	(void)usleep(3000);

	assert_ok(mio_loop_run(loop, &recording_handler, &record));
	ck_assert_uint_eq(record.timeouts, 10);
	ck_assert_uint_eq(record.readies, 10);
	ck_assert_uint_eq(record.most_in_round, 2);
	close_pipe(fds);
	mio_loop_destroy(loop);
}
END_TEST

static int
reset_other(struct mio_loop *loop, struct record *record, mio_token_t state)
{
	mio_timeout_t other = record->other;

	(void)state;
	record->other = 0;

	return other == 0 ? 0 : mio_loop_reset_timeout(loop, other, 0);
}

/* Due in the same round, and put off by the one reported before it. */
START_TEST(what_is_reset_in_a_round_is_reported_in_a_later_one)
{
	struct record record = { .react = reset_other };
	struct mio_loop *loop = new_loop(NULL);
	mio_timeout_t names[3];

	set_three(loop, names);
	record.other = names[1];
	run_one_round(loop, &record);
	ck_assert_uint_eq(record.timeouts, 2);
	ck_assert_uint_eq(record.states[0], 1);
	ck_assert_uint_eq(record.states[1], 3);

	/* under the name that it had */
	record.react = NULL;
	assert_ok(mio_loop_reset_timeout(loop, names[1], SECONDS(3600)));
	assert_ok(mio_loop_reset_timeout(loop, names[1], 0));
	while (record.timeouts < 3)
		run_one_round(loop, &record);
	ck_assert_uint_eq(record.states[2], 2);
	assert_error(mio_loop_reset_timeout(loop, names[1], 0), ENOENT);
	assert_error(mio_loop_clear_timeout(loop, names[1]), ENOENT);
	mio_loop_destroy(loop);
}
END_TEST

static int
clear_other(struct mio_loop *loop, struct record *record, mio_token_t state)
{
	mio_timeout_t other = record->other;

	/* a new one gets its place, and not its name */
	(void)state;
	record->other = 0;
	if (other == 0 || mio_loop_clear_timeout(loop, other) != 0)
		return other == 0 ? 0 : -1;
	if (mio_loop_clear_timeout(loop, other) != -ENOENT ||
	    mio_loop_reset_timeout(loop, other, 0) != -ENOENT)
		return -2;

	return mio_loop_timeout(loop, SECONDS(3600), 9, NULL);
}

START_TEST(what_is_cleared_in_a_round_is_not_reported)
{
	struct record record = { .react = clear_other };
	struct mio_loop *loop = new_loop(NULL);
	mio_timeout_t names[3];

	set_three(loop, names);
	record.other = names[2];
	run_one_round(loop, &record);
	ck_assert_uint_eq(record.timeouts, 2);
	ck_assert_uint_eq(record.states[0], 1);
	ck_assert_uint_eq(record.states[1], 2);
	assert_error(mio_loop_clear_timeout(loop, names[2]), ENOENT);
	mio_loop_destroy(loop);
}
END_TEST

static int
set_too_many(struct mio_loop *loop, struct record *record, mio_token_t state)
{
	/* its own place is free by now, that of the other is not */
	(void)state;
	if (record->timeouts > 1)
		return 0;
	if (mio_loop_timeout(loop, 0, 8, NULL) != 0)
		return -1;

	return mio_loop_timeout(loop, 0, 9, NULL) == -ENOSPC ? 0 : -2;
}

START_TEST(what_is_due_counts_until_it_is_reported)
{
	struct mio_loop_config config = {
		.size = sizeof(config), .timer_capacity = 2,
	};
	struct record record = { .react = set_too_many };
	struct mio_loop *loop = new_loop(&config);

	assert_ok(mio_loop_timeout(loop, 0, 1, NULL));
	assert_ok(mio_loop_timeout(loop, 0, 2, NULL));
	assert_error(mio_loop_timeout(loop, 0, 3, NULL), ENOSPC);
	assert_error(
	    mio_loop_timeout(loop, UINT64_MAX, 3, NULL), EOVERFLOW);
	(void)usleep(3000);
	run_one_round(loop, &record);
	ck_assert_uint_eq(record.timeouts, 2);
	run_one_round(loop, &record);
	ck_assert_uint_eq(record.timeouts, 3);
	ck_assert_uint_eq(record.states[2], 8);
	mio_loop_destroy(loop);
}
END_TEST

/* Sets, clears and resets at random, against a plain list of what is set. */
START_TEST(names_are_not_mixed_up)
{
	enum { PLACES = 40 };
	struct mio_loop_config config = {
		.size = sizeof(config), .timer_capacity = PLACES,
	};
	struct mio_loop *loop = new_loop(&config);
	mio_timeout_t names[PLACES] = { 0 }, old[PLACES] = { 0 };
	unsigned i, place, seed = 1;

	for (i = 0; i < 100000; i++) {
		seed = seed * 1103515245 + 12345;
		place = (seed >> 16) % PLACES;
		if (names[place] == 0) {
			must(mio_loop_timeout(loop, SECONDS(3600), place,
				 &names[place]) == 0);
			must(names[place] != 0 && names[place] != old[place]);
		} else if (seed >> 31) {
			must(mio_loop_reset_timeout(
				 loop, names[place], SECONDS(7200)) == 0);
		} else {
			must(mio_loop_clear_timeout(loop, names[place]) == 0);
			old[place] = names[place];
			names[place] = 0;
		}
		if (old[place] != 0)
			must(mio_loop_clear_timeout(loop, old[place]) ==
			    -ENOENT);
	}
	mio_loop_destroy(loop);
}
END_TEST

/* ---- events */

#define MANY 8

static void
run_rounds(const struct mio_loop_config *config, struct record *record)
{
	struct mio_loop *loop = new_loop(config);
	int fds[MANY][2], i;

	for (i = 0; i < MANY; i++) {
		make_pipe(fds[i]);
		ck_assert_int_eq(write(fds[i][1], "x", 1), 1);
		assert_ok(mio_poll_register_fd(mio_loop_poll(loop), fds[i][0],
		    (mio_token_t)i, MIO_READABLE, MIO_LEVEL));
	}
	assert_ok(mio_loop_run(loop, &recording_handler, record));
	for (i = 0; i < MANY; i++)
		close_pipe(fds[i]);
	mio_loop_destroy(loop);
}

/* The slots for the loop's own events were used for those of the program. */
START_TEST(the_limit_of_events_is_kept)
{
	static const size_t limits[] = { 1, 2, 3, 4, 7, 8 };
	struct mio_loop_config config = { .size = sizeof(config) };
	unsigned i;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct record record = { .end = 20 };

		config.events_per_tick = limits[i];
		run_rounds(&config, &record);
		ck_assert_uint_eq(record.most_in_round, limits[i]);
		ck_assert_uint_eq(record.readies, 20 * limits[i]);
	}
}
END_TEST

static void
set_timeout_and_message(struct mio_loop *loop)
{
	void *message = NULL;

	assert_ok(mio_loop_timeout(loop, 0, 1, NULL));
	assert_ok(mio_sender_send(mio_loop_sender(loop), &message));
	(void)usleep(3000);
}

static unsigned messages;

static void
send_again(struct mio_loop *loop, void *context, const void *message)
{
	(void)context;
	messages++;
	assert_ok(mio_sender_try_send(mio_loop_sender(loop), message));
}

static void
set_timeout_again(struct mio_loop *loop, void *context, mio_token_t state)
{
	struct record *record = context;

	record->timeouts++;
	assert_ok(mio_loop_timeout(loop, 0, state, NULL));
	(void)usleep(1100);
}

/* Each kind gets its share, although all of them always have something. */
START_TEST(events_messages_and_timeouts_share_a_slot)
{
	struct mio_loop_config config = {
		.size = sizeof(config),
		.timer_tick_ns = 1000000,
		.events_per_tick = 1,
		.messages_per_tick = 1,
	};
	struct mio_handler all = {
		.size = sizeof(all),
		.ready = recording_handler.ready,
		.notify = send_again,
		.timeout = set_timeout_again,
		.tick = recording_handler.tick,
	};
	struct record record = { .end = 100 };
	struct mio_loop *loop = new_loop(&config);
	int fds[2];

	make_pipe(fds);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	assert_ok(mio_poll_register_fd(
	    mio_loop_poll(loop), fds[0], 1, MIO_READABLE, MIO_LEVEL));
	set_timeout_and_message(loop);
	assert_ok(mio_loop_run(loop, &all, &record));
	ck_assert_uint_eq(record.most_in_round, 1);
	ck_assert_uint_ge(record.readies, 20);
	ck_assert_uint_ge(record.timeouts, 20);
	ck_assert_uint_ge(messages, 20);
	ck_assert_uint_le(messages, 100);
	close_pipe(fds);
	mio_loop_destroy(loop);
}
END_TEST

/* ---- messages */

static void
send_twice(struct mio_loop *loop, void *context, const void *message)
{
	struct record *record = context;

	record->in_round++;
	(void)mio_sender_try_send(mio_loop_sender(loop), message);
	(void)mio_sender_try_send(mio_loop_sender(loop), message);
}

/* Messages that a callback sent were reported at once, up to the limit. */
START_TEST(what_messages_send_waits_for_the_next_round)
{
	const struct mio_handler twice = {
		.size = sizeof(twice),
		.notify = send_twice,
		.tick = recording_handler.tick,
	};
	struct mio_loop *loop = new_loop(NULL);
	struct record record = { .end = 0 };
	void *message = NULL;
	unsigned i;

	assert_ok(mio_sender_send(mio_loop_sender(loop), &message));
	for (i = 0; i < 10; i++) {
		assert_ok(mio_loop_run_once(loop, &twice, &record, PATIENCE));
		ck_assert_uint_eq(
		    record.most_in_round, i < 8 ? 1u << i : 256u);
	}
	mio_loop_destroy(loop);
}
END_TEST

/* Of an odd size, and yet each is aligned for any type. */
static void
look_at_message(struct mio_loop *loop, void *context, const void *message)
{
	struct record *record = context;
	uint64_t number;

	(void)loop;
	ck_assert_uint_eq((uintptr_t)message % _Alignof(max_align_t), 0);
	memcpy(&number, message, sizeof(number));
	ck_assert_uint_eq(number, record->in_round++);
}

START_TEST(messages_are_aligned)
{
	struct mio_loop_config config = {
		.size = sizeof(config), .message_size = 13,
	};
	const struct mio_handler look = {
		.size = sizeof(look), .notify = look_at_message,
	};
	struct mio_loop *loop = new_loop(&config);
	struct record record = { .end = 0 };
	char message[13] = { 0 };
	uint64_t i;

	for (i = 0; i < 5; i++) {
		memcpy(message, &i, sizeof(i));
		assert_ok(mio_sender_send(mio_loop_sender(loop), message));
	}
	assert_ok(mio_loop_run_once(loop, &look, &record, PATIENCE));
	ck_assert_uint_eq(record.in_round, 5);
	mio_loop_destroy(loop);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("loop_rounds");
	TCase *tcase = new_case(suite, "loop_rounds");

	tcase_add_test(tcase, what_timeouts_set_waits_for_the_next_round);
	tcase_add_test(
	    tcase, what_is_reset_in_a_round_is_reported_in_a_later_one);
	tcase_add_test(tcase, what_is_cleared_in_a_round_is_not_reported);
	tcase_add_test(tcase, what_is_due_counts_until_it_is_reported);
	tcase_add_test(tcase, names_are_not_mixed_up);

	tcase_add_test(tcase, the_limit_of_events_is_kept);
	tcase_add_test(tcase, events_messages_and_timeouts_share_a_slot);
	tcase_add_test(tcase, what_messages_send_waits_for_the_next_round);
	tcase_add_test(tcase, messages_are_aligned);

	return run_suite(suite);
}
