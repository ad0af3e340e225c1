/* SPDX-License-Identifier: MIT */

/*
 * The cost of timeouts while many are pending. The program runs with each
 * population, or with those that are given as arguments. Each contestant gets
 * the same sequence of random times within a minute, in whole milliseconds.
 *
 * Time is simulated, because waiting for a minute fifty times would take too
 * long. This program defines clock_gettime(), which the libraries find before
 * that of the C library. It calls the real function first, so that reading the
 * clock has its usual cost.
 */

#define _GNU_SOURCE

#include "timers.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { STEP_MS = 10, SPAN_MS = 60000, PARTS = 100 };

/* The limit of a contestant, in rounds of compare(); it gets at least one. */
enum { PATIENCE = 20 };

enum {
	INSERT, RESET, PUT_OFF, CANCEL, IN_ORDER, STEPS, JUMP, NEXT, CASES
};

static const struct timers *const contestants[] = {
	&mio_timers,
	&wheel_timers,
#ifdef HAVE_RUST
	&mio06_timers,
#endif
#ifdef HAVE_UV
	&uv_timers,
#endif
#ifdef HAVE_EV
	&ev_timers,
#endif
#ifdef HAVE_EVENT
	&event_timers,
#endif
#ifdef HAVE_SDEVENT
	&sdevent_timers,
#endif
#ifdef HAVE_TIMEOUT_C
	&timeout_timers,
#endif
};

enum { CONTESTANTS = sizeof(contestants) / sizeof(contestants[0]) };

static const char *const names[CASES] = {
	"insert", "reset", "put-off", "cancel", "in-order", "step", "jump",
	"next",
};

static const char *const titles[CASES] = {
	"inserting one", "resetting one",
	"putting one off to a minute from now", "cancelling one",
	"cancelling one, in the order of setting",
	"expiring one, in steps of 10 ms", "expiring one, all at once",
	"asking when the next one is due, after a step of 10 ms",
};

static double durations[CASES][CONTESTANTS][BENCH_ROUNDS_MAX];
static double bytes[CONTESTANTS];

/* The number of rounds of each contestant, and their total time. */
static size_t rounds_done[CONTESTANTS];
static double spent_ns[CONTESTANTS];

/* ---- time */

uint64_t bench_now_ms = 1000000000007;

static int (*real_gettime)(clockid_t id, struct timespec *ts);

static void
find_real_gettime(void)
{
	*(void **)&real_gettime = dlsym(RTLD_NEXT, "clock_gettime");
	must(real_gettime != NULL, "dlsym");
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	if (real_gettime == NULL)
		find_real_gettime();
	if (real_gettime(id, ts) != 0)
		return -1;

	ts->tv_sec = (time_t)(bench_now_ms / 1000);
	ts->tv_nsec = (long)(bench_now_ms % 1000 * 1000000);

	return 0;
}

static double
now_ns(void)
{
	struct timespec ts;

	if (real_gettime == NULL)
		find_real_gettime();
	must(real_gettime(CLOCK_MONOTONIC, &ts) == 0, "clock_gettime");

	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* Returns the minimum time that two calls to now_ns() add to a measurement. */
static double
overhead_ns(void)
{
	double begun, each, least = 1e9;
	int try, i;

	for (try = 0; try < 20; try++) {
		begun = now_ns();
		for (i = 0; i < 100; i++)
			(void)now_ns();
		each = (now_ns() - begun) / 101;
		if (each < least)
			least = each;
	}

	return least;
}

/* ---- the sequence, which is the same every time */

static uint32_t *first_ms, *second_ms, *full_span, *order, *in_order;

static uint32_t
random_below(uint32_t limit)
{
	static uint64_t state = 88172645463325252;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;

	return (uint32_t)((state >> 32) * limit >> 32);
}

static void
make_sequence(size_t count)
{
	size_t i, j;

	first_ms = calloc(count, sizeof(*first_ms));
	second_ms = calloc(count, sizeof(*second_ms));
	full_span = calloc(count, sizeof(*full_span));
	order = calloc(count, sizeof(*order));
	in_order = calloc(count, sizeof(*in_order));
	must(first_ms != NULL && second_ms != NULL && full_span != NULL &&
	    order != NULL && in_order != NULL, "calloc");

	for (i = 0; i < count; i++) {
		first_ms[i] = 1 + random_below(SPAN_MS);
		second_ms[i] = 1 + random_below(SPAN_MS);
		full_span[i] = SPAN_MS;
		in_order[i] = (uint32_t)i;
		j = random_below((uint32_t)i + 1);
		order[i] = order[j];
		order[j] = (uint32_t)i;
	}
}

static void
free_sequence(void)
{
	free(first_ms);
	free(second_ms);
	free(full_span);
	free(order);
	free(in_order);
}

/* ---- the cases of a round, which callgrind identifies by their names */

static size_t repeats;

#define NOINLINE __attribute__((noinline))

static NOINLINE void
case_insert(const struct timers *self, size_t count)
{
	self->insert(first_ms, count);
}

static NOINLINE void
case_reset(const struct timers *self, size_t count)
{
	self->reset(order, second_ms, count);
}

/* Like a second of messages that move the timeouts of connections. */
static NOINLINE void
case_put_off(const struct timers *self, size_t count)
{
	size_t part = count / PARTS, i;

	for (i = 0; i < PARTS; i++, bench_now_ms += STEP_MS)
		self->reset(order + i * part, full_span, part);
	self->reset(order + i * part, full_span, count - i * part);
}

static NOINLINE void
case_cancel(const struct timers *self, size_t count)
{
	self->cancel(order, count);
}

/* Like the timeouts of requests whose replies arrive in order. */
static NOINLINE void
case_in_order(const struct timers *self, size_t count)
{
	self->cancel(in_order, count);
}

static NOINLINE size_t
case_step(const struct timers *self)
{
	bench_now_ms += STEP_MS;

	return self->expire();
}

static NOINLINE size_t
case_jump(const struct timers *self)
{
	bench_now_ms += SPAN_MS + STEP_MS;

	return self->expire();
}

static NOINLINE int64_t
case_next(const struct timers *self)
{
	return self->next();
}

/* Runs two cases: after each step it asks for the next deadline. */
static void
run_steps(const struct timers *self, size_t count, double *steps, double *next)
{
	double overhead = overhead_ns(), begun, middle;
	double sum_steps = 0, sum_next = 0;
	size_t expired = 0, i;

	self->insert(first_ms, count);
	for (i = 0; i <= SPAN_MS / STEP_MS; i++) {
		begun = now_ns();
		expired += case_step(self);
		middle = now_ns();
		if (self->next != NULL)
			(void)case_next(self);
		sum_next += now_ns() - middle - overhead;
		sum_steps += middle - begun - overhead;
	}
	must(expired == count, self->name);

	*steps = sum_steps / (double)count;
	*next = sum_next / (double)i;
}

static void
add_duration(
    int which, size_t contestant, size_t round, size_t count, double ns)
{
	durations[which][contestant][round] += ns / (double)(count * repeats);
}

static void
run_changes(size_t which, size_t count, size_t round)
{
	const struct timers *self = contestants[which];
	double t[5];
	int i;

	t[0] = now_ns();
	case_insert(self, count);
	t[1] = now_ns();
	case_reset(self, count);
	t[2] = now_ns();
	case_put_off(self, count);
	t[3] = now_ns();
	case_cancel(self, count);
	t[4] = now_ns();

	for (i = INSERT; i <= CANCEL; i++)
		add_duration(i, which, round, count, t[i + 1] - t[i]);
}

static void
run_in_order(size_t which, size_t count, size_t round)
{
	const struct timers *self = contestants[which];
	double begun;

	self->insert(first_ms, count);
	self->reset(order, second_ms, count);
	begun = now_ns();
	case_in_order(self, count);
	add_duration(IN_ORDER, which, round, count, now_ns() - begun);
}

static void
run_jump(size_t which, size_t count, size_t round)
{
	const struct timers *self = contestants[which];
	double begun;

	self->insert(first_ms, count);
	begun = now_ns();
	must(case_jump(self) == count, self->name);
	add_duration(JUMP, which, round, count, now_ns() - begun);
}

/*
 * The result depends on the position of the current time among the digits of a
 * wheel. It differs between rounds and is the same for all cases of a round.
 */
static void
go_to_start(const struct timers *self, size_t round)
{
	bench_now_ms = (bench_now_ms | 0xffffff) + 1 + round * 24593;
	(void)self->expire();
}

static void
run_round(size_t which, size_t count)
{
	size_t round = rounds_done[which]++, i;
	double begun = now_ns();
	int c;

	for (c = 0; c < CASES; c++)
		durations[c][which][round] = 0;
	go_to_start(contestants[which], round);
	for (i = 0; i < repeats; i++)
		run_changes(which, count, round);
	for (i = 0; i < repeats; i++)
		run_in_order(which, count, round);
	for (i = 0; i < repeats; i++)
		run_jump(which, count, round);
	go_to_start(contestants[which], round);
	run_steps(contestants[which], count, &durations[STEPS][which][round],
	    &durations[NEXT][which][round]);
	spent_ns[which] += now_ns() - begun;
}

/* ---- all rounds, and the results */

static double
allocated(void)
{
	struct mallinfo2 info = mallinfo2();

	return (double)info.uordblks + (double)info.hblkhd;
}

static bool
participates(size_t which, size_t count)
{
	return contestants[which]->most == 0 ||
	    count <= contestants[which]->most;
}

static void
begin(size_t which, size_t count)
{
	const struct timers *self = contestants[which];
	double before = allocated();

	self->begin(count);
	self->insert(first_ms, count);
	bytes[which] = (allocated() - before) / (double)count;
	self->cancel(order, count);
	rounds_done[which] = 0;
	spent_ns[which] = 0;
}

static void
print_all(size_t count)
{
	size_t i;
	int which;
	double first;

	for (which = 0; which < CASES; which++) {
		printf("\n%s, %zu pending\n", titles[which], count);
		bench_case("timers", names[which], count);
		for (first = 0, i = 0; i < CONTESTANTS; i++)
			if (participates(i, count) && (which != NEXT ||
			    contestants[i]->next != NULL))
				first = bench_samples(contestants[i]->name,
				    "ns", durations[which][i],
				    rounds_done[i], first);
	}

	printf("\nmemory for one, including its handle, %zu pending\n", count);
	bench_case("timers", "memory", count);
	for (first = 0, i = 0; i < CONTESTANTS; i++)
		if (participates(i, count))
			first = bench_samples(
			    contestants[i]->name, "bytes", &bytes[i], 1, first);
}

static void
run_all(size_t count)
{
	size_t rounds = bench_rounds(), round, turn, i;

	must(count > 0, "counting timeouts");
	repeats = 20000 / count + 1;
	make_sequence(count);
	for (i = 0; i < CONTESTANTS; i++)
		if (participates(i, count))
			begin(i, count);
	bench_case("timers", "all", count);
	for (round = 0; round < rounds; round++) {
		bench_progress(round, rounds);
		for (turn = 0; turn < CONTESTANTS; turn++) {
			i = bench_rotated(round, turn, CONTESTANTS);
			if (participates(i, count) &&
			    spent_ns[i] < PATIENCE * bench_round_ns())
				run_round(i, count);
		}
	}
	for (i = 0; i < CONTESTANTS; i++)
		if (participates(i, count))
			contestants[i]->end();
	print_all(count);
	free_sequence();
}

/* For callgrind: runs one round of one contestant, or prints its name. */
static void
count_only(const char *which, size_t count)
{
	size_t i = strtoul(which, NULL, 10);

	if (i >= CONTESTANTS)
		exit(1);
	printf("%s\n", contestants[i]->name);
	fflush(stdout);
	if (count == 0)
		return;
	repeats = 1;
	make_sequence(count);
	begin(i, count);
	run_round(i, count);
	contestants[i]->end();
}

int
main(int argc, char **argv)
{
	static const size_t counts[] = { 1000, 10000, 100000, 1000000 };
	const char *which = getenv("MIO_BENCH_CONTESTANT");
	size_t i, most = bench_quick() ? 100000 : SIZE_MAX;

#ifdef HAVE_RUST
	bench_rust_versions();
#endif
	if (getenv("MIO_BENCH_LIST") != NULL)
		return 0;
	if (which != NULL)
		count_only(which, argc > 1 ? strtoul(argv[1], NULL, 10) : 0);
	else if (argc > 1)
		for (i = 1; i < (size_t)argc; i++)
			run_all(strtoul(argv[i], NULL, 10));
	else
		for (i = 0; i < sizeof(counts) / sizeof(counts[0]) &&
		     counts[i] <= most; i++)
			run_all(counts[i]);

	return 0;
}
