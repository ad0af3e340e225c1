/* SPDX-License-Identifier: MIT */

/*
 * When a receiver spins before it puts its queue to sleep: only if it has read
 * many messages since it last did so, or since the queue slept.
 */

#include "config.h"
#include "lib/harness.h"

#include "channel/spin.h"

enum { MANY = 64, BOUND = 256 };

static struct mio__segments queue;
static struct mio__spin spin;

static void
begin(size_t bound)
{
	assert_ok(mio__segments_init(&queue, 8, BOUND));
	mio__spin_init(&spin, bound);
}

static void
push(unsigned count)
{
	uint64_t message = 0;

	for (; count > 0; count--)
		must(mio__segments_push(&queue, &message) <= MIO__PUSH_WAKE);
}

static void
pass(unsigned count)
{
	uint64_t messages[BOUND];

	push(count);
	ck_assert_uint_eq(mio__segments_peek(&queue, messages, count), count);
	mio__segments_pop(&queue, count);
}

START_TEST(few_messages_are_not_worth_it)
{
	begin(BOUND);
	ck_assert(!mio__spin_more(&spin, &queue));
	pass(MANY - 1);
	push(1);
	ck_assert(!mio__spin_more(&spin, &queue));
	mio__segments_fini(&queue);
}
END_TEST

START_TEST(it_finds_what_was_sent)
{
	size_t bound = _i == 0 ? BOUND : 0;

	begin(bound);
	pass(MANY);
	push(1);
	ck_assert(mio__spin_more(&spin, &queue));
	mio__segments_fini(&queue);
}
END_TEST

START_TEST(nothing_sent_is_nothing_found)
{
	begin(BOUND);
	pass(MANY);
	ck_assert(!mio__spin_more(&spin, &queue));
	mio__segments_fini(&queue);
}
END_TEST

START_TEST(each_spin_is_earned_anew)
{
	begin(BOUND);
	pass(MANY);
	push(1);
	ck_assert(mio__spin_more(&spin, &queue));
	ck_assert(!mio__spin_more(&spin, &queue));
	pass(MANY);
	ck_assert(mio__spin_more(&spin, &queue));
	mio__segments_fini(&queue);
}
END_TEST

START_TEST(sleep_spends_what_was_earned)
{
	begin(BOUND);
	pass(MANY);
	mio__spin_reset(&spin, &queue);
	push(1);
	ck_assert(!mio__spin_more(&spin, &queue));
	mio__segments_fini(&queue);
}
END_TEST

/* A sender that finds no room sleeps, so the reader must not wait for more. */
START_TEST(full_queue_is_plenty)
{
	size_t bound;

	for (bound = 1; bound <= 4096; bound++) {
		mio__spin_init(&spin, bound);
		ck_assert_uint_ge(spin.plenty, 1);
		ck_assert_uint_le(spin.plenty, bound);
	}
	mio__spin_init(&spin, 0);
	ck_assert_uint_gt(spin.plenty, 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("spin");
	TCase *spins = new_case(suite, "spins");

	tcase_add_test(spins, few_messages_are_not_worth_it);
	tcase_add_loop_test(spins, it_finds_what_was_sent, 0, 2);
	tcase_add_test(spins, nothing_sent_is_nothing_found);
	tcase_add_test(spins, each_spin_is_earned_anew);
	tcase_add_test(spins, sleep_spends_what_was_earned);
	tcase_add_test(spins, full_queue_is_plenty);

	return run_suite(suite);
}
