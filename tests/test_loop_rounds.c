/* SPDX-License-Identifier: MIT */

/* What a round of the loop tells, and what it leaves for the next one. */

#include "config.h"
#include "lib/harness.h"

static struct mio_loop *
new_loop(const struct mio_loop_config *config)
{
	struct mio_loop *loop = NULL;

	assert_ok(mio_loop_create(&loop, config));

	return loop;
}

/* ---- timeouts */

struct told {
	mio_timeout_t other;
	unsigned timeouts, readies, ticks, in_round, most_in_round, end;
	mio_token_t states[64];
	int (*react)(struct mio_loop *, struct told *, mio_token_t);
};

static void
on_timeout(struct mio_loop *loop, void *context, mio_token_t state)
{
	struct told *told = context;

	told->states[told->timeouts++ % 64] = state;
	told->in_round++;
	if (told->react != NULL)
		assert_ok(told->react(loop, told, state));
}

static void
on_ready(
    struct mio_loop *loop, void *context, mio_token_t token, unsigned ready)
{
	struct told *told = context;

	(void)loop;
	(void)token;
	(void)ready;
	told->readies++;
	told->in_round++;
}

static void
on_tick(struct mio_loop *loop, void *context)
{
	struct told *told = context;

	if (told->in_round > told->most_in_round)
		told->most_in_round = told->in_round;
	told->in_round = 0;
	if (++told->ticks == told->end)
		mio_loop_shutdown(loop);
}

static const struct mio_handler handler = {
	.size = sizeof(handler),
	.ready = on_ready,
	.timeout = on_timeout,
	.tick = on_tick,
};

static void
once(struct mio_loop *loop, struct told *told)
{
	assert_ok(mio_loop_run_once(loop, &handler, told, PATIENCE));
}

static int
set_again(struct mio_loop *loop, struct told *told, mio_token_t state)
{
	int r = mio_loop_timeout(loop, 0, state, NULL);

	(void)told;
	(void)usleep(1500); /* the work, which takes longer than a tick */

	return r;
}

/*
 * The timeout that a callback set for now was told in the same round when the
 * callback worked for longer than a tick and others were pending: the round
 * went on for as often as one was set, and events waited for its end.
 */
START_TEST(what_timeouts_set_waits_for_the_next_round)
{
	struct told told = { .react = set_again, .end = 10 };
	struct mio_loop *loop = new_loop(NULL);
	int fds[2], i;

	make_pipe(fds);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	assert_ok(mio_poll_register_fd(
	    mio_loop_poll(loop), fds[0], 1, MIO_READABLE, MIO_LEVEL));
	for (i = 0; i < 100; i++)
		assert_ok(mio_loop_timeout(loop, SECONDS(3600), 2, NULL));
	assert_ok(mio_loop_timeout(loop, 0, 1, NULL));

	assert_ok(mio_loop_run(loop, &handler, &told));
	ck_assert_uint_le(told.timeouts, 10);
	ck_assert_uint_eq(told.readies, 10);
	ck_assert_uint_le(told.most_in_round, 2);
	close_pipe(fds);
	mio_loop_destroy(loop);
}
END_TEST

static void
set_three(struct mio_loop *loop, mio_timeout_t names[3])
{
	mio_token_t i;

	for (i = 0; i < 3; i++)
		assert_ok(mio_loop_timeout(loop, i, i + 1, &names[i]));
	(void)usleep(3000);
}

static int
reset_other(struct mio_loop *loop, struct told *told, mio_token_t state)
{
	mio_timeout_t other = told->other;

	(void)state;
	told->other = 0;

	return other == 0 ? 0 : mio_loop_reset_timeout(loop, other, 0);
}

/* Due in the same round, and put off by the one that came before. */
START_TEST(what_is_reset_in_a_round_is_told_in_a_later_one)
{
	struct told told = { .react = reset_other };
	struct mio_loop *loop = new_loop(NULL);
	mio_timeout_t names[3];

	set_three(loop, names);
	told.other = names[1];
	once(loop, &told);
	ck_assert_uint_eq(told.timeouts, 2);
	ck_assert_uint_eq(told.states[0], 1);
	ck_assert_uint_eq(told.states[1], 3);

	/* under the name that it had */
	told.react = NULL;
	assert_ok(mio_loop_reset_timeout(loop, names[1], SECONDS(3600)));
	assert_ok(mio_loop_reset_timeout(loop, names[1], 0));
	while (told.timeouts < 3)
		once(loop, &told);
	ck_assert_uint_eq(told.states[2], 2);
	assert_error(mio_loop_reset_timeout(loop, names[1], 0), ENOENT);
	assert_error(mio_loop_clear_timeout(loop, names[1]), ENOENT);
	mio_loop_destroy(loop);
}
END_TEST

static int
clear_other(struct mio_loop *loop, struct told *told, mio_token_t state)
{
	mio_timeout_t other = told->other;

	/* a new one gets its place, and not its name */
	(void)state;
	told->other = 0;
	if (other == 0 || mio_loop_clear_timeout(loop, other) != 0)
		return other == 0 ? 0 : -1;
	if (mio_loop_clear_timeout(loop, other) != -ENOENT ||
	    mio_loop_reset_timeout(loop, other, 0) != -ENOENT)
		return -2;

	return mio_loop_timeout(loop, SECONDS(3600), 9, NULL);
}

START_TEST(what_is_cleared_in_a_round_is_not_told)
{
	struct told told = { .react = clear_other };
	struct mio_loop *loop = new_loop(NULL);
	mio_timeout_t names[3];

	set_three(loop, names);
	told.other = names[2];
	once(loop, &told);
	ck_assert_uint_eq(told.timeouts, 2);
	ck_assert_uint_eq(told.states[0], 1);
	ck_assert_uint_eq(told.states[1], 2);
	assert_error(mio_loop_clear_timeout(loop, names[2]), ENOENT);
	mio_loop_destroy(loop);
}
END_TEST

static int
set_too_many(struct mio_loop *loop, struct told *told, mio_token_t state)
{
	/* its own place is free by now, that of the other is not */
	(void)state;
	if (told->timeouts > 1)
		return 0;
	if (mio_loop_timeout(loop, 0, 8, NULL) != 0)
		return -1;

	return mio_loop_timeout(loop, 0, 9, NULL) == -ENOSPC ? 0 : -2;
}

START_TEST(what_is_due_counts_until_it_is_told)
{
	struct mio_loop_config config = {
		.size = sizeof(config), .timer_capacity = 2,
	};
	struct told told = { .react = set_too_many };
	struct mio_loop *loop = new_loop(&config);

	assert_ok(mio_loop_timeout(loop, 0, 1, NULL));
	assert_ok(mio_loop_timeout(loop, 0, 2, NULL));
	assert_error(mio_loop_timeout(loop, 0, 3, NULL), ENOSPC);
	assert_error(
	    mio_loop_timeout(loop, UINT64_MAX, 3, NULL), EOVERFLOW);
	(void)usleep(3000);
	once(loop, &told);
	ck_assert_uint_eq(told.timeouts, 2);
	once(loop, &told);
	ck_assert_uint_eq(told.timeouts, 3);
	ck_assert_uint_eq(told.states[2], 8);
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

int
main(void)
{
	Suite *suite = suite_create("loop_rounds");
	TCase *tcase = new_case(suite, "loop_rounds");

	tcase_add_test(tcase, what_timeouts_set_waits_for_the_next_round);
	tcase_add_test(tcase, what_is_reset_in_a_round_is_told_in_a_later_one);
	tcase_add_test(tcase, what_is_cleared_in_a_round_is_not_told);
	tcase_add_test(tcase, what_is_due_counts_until_it_is_told);
	tcase_add_test(tcase, names_are_not_mixed_up);

	return run_suite(suite);
}
