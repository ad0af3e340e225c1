/* SPDX-License-Identifier: MIT */

/*
 * The growing queue of a channel is compared with a counter of its messages in
 * many random steps, in which it grows, falls asleep and is closed. Memory must
 * be allocated only when more messages wait than ever before.
 */

#include "config.h"
#include "lib/fault_control.h"
#include "lib/harness.h"

#include "channel/segments.h"

enum { STEPS = 200000, BATCH = 300 };

static uint32_t row;

static uint32_t
random_below(uint32_t n)
{
	row ^= row << 13;
	row ^= row >> 17;
	row ^= row << 5;

	return row % n;
}

struct subject {
	struct mio__segments queue;
	/* what is expected; the record is the most that have waited */
	uint64_t oldest, waiting, record, room;
	bool asleep;
};

static void
begin(struct subject *s, size_t limit)
{
	memset(s, 0, sizeof(*s));
	assert_ok(mio__segments_init(&s->queue, 8, limit));
	s->room = limit;
	s->asleep = true;
}

static void
push(struct subject *s)
{
	uint64_t message = s->oldest + s->waiting;
	unsigned allocated = fault_count("calloc");
	enum mio__push pushed;

	pushed = mio__segments_push(&s->queue, &message);
	if (pushed == MIO__PUSH_FULL) {
		must(s->waiting == s->room);
		must(s->waiting == s->record);
		assert_ok(mio__segments_grow(&s->queue));
		must(fault_count("calloc") == allocated + 1);
		/* growing again changes nothing */
		assert_ok(mio__segments_grow(&s->queue));
		must(fault_count("calloc") == allocated + 1);
		s->room *= 2;
		allocated++;
		pushed = mio__segments_push(&s->queue, &message);
	}
	must(fault_count("calloc") == allocated);
	must(pushed == (s->asleep ? MIO__PUSH_WAKE : MIO__PUSH_DONE));
	s->asleep = false;
	s->waiting++;
	if (s->record < s->waiting)
		s->record = s->waiting;
}

static void
read_some(struct subject *s, size_t count)
{
	uint64_t in[BATCH + 1];
	size_t n, i;

	in[count] = 17;
	n = mio__segments_peek(&s->queue, in, count);
	must(in[count] == 17);
	/* fewer than wait, as a batch ends with its ring */
	must(n <= s->waiting);
	must((n > 0) == (s->waiting > 0));
	for (i = 0; i < n; i++)
		must(in[i] == s->oldest + i);
	if (random_below(2) == 0)
		mio__segments_pop(&s->queue, n);
	else
		mio__segments_pop_ordered(&s->queue, n);
	s->oldest += n;
	s->waiting -= n;
}

static void
fall_asleep(struct subject *s)
{
	size_t offset = mio__segments_tail_offset(&s->queue);
	size_t found = mio__segments_fall_asleep(&s->queue);

	if (s->waiting > 0) {
		must(offset >= MIO__STEP);
		must(found >= MIO__STEP);
		return;
	}
	must(offset == (s->asleep ? MIO__TAIL_ASLEEP : 0));
	must(found == offset);
	s->asleep = true;
	must(mio__segments_tail_offset(&s->queue) == MIO__TAIL_ASLEEP);
}

static void
end(struct subject *s)
{
	bool asleep;
	size_t offset;

	asleep = mio__segments_close(&s->queue);
	ck_assert_int_eq(asleep, s->asleep);
	while (s->waiting > 0)
		read_some(s, BATCH);
	offset = mio__segments_fall_asleep(&s->queue);
	ck_assert_uint_eq(offset,
	    MIO__TAIL_CLOSED | (asleep ? MIO__TAIL_ASLEEP : 0));
	offset = mio__segments_fall_asleep(&s->queue);
	ck_assert_uint_eq(offset, MIO__TAIL_CLOSED | MIO__TAIL_ASLEEP);
	mio__segments_fini(&s->queue);
}

START_TEST(it_is_a_queue_that_grows)
{
	static const size_t limits[] = { 1, 2, 3, 7, 8, 33, 64 };
	struct subject s;
	uint32_t more;
	int i;

	row = 0x31415926u + (uint32_t)_i;
	begin(&s, limits[_i]);
	for (i = 0; i < STEPS / (is_slowed_down() ? 20 : 1); i++) {
		/* mostly empty, but now and then many messages wait */
		more = i % 2000 > 1700 ? 12 : 4;
		if (random_below(16) < more)
			push(&s);
		else if (random_below(8) < 7)
			read_some(&s, 1 + random_below(more == 12 ? 2 : 8));
		else
			fall_asleep(&s);
	}
	ck_assert_uint_gt(s.room, limits[_i]);
	end(&s);
}
END_TEST

/* As many messages as have waited before fit at any position of the ring. */
START_TEST(record_is_enough_at_every_position)
{
	struct subject s;
	unsigned allocated;
	uint64_t room;
	int i;

	row = 0x27182818u;
	begin(&s, 5);
	while (s.waiting < 41)
		push(&s);
	room = s.room;
	allocated = fault_count("calloc");
	for (i = 0; i < 500; i++) {
		while (s.waiting > (uint64_t)(i % 41))
			read_some(&s, 1);
		while (s.waiting < 41)
			push(&s);
	}
	ck_assert_uint_eq(s.room, room);
	ck_assert_uint_eq(fault_count("calloc"), allocated);
	end(&s);
}
END_TEST

/* A slow sender finds that the queue has moved on from its ring. */
START_TEST(old_ring_returns_moved)
{
	struct subject s;
	struct mio__ring *old;
	uint64_t message = 1;

	begin(&s, 2);
	old = atomic_load(&s.queue.newest);
	push(&s);
	push(&s);
	push(&s);
	ck_assert_ptr_ne(old, atomic_load(&s.queue.newest));
	ck_assert_int_eq(mio__ring_push(old, &message), MIO__PUSH_MOVED);
	end(&s);
}
END_TEST

/* The reader has read the old ring; the newer one is not stored yet. */
START_TEST(growing_is_not_empty)
{
	struct subject s;
	struct mio__ring *old, *newer;

	begin(&s, 2);
	push(&s);
	push(&s);
	push(&s);
	old = s.queue.reading;
	newer = atomic_exchange(&old->newer, NULL);
	read_some(&s, 2);
	ck_assert_uint_eq(s.waiting, 1);
	ck_assert_uint_ge(mio__segments_tail_offset(&s.queue), MIO__STEP);
	ck_assert_uint_ge(mio__segments_fall_asleep(&s.queue), MIO__STEP);
	atomic_store(&old->newer, newer);
	read_some(&s, 2);
	fall_asleep(&s);
	ck_assert(s.asleep);
	end(&s);
}
END_TEST

START_TEST(nothing_is_pushed_after_a_close)
{
	struct subject s;
	uint64_t message = 1;

	begin(&s, 2);
	push(&s);
	mio__segments_close(&s.queue);
	ck_assert_int_eq(mio__segments_push(&s.queue, &message),
	    MIO__PUSH_CLOSED);
	mio__segments_fini(&s.queue);
}
END_TEST

START_TEST(no_memory_loses_nothing)
{
	const char *call = _i == 0 ? "posix_memalign" : "calloc";
	struct subject s;
	uint64_t message = 2;

	fault_arm(call, 1, ENOMEM);
	assert_error(mio__segments_init(&s.queue, 8, 2), ENOMEM);
	ck_assert(fault_disarm());
	begin(&s, 2);
	push(&s);
	push(&s);
	ck_assert_int_eq(mio__segments_push(&s.queue, &message),
	    MIO__PUSH_FULL);
	fault_arm(call, 1, ENOMEM);
	assert_error(mio__segments_grow(&s.queue), ENOMEM);
	ck_assert(fault_disarm());
	ck_assert_int_eq(mio__segments_push(&s.queue, &message),
	    MIO__PUSH_FULL);
	read_some(&s, 1);
	push(&s);
	push(&s);
	end(&s);
}
END_TEST

START_TEST(lines_are_not_shared)
{
	size_t newest = offsetof(struct mio__segments, newest);
	size_t reading = offsetof(struct mio__segments, reading);
	size_t head = offsetof(struct mio__segments, head);

	ck_assert_uint_ne(newest / 64, reading / 64);
	ck_assert_uint_ne(newest / 64, head / 64);
	ck_assert_uint_eq(sizeof(struct mio__segments) % 64, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("segments");
	TCase *walks = new_case(suite, "walks");
	TCase *steps = new_case(suite, "steps");

	tcase_add_loop_test(walks, it_is_a_queue_that_grows, 0, 7);
	tcase_add_test(walks, record_is_enough_at_every_position);
	tcase_add_test(steps, old_ring_returns_moved);
	tcase_add_test(steps, growing_is_not_empty);
	tcase_add_test(steps, nothing_is_pushed_after_a_close);
	tcase_add_loop_test(steps, no_memory_loses_nothing, 0, 2);
	tcase_add_test(steps, lines_are_not_shared);

	return run_suite(suite);
}
