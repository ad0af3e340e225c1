/* SPDX-License-Identifier: MIT */

/*
 * The ring of a channel is compared with a counter of its messages in many
 * random steps: for message sizes and limits that are not powers of two, too,
 * and where positions wrap around.
 */

#include "config.h"
#include "lib/fault_control.h"
#include "lib/harness.h"

#include "channel/ring.h"

enum { STEPS = 300000, SIZE_MAX_TESTED = 80, NAIVE = 4096 };

static uint32_t row;

static uint32_t
random_below(uint32_t n)
{
	row ^= row << 13;
	row ^= row >> 17;
	row ^= row << 5;

	return row % n;
}

/* Messages are numbered; the number fills them. */
static void
fill(unsigned char *message, size_t size, uint32_t number)
{
	size_t i;

	for (i = 0; i < size; i++)
		message[i] = (unsigned char)(number * 31 + i * (number | 1));
}

struct subject {
	struct mio__ring *ring;
	atomic_size_t head;
	size_t position;
	/* the expected content: numbers from `oldest' on */
	uint32_t oldest, waiting;
	size_t limit, size;
	bool asleep;
};

static void
check(struct subject *s)
{
	size_t tail = atomic_load(&s->ring->tail);

	must((tail & ~MIO__TAIL_FLAGS) - s->position ==
	    s->waiting * MIO__STEP);
	must(((tail & MIO__TAIL_ASLEEP) != 0) == s->asleep);
	must(mio__ring_is_filled(s->ring, s->position) == (s->waiting > 0));
	must(mio__ring_is_full(s->ring, tail & ~MIO__TAIL_FLAGS) ==
	    (s->waiting == s->limit));
}

static void
push(struct subject *s)
{
	unsigned char message[SIZE_MAX_TESTED];
	enum mio__push expected = MIO__PUSH_DONE;

	if (s->waiting == s->limit)
		expected = MIO__PUSH_FULL;
	else if (s->asleep)
		expected = MIO__PUSH_WAKE;
	fill(message, s->size, s->oldest + s->waiting);
	must(mio__ring_push(s->ring, message) == expected);
	if (expected == MIO__PUSH_FULL)
		return;
	s->waiting++;
	s->asleep = false;
}

/* Reads up to count messages, and removes some of them. */
static void
read_some(struct subject *s, uint32_t count)
{
	static unsigned char in[NAIVE * SIZE_MAX_TESTED + 1];
	unsigned char expected[SIZE_MAX_TESTED];
	size_t n, i;

	in[count * s->size] = 0xee;
	n = mio__ring_peek(s->ring, s->position, in, count);
	must(in[count * s->size] == 0xee);
	must(n == (count < s->waiting ? count : s->waiting));
	for (i = 0; i < n; i++) {
		fill(expected, s->size, s->oldest + (uint32_t)i);
		must(memcmp(in + i * s->size, expected, s->size) == 0);
	}
	n = n > 0 ? random_below((uint32_t)n + 1) : 0;
	s->position += n * MIO__STEP;
	s->oldest += (uint32_t)n;
	s->waiting -= (uint32_t)n;
	atomic_store(&s->head, s->position);
}

static void
walk(size_t size, size_t limit, size_t begin)
{
	struct subject s = {
		.position = begin, .limit = limit, .size = size,
		.asleep = true,
	};
	uint32_t most = (uint32_t)limit + 2;
	int i;

	atomic_init(&s.head, begin);
	s.ring = mio__ring_create(size, limit, &s.head,
	    begin | MIO__TAIL_ASLEEP);
	ck_assert_ptr_nonnull(s.ring);
	for (i = 0; i < STEPS / (is_slowed_down() ? 20 : 1); i++) {
		/* the ring fills and empties, again and again */
		if (random_below(200) < 50 + (uint32_t)(i / 500 % 2) * 100)
			push(&s);
		else if (s.waiting > 0 || random_below(4) == 0)
			read_some(&s, 1 + random_below(most));
		else if (!s.asleep && random_below(2) == 0) {
			s.asleep = true;
			atomic_fetch_or(&s.ring->tail, MIO__TAIL_ASLEEP);
		}
		check(&s);
	}
	mio__ring_destroy(s.ring);
}

START_TEST(it_is_a_queue)
{
	static const struct {
		size_t size, limit;
	} rows[] = {
		{ 8, 1 }, { 8, 2 }, { 8, 3 }, { 8, 64 }, { 8, 100 },
		{ 64, 5 }, { 64, 33 }, { 1, 7 }, { 80, 10 }, { 13, 17 },
	};

	row = 0x12345678u + (uint32_t)_i;
	walk(rows[_i].size, rows[_i].limit, 0);
}
END_TEST

START_TEST(positions_wrap_around)
{
	static const size_t limits[] = { 1, 2, 5, 16, 50 };

	row = 0x9abcdefu + (uint32_t)_i;
	walk(8, limits[_i], (size_t)0 - 100 * MIO__STEP);
	walk(64, limits[_i], (size_t)0 - MIO__STEP);
	walk(3, limits[_i], (size_t)-1 / 2 + 1 - 7 * MIO__STEP);
}
END_TEST

START_TEST(nothing_is_pushed_after_the_end)
{
	static const struct {
		size_t flag;
		enum mio__push result;
	} rows[] = {
		{ MIO__TAIL_CLOSED, MIO__PUSH_CLOSED },
		{ MIO__TAIL_MOVED, MIO__PUSH_MOVED },
		{ MIO__TAIL_MOVED | MIO__TAIL_CLOSED, MIO__PUSH_CLOSED },
	};
	uint64_t message = 1;
	atomic_size_t head;
	struct mio__ring *ring;

	atomic_init(&head, 0);
	ring = mio__ring_create(8, 2, &head, 0);
	ck_assert_int_eq(mio__ring_push(ring, &message), MIO__PUSH_DONE);
	atomic_fetch_or(&ring->tail, rows[_i].flag);
	ck_assert_int_eq(mio__ring_push(ring, &message), rows[_i].result);
	ck_assert_uint_eq(mio__ring_peek(ring, 0, &message, 1), 1);
	ck_assert_uint_eq(mio__ring_peek(ring, MIO__STEP, &message, 1), 0);
	mio__ring_destroy(ring);
}
END_TEST

/* A sender may check a position that the head has already passed. */
START_TEST(old_positions_are_not_full)
{
	atomic_size_t head;
	struct mio__ring *ring;
	size_t end = 40 * MIO__STEP;

	atomic_init(&head, end);
	ring = mio__ring_create(8, 4, &head, end);
	ck_assert(!mio__ring_is_full(ring, end));
	ck_assert(!mio__ring_is_full(ring, end - MIO__STEP));
	ck_assert(!mio__ring_is_full(ring, end + 3 * MIO__STEP));
	ck_assert(mio__ring_is_full(ring, end + 4 * MIO__STEP));
	atomic_store(&head, end + MIO__STEP);
	ck_assert(!mio__ring_is_full(ring, end + 4 * MIO__STEP));
	mio__ring_destroy(ring);
}
END_TEST

START_TEST(no_memory_leaks_nothing)
{
	atomic_size_t head;

	atomic_init(&head, 0);
	fault_arm("posix_memalign", 1, ENOMEM);
	ck_assert_ptr_null(mio__ring_create(8, 4, &head, 0));
	ck_assert(fault_disarm());
	fault_arm("calloc", 1, ENOMEM);
	ck_assert_ptr_null(mio__ring_create(8, 4, &head, 0));
	ck_assert(fault_disarm());
}
END_TEST

/* The members that senders store have a cache line of their own. */
START_TEST(lines_are_not_shared)
{
	ck_assert_uint_ge(offsetof(struct mio__ring, tail), 64);
	ck_assert_uint_eq(offsetof(struct mio__ring, tail) % 64, 0);
	ck_assert_uint_eq(sizeof(struct mio__ring) % 64, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ring");
	TCase *walks = new_case(suite, "walks");
	TCase *steps = new_case(suite, "steps");

	tcase_add_loop_test(walks, it_is_a_queue, 0, 10);
	tcase_add_loop_test(walks, positions_wrap_around, 0, 5);
	tcase_add_loop_test(steps, nothing_is_pushed_after_the_end, 0, 3);
	tcase_add_test(steps, old_positions_are_not_full);
	tcase_add_test(steps, no_memory_leaks_nothing);
	tcase_add_test(steps, lines_are_not_shared);

	return run_suite(suite);
}
