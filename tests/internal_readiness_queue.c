/* SPDX-License-Identifier: MIT */

/* The queue by itself, and what a wake costs in system calls. */

#include "config.h"
#include "lib/fault_control.h"
#include "lib/harness.h"

#include <poll.h>
#include <sched.h>

#include "poll/readiness_queue.h"

struct item {
	struct mio__ready_node node;
	unsigned producer, number;
};

static struct mio__readiness_queue *
new_queue(void)
{
	struct mio__readiness_queue *queue = NULL;

	assert_ok(mio__readiness_queue_create(&queue));

	return queue;
}

static struct item *
pop(struct mio__readiness_queue *queue)
{
	struct mio__ready_node *node;

	if (mio__readiness_queue_pop(queue, &node) != MIO__POP_NODE)
		return NULL;

	return (struct item *)node;
}

START_TEST(nodes_come_out_in_order_and_may_go_in_again)
{
	struct mio__readiness_queue *queue = new_queue();
	struct item items[5] = { 0 };
	int round, i, count;

	for (round = 0; round < 20; round++) {
		ck_assert(mio__readiness_queue_is_empty(queue));
		ck_assert_ptr_null(pop(queue));
		count = round % 5 + 1;
		for (i = 0; i < count; i++)
			mio__readiness_queue_push(queue, &items[i].node);
		ck_assert(!mio__readiness_queue_is_empty(queue));
		for (i = 0; i < count; i++)
			ck_assert_ptr_eq(pop(queue), &items[i]);
	}
	ck_assert_ptr_null(pop(queue));
	mio__readiness_queue_unref(queue);
}
END_TEST

/* Against the simplest queue there is, with random pushes and pops. */
START_TEST(it_behaves_like_a_naive_queue)
{
	enum { ITEMS = 16 };
	struct mio__readiness_queue *queue = new_queue();
	struct item items[ITEMS] = { 0 }, *model[ITEMS];
	bool queued[ITEMS] = { false };
	unsigned random = 12345, count = 0;
	int step;

	for (step = 0; step < (is_slowed_down() ? 5000 : 200000); step++) {
		struct item *item;

		random = random * 1103515245 + 12345;
		item = &items[random >> 16 & (ITEMS - 1)];
		if (random >> 28 & 1) {
			if (queued[item - items])
				continue;
			queued[item - items] = true;
			model[count++] = item;
			mio__readiness_queue_push(queue, &item->node);
			continue;
		}
		item = pop(queue);
		ck_assert_ptr_eq(item, count > 0 ? model[0] : NULL);
		if (item == NULL)
			continue;
		queued[item - items] = false;
		memmove(model, model + 1, --count * sizeof(model[0]));
		ck_assert_int_eq(mio__readiness_queue_is_empty(queue),
		    count == 0);
	}
	while (pop(queue) != NULL)
		count--;
	ck_assert_uint_eq(count, 0);
	mio__readiness_queue_unref(queue);
}
END_TEST

/* A push that stopped half-way: nothing is lost, and it is not "empty". */
START_TEST(unfinished_push_hides_but_does_not_lose)
{
	struct mio__readiness_queue *queue = new_queue();
	struct item first = { 0 }, second = { 0 }, *prev;
	struct mio__ready_node *node;

	/* the first half of a push of first, by hand */
	prev = (struct item *)atomic_exchange(&queue->tail, &first.node);
	mio__readiness_queue_push(queue, &second.node);
	ck_assert_int_eq(mio__readiness_queue_pop(queue, &node),
	    MIO__POP_UNLINKED);
	ck_assert(!mio__readiness_queue_is_empty(queue));
	ck_assert(!mio__readiness_queue_fall_asleep(queue));

	atomic_store(&prev->node.next, &first.node);
	ck_assert_ptr_eq(pop(queue), &first);
	ck_assert_ptr_eq(pop(queue), &second);
	ck_assert_ptr_null(pop(queue));
	mio__readiness_queue_unref(queue);
}
END_TEST

enum { PRODUCERS = 4 };

static unsigned
numbers(void)
{
	return is_slowed_down() ? 1000 : 50000;
}

struct producer {
	struct mio__readiness_queue *queue;
	struct item *items;
	unsigned index;
};

static void *
produce(void *argument)
{
	struct producer *self = argument;
	unsigned count = numbers();
	unsigned i;

	for (i = 0; i < count; i++) {
		self->items[i].producer = self->index;
		self->items[i].number = i;
		mio__readiness_queue_push(self->queue, &self->items[i].node);
	}

	return NULL;
}

START_TEST(many_producers_lose_nothing_and_keep_their_order)
{
	struct mio__readiness_queue *queue = new_queue();
	struct producer producers[PRODUCERS];
	pthread_t threads[PRODUCERS];
	unsigned next[PRODUCERS] = { 0 };
	unsigned left = PRODUCERS * numbers();
	unsigned i;

	for (i = 0; i < PRODUCERS; i++) {
		producers[i] = (struct producer){
			queue, calloc(numbers(), sizeof(struct item)), i,
		};
		threads[i] = start(produce, &producers[i]);
	}
	while (left > 0) {
		struct item *item = pop(queue);

		if (item == NULL) {
			(void)poll(NULL, 0, 1);
			continue;
		}
		ck_assert_uint_eq(item->number, next[item->producer]++);
		left--;
	}
	ck_assert_ptr_null(pop(queue));
	for (i = 0; i < PRODUCERS; i++) {
		join(threads[i]);
		free(producers[i].items);
	}
	mio__readiness_queue_unref(queue);
}
END_TEST

static unsigned
signals(void)
{
	return fault_count("write");
}

/* mio 0.6 before 0.6.21: a stale sleep marker cost a write per signal. */
START_TEST(pushes_to_one_who_is_awake_cost_no_system_call)
{
	struct mio__readiness_queue *queue = new_queue();
	struct item items[100] = { 0 };
	int i;

	ck_assert(mio__readiness_queue_fall_asleep(queue));
	mio__readiness_queue_wake_up(queue);
	fault_reset_counts();
	for (i = 0; i < 100; i++)
		mio__readiness_queue_push(queue, &items[i].node);
	ck_assert_uint_eq(fault_count(NULL), 0);
	mio__readiness_queue_unref(queue);
}
END_TEST

START_TEST(only_the_first_push_to_one_who_sleeps_signals)
{
	struct mio__readiness_queue *queue = new_queue();
	struct item items[100] = { 0 };
	int i;

	ck_assert(mio__readiness_queue_fall_asleep(queue));
	fault_reset_counts();
	for (i = 0; i < 100; i++)
		mio__readiness_queue_push(queue, &items[i].node);
	ck_assert_uint_eq(signals(), 1);
	ck_assert(!mio__readiness_queue_fall_asleep(queue));
	mio__readiness_queue_unref(queue);
}
END_TEST

START_TEST(wakes_of_a_busy_poll_cost_no_system_call)
{
	struct mio_waker *wakers[50];
	struct mio_poll *poll = new_poll();
	struct mio_event events[64];
	int i;

	for (i = 0; i < 50; i++)
		assert_ok(mio_waker_create(&wakers[i], poll,
		    (mio_token_t)i));
	assert_ok(mio_poll(poll, events, 64, MS(1)));

	fault_reset_counts();
	for (i = 0; i < 5000; i++)
		assert_ok(mio_waker_wake(wakers[i % 50]));
	ck_assert_uint_eq(fault_count(NULL), 0);
	ck_assert_int_eq(mio_poll(poll, events, 64, -1), 50);
	ck_assert_uint_eq(signals(), 0);

	for (i = 0; i < 50; i++)
		mio_waker_destroy(wakers[i]);
	mio_poll_destroy(poll);
}
END_TEST

/* The internal wake-up does not take the place of the real event. */
START_TEST(a_wake_up_never_takes_an_events_place)
{
	struct mio_poll *poll = new_poll();
	struct mio__waker *inner;
	struct mio_event event, events[2];
	int fds[2];
	int i;

	/* the first member of a poll's queue is its waker */
	struct { void *selector; struct mio__readiness_queue *queue; } *head;

	ck_assert_int_eq(pipe(fds), 0);
	assert_ok(mio_poll_register_fd(poll, fds[1], 5, MIO_WRITABLE, 0));
	head = (void *)poll;
	inner = &head->queue->waker;
	for (i = 0; i < 100; i++) {
		mio__waker_signal(inner);
		ck_assert_int_eq(mio_poll(poll, &event, 1, 0), 1);
		ck_assert_uint_eq(event.token, 5);
	}

	/* and the place it leaves is not filled with the same once more */
	for (i = 0; i < 100; i++) {
		mio__waker_signal(inner);
		ck_assert_int_eq(mio_poll(poll, events, 2, 0), 1);
		ck_assert_uint_eq(events[0].token, 5);
	}

	/* nor does it show when there is nothing else */
	assert_ok(mio_poll_deregister_fd(poll, fds[1]));
	mio__waker_signal(inner);
	expect_nothing(poll);

	assert_ok(mio_fd_close(fds[0]));
	assert_ok(mio_fd_close(fds[1]));
	mio_poll_destroy(poll);
}
END_TEST

static void *
sleep_in_poll(void *argument)
{
	struct mio_event event;

	ck_assert_int_eq(mio_poll(argument, &event, 1, -1), 1);
	ck_assert_uint_eq(event.token, 5);

	return NULL;
}

/* A counter or pipe that is full and long reported still ends a sleep. */
START_TEST(a_full_waker_still_signals)
{
	struct { void *selector; struct mio__readiness_queue *queue; } *head;
	const uint64_t almost = UINT64_MAX - 1;
	struct mio_poll *poll = new_poll();
	struct mio_waker *waker;
	pthread_t thread;
	int fd;

	head = (void *)poll;
	fd = head->queue->waker.write_fd;
	assert_ok(mio_waker_create(&waker, poll, 5));
	thread = start(sleep_in_poll, poll);
	while (!atomic_load(&head->queue->sleeping))
		(void)sched_yield();

	/* what fills it wakes the sleeper, who finds nothing and sleeps on */
	while (write(fd, &almost, sizeof(almost)) > 0)
		continue;
	ck_assert_int_eq(errno, EAGAIN);
	(void)usleep(20000);
	while (write(fd, &almost, sizeof(almost)) > 0)
		continue;
	ck_assert_int_eq(errno, EAGAIN);

	assert_ok(mio_waker_wake(waker));
	join(thread);
	mio_waker_destroy(waker);
	mio_poll_destroy(poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("readiness_queue");
	TCase *queue = new_case(suite, "queue");
	TCase *sleep = new_case(suite, "sleep");

	tcase_add_test(queue, nodes_come_out_in_order_and_may_go_in_again);
	tcase_add_test(queue, it_behaves_like_a_naive_queue);
	tcase_add_test(queue, unfinished_push_hides_but_does_not_lose);
	tcase_add_test(queue, many_producers_lose_nothing_and_keep_their_order);

	tcase_add_test(sleep, pushes_to_one_who_is_awake_cost_no_system_call);
	tcase_add_test(sleep, only_the_first_push_to_one_who_sleeps_signals);
	tcase_add_test(sleep, wakes_of_a_busy_poll_cost_no_system_call);
	tcase_add_test(sleep, a_wake_up_never_takes_an_events_place);
	tcase_add_test(sleep, a_full_waker_still_signals);

	return run_suite(suite);
}
