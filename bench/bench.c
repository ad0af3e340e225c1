/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ELAPSED, PROCESSOR, CLOCKS };

static const struct {
	clockid_t id;
	const char *unit;
} clocks[CLOCKS] = {
	[ELAPSED] = { CLOCK_MONOTONIC, "ns" },
	[PROCESSOR] = { CLOCK_PROCESS_CPUTIME_ID, "cpu-ns" },
};

typedef double durations_t[BENCH_CONTESTANTS_MAX][CLOCKS][BENCH_ROUNDS_MAX];

static double
now_ns(clockid_t clock)
{
	struct timespec ts;

	must(clock_gettime(clock, &ts) == 0, "clock_gettime");

	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* Callgrind collects in this function, which it identifies by its name. */
void bench_measured(const struct contestant *contestant, unsigned long times);

__attribute__((noinline)) void
bench_measured(const struct contestant *contestant, unsigned long times)
{
	contestant->run(times);
}

/* Measures the time of one iteration by each of the clocks. */
static void
time_one(
    const struct contestant *contestant, unsigned long times, double ns[CLOCKS])
{
	int i;

	for (i = 0; i < CLOCKS; i++)
		ns[i] = now_ns(clocks[i].id);
	bench_measured(contestant, times);
	for (i = 0; i < CLOCKS; i++)
		ns[i] = (now_ns(clocks[i].id) - ns[i]) / (double)times;
}

/* Returns the iterations of a round; this run also warms up. */
static unsigned long
in_a_round(const struct contestant *contestant, unsigned long times)
{
	double ns[CLOCKS], most = bench_round_ns();

	time_one(contestant, times / 100 + 1, ns);
	if (ns[ELAPSED] * (double)times <= most)
		time_one(contestant, times / 10 + 1, ns);

	return ns[ELAPSED] * (double)times <= most
	    ? times
	    : (unsigned long)(most / ns[ELAPSED]) + 1;
}

static void
count_only(
    const struct contestant *contestants, size_t count, unsigned long times)
{
	const char *wanted = getenv("MIO_BENCH_CONTESTANT");
	size_t i;

	for (i = 0; i < count; i++) {
		if (wanted != NULL && atoi(wanted) != (int)i)
			continue;
		if (wanted != NULL)
			(void)puts(contestants[i].name);
		contestants[i].begin();
		bench_measured(&contestants[i], times);
		contestants[i].end();
	}
}

/* Returns true if this run is not one that measures time. */
static bool
other_than_time(const struct contestant *contestants, size_t count)
{
	const char *fixed = getenv("MIO_BENCH_TIMES");
	size_t i;

	must(count <= BENCH_CONTESTANTS_MAX, "too many contestants");
	if (getenv("MIO_BENCH_LIST") != NULL) {
		for (i = 0; i < count; i++)
			bench_list(i, contestants[i].name);
		return true;
	}
	if (fixed != NULL) {
		count_only(contestants, count, strtoul(fixed, NULL, 10));
		return true;
	}

	return false;
}

/* Measures a round of a contestant, which has begun. */
static void
time_round(const struct contestant *contestant, unsigned long times,
    double into[CLOCKS][BENCH_ROUNDS_MAX], size_t round)
{
	double ns[CLOCKS];
	int clock;

	time_one(contestant, times, ns);
	for (clock = 0; clock < CLOCKS; clock++)
		into[clock][round] = ns[clock];
}

static void
time_together(const struct contestant *contestants, size_t count,
    unsigned long times, durations_t durations)
{
	unsigned long each[BENCH_CONTESTANTS_MAX];
	size_t i, round, turn, rounds = bench_rounds();

	for (i = 0; i < count; i++) {
		contestants[i].begin();
		each[i] = in_a_round(&contestants[i], times);
	}
	for (round = 0; round < rounds; round++) {
		bench_progress(round, rounds);
		for (turn = 0; turn < count; turn++) {
			i = bench_rotated(round, turn, count);
			time_round(
			    &contestants[i], each[i], durations[i], round);
		}
	}
	for (i = 0; i < count; i++)
		contestants[i].end();
}

static void
time_apart(const struct contestant *contestants, size_t count,
    unsigned long times, durations_t durations)
{
	unsigned long each[BENCH_CONTESTANTS_MAX];
	size_t i, round, turn, rounds = bench_rounds();

	for (i = 0; i < count; i++) {
		contestants[i].begin();
		each[i] = in_a_round(&contestants[i], times);
		contestants[i].end();
	}
	for (round = 0; round < rounds; round++) {
		bench_progress(round, rounds);
		for (turn = 0; turn < count; turn++) {
			i = bench_rotated(round, turn, count);
			contestants[i].begin();
			contestants[i].run(each[i] / 10 + 1); /* warms up */
			time_round(
			    &contestants[i], each[i], durations[i], round);
			contestants[i].end();
		}
	}
}

static void
compare_by(bool apart, int clock_count, const char *what,
    const struct contestant *contestants, size_t count, unsigned long times)
{
	static durations_t durations;
	double first;
	size_t i;
	int clock;

	if (other_than_time(contestants, count))
		return;

	if (apart)
		time_apart(contestants, count, times, durations);
	else
		time_together(contestants, count, times, durations);
	printf("\n%s\n", what);
	for (clock = 0; clock < clock_count; clock++)
		for (first = 0, i = 0; i < count; i++)
			first = bench_samples(contestants[i].name,
			    clocks[clock].unit, durations[i][clock],
			    bench_rounds(), first);
}

void
compare(const char *what, const struct contestant *contestants, size_t count,
    unsigned long times)
{
	compare_by(false, ELAPSED + 1, what, contestants, count, times);
}

void
compare_threads(const char *what, const struct contestant *contestants,
    size_t count, unsigned long times)
{
	compare_by(false, CLOCKS, what, contestants, count, times);
}

void
compare_apart(const char *what, const struct contestant *contestants,
    size_t count, unsigned long times, bool processor_too)
{
	compare_by(true, processor_too ? CLOCKS : ELAPSED + 1, what,
	    contestants, count, times);
}
