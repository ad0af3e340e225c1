/* SPDX-License-Identifier: MIT */

/* The gate by itself: one inside, in order, deadlines, no turn lost. */

#include "config.h"
#include "lib/harness.h"

#include <poll.h>
#include <stdatomic.h>

#include "sys/gate.h"

START_TEST(one_at_a_time_may_try)
{
	struct mio__gate gate;

	assert_ok(mio__gate_init(&gate));
	ck_assert(mio__gate_enter(&gate, 0));
	ck_assert(!mio__gate_enter(&gate, 0));
	mio__gate_leave(&gate);
	ck_assert(mio__gate_enter(&gate, 0));
	mio__gate_leave(&gate);
	mio__gate_fini(&gate);
}
END_TEST

START_TEST(deadline_passes_in_the_queue)
{
	struct mio__gate gate;
	int64_t deadline;
	int i;

	assert_ok(mio__gate_init(&gate));
	ck_assert(mio__gate_enter(&gate, 0));
	ck_assert(!mio__gate_enter(&gate, 0));
	for (i = 0; i < 10; i++) {
		deadline = now_ns() + MS(3);
		ck_assert(!mio__gate_enter(&gate, deadline));
		ck_assert_int_ge(now_ns(), deadline);
	}

	/* those who gave up are not handed the gate */
	mio__gate_leave(&gate);
	ck_assert(mio__gate_enter(&gate, 0));
	mio__gate_leave(&gate);
	mio__gate_fini(&gate);
}
END_TEST

struct visitor {
	struct mio__gate *gate;
	mio__instant_t deadline;
	_Atomic bool done;
	bool inside;
	unsigned *order;	/* owned by the thread inside */
	unsigned place;
};

static void *
visit(void *argument)
{
	struct visitor *visitor = argument;

	visitor->inside = mio__gate_enter(visitor->gate, visitor->deadline);
	if (visitor->inside) {
		visitor->place = ++*visitor->order;
		mio__gate_leave(visitor->gate);
	}
	visitor->done = true;

	return NULL;
}

static void *
last_in_queue(struct mio__gate *gate)
{
	void *last = NULL;

	ck_assert_int_eq(pthread_mutex_lock(&gate->lock), 0);
	/* the next pointer comes first in a waiter */
	for (void **w = (void **)gate->first; w != NULL; w = (void **)*w)
		last = w;
	ck_assert_int_eq(pthread_mutex_unlock(&gate->lock), 0);

	return last;
}

/* In the queue when this comes back, or already out of it again. */
static pthread_t
start_visitor(struct visitor *visitor)
{
	void *before = last_in_queue(visitor->gate);
	pthread_t thread = start(visit, visitor);

	while (last_in_queue(visitor->gate) == before && !visitor->done)
		(void)poll(NULL, 0, 1);

	return thread;
}

START_TEST(first_come_first_served)
{
	enum { VISITORS = 8 };
	struct visitor visitors[VISITORS];
	pthread_t threads[VISITORS];
	struct mio__gate gate;
	unsigned order = 0;
	unsigned i;

	assert_ok(mio__gate_init(&gate));
	ck_assert(mio__gate_enter(&gate, 0));
	for (i = 0; i < VISITORS; i++) {
		visitors[i] = (struct visitor){
			.gate = &gate, .deadline = MIO__NEVER, .order = &order,
		};
		threads[i] = start_visitor(&visitors[i]);
	}
	mio__gate_leave(&gate);
	for (i = 0; i < VISITORS; i++) {
		join(threads[i]);
		ck_assert(visitors[i].inside);
		ck_assert_uint_eq(visitors[i].place, i + 1);
	}
	mio__gate_fini(&gate);
}
END_TEST

START_TEST(one_who_gives_up_in_the_middle_leaves_the_others_in_order)
{
	struct visitor visitors[3];
	pthread_t threads[3];
	struct mio__gate gate;
	unsigned order = 0;
	int i;

	assert_ok(mio__gate_init(&gate));
	ck_assert(mio__gate_enter(&gate, 0));
	for (i = 0; i < 3; i++) {
		visitors[i] = (struct visitor){
			.gate = &gate, .order = &order,
			.deadline = i == 1 ? now_ns() + MS(50) : MIO__NEVER,
		};
		threads[i] = start_visitor(&visitors[i]);
	}
	join(threads[1]);
	ck_assert(!visitors[1].inside);
	mio__gate_leave(&gate);
	join(threads[0]);
	join(threads[2]);
	ck_assert_uint_eq(visitors[0].place, 1);
	ck_assert_uint_eq(visitors[2].place, 2);
	mio__gate_fini(&gate);
}
END_TEST

/* One who leaves and comes back at once does not overtake the queue. */
START_TEST(nobody_overtakes_the_queue)
{
	struct mio__gate gate;
	struct visitor visitor = { .gate = &gate, .deadline = MIO__NEVER };
	unsigned order = 0;
	pthread_t thread;

	visitor.order = &order;
	assert_ok(mio__gate_init(&gate));
	ck_assert(mio__gate_enter(&gate, 0));
	thread = start_visitor(&visitor);
	mio__gate_leave(&gate);
	ck_assert(mio__gate_enter(&gate, MIO__NEVER));
	ck_assert_uint_eq(++order, 2);
	mio__gate_leave(&gate);
	join(thread);
	ck_assert_uint_eq(visitor.place, 1);
	mio__gate_fini(&gate);
}
END_TEST

struct storm {
	struct mio__gate gate;
	unsigned inside;	/* owned by the one that is */
	unsigned long turns;
	_Atomic unsigned long entered;
};

static void *
come_and_go(void *argument)
{
	struct storm *storm = argument;
	unsigned random = (unsigned)(uintptr_t)&random;
	int rounds = is_slowed_down() ? 100 : 5000;
	bool in;
	int i;

	for (i = 0; i < rounds; i++) {
		random = random * 1103515245 + 12345;
		switch (random >> 16 & 3) {
		case 0:
			in = mio__gate_enter(&storm->gate, 0);
			break;
		case 1:
			in = mio__gate_enter(&storm->gate, MIO__NEVER);
			break;
		default:
			in = mio__gate_enter(&storm->gate,
			    now_ns() + (random >> 20));
		}
		if (!in)
			continue;
		if (storm->inside++ != 0)
			abort();
		storm->turns++;
		atomic_fetch_add(&storm->entered, 1);
		storm->inside--;
		mio__gate_leave(&storm->gate);
	}

	return NULL;
}

/*
 * Deadlines of about a microsecond, so that many pass just as a turn is
 * granted: a lost turn leaves the gate shut for ever.
 */
START_TEST(no_turn_is_lost_when_deadlines_pass)
{
	struct storm storm = { .inside = 0 };
	pthread_t threads[4];
	int i;

	assert_ok(mio__gate_init(&storm.gate));
	for (i = 0; i < 4; i++)
		threads[i] = start(come_and_go, &storm);
	for (i = 0; i < 4; i++)
		join(threads[i]);
	ck_assert_uint_eq(storm.turns, storm.entered);
	ck_assert(mio__gate_enter(&storm.gate, 0));
	mio__gate_leave(&storm.gate);
	mio__gate_fini(&storm.gate);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("gate");
	TCase *tcase = new_case(suite, "gate");

	tcase_add_test(tcase, one_at_a_time_may_try);
	tcase_add_test(tcase, deadline_passes_in_the_queue);
	tcase_add_test(tcase, first_come_first_served);
	tcase_add_test(tcase,
	    one_who_gives_up_in_the_middle_leaves_the_others_in_order);
	tcase_add_test(tcase, nobody_overtakes_the_queue);
	tcase_add_test(tcase, no_turn_is_lost_when_deadlines_pass);

	return run_suite(suite);
}
