/* SPDX-License-Identifier: MIT */

/* What sets cost in system calls, and what only a look inside can show. */

#include "config.h"
#include "lib/fault_control.h"
#include "lib/harness.h"

#include <signal.h>

#include <sys/wait.h>

#include "core/readiness.h"

enum { MANY = 50 };

struct world {
	struct mio_poll *poll;
	struct mio_registration *registrations[MANY];
	struct mio_readiness *readiness[MANY];
};

static void
begin(struct world *world, unsigned options)
{
	int i;

	world->poll = new_poll();
	for (i = 0; i < MANY; i++) {
		assert_ok(mio_registration_create(&world->registrations[i],
		    &world->readiness[i]));
		assert_ok(mio_poll_register(world->poll,
		    mio_registration_source(world->registrations[i]),
		    (mio_token_t)i, MIO_READABLE, options));
	}
}

static void
end(struct world *world)
{
	int i;

	for (i = 0; i < MANY; i++) {
		mio_registration_destroy(world->registrations[i]);
		mio_readiness_unref(world->readiness[i]);
	}
	mio_poll_destroy(world->poll);
}

/* Also after a sleep that ended by itself: mio left its marker standing. */
START_TEST(sets_on_a_poll_that_is_awake_cost_no_system_call)
{
	struct mio_event events[MANY];
	struct world world;
	int i;

	begin(&world, MIO_EDGE);
	assert_ok(mio_poll(world.poll, events, MANY, MS(1)));
	fault_reset_counts();
	for (i = 0; i < 100 * MANY; i++)
		assert_ok(mio_readiness_set(world.readiness[i % MANY],
		    MIO_READABLE));
	ck_assert_uint_eq(fault_count(NULL), 0);
	ck_assert_int_eq(mio_poll(world.poll, events, MANY, -1), MANY);
	for (i = 0; i < MANY; i++)
		assert_ok(mio_readiness_set(world.readiness[i],
		    MIO_READABLE));
	ck_assert_uint_eq(fault_count("write"), 0);
	end(&world);
}
END_TEST

START_TEST(only_the_first_set_on_an_armed_poll_signals)
{
	struct mio_event events[MANY];
	struct world world;
	int i;

	begin(&world, MIO_EDGE);
	assert_ok(mio_poll_arm(world.poll));
	fault_reset_counts();
	for (i = 0; i < 100 * MANY; i++)
		assert_ok(mio_readiness_set(world.readiness[i % MANY],
		    MIO_READABLE));
	ck_assert_uint_eq(
	    fault_count("write") + fault_count("kevent_wake"), 1);
	ck_assert_int_eq(mio_poll(world.poll, events, MANY, -1), MANY);

	/* a look ends what was armed */
	assert_ok(mio_poll_arm(world.poll));
	assert_ok(mio_poll(world.poll, events, MANY, 0));
	fault_reset_counts();
	assert_ok(mio_readiness_set(world.readiness[0], MIO_READABLE));
	ck_assert_uint_eq(fault_count(NULL), 0);
	end(&world);
}
END_TEST

START_TEST(registering_costs_no_system_call)
{
	struct world world;

	begin(&world, MIO_LEVEL);
	fault_reset_counts();
	assert_ok(mio_poll_reregister(world.poll,
	    mio_registration_source(world.registrations[0]), 1, MIO_READABLE,
	    0));
	assert_ok(mio_poll_deregister(world.poll,
	    mio_registration_source(world.registrations[0])));
	assert_ok(mio_poll_register(world.poll,
	    mio_registration_source(world.registrations[0]), 1, MIO_READABLE,
	    0));
	ck_assert_uint_eq(fault_count(NULL), 0);
	end(&world);
}
END_TEST

/* An overflow would free what others still use: it ends the program. */
START_TEST(too_many_references_are_a_trap)
{
	struct mio_registration *registration;
	struct mio_readiness *readiness;
	int status;
	pid_t pid;

	assert_ok(mio_registration_create(&registration, &readiness));
	atomic_store(&readiness->refs, (UINT32_C(1) << 31) - 1);
	ck_assert_ptr_eq(mio_readiness_ref(readiness), readiness);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)mio_readiness_ref(readiness);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	atomic_store(&readiness->refs, 2);
	mio_registration_destroy(registration);
	mio_readiness_unref(readiness);
}
END_TEST

/* A waker and a registration stay small: a program may have many. */
START_TEST(a_readiness_is_at_most_two_cache_lines)
{
	ck_assert_uint_le(sizeof(struct mio_readiness), 128);
}
END_TEST

START_TEST(no_memory_is_reported)
{
	struct mio_registration *registration = NULL;
	struct mio_readiness *readiness = NULL;

	fault_arm("calloc", 1, ENOMEM);
	assert_error(mio_registration_create(&registration, &readiness),
	    ENOMEM);
	ck_assert(fault_disarm());
	ck_assert_ptr_null(registration);
	ck_assert_ptr_null(readiness);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("readiness");
	TCase *cost = new_case(suite, "cost");
	TCase *limits = new_case(suite, "limits");

	tcase_add_test(cost, sets_on_a_poll_that_is_awake_cost_no_system_call);
	tcase_add_test(cost, only_the_first_set_on_an_armed_poll_signals);
	tcase_add_test(cost, registering_costs_no_system_call);
	tcase_add_test(limits, too_many_references_are_a_trap);
	tcase_add_test(limits, a_readiness_is_at_most_two_cache_lines);
	tcase_add_test(limits, no_memory_is_reported);

	return run_suite(suite);
}
