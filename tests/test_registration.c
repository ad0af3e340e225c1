/* SPDX-License-Identifier: MIT */

/* Readiness that the program sets itself, in one thread. */

#include "config.h"
#include "lib/harness.h"

#include <signal.h>

#define RW (MIO_READABLE | MIO_WRITABLE)

struct pair {
	struct mio_registration *registration;
	struct mio_readiness *readiness;
	struct mio_source *source;
};

static struct pair
new_pair(void)
{
	struct pair pair = { 0 };

	assert_ok(mio_registration_create(&pair.registration,
	    &pair.readiness));
	pair.source = mio_registration_source(pair.registration);
	ck_assert_ptr_nonnull(pair.source);

	return pair;
}

static void
destroy(struct pair pair)
{
	mio_registration_destroy(pair.registration);
	mio_readiness_unref(pair.readiness);
}

START_TEST(bad_arguments_are_refused_and_change_nothing)
{
	struct mio_poll *poll = new_poll();
	struct mio_registration *registration = NULL;
	struct mio_readiness *readiness = NULL;
	struct pair pair = new_pair();

	assert_error(mio_registration_create(NULL, &readiness), EINVAL);
	assert_error(mio_registration_create(&registration, NULL), EINVAL);
	ck_assert_ptr_null(registration);
	ck_assert_ptr_null(readiness);
	mio_registration_destroy(NULL);
	ck_assert_ptr_null(mio_registration_source(NULL));
	assert_error(mio_readiness_set(NULL, MIO_READABLE), EINVAL);
	ck_assert_uint_eq(mio_readiness_get(NULL), 0);
	ck_assert_ptr_null(mio_readiness_ref(NULL));
	mio_readiness_unref(NULL);

	assert_ok(mio_readiness_set(pair.readiness, MIO_WRITABLE));
	assert_error(mio_readiness_set(pair.readiness, 0x100), EINVAL);
	ck_assert_uint_eq(mio_readiness_get(pair.readiness), MIO_WRITABLE);

	assert_error(mio_poll_register(poll, pair.source, MIO_TOKEN_RESERVED,
	    RW, 0), EINVAL);
	assert_error(mio_poll_register(poll, pair.source, 1, MIO_ERROR, 0),
	    EINVAL);
	assert_error(mio_poll_register(poll, pair.source, 1, RW,
	    MIO_EDGE | MIO_LEVEL), EINVAL);
	assert_error(mio_poll_register(poll, pair.source, 1, MIO_AIO, 0),
	    ENOTSUP);
	assert_error(mio_poll_register(poll, pair.source, 1, MIO_LIO, 0),
	    ENOTSUP);
	assert_error(mio_poll_register(poll, pair.source, 1, RW,
	    MIO_EXCLUSIVE), ENOTSUP);
	expect_nothing(poll);
	assert_ok(mio_poll_register(poll, pair.source, 1, RW, 0));
	assert_error(mio_poll_reregister(poll, pair.source, 2, MIO_AIO, 0),
	    ENOTSUP);
	assert_error(mio_poll_reregister(poll, pair.source, 2, MIO_LIO, 0),
	    ENOTSUP);
	assert_error(mio_poll_reregister(poll, pair.source, 2, RW, 0x10),
	    EINVAL);
	assert_error(mio_poll_reregister(poll, pair.source, 2, RW,
	    MIO_EXCLUSIVE), EINVAL);
	expect_ready(poll, 1, MIO_WRITABLE, 0);

	destroy(pair);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(twice_is_eexist_and_never_is_enoent)
{
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair();

	assert_error(mio_poll_reregister(poll, pair.source, 1, RW, 0), ENOENT);
	assert_error(mio_poll_deregister(poll, pair.source), ENOENT);
	assert_ok(mio_poll_register(poll, pair.source, 1, RW, 0));
	assert_error(mio_poll_register(poll, pair.source, 2, RW, 0), EEXIST);
	assert_ok(mio_readiness_set(pair.readiness, MIO_READABLE));
	expect_ready(poll, 1, MIO_READABLE, 0);
	assert_ok(mio_poll_deregister(poll, pair.source));
	expect_nothing(poll);
	assert_error(mio_poll_deregister(poll, pair.source), ENOENT);
	assert_error(mio_poll_reregister(poll, pair.source, 1, RW, 0), ENOENT);
	assert_ok(mio_poll_register(poll, pair.source, 3, RW, 0));
	expect_ready(poll, 3, MIO_READABLE, 0);

	destroy(pair);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(it_belongs_to_the_first_poll)
{
	struct mio_poll *poll = new_poll();
	struct mio_poll *other = new_poll();
	struct pair pair = new_pair();

	assert_ok(mio_poll_register(poll, pair.source, 1, RW, 0));
	assert_error(mio_poll_register(other, pair.source, 1, RW, 0), EINVAL);
	assert_error(mio_poll_reregister(other, pair.source, 1, RW, 0),
	    EINVAL);
	assert_error(mio_poll_deregister(other, pair.source), EINVAL);
	assert_ok(mio_poll_deregister(poll, pair.source));
	assert_error(mio_poll_register(other, pair.source, 1, RW, 0), EINVAL);
	assert_ok(mio_poll_register(poll, pair.source, 1, RW, 0));

	destroy(pair);
	mio_poll_destroy(other);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(level_reports_while_it_is_so)
{
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair();

	assert_ok(mio_poll_register(poll, pair.source, 1, MIO_READABLE,
	    _i == 0 ? 0 : MIO_LEVEL));
	expect_nothing(poll);
	assert_ok(mio_readiness_set(pair.readiness, RW));
	expect_ready(poll, 1, MIO_READABLE, 0);
	expect_ready(poll, 1, MIO_READABLE, 0);
	assert_ok(mio_readiness_set(pair.readiness, MIO_WRITABLE));
	expect_nothing(poll);
	assert_ok(mio_poll_reregister(poll, pair.source, 2, RW, 0));
	expect_ready(poll, 2, MIO_WRITABLE, 0);
	assert_ok(mio_readiness_set(pair.readiness, 0));
	expect_nothing(poll);

	destroy(pair);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(edge_reports_each_set_once)
{
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair();

	assert_ok(mio_poll_register(poll, pair.source, 1, MIO_READABLE,
	    MIO_EDGE));
	assert_ok(mio_readiness_set(pair.readiness, MIO_READABLE));
	expect_ready(poll, 1, MIO_READABLE, 0);
	expect_nothing(poll);

	/* also to the same value; sets that no poll saw are one */
	assert_ok(mio_readiness_set(pair.readiness, MIO_READABLE));
	assert_ok(mio_readiness_set(pair.readiness, RW));
	expect_ready(poll, 1, MIO_READABLE, 0);
	expect_nothing(poll);

	/* cleared before any poll */
	assert_ok(mio_readiness_set(pair.readiness, MIO_READABLE));
	assert_ok(mio_readiness_set(pair.readiness, 0));
	expect_nothing(poll);

	/* reregistering reports what still holds once more */
	assert_ok(mio_readiness_set(pair.readiness, MIO_READABLE));
	expect_ready(poll, 1, MIO_READABLE, 0);
	assert_ok(mio_poll_reregister(poll, pair.source, 2, RW, MIO_EDGE));
	expect_ready(poll, 2, MIO_READABLE, 0);
	expect_nothing(poll);

	destroy(pair);
	mio_poll_destroy(poll);
}
END_TEST

/* mio: with a level it never disarmed. */
START_TEST(oneshot_reports_once_until_reregistered)
{
	unsigned options = MIO_ONESHOT | (_i == 0 ? MIO_LEVEL : MIO_EDGE);
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair();

	assert_ok(mio_poll_register(poll, pair.source, 1, MIO_READABLE,
	    options));
	expect_nothing(poll);
	assert_ok(mio_readiness_set(pair.readiness, MIO_READABLE));
	expect_ready(poll, 1, MIO_READABLE, 0);
	expect_nothing(poll);

	/* nothing at all, not even an error */
	assert_ok(mio_readiness_set(pair.readiness,
	    MIO_READABLE | MIO_ERROR | MIO_HUP));
	expect_nothing(poll);
	assert_ok(mio_poll_reregister(poll, pair.source, 2, MIO_READABLE,
	    options));
	expect_ready(poll, 2, MIO_READABLE | MIO_ERROR | MIO_HUP, 0);
	expect_nothing(poll);
	assert_ok(mio_poll_deregister(poll, pair.source));
	assert_ok(mio_poll_register(poll, pair.source, 3, 0, options));
	expect_ready(poll, 3, MIO_ERROR | MIO_HUP, 0);

	destroy(pair);
	mio_poll_destroy(poll);
}
END_TEST

/* mio: events with errors and hang-ups arrived empty. */
START_TEST(every_bit_is_reported_as_set)
{
	static const struct {
		unsigned interest, ready, reported;
	} rows[] = {
		{ MIO_READABLE, MIO_READABLE, MIO_READABLE },
		{ MIO_READABLE, MIO_WRITABLE, 0 },
		{ MIO_WRITABLE, 0xff, 0xff & ~(unsigned)(MIO_READABLE |
		    MIO_PRIORITY | MIO_AIO | MIO_LIO) },
		{ MIO_PRIORITY, MIO_PRIORITY | MIO_READABLE, MIO_PRIORITY },
		{ MIO_READABLE, MIO_ERROR, MIO_ERROR },
		{ 0, MIO_ERROR, MIO_ERROR },
		{ 0, MIO_READ_CLOSED | RW, MIO_READ_CLOSED },
		{ 0, MIO_WRITE_CLOSED, MIO_WRITE_CLOSED },
		{ 0, RW | MIO_PRIORITY, 0 },
		{ RW, MIO_AIO | MIO_LIO, 0 },
	};
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair();
	size_t i;

	assert_ok(mio_poll_register(poll, pair.source, 1, 0, 0));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_ok(mio_readiness_set(pair.readiness, 0));
		assert_ok(mio_poll_reregister(poll, pair.source, i,
		    rows[i].interest, MIO_EDGE));
		assert_ok(mio_readiness_set(pair.readiness, rows[i].ready));
		ck_assert_uint_eq(mio_readiness_get(pair.readiness),
		    rows[i].ready);
		if (rows[i].reported != 0)
			expect_ready(poll, i, rows[i].reported, 0);
		expect_nothing(poll);
	}

	destroy(pair);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(set_before_registering_is_delivered_after_it)
{
	unsigned options = _i == 0 ? MIO_LEVEL : MIO_EDGE;
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair();

	assert_ok(mio_readiness_set(pair.readiness, MIO_READABLE));
	assert_ok(mio_poll_register(poll, pair.source, 1, MIO_READABLE,
	    options));
	expect_ready(poll, 1, MIO_READABLE, 0);

	destroy(pair);
	mio_poll_destroy(poll);
}
END_TEST

/* mio 0.6 before 0.6.5: events carried the first token for ever. */
START_TEST(the_newest_token_is_reported)
{
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair();
	mio_token_t token;
	int i;

	assert_ok(mio_poll_register(poll, pair.source, 7, MIO_READABLE,
	    MIO_EDGE));
	for (token = 10; token < 14; token++) {
		assert_ok(mio_poll_reregister(poll, pair.source, token,
		    MIO_READABLE, MIO_EDGE));
		assert_ok(mio_readiness_set(pair.readiness, MIO_READABLE));
		expect_ready(poll, token, MIO_READABLE, 0);
	}

	/* many updates between two polls */
	for (i = 0; i < 100; i++)
		assert_ok(mio_poll_reregister(poll, pair.source, ++token,
		    MIO_READABLE, MIO_EDGE));
	expect_ready(poll, token, MIO_READABLE, 0);
	expect_nothing(poll);

	destroy(pair);
	mio_poll_destroy(poll);
}
END_TEST

enum { MANY = 16 };

static void
register_many(struct mio_poll *poll, struct pair *pairs)
{
	int i;

	for (i = 0; i < MANY; i++) {
		pairs[i] = new_pair();
		assert_ok(mio_poll_register(poll, pairs[i].source,
		    (mio_token_t)i, MIO_READABLE, MIO_LEVEL));
		assert_ok(mio_readiness_set(pairs[i].readiness,
		    MIO_READABLE));
	}
}

START_TEST(levels_take_turns_in_small_arrays)
{
	struct mio_poll *poll = new_poll();
	struct pair pairs[MANY];
	struct mio_event events[5];
	mio_token_t next = 0;
	int i, j;

	register_many(poll, pairs);
	for (i = 0; i < 100; i++) {
		ck_assert_int_eq(mio_poll(poll, events, 5, PATIENCE), 5);
		for (j = 0; j < 5; j++)
			ck_assert_uint_eq(events[j].token, next++ % MANY);
	}

	for (i = 0; i < MANY; i++)
		destroy(pairs[i]);
	mio_poll_destroy(poll);
}
END_TEST

START_TEST(a_level_stands_once_in_a_large_array)
{
	struct mio_poll *poll = new_poll();
	struct pair pairs[MANY];
	struct mio_event events[4 * MANY];
	int i;

	register_many(poll, pairs);
	for (i = 0; i < 10; i++)
		ck_assert_int_eq(mio_poll(poll, events, 4 * MANY, PATIENCE),
		    MANY);

	for (i = 0; i < MANY; i++)
		destroy(pairs[i]);
	mio_poll_destroy(poll);
}
END_TEST

/* mio: the kernel's events filled the array, and others were never reported. */
START_TEST(user_and_kernel_events_take_turns)
{
	struct mio_poll *poll = new_poll();
	struct pair pairs[MANY];
	struct mio_event events[2];
	unsigned seen[MANY + 1] = { 0 };
	int capacity = _i + 1;
	int fds[2];
	int i, j, n;

	make_pipe(fds);
	assert_ok(mio_poll_register_fd(poll, fds[1], MANY, MIO_WRITABLE, 0));
	register_many(poll, pairs);
	for (i = 0; i < 1000; i++) {
		n = mio_poll(poll, events, (size_t)capacity, 0);
		ck_assert_int_eq(n, capacity);
		for (j = 0; j < n; j++)
			seen[events[j].token]++;
	}
	ck_assert_uint_ge(seen[MANY], 400);
	for (i = 0; i < MANY; i++) {
		ck_assert_uint_ge(seen[i], 400 / MANY);
		destroy(pairs[i]);
	}

	close_pipe(fds);
	mio_poll_destroy(poll);
}
END_TEST

/* Registration, handle and poll, in every order, with an event pending. */
START_TEST(they_may_go_in_any_order)
{
	static const char *const orders[] = {
		"rhp", "rph", "hrp", "hpr", "prh", "phr",
	};
	unsigned options = _i == 0 ? MIO_EDGE : MIO_LEVEL;
	size_t i;
	int j;

	for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		struct mio_poll *poll = new_poll();
		struct pair pair = new_pair();
		struct mio_readiness *second =
		    mio_readiness_ref(pair.readiness);

		ck_assert_ptr_eq(second, pair.readiness);
		assert_ok(mio_poll_register(poll, pair.source, 1, RW,
		    options));
		assert_ok(mio_readiness_set(pair.readiness, MIO_READABLE));
		for (j = 0; j < 3; j++) {
			if (orders[i][j] == 'r')
				mio_registration_destroy(pair.registration);
			else if (orders[i][j] == 'h')
				mio_readiness_unref(pair.readiness);
			else
				mio_poll_destroy(poll);
			assert_ok(mio_readiness_set(second, MIO_WRITABLE));
		}
		mio_readiness_unref(second);
	}
}
END_TEST

START_TEST(destroyed_it_says_nothing_and_setting_does_nothing)
{
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair();

	assert_ok(mio_poll_register(poll, pair.source, 1, RW, 0));
	assert_ok(mio_readiness_set(pair.readiness, MIO_READABLE));
	mio_registration_destroy(pair.registration);
	expect_nothing(poll);
	assert_ok(mio_readiness_set(pair.readiness, MIO_WRITABLE));
	ck_assert_uint_eq(mio_readiness_get(pair.readiness), MIO_READABLE);
	expect_nothing(poll);

	mio_readiness_unref(pair.readiness);
	mio_poll_destroy(poll);
}
END_TEST

/* mio: a debug check, then a cycle of references, leaked each of them. */
START_TEST(ten_thousand_polls_with_registrations_leave_nothing)
{
	unsigned before = count_fds();
	int i;

	for (i = 0; i < 10000; i++) {
		struct mio_poll *poll = new_poll();
		struct pair pair = new_pair();

		assert_ok(mio_poll_register(poll, pair.source, 1, RW, 0));
		if (i % 3 != 0)
			assert_ok(mio_readiness_set(pair.readiness,
			    MIO_READABLE));
		if (i % 2 == 0)
			mio_poll_destroy(poll);
		destroy(pair);
		if (i % 2 != 0)
			mio_poll_destroy(poll);
	}
	ck_assert_uint_eq(count_fds(), before);
}
END_TEST

static struct mio_readiness *handlers_readiness;

static void
set_in_handler(int signo)
{
	(void)signo;
	(void)mio_readiness_set(handlers_readiness, MIO_READABLE);
}

START_TEST(it_may_be_set_in_a_signal_handler)
{
	struct sigaction action = { .sa_handler = set_in_handler };
	struct mio_poll *poll = new_poll();
	struct pair pair = new_pair();

	handlers_readiness = pair.readiness;
	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	assert_ok(mio_poll_register(poll, pair.source, 1, RW, MIO_EDGE));
	errno = 4242;
	ck_assert_int_eq(raise(SIGUSR1), 0);
	ck_assert_int_eq(errno, 4242);
	expect_ready(poll, 1, MIO_READABLE, 0);

	destroy(pair);
	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("registration");
	TCase *arguments = new_case(suite, "arguments");
	TCase *delivery = new_case(suite, "delivery");
	TCase *lifetime = new_case(suite, "lifetime");

	tcase_add_test(arguments, bad_arguments_are_refused_and_change_nothing);
	tcase_add_test(arguments, twice_is_eexist_and_never_is_enoent);
	tcase_add_test(arguments, it_belongs_to_the_first_poll);

	tcase_add_loop_test(delivery, level_reports_while_it_is_so, 0, 2);
	tcase_add_test(delivery, edge_reports_each_set_once);
	tcase_add_loop_test(delivery, oneshot_reports_once_until_reregistered,
	    0, 2);
	tcase_add_test(delivery, every_bit_is_reported_as_set);
	tcase_add_loop_test(delivery,
	    set_before_registering_is_delivered_after_it, 0, 2);
	tcase_add_test(delivery, the_newest_token_is_reported);
	tcase_add_test(delivery, levels_take_turns_in_small_arrays);
	tcase_add_test(delivery, a_level_stands_once_in_a_large_array);
	tcase_add_loop_test(delivery, user_and_kernel_events_take_turns, 0, 2);
	tcase_add_test(delivery, it_may_be_set_in_a_signal_handler);

	tcase_add_loop_test(lifetime, they_may_go_in_any_order, 0, 2);
	tcase_add_test(lifetime,
	    destroyed_it_says_nothing_and_setting_does_nothing);
	tcase_add_test(lifetime,
	    ten_thousand_polls_with_registrations_leave_nothing);

	return run_suite(suite);
}
