/* SPDX-License-Identifier: MIT */

/*
 * On a machine that has run for more seconds than 32 bits hold: in a namespace
 * where that is so, if the system has such and lets us make one.
 */

#include "config.h"
#include "lib/harness.h"

#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>

#include <sys/wait.h>

#ifdef CLONE_NEWUSER

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static bool
put_forward(int64_t seconds)
{
	char line[64];
	int length, fd;
	bool put;

	if (unshare(CLONE_NEWUSER | CLONE_NEWTIME) != 0)
		return false;

	length = snprintf(line, sizeof(line), "monotonic %lld 0\n",
	    (long long)seconds);
	fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	put = write(fd, line, (size_t)length) == length;

	return close(fd) == 0 && put;
}

#else

static bool
put_forward(int64_t seconds)
{
	(void)seconds;

	return false;
}

#endif

static const int64_t seconds[] = {
	INT32_MAX - 1,
	INT64_C(1) << 31,
	INT64_C(1) << 32,
};

/* Runs it in a process whose clock is there: whether that could be done. */
static void
run_late(int64_t offset, void (*run)(void))
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (!put_forward(offset))
			_exit(0);
		/* a child of its creator is the first one inside */
		pid = fork();
		if (pid == 0) {
			(void)alarm(50);
			must(now_ns() / SECONDS(1) >= offset);
			run();
			_exit(0);
		}
		if (waitpid(pid, &status, 0) != pid || status != 0)
			_exit(1);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

struct waiter {
	struct mio_poll *poll;
	int64_t timeout_ns, took_ns;
	struct mio_event event;
	int n;
	_Atomic bool back;
	pthread_t thread;
};

static void *
wait_once(void *argument)
{
	struct waiter *self = argument;
	int64_t begin = now_ns();

	self->n = mio_poll(self->poll, &self->event, 1, self->timeout_ns);
	self->took_ns = now_ns() - begin;
	self->back = true;

	return NULL;
}

enum { WAITERS = 4 };

static int
back(const struct waiter *waiters)
{
	int count = 0;
	int i;

	for (i = 0; i < WAITERS; i++)
		count += waiters[i].back;

	return count;
}

static void
start_waiters(struct waiter *waiters, struct mio_poll *poll, int64_t timeout_ns)
{
	int i;

	for (i = 0; i < WAITERS; i++) {
		waiters[i] = (struct waiter){
			.poll = poll, .timeout_ns = timeout_ns,
		};
		waiters[i].thread = start(wait_once, &waiters[i]);
	}
}

static void
check_cpu_time(int64_t begin, int64_t most)
{
	if (!is_slowed_down() && cpu_ns() - begin > most) {
		(void)fprintf(stderr, "%lld ns of the processor\n",
		    (long long)(cpu_ns() - begin));
		_exit(1);
	}
}

/* They end in time, are woken, and use next to no processor meanwhile. */
static void
wait_side_by_side(void)
{
	struct mio_poll *poll = new_poll();
	struct waiter waiters[WAITERS];
	struct mio_waker *waker;
	int64_t begin = cpu_ns();
	int i;

	must(mio_waker_create(&waker, poll, 5) == 0);
	start_waiters(waiters, poll, MS(500));
	for (i = 0; i < WAITERS; i++) {
		join(waiters[i].thread);
		must(waiters[i].n == 0);
		must(waiters[i].took_ns >= MS(500));
	}
	start_waiters(waiters, poll, SECONDS(40));
	(void)usleep(300000);
	for (i = 0; i < WAITERS; i++) {
		must(mio_waker_wake(waker) == 0);
		while (back(waiters) < i + 1)
			(void)usleep(10000);
	}
	for (i = 0; i < WAITERS; i++)
		join(waiters[i].thread);
	check_cpu_time(begin, MS(250));
	mio_waker_destroy(waker);
	mio_poll_destroy(poll);
}

/* The alarm rings in time, and for one thread at a time. */
static void
wait_for_timers(void)
{
	struct mio_poll *poll = new_poll();
	struct waiter waiters[WAITERS];
	struct mio_timer *timer;
	struct mio_event event;
	int64_t begin = cpu_ns();
	uint64_t asked;
	mio_token_t state;
	int i;

	must(mio_timer_create(&timer, 0, 0) == 0);
	must(mio_poll_register(poll, mio_timer_source(timer), 7, MIO_READABLE,
		 MIO_LEVEL) == 0);
	for (i = 1; i < 5; i++) {
		asked = mio_clock_now();
		must(mio_timer_set(timer, (uint64_t)MS(10 * i), 1, NULL) == 0);
		must(mio_poll(poll, &event, 1, SECONDS(40)) == 1);
		must(mio_clock_now() - asked >= (uint64_t)MS(10 * i));
		must(mio_timer_expire(timer, &state, 1) == 1);
	}
	start_waiters(waiters, poll, SECONDS(40));
	must(mio_timer_set(timer, (uint64_t)MS(500), 1, NULL) == 0);
	for (i = 0; i < WAITERS; i++) {
		join(waiters[i].thread);
		must(waiters[i].n == 1 && waiters[i].event.token == 7);
		must(waiters[i].took_ns < SECONDS(30));
	}
	check_cpu_time(begin, MS(250));
	mio_timer_destroy(timer);
	mio_poll_destroy(poll);
}

static void *
receive_later(void *argument)
{
	uint64_t message;

	(void)usleep(300000);
	must(mio_receiver_recv(argument, &message) == 0);

	return NULL;
}

/* A sender sleeps until there is room. */
static void
wait_for_room(void)
{
	struct mio_receiver *receiver;
	struct mio_sender *sender;
	int64_t begin = cpu_ns();
	uint64_t message = 1;
	pthread_t thread;

	must(mio_sync_channel_create(&sender, &receiver, 8, 1) == 0);
	must(mio_sender_send(sender, &message) == 0);
	thread = start(receive_later, receiver);
	must(mio_sender_send(sender, &message) == 0);
	join(thread);
	check_cpu_time(begin, MS(150));
	mio_sender_unref(sender);
	mio_receiver_destroy(receiver);
}

START_TEST(threads_wait_side_by_side)
{
	run_late(seconds[_i], wait_side_by_side);
}
END_TEST

START_TEST(timers_fire)
{
	run_late(seconds[_i], wait_for_timers);
}
END_TEST

START_TEST(senders_wait_for_room)
{
	run_late(seconds[_i], wait_for_room);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("uptime");
	TCase *tcase = new_case(suite, "uptime");
	int rows = sizeof(seconds) / sizeof(seconds[0]);

	tcase_add_loop_test(tcase, threads_wait_side_by_side, 0, rows);
	tcase_add_loop_test(tcase, timers_fire, 0, rows);
	tcase_add_loop_test(tcase, senders_wait_for_room, 0, rows);

	return run_suite(suite);
}
