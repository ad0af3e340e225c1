/* SPDX-License-Identifier: MIT */

/* The queue by itself. */

#include "config.h"
#include "lib/harness.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>

#include <sys/time.h>

#include "core/ready_queue.h"

struct item {
	struct mio__ready_node node;
	unsigned producer, number;
};

static struct item *
pop(struct mio__ready_queue *queue)
{
	mio__ready_queue_accept(queue);
	if (mio__ready_queue_is_empty(queue))
		return NULL;

	return (struct item *)mio__ready_queue_pop(queue);
}

static void
push(struct mio__ready_queue *queue, struct item *item)
{
	must(mio__ready_queue_push(queue, &item->node));
}

START_TEST(nodes_come_out_in_order_and_may_go_in_again)
{
	struct mio__ready_queue queue;
	struct item items[5] = { 0 };
	int round, i, count;

	mio__ready_queue_init(&queue);
	for (round = 0; round < 20; round++) {
		ck_assert(!mio__ready_queue_has_incoming(&queue));
		ck_assert_ptr_null(pop(&queue));
		count = round % 5 + 1;
		for (i = 0; i < count; i++)
			push(&queue, &items[i]);
		ck_assert(mio__ready_queue_has_incoming(&queue));
		for (i = 0; i < count; i++)
			ck_assert_ptr_eq(pop(&queue), &items[i]);
	}
	ck_assert_ptr_null(pop(&queue));
}
END_TEST

/* What was taken before goes before what came after; an append is the last. */
START_TEST(the_list_is_appended_to)
{
	struct mio__ready_queue queue;
	struct item items[6] = { 0 };
	static const int order[] = { 1, 2, 0, 3, 4, 5 };
	int i;

	mio__ready_queue_init(&queue);
	for (i = 0; i < 3; i++)
		push(&queue, &items[i]);
	ck_assert_ptr_eq(pop(&queue), &items[0]);
	mio__ready_queue_append(&queue, &items[0].node);
	push(&queue, &items[3]);
	push(&queue, &items[4]);
	mio__ready_queue_accept(&queue);
	mio__ready_queue_append(&queue, &items[5].node);
	for (i = 0; i < 6; i++)
		ck_assert_ptr_eq(pop(&queue), &items[order[i]]);
	ck_assert_ptr_null(pop(&queue));

	/* to an empty one as well */
	mio__ready_queue_append(&queue, &items[2].node);
	ck_assert_ptr_eq(pop(&queue), &items[2]);
	ck_assert_ptr_null(pop(&queue));
}
END_TEST

/* Against the simplest queue there is, with random pushes and pops. */
START_TEST(it_behaves_like_a_naive_queue)
{
	enum { ITEMS = 16 };
	struct mio__ready_queue queue;
	struct item items[ITEMS] = { 0 }, *model[ITEMS];
	bool queued[ITEMS] = { false };
	unsigned random = 12345, count = 0;
	int step;

	mio__ready_queue_init(&queue);
	for (step = 0; step < (is_slowed_down() ? 5000 : 200000); step++) {
		struct item *item;

		random = random * 1103515245 + 12345;
		item = &items[random >> 16 & (ITEMS - 1)];
		if (random >> 28 & 1) {
			if (queued[item - items])
				continue;
			queued[item - items] = true;
			model[count++] = item;
			push(&queue, item);
			continue;
		}
		item = pop(&queue);
		must(item == (count > 0 ? model[0] : NULL));
		if (item == NULL)
			continue;
		queued[item - items] = false;
		memmove(model, model + 1, --count * sizeof(model[0]));
		must(mio__ready_queue_is_empty(&queue) == (count == 0));
	}
	while (pop(&queue) != NULL)
		count--;
	ck_assert_uint_eq(count, 0);
}
END_TEST

/* A closed one takes nothing, and hands out what it had, in order. */
START_TEST(a_closed_queue_takes_nothing)
{
	struct mio__ready_queue queue;
	struct item items[4] = { 0 };
	int i;

	mio__ready_queue_init(&queue);
	push(&queue, &items[0]);
	mio__ready_queue_accept(&queue);
	push(&queue, &items[1]);
	push(&queue, &items[2]);
	mio__ready_queue_close(&queue);
	for (i = 0; i < 2; i++)
		ck_assert(!mio__ready_queue_push(&queue, &items[3].node));
	for (i = 0; i < 3; i++) {
		ck_assert(!mio__ready_queue_is_empty(&queue));
		ck_assert_ptr_eq(
		    mio__ready_queue_pop(&queue), &items[i].node);
	}
	ck_assert(mio__ready_queue_is_empty(&queue));

	mio__ready_queue_init(&queue);
	mio__ready_queue_close(&queue);
	ck_assert(mio__ready_queue_is_empty(&queue));
	ck_assert(!mio__ready_queue_push(&queue, &items[3].node));
}
END_TEST

enum { PRODUCERS = 4 };

static unsigned
numbers(void)
{
	return is_slowed_down() ? 1000 : 50000;
}

struct producer {
	struct mio__ready_queue *queue;
	struct item *items;
	unsigned index;
	unsigned refused_at; /* the first one that was; numbers(): none */
};

static void *
produce(void *argument)
{
	struct producer *self = argument;
	unsigned count = numbers();
	unsigned i;

	self->refused_at = count;
	for (i = 0; i < count; i++) {
		self->items[i].producer = self->index;
		self->items[i].number = i;
		if (!mio__ready_queue_push(
			self->queue, &self->items[i].node)) {
			if (self->refused_at == count)
				self->refused_at = i;
		} else {
			must(self->refused_at == count);
		}
	}

	return NULL;
}

static void
start_producers(struct mio__ready_queue *queue, struct producer *producers,
    pthread_t *threads)
{
	unsigned i;

	mio__ready_queue_init(queue);
	for (i = 0; i < PRODUCERS; i++) {
		producers[i] = (struct producer){
			queue,
			calloc(numbers(), sizeof(struct item)),
			i,
			0,
		};
		threads[i] = start(produce, &producers[i]);
	}
}

static void
end_producers(struct producer *producers, pthread_t *threads)
{
	unsigned i;

	for (i = 0; i < PRODUCERS; i++) {
		join(threads[i]);
		free(producers[i].items);
	}
}

START_TEST(many_producers_lose_nothing_and_keep_their_order)
{
	struct mio__ready_queue queue;
	struct producer producers[PRODUCERS];
	pthread_t threads[PRODUCERS];
	unsigned next[PRODUCERS] = { 0 };
	unsigned left = PRODUCERS * numbers();

	start_producers(&queue, producers, threads);
	while (left > 0) {
		struct item *item = pop(&queue);

		if (item == NULL) {
			(void)poll(NULL, 0, 1);
			continue;
		}
		must(item->number == next[item->producer]++);
		left--;
	}
	ck_assert_ptr_null(pop(&queue));
	end_producers(producers, threads);
}
END_TEST

/* Each push is either in there or refused, and once one is all later ones. */
START_TEST(closing_divides_the_pushes_in_two)
{
	struct mio__ready_queue queue;
	struct producer producers[PRODUCERS];
	pthread_t threads[PRODUCERS];
	unsigned next[PRODUCERS] = { 0 };
	unsigned i;

	start_producers(&queue, producers, threads);
	for (i = 0; i < numbers() / 10; i++)
		(void)sched_yield();
	mio__ready_queue_close(&queue);
	while (!mio__ready_queue_is_empty(&queue)) {
		struct item *item =
		    (struct item *)mio__ready_queue_pop(&queue);

		must(item->number == next[item->producer]++);
	}
	for (i = 0; i < PRODUCERS; i++)
		join(threads[i]);
	for (i = 0; i < PRODUCERS; i++) {
		ck_assert_uint_eq(producers[i].refused_at, next[i]);
		free(producers[i].items);
	}
}
END_TEST

/* A signal handler pushes in the middle of whatever its own thread does. */
static struct {
	struct mio__ready_queue queue;
	struct item item;
	volatile sig_atomic_t queued;
	volatile sig_atomic_t pushes;
} handled;

static void
push_in_handler(int number)
{
	(void)number;

	if (handled.queued)
		return;
	handled.queued = 1;
	handled.pushes++;
	must(mio__ready_queue_push(&handled.queue, &handled.item.node));
}

START_TEST(a_signal_handler_pushes)
{
	const struct itimerval often = { { 0, 50 }, { 0, 50 } };
	const struct itimerval never = { { 0, 0 }, { 0, 0 } };
	struct sigaction action = { .sa_handler = push_in_handler };
	struct item own[3] = { 0 };
	int64_t end = now_ns() + MS(200);
	unsigned popped = 0;
	int expected, i;

	mio__ready_queue_init(&handled.queue);
	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
	while (now_ns() < end) {
		for (i = 0; i < 3; i++)
			push(&handled.queue, &own[i]);
		for (expected = 0; expected < 3;) {
			struct item *item = pop(&handled.queue);

			must(item != NULL);
			if (item == &handled.item) {
				popped++;
				handled.queued = 0;
			} else {
				must(item == &own[expected++]);
			}
		}
	}
	ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
	while (pop(&handled.queue) != NULL)
		popped++;
	ck_assert_uint_eq(popped, (unsigned)handled.pushes);
	ck_assert_uint_gt(popped, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ready_queue");
	TCase *alone = new_case(suite, "alone");
	TCase *threads = new_case(suite, "threads");

	tcase_add_test(alone, nodes_come_out_in_order_and_may_go_in_again);
	tcase_add_test(alone, the_list_is_appended_to);
	tcase_add_test(alone, it_behaves_like_a_naive_queue);
	tcase_add_test(alone, a_closed_queue_takes_nothing);
	tcase_add_test(alone, a_signal_handler_pushes);

	tcase_add_test(
	    threads, many_producers_lose_nothing_and_keep_their_order);
	tcase_add_test(threads, closing_divides_the_pushes_in_two);

	return run_suite(suite);
}
