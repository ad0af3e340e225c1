/* SPDX-License-Identifier: MIT */

/* The events of one wait on a kqueue, which are made of several records. */

#include "config.h"
#include "lib/harness.h"

#include "sys/kqueue_batch.h"

#define R MIO_READABLE
#define W MIO_WRITABLE

START_TEST(records_of_a_registration_are_one_event)
{
	struct mio_event events[4];
	struct mio__kqueue_batch batch = { .events = events, .capacity = 4 };

	ck_assert(mio__kqueue_batch_put(&batch, 3, 7, R));
	ck_assert(mio__kqueue_batch_put(&batch, 4, 7, R));
	ck_assert(mio__kqueue_batch_put(&batch, 3, 8, R)); /* modified */
	ck_assert(mio__kqueue_batch_put(&batch, 3, 7, W));
	ck_assert(mio__kqueue_batch_put(&batch, 3 + MIO__BATCH_BITS, 7, W));
	ck_assert_int_eq(mio__kqueue_batch_end(&batch), 4);
	ck_assert_uint_eq(events[0].token, 7);
	ck_assert_uint_eq(events[0].ready, R | W);
	ck_assert_uint_eq(events[1].token, 7);
	ck_assert_uint_eq(events[1].ready, R);
	ck_assert_uint_eq(events[2].token, 8);
	ck_assert_uint_eq(events[2].ready, R);
	ck_assert_uint_eq(events[3].ready, W);
	ck_assert_uint_eq(events[0].reserved | events[3].reserved, 0);
}
END_TEST

START_TEST(a_full_batch_has_no_room_for_another)
{
	struct mio_event event;
	struct mio__kqueue_batch batch = { .events = &event, .capacity = 1 };

	ck_assert(mio__kqueue_batch_put(&batch, 3, 7, R));
	ck_assert(!mio__kqueue_batch_put(&batch, 4, 7, R));
	ck_assert(mio__kqueue_batch_put(&batch, 3, 7, W));
	ck_assert_int_eq(mio__kqueue_batch_end(&batch), 1);
	ck_assert_uint_eq(event.ready, R | W);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("kqueue_batch");
	TCase *tcase = new_case(suite, "batch");

	tcase_add_test(tcase, records_of_a_registration_are_one_event);
	tcase_add_test(tcase, a_full_batch_has_no_room_for_another);

	return run_suite(suite);
}
