/* SPDX-License-Identifier: MIT */

/* The wheel is compared with a table that is searched, in simulated time. */

#include "config.h"
#include "lib/harness.h"
#include "lib/wheel_model.h"

#include "timer/tick.h"

static uint64_t
random_number(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);

	return z ^ z >> 31;
}

struct walk {
	size_t capacity;
	uint64_t now;
	unsigned check_every;
};

static const struct walk walks[] = {
	{ 1, 0, 1 },
	{ 2, UINT64_MAX - 1000, 1 },
	{ 7, UINT64_C(1) << 40, 1 },
	{ 64, 255, 7 },
	{ 64, (UINT64_C(1) << 32) - 2, 7 },
	{ 300, 65535, 97 },
	{ 5000, 1, 997 },
};

#define WALKS (int)(sizeof(walks) / sizeof(walks[0]))

START_TEST(agrees_with_the_table_at_every_step)
{
	const struct walk *walk = &walks[_i];
	struct wheel_model *model;
	uint64_t seed = (uint64_t)_i, a, b, c;
	unsigned i, steps = is_slowed_down() ? 10000 : 300000;
	unsigned round, rounds = is_slowed_down() ? 5 : 100;
	uint64_t expired = 0;

	if (walk->capacity > 100)
		steps /= 8;

	/* time never decreases: start again for small times */
	for (round = 0; round < rounds; round++) {
		model = wheel_model_create(walk->capacity, walk->now);
		for (i = 0; i < steps / rounds; i++) {
			a = random_number(&seed);
			b = random_number(&seed);
			c = random_number(&seed);
			wheel_model_step(model, a, b, c);
			if (i % walk->check_every == 0)
				wheel_model_check(model);
		}
		expired += wheel_model_expired(model);
		wheel_model_destroy(model);
	}
	ck_assert_uint_gt(expired, steps / 100);
}
END_TEST

/* A stale handle is never that of a later timeout of the same node. */
START_TEST(stale_handles_are_not_found)
{
	mio__wheel_handle_t handles[1000];
	struct mio__wheel *wheel = malloc(sizeof(*wheel));
	uint64_t token;
	int i, j;

	ck_assert_ptr_nonnull(wheel);
	assert_ok(mio__wheel_init(wheel, 1, 0));
	for (i = 0; i < 1000; i++) {
		assert_ok(mio__wheel_insert(wheel, 5, 1, &handles[i]));
		ck_assert_uint_ne(handles[i], 0);
		for (j = 0; j < i; j++)
			if (handles[i] == handles[j] ||
			    mio__wheel_remove(wheel, handles[j], &token) !=
				-ENOENT ||
			    mio__wheel_move(wheel, handles[j], 9) != -ENOENT)
				ck_abort_msg("%d of %d", j, i);
		assert_ok(mio__wheel_remove(wheel, handles[i], &token));
	}
	/* nor is a handle without its index */
	assert_error(
	    mio__wheel_remove(wheel, handles[999] & ~wheel->mask, NULL),
	    ENOENT);
	assert_error(mio__wheel_remove(wheel, 0, &token), ENOENT);
	assert_error(mio__wheel_remove(wheel, UINT64_MAX, &token), ENOENT);
	mio__wheel_fini(wheel);
	free(wheel);
}
END_TEST

/* In mio the search walked tick by tick. Here 30 days of milliseconds pass. */
START_TEST(expiring_after_a_long_sleep_is_quick)
{
	const uint64_t month = UINT64_C(30) * 24 * 3600 * 1000;
	struct mio__wheel *wheel = malloc(sizeof(*wheel));
	mio__wheel_handle_t handle;
	uint64_t tokens[4], now = 0, tick;
	int i;

	ck_assert_ptr_nonnull(wheel);
	assert_ok(mio__wheel_init(wheel, 4, now));
	for (i = 0; i < 10000; i++) {
		assert_ok(mio__wheel_insert(wheel, now + 1, 1, &handle));
		assert_ok(mio__wheel_insert(
		    wheel, now + (UINT64_C(1) << 63), 2, &handle));
		ck_assert(mio__wheel_next(wheel, 0, &tick) && tick == now + 1);
		now += month;
		ck_assert_uint_eq(mio__wheel_expire(wheel, now, tokens, 4), 1);
		ck_assert_uint_eq(tokens[0], 1);
		ck_assert(mio__wheel_next(wheel, 1, &tick));
		ck_assert_uint_eq(tick, now - month + (UINT64_C(1) << 63));
		assert_ok(mio__wheel_remove(wheel, handle, tokens));
	}
	mio__wheel_fini(wheel);
	free(wheel);
}
END_TEST

/* A hundred thousand overdue timeouts, in random order. */
START_TEST(overdue_timeouts_are_sorted_in_good_time)
{
	enum { COUNT = 100000 };
	struct mio__wheel *wheel = malloc(sizeof(*wheel));
	mio__wheel_handle_t handle;
	uint64_t token, before = 0, seed = 3, tick;
	int i;

	ck_assert_ptr_nonnull(wheel);
	assert_ok(mio__wheel_init(wheel, COUNT, UINT64_C(1) << 40));
	for (i = 0; i < COUNT; i++) {
		tick = random_number(&seed) % 50000;
		if (mio__wheel_insert(wheel, tick, tick << 32 | (unsigned)i,
			&handle) != 0)
			ck_abort_msg("%d", i);
	}
	for (i = 0; i < COUNT; i++) {
		if (mio__wheel_expire(wheel, UINT64_C(1) << 40, &token, 1) !=
			1 ||
		    (i > 0 && token <= before))
			ck_abort_msg("%d", i);
		before = token;
	}
	mio__wheel_fini(wheel);
	free(wheel);
}
END_TEST

/*
 * One more overdue timeout is set, and the first one expires, while a hundred
 * thousand are pending: their list was once sorted for each such pair.
 */
START_TEST(an_overdue_timeout_costs_the_same_among_many)
{
	enum { COUNT = 100000 };
	const uint64_t now = UINT64_C(1) << 40;
	struct mio__wheel *wheel = malloc(sizeof(*wheel));
	mio__wheel_handle_t handle;
	uint64_t token, tick;
	int i;

	ck_assert_ptr_nonnull(wheel);
	assert_ok(mio__wheel_init(wheel, COUNT + 1, now));
	for (i = 0; i < COUNT; i++)
		if (mio__wheel_insert(wheel, now / 2, (uint64_t)i, &handle) !=
		    0)
			ck_abort_msg("%d", i);
	for (i = 0; i < COUNT; i++) {
		tick = now / 2 - (uint64_t)i;
		if (mio__wheel_insert(wheel, tick - 1, 1, &handle) != 0 ||
		    mio__wheel_move(wheel, handle, tick - 2) != 0 ||
		    mio__wheel_remove(wheel, handle, NULL) != 0 ||
		    mio__wheel_insert(wheel, tick, tick, &handle) != 0 ||
		    mio__wheel_expire(wheel, now, &token, 1) != 1 ||
		    token != (i == 0 ? 0 : tick))
			ck_abort_msg("%d", i);
	}
	wheel_check(wheel);
	mio__wheel_fini(wheel);
	free(wheel);
}
END_TEST

/* The order within a tick stays the same when all numbers have been used. */
START_TEST(overdue_timeouts_are_renumbered)
{
	enum { COUNT = 1000 };
	const uint64_t now = UINT64_C(1) << 40;
	struct mio__wheel *wheel = malloc(sizeof(*wheel));
	mio__wheel_handle_t handle;
	uint64_t tokens[COUNT];
	uint64_t tick, i;

	ck_assert_ptr_nonnull(wheel);
	assert_ok(mio__wheel_init(wheel, COUNT, now));
	for (i = 0; i < COUNT; i++) {
		if (i % 100 == 50)
			wheel->overdue.next_number =
			    UINT32_MAX - (uint32_t)i % 7;
		tick = i % 3;
		if (mio__wheel_insert(wheel, tick, tick * COUNT + i, &handle) !=
		    0)
			ck_abort_msg("%d", (int)i);
		wheel_check(wheel);
	}
	ck_assert_uint_le(wheel->overdue.next_number, COUNT);
	ck_assert_uint_eq(mio__wheel_expire(wheel, now, tokens, COUNT), COUNT);
	for (i = 1; i < COUNT; i++)
		if (tokens[i] <= tokens[i - 1])
			ck_abort_msg("%d", (int)i);
	mio__wheel_fini(wheel);
	free(wheel);
}
END_TEST

/* This does not assert, as that would take longer than everything else. */
static void
check_ticks(const struct mio__tick *tick, uint64_t ns)
{
	uint64_t floor = ns / tick->ns;
	uint64_t ceil = floor + (ns % tick->ns != 0);

	if (mio__tick_floor(tick, ns) != floor ||
	    mio__tick_ceil(tick, ns) != ceil)
		ck_abort_msg("%llu ns in ticks of %llu", (unsigned long long)ns,
		    (unsigned long long)tick->ns);
}

START_TEST(ticks_are_counted_exactly)
{
	static const uint64_t sizes[] = {
		1, 2, 3, 7, 10, 1000, 4096, 1000000, 999999937, 1000000000,
		UINT32_MAX, UINT64_C(1) << 32, (UINT64_C(1) << 62) + 1,
		UINT64_C(1) << 63, (UINT64_C(1) << 63) + 1, UINT64_MAX - 1,
		UINT64_MAX,
	};
	struct mio__tick tick;
	uint64_t seed = 1, ns;
	size_t i;
	int j;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		mio__tick_init(&tick, sizes[i]);
		for (j = 0; j < 20000; j++) {
			ns = random_number(&seed);
			ns >>= random_number(&seed) % 64;
			check_ticks(&tick, ns);
			ns -= ns % sizes[i];
			check_ticks(&tick, ns);
			check_ticks(&tick, ns - 1);
			check_ticks(&tick, UINT64_MAX - (uint64_t)j);
		}
		ck_assert_uint_eq(mio__tick_ns(&tick, 0), 0);
		ck_assert_uint_eq(mio__tick_ns(&tick, 1), sizes[i]);
		ck_assert_uint_eq(mio__tick_instant(&tick, UINT64_MAX),
		    MIO__NEVER);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("wheel");
	TCase *tcase = new_case(suite, "wheel");

	tcase_add_loop_test(
	    tcase, agrees_with_the_table_at_every_step, 0, WALKS);
	tcase_add_test(tcase, stale_handles_are_not_found);
	tcase_add_test(tcase, expiring_after_a_long_sleep_is_quick);
	tcase_add_test(tcase, overdue_timeouts_are_sorted_in_good_time);
	tcase_add_test(tcase, an_overdue_timeout_costs_the_same_among_many);
	tcase_add_test(tcase, overdue_timeouts_are_renumbered);
	tcase_add_test(tcase, ticks_are_counted_exactly);

	return run_suite(suite);
}
