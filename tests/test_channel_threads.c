/* SPDX-License-Identifier: MIT */

/*
 * Channels between threads. Every message has a number, and the receiver checks
 * that none is lost or received twice. The program is built a second time, as
 * internal_channel_yields, with a library that yields at each
 * MIO__YIELD_POINT().
 */

#include "config.h"
#include "lib/harness.h"

#include <sched.h>
#include <stdatomic.h>

/* A test of n rounds takes about a second or two; fewer if threads are slow. */
static unsigned
rounds(unsigned n)
{
	return is_slowed_down() ? n / 50 + 1 : n;
}

enum { SENDERS = 4 };

struct message {
	uint32_t sender, number;
};

struct world {
	struct mio_poll *poll;
	struct mio_sender *sender;
	struct mio_receiver *receiver;
	struct mio_source *source;
	size_t bound;
	unsigned options;
	size_t batch;        /* how many messages a call receives at most */
	bool short_is_empty; /* a short batch counts as -EAGAIN */
	uint32_t next[SENDERS]; /* the number that is expected next */
	unsigned polls, ends;
};

static void
begin(struct world *world)
{
	if (world->bound == 0)
		assert_ok(mio_channel_create(&world->sender, &world->receiver,
		    sizeof(struct message)));
	else
		assert_ok(mio_sync_channel_create(&world->sender,
		    &world->receiver, sizeof(struct message), world->bound));
	world->source = mio_receiver_source(world->receiver);
}

struct sending {
	struct mio_sender *sender;
	uint32_t id, count, sent;
	bool tries; /* sends with mio_sender_try_send() */
	uint32_t *data; /* not atomic: the message has to order it */
	int last;       /* the result of the last send */
};

static int
send_one(struct sending *self, const struct message *message)
{
	int r;

	if (!self->tries)
		return mio_sender_send(self->sender, message);

	/* pauses, because the receiver may need this processor */
	while ((r = mio_sender_try_send(self->sender, message)) == -EAGAIN)
		usleep(1);

	return r;
}

/*
 * Sends as many messages as it is to, or until a send fails, and then drops its
 * reference.
 */
static void *
send_numbers(void *argument)
{
	struct sending *self = argument;
	struct message message = { .sender = self->id };
	int r = 0;

	for (; message.number < self->count && r == 0; message.number++) {
		if (self->data != NULL)
			self->data[message.number % 64] = message.number;
		r = send_one(self, &message);
		self->sent += r == 0;
	}
	self->last = r;
	mio_sender_unref(self->sender);

	return NULL;
}

/* Checks that these are the next messages of their senders. */
static void
account(struct world *world, const struct message *messages, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		must(messages[i].sender < SENDERS);
		must(messages[i].number == world->next[messages[i].sender]);
		world->next[messages[i].sender]++;
	}
}

/* Receives up to `most' messages. Returns 0, or the error that ended it. */
static int
receive_up_to(struct world *world, size_t most)
{
	struct message messages[256];
	size_t room;
	int n;

	for (; most > 0; most -= (size_t)n) {
		room = most < world->batch ? most : world->batch;
		if (room == 1)
			n = mio_receiver_recv(world->receiver, messages) ?: 1;
		else
			n = mio_receiver_recv_batch(world->receiver, messages,
			    room);
		if (n < 0)
			return n;
		account(world, messages, n);
		if (world->short_is_empty && (size_t)n < room)
			return -EAGAIN;
	}

	return 0;
}

/*
 * Waits for one event and receives messages until -EAGAIN, or some of them if
 * the event is a level. Returns -EPIPE at the end.
 */
static int
wait_and_receive(struct world *world)
{
	bool level = !(world->options & MIO_EDGE);
	struct mio_event event;
	int r;

	must(mio_poll(world->poll, &event, 1, PATIENCE) == 1);
	must(event.token == 7 && (event.ready & MIO_READABLE));
	world->polls++;
	world->ends += (event.ready & MIO_READ_CLOSED) != 0;

	/* with a level, messages may stay in the channel */
	r = receive_up_to(world, level ? world->batch * 3 : SIZE_MAX);
	if (world->options & MIO_ONESHOT)
		assert_ok(mio_poll_reregister(world->poll, world->source, 7,
		    MIO_READABLE, world->options));

	return r;
}

static const size_t bounds[] = { 0, 1, 2, 64, 1000 };
enum { BOUNDS = sizeof(bounds) / sizeof(bounds[0]) };
static const unsigned options[] = {
	MIO_LEVEL, MIO_EDGE, MIO_LEVEL | MIO_ONESHOT, MIO_EDGE | MIO_ONESHOT,
};

/* In mio, a receive at the same time as a send lost the wake. */
START_TEST(every_message_arrives_once_and_in_order)
{
	struct world world = {
		.poll = new_poll(),
		.bound = bounds[_i % BOUNDS],
		.options = options[_i / BOUNDS % 4],
		.batch = _i % 3 == 0 ? 1 : 100,
	};
	unsigned senders = _i % 2 == 0 ? 1 : SENDERS;
	/* with a small bound, threads switch for each message */
	unsigned each = rounds(world.bound - 1 < 2 ? 3000 : 50000);
	struct sending sending[SENDERS];
	pthread_t threads[SENDERS];
	unsigned i;

	begin(&world);
	assert_ok(mio_poll_register(world.poll, world.source, 7, MIO_READABLE,
	    world.options));
	for (i = 0; i < senders; i++) {
		sending[i] = (struct sending){
			.sender = mio_sender_ref(world.sender),
			.id = i, .count = each, .tries = i % 2 == 1,
		};
		threads[i] = start(send_numbers, &sending[i]);
	}
	mio_sender_unref(world.sender);
	while (wait_and_receive(&world) != -EPIPE)
		continue;
	for (i = 0; i < senders; i++) {
		join(threads[i]);
		ck_assert_int_eq(sending[i].last, 0);
		ck_assert_uint_eq(world.next[i], each);
	}
	mio_receiver_destroy(world.receiver);
	mio_poll_destroy(world.poll);
}
END_TEST

/* After a batch that is not full the channel is empty: an edge must follow. */
START_TEST(short_batches_need_no_further_check)
{
	struct world world = {
		.poll = new_poll(),
		.bound = bounds[_i],
		.options = MIO_EDGE,
		.batch = 100,
		.short_is_empty = true,
	};
	unsigned each = rounds(world.bound - 1 < 2 ? 3000 : 50000);
	struct sending sending[SENDERS];
	pthread_t threads[SENDERS];
	unsigned i;

	begin(&world);
	assert_ok(mio_poll_register(world.poll, world.source, 7, MIO_READABLE,
	    world.options));
	for (i = 0; i < SENDERS; i++) {
		sending[i] = (struct sending){
			.sender = mio_sender_ref(world.sender),
			.id = i, .count = each,
		};
		threads[i] = start(send_numbers, &sending[i]);
	}
	mio_sender_unref(world.sender);
	while (wait_and_receive(&world) != -EPIPE)
		continue;
	for (i = 0; i < SENDERS; i++) {
		join(threads[i]);
		ck_assert_uint_eq(world.next[i], each);
	}
	mio_receiver_destroy(world.receiver);
	mio_poll_destroy(world.poll);
}
END_TEST

/* The receiver waits in the poll before nearly every message. */
START_TEST(sleeping_receiver_is_never_stuck)
{
	struct world world = {
		.poll = new_poll(), .bound = _i < 2 ? 0 : 3,
		.options = options[_i % 2], .batch = 1,
	};
	struct mio_sender *back;
	struct mio_receiver *replies;
	uint32_t count = rounds(10000), i;
	struct message message;
	struct mio_event event;
	struct sending sending;
	struct mio_poll *poll = new_poll();
	pthread_t thread;

	/* the receiver also sends itself messages on a second channel */
	begin(&world);
	assert_ok(mio_channel_create(&back, &replies, sizeof(message)));
	assert_ok(mio_poll_register(poll, mio_receiver_source(replies), 1,
	    MIO_READABLE, world.options));
	assert_ok(mio_poll_register(world.poll, world.source, 7, MIO_READABLE,
	    world.options));
	sending = (struct sending){ .sender = world.sender, .count = count };
	thread = start(send_numbers, &sending);
	for (i = 0; world.next[0] < count; i++) {
		(void)wait_and_receive(&world);
		message = (struct message){ .number = i };
		must(mio_sender_send(back, &message) == 0);
		must(mio_poll(poll, &event, 1, PATIENCE) == 1);
		must(mio_receiver_recv(replies, &message) == 0);
		must(message.number == i);
	}
	join(thread);
	mio_sender_unref(back);
	mio_receiver_destroy(replies);
	mio_receiver_destroy(world.receiver);
	mio_poll_destroy(world.poll);
	mio_poll_destroy(poll);
}
END_TEST

struct ping {
	struct mio_poll *poll;
	struct mio_receiver *receiver;
	struct mio_sender *sender;
	unsigned options;
	uint32_t rounds;
};

static void *
reply(void *argument)
{
	struct ping *self = argument;
	struct message message;
	struct mio_event event;
	uint32_t i;

	for (i = 0; i < self->rounds; i++) {
		must(mio_poll(self->poll, &event, 1, PATIENCE) == 1);
		must(mio_receiver_recv(self->receiver, &message) == 0);
		must(message.number == i);
		must(mio_sender_send(self->sender, &message) == 0);
	}

	return NULL;
}

START_TEST(ping_and_pong)
{
	unsigned option = options[_i % 2];
	struct mio_sender *senders[2];
	struct mio_receiver *receivers[2];
	struct mio_poll *polls[2];
	struct message message = { 0 };
	struct mio_event event;
	struct ping ping;
	pthread_t thread;
	uint32_t i;

	for (i = 0; i < 2; i++) {
		polls[i] = new_poll();
		assert_ok(mio_sync_channel_create(&senders[i], &receivers[i],
		    sizeof(message), 1));
		assert_ok(mio_poll_register(polls[i],
		    mio_receiver_source(receivers[i]), i, MIO_READABLE,
		    option));
	}
	ping = (struct ping){
		.poll = polls[1], .receiver = receivers[1],
		.sender = senders[0], .rounds = rounds(5000),
	};
	thread = start(reply, &ping);
	for (i = 0; i < ping.rounds; i++) {
		message.number = i;
		must(mio_sender_send(senders[1], &message) == 0);
		must(mio_poll(polls[0], &event, 1, PATIENCE) == 1);
		must(mio_receiver_recv(receivers[0], &message) == 0);
		must(message.number == i);
	}
	join(thread);
	for (i = 0; i < 2; i++) {
		mio_sender_unref(senders[i]);
		mio_receiver_destroy(receivers[i]);
		mio_poll_destroy(polls[i]);
	}
}
END_TEST

struct race {
	_Atomic(struct mio_sender *) sender;
	atomic_bool stop;
	bool drops; /* drops the sender without sending a message */
};

static void *
send_first(void *argument)
{
	struct race *race = argument;
	struct message message = { .number = 1 };
	struct mio_sender *sender;

	while (!race->stop) {
		sender = atomic_exchange(&race->sender, NULL);
		if (sender == NULL) {
			sched_yield();
			continue;
		}
		if (!race->drops)
			assert_ok(mio_sender_send(sender, &message));
		mio_sender_unref(sender);
	}

	return NULL;
}

/* In mio, a first send during a register was never reported. */
START_TEST(sending_while_registering_is_never_lost)
{
	struct race race = { .drops = _i >= 2 };
	struct mio_poll *poll = new_poll();
	struct mio_event event;
	pthread_t thread = start(send_first, &race);
	unsigned i, n = rounds(4000);
	struct message message;

	for (i = 0; i < n; i++) {
		struct world world = { .bound = i % 2 };

		begin(&world);
		race.sender = world.sender;
		while (i % 4 < 2 && race.sender != NULL)
			sched_yield();
		assert_ok(mio_poll_register(poll, world.source, i,
		    MIO_READABLE, options[_i % 2]));
		ck_assert_int_eq(mio_poll(poll, &event, 1, PATIENCE), 1);
		ck_assert_uint_eq(event.token, i);
		if (race.drops)
			ck_assert_uint_eq(event.ready,
			    MIO_READABLE | MIO_READ_CLOSED);
		else
			assert_ok(mio_receiver_recv(world.receiver, &message));
		mio_receiver_destroy(world.receiver);
	}
	race.stop = true;
	join(thread);
	mio_poll_destroy(poll);
}
END_TEST

/* What a thread wrote before a send is seen, and the end is reported once. */
START_TEST(memory_written_before_a_send_is_seen)
{
	unsigned i, n = rounds(300);

	for (i = 0; i < n; i++) {
		struct world world = {
			.poll = new_poll(), .bound = i % 3, .batch = 1,
			.options = options[i % 2],
		};
		uint32_t data[64] = { 0 };
		struct sending sending;
		struct message message;
		struct mio_event event;
		uint32_t got = 0;
		unsigned ends = 0;
		pthread_t thread;
		int r = 0;

		begin(&world);
		assert_ok(mio_poll_register(world.poll, world.source, 7,
		    MIO_READABLE, world.options));
		sending = (struct sending){
			.sender = world.sender, .count = 64, .data = data,
		};
		thread = start(send_numbers, &sending);
		while (ends == 0) {
			ck_assert_int_eq(mio_poll(world.poll, &event, 1,
			    PATIENCE), 1);
			ends += (event.ready & MIO_READ_CLOSED) != 0;
			while ((r = mio_receiver_recv(world.receiver,
			    &message)) == 0) {
				ck_assert_uint_eq(message.number, got);
				ck_assert_uint_eq(data[got], got);
				got++;
			}
		}
		ck_assert_int_eq(r, -EPIPE);
		ck_assert_uint_eq(got, 64);
		join(thread);
		ck_assert_int_eq(mio_poll(world.poll, &event, 1, 0), 0);
		mio_receiver_destroy(world.receiver);
		mio_poll_destroy(world.poll);
	}
}
END_TEST

/* All senders that wait get -EPIPE, and so do those that wait later. */
START_TEST(destroying_a_receiver_ends_every_send)
{
	unsigned i, j, n = rounds(300);

	for (i = 0; i < n; i++) {
		struct world world = {
			.poll = new_poll(), .bound = i % 5, .batch = 1,
		};
		struct sending sending[SENDERS];
		pthread_t threads[SENDERS];
		uint32_t received = i % 70;

		begin(&world);
		assert_ok(mio_poll_register(world.poll, world.source, 7,
		    MIO_READABLE, 0));
		for (j = 0; j < SENDERS; j++) {
			sending[j] = (struct sending){
				.sender = mio_sender_ref(world.sender),
				.id = j, .count = UINT32_MAX,
				.tries = i % 2 == 1 && j == 0,
			};
			threads[j] = start(send_numbers, &sending[j]);
		}
		while (received > 0) {
			(void)wait_and_receive(&world);
			received = received > 3 ? received - 3 : 0;
		}
		if (i % 3 == 0)
			mio_poll_destroy(world.poll);
		mio_receiver_destroy(world.receiver);
		if (i % 3 != 0)
			mio_poll_destroy(world.poll);
		if (i % 4 == 0)
			mio_sender_unref(world.sender);
		for (j = 0; j < SENDERS; j++) {
			join(threads[j]);
			ck_assert_int_eq(sending[j].last, -EPIPE);
			ck_assert_uint_ge(sending[j].sent, world.next[j]);
			ck_assert_uint_le(sending[j].sent, world.next[j] +
			    (world.bound == 0 ? UINT32_MAX - world.next[j] :
			    (uint32_t)world.bound));
		}
		if (i % 4 != 0)
			mio_sender_unref(world.sender);
	}
}
END_TEST

/* The receiver is slow, and several senders wait: none waits for ever. */
START_TEST(every_waiting_sender_gets_room)
{
	enum { EACH = 200 };
	struct world world = {
		.poll = new_poll(), .bound = 1 + (size_t)_i, .batch = 1,
		.options = MIO_LEVEL,
	};
	struct sending sending[SENDERS];
	pthread_t threads[SENDERS];
	unsigned i;

	begin(&world);
	assert_ok(mio_poll_register(world.poll, world.source, 7, MIO_READABLE,
	    MIO_LEVEL));
	for (i = 0; i < SENDERS; i++) {
		sending[i] = (struct sending){
			.sender = mio_sender_ref(world.sender),
			.id = i, .count = EACH,
		};
		threads[i] = start(send_numbers, &sending[i]);
	}
	mio_sender_unref(world.sender);
	while (wait_and_receive(&world) != -EPIPE)
		sched_yield();
	for (i = 0; i < SENDERS; i++) {
		join(threads[i]);
		ck_assert_uint_eq(sending[i].sent, EACH);
		ck_assert_uint_eq(world.next[i], EACH);
	}
	mio_receiver_destroy(world.receiver);
	mio_poll_destroy(world.poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("channel, threads");
	TCase *messages = new_case(suite, "messages");
	TCase *wakes = new_case(suite, "wakes");
	TCase *ends = new_case(suite, "ends");

	tcase_add_loop_test(messages, every_message_arrives_once_and_in_order,
	    0, 4 * BOUNDS);
	tcase_add_loop_test(messages, every_waiting_sender_gets_room, 0, 3);

	tcase_add_loop_test(wakes, short_batches_need_no_further_check, 0,
	    BOUNDS);
	tcase_add_loop_test(wakes, sleeping_receiver_is_never_stuck, 0, 4);
	tcase_add_loop_test(wakes, ping_and_pong, 0, 2);
	tcase_add_loop_test(wakes, sending_while_registering_is_never_lost, 0,
	    4);
	tcase_add_test(wakes, memory_written_before_a_send_is_seen);

	tcase_add_test(ends, destroying_a_receiver_ends_every_send);

	return run_suite(suite);
}
