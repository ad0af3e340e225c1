/* SPDX-License-Identifier: MIT */

/*
 * How many system calls and allocations channels make, and what they do when an
 * allocation fails.
 */

#include "config.h"
#include "alloc_trap.h"
#include "lib/fault_control.h"
#include "lib/harness.h"

enum { MANY = 1000 };

struct pair {
	struct mio_sender *sender;
	struct mio_receiver *receiver;
	struct mio_poll *poll;
};

static struct pair
new_pair(size_t bound, unsigned options)
{
	struct pair pair = { .poll = new_poll() };

	if (bound == 0)
		assert_ok(mio_channel_create(&pair.sender, &pair.receiver, 8));
	else
		assert_ok(mio_sync_channel_create(&pair.sender, &pair.receiver,
		    8, bound));
	assert_ok(mio_poll_register(pair.poll,
	    mio_receiver_source(pair.receiver), 1, MIO_READABLE, options));

	return pair;
}

static void
destroy(struct pair pair)
{
	mio_receiver_destroy(pair.receiver);
	mio_sender_unref(pair.sender);
	mio_poll_destroy(pair.poll);
}

/*
 * These two return how many calls failed. They do not assert, because Check's
 * assertions may allocate memory.
 */
static int
send_many(struct pair pair, uint64_t count)
{
	uint64_t i;
	int bad = 0;

	for (i = 0; i < count; i++)
		bad += mio_sender_send(pair.sender, &i) != 0;

	return bad;
}

static int
receive_many(struct pair pair, uint64_t count)
{
	uint64_t i, message;
	int bad = 0;

	for (i = 0; i < count; i++)
		bad += mio_receiver_recv(pair.receiver, &message) != 0 ||
		    message != i;
	bad += mio_receiver_recv(pair.receiver, &message) != -EAGAIN;

	return bad;
}

START_TEST(burst_on_a_poll_that_is_awake_costs_no_system_call)
{
	struct pair pair = new_pair(_i == 0 ? 0 : MANY, MIO_EDGE);
	struct mio_event event;
	int round;

	/* the poll has slept, and its wait ended by the timeout */
	assert_ok(mio_poll(pair.poll, &event, 1, MS(1)));
	ck_assert_int_eq(send_many(pair, MANY), 0);
	ck_assert_int_eq(receive_many(pair, MANY), 0);
	fault_reset_counts();
	for (round = 0; round < 10; round++) {
		ck_assert_int_eq(send_many(pair, MANY), 0);
		ck_assert_int_eq(receive_many(pair, MANY), 0);
	}
	ck_assert_uint_eq(fault_count(NULL), 0);
	destroy(pair);
}
END_TEST

START_TEST(burst_on_an_armed_poll_signals_once)
{
	struct pair pair = new_pair(_i == 0 ? 0 : MANY, MIO_EDGE);

	ck_assert_int_eq(send_many(pair, MANY), 0);
	ck_assert_int_eq(receive_many(pair, MANY), 0);
	assert_ok(mio_poll_arm(pair.poll));
	fault_reset_counts();
	ck_assert_int_eq(send_many(pair, MANY), 0);
	ck_assert_int_eq(receive_many(pair, MANY), 0);
	ck_assert_int_eq(send_many(pair, MANY), 0);
	ck_assert_uint_eq(
	    fault_count("write") + fault_count("kevent_wake"), 1);
	ck_assert_uint_eq(fault_count(NULL), 1);
	destroy(pair);
}
END_TEST

START_TEST(bounded_allocates_nothing)
{
	struct pair pair;
	struct mio_event event;
	unsigned long before;
	uint64_t messages[MANY];
	int bad = 0;
	int i;

	if (!alloc_trap_works())
		return;

	pair = new_pair(MANY, MIO_LEVEL);
	before = alloc_trap_count();
	for (i = 0; i < 20; i++) {
		bad += mio_sender_ref(pair.sender) != pair.sender;
		bad += send_many(pair, MANY) != 0;
		bad += mio_sender_try_send(pair.sender, &i) != -EAGAIN;
		bad += mio_poll(pair.poll, &event, 1, -1) != 1;
		bad += mio_receiver_recv_batch(pair.receiver, messages,
		    MANY) != MANY;
		bad += mio_poll(pair.poll, &event, 1, 0) != 0;
		mio_sender_unref(pair.sender);
	}
	ck_assert_uint_eq(alloc_trap_count() - before, 0);
	ck_assert_int_eq(bad, 0);
	destroy(pair);
}
END_TEST

/*
 * The record is the largest number of messages that have waited at one time.
 * Bursts up to it begin at different positions of the ring.
 */
START_TEST(unbounded_allocates_nothing_below_its_record)
{
	struct pair pair;
	struct mio_event event;
	unsigned long before;
	int bad = 0;
	uint64_t i;

	if (!alloc_trap_works())
		return;

	pair = new_pair(0, MIO_LEVEL);
	ck_assert_int_eq(send_many(pair, 50 * MANY), 0);
	ck_assert_int_eq(receive_many(pair, 50 * MANY), 0);
	before = alloc_trap_count();
	for (i = 0; i < 20; i++) {
		bad += send_many(pair, 50 * MANY - i * 777 % MANY);
		bad += mio_poll(pair.poll, &event, 1, -1) != 1;
		bad += receive_many(pair, 50 * MANY - i * 777 % MANY);
		bad += mio_poll(pair.poll, &event, 1, 0) != 0;
	}
	ck_assert_uint_eq(alloc_trap_count() - before, 0);
	ck_assert_int_eq(bad, 0);

	/* more than the record takes more memory */
	ck_assert_int_eq(send_many(pair, 200 * MANY), 0);
	ck_assert_uint_gt(alloc_trap_count(), before);
	destroy(pair);
}
END_TEST

START_TEST(no_memory_to_create_is_reported)
{
	static const struct {
		const char *call;
		unsigned nth;
	} rows[] = {
		{ "posix_memalign", 1 }, { "posix_memalign", 2 },
		{ "calloc", 1 }, { "calloc", 2 },
		{ "pthread_cond_init", 1 },
	};
	struct mio_sender *sender = NULL;
	struct mio_receiver *receiver = NULL;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fault_arm(rows[i].call, rows[i].nth, ENOMEM);
		assert_error(mio_channel_create(&sender, &receiver, 8),
		    ENOMEM);
		ck_assert(fault_disarm());
		fault_arm(rows[i].call, rows[i].nth, ENOMEM);
		assert_error(mio_sync_channel_create(&sender, &receiver, 8, 9),
		    ENOMEM);
		ck_assert(fault_disarm());
		ck_assert_ptr_null(sender);
		ck_assert_ptr_null(receiver);
	}
}
END_TEST

START_TEST(no_memory_to_grow_loses_nothing)
{
	struct pair pair = new_pair(0, MIO_LEVEL);
	uint64_t sent = 0, got = 0, message;
	int refused = 0;
	int r;

	while (sent < 50 * MANY) {
		fault_arm(sent % 2 == 0 ? "calloc" : "posix_memalign", 1,
		    ENOMEM);
		r = sent % 3 == 0 ? mio_sender_send(pair.sender, &sent) :
		    mio_sender_try_send(pair.sender, &sent);
		if (!fault_disarm()) {
			assert_ok(r);
			sent++;
			continue;
		}
		assert_error(r, ENOMEM);
		refused++;
		assert_ok(mio_sender_send(pair.sender, &sent));
		sent++;
	}
	ck_assert_int_gt(refused, 3);
	while (got < sent) {
		assert_ok(mio_receiver_recv(pair.receiver, &message));
		ck_assert_uint_eq(message, got++);
	}
	assert_error(mio_receiver_recv(pair.receiver, &message), EAGAIN);
	destroy(pair);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("channel, cost");
	TCase *calls = new_case(suite, "system calls");
	TCase *memory = new_case(suite, "memory");

	tcase_add_loop_test(calls,
	    burst_on_a_poll_that_is_awake_costs_no_system_call, 0, 2);
	tcase_add_loop_test(calls, burst_on_an_armed_poll_signals_once, 0, 2);
	tcase_add_test(memory, bounded_allocates_nothing);
	tcase_add_test(memory, unbounded_allocates_nothing_below_its_record);
	tcase_add_test(memory, no_memory_to_create_is_reported);
	tcase_add_test(memory, no_memory_to_grow_loses_nothing);

	return run_suite(suite);
}
