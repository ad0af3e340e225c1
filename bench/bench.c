/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 15, MOST = 16, ROUND_NS = 1000000000 };

enum { ELAPSED, PROCESSOR, CLOCKS };

static const struct {
	clockid_t id;
	const char *name;
} clocks[CLOCKS] = {
	[ELAPSED] = { CLOCK_MONOTONIC, "elapsed" },
	[PROCESSOR] = { CLOCK_PROCESS_CPUTIME_ID, "processor" },
};

void
must(int ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "bench: %s failed\n", what);
		exit(EXIT_FAILURE);
	}
}

static double
now_ns(clockid_t clock)
{
	struct timespec ts;

	must(clock_gettime(clock, &ts) == 0, "clock_gettime");

	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Measures the time of one iteration by each of the clocks. */
static void
time_one(const struct contestant *contestant, unsigned long times,
    double ns[CLOCKS])
{
	int i;

	for (i = 0; i < CLOCKS; i++)
		ns[i] = now_ns(clocks[i].id);
	contestant->run(times);
	for (i = 0; i < CLOCKS; i++)
		ns[i] = (now_ns(clocks[i].id) - ns[i]) / (double)times;
}

/* Returns the iterations of a round; this run also warms up. */
static unsigned long
in_a_round(const struct contestant *contestant, unsigned long times)
{
	double ns[CLOCKS];

	time_one(contestant, times / 100 + 1, ns);
	if (ns[ELAPSED] * (double)times <= ROUND_NS)
		time_one(contestant, times / 10 + 1, ns);

	return ns[ELAPSED] * (double)times <= ROUND_NS ? times :
	    (unsigned long)(ROUND_NS / ns[ELAPSED]) + 1;
}

static void
count_only(const struct contestant *contestants, size_t count,
    unsigned long times)
{
	const char *wanted = getenv("MIO_BENCH_CONTESTANT");
	size_t i;

	for (i = 0; i < count; i++) {
		if (wanted != NULL && atoi(wanted) != (int)i)
			continue;
		if (wanted != NULL)
			(void)puts(contestants[i].name);
		contestants[i].begin();
		contestants[i].run(times);
		contestants[i].end();
	}
}

double
print_samples(const char *name, double *samples, size_t count, double first)
{
	double median;

	qsort(samples, count, sizeof(samples[0]), by_value);
	median = samples[count / 2];
	if (first <= 0)
		first = median;
	printf("  %-28s %9.2f ns  least %9.2f  ratio %6.3f\n", name, median,
	    samples[0], median / first);

	return first;
}

/* Prints a line for each contestant. */
static void
print_all(const struct contestant *contestants, size_t count,
    double durations[MOST][CLOCKS][ROUNDS], int clock)
{
	double first = 0;
	size_t i;

	for (i = 0; i < count; i++)
		first = print_samples(contestants[i].name, durations[i][clock],
		    ROUNDS, first);
}

/* Returns true if they were timed; then durations has that of each round. */
static bool
time_all(const struct contestant *contestants, size_t count,
    unsigned long times, double durations[MOST][CLOCKS][ROUNDS])
{
	unsigned long each[MOST];
	const char *fixed = getenv("MIO_BENCH_TIMES");
	double ns[CLOCKS];
	size_t i, round;
	int clock;

	must(count <= MOST, "too many contestants");
	if (fixed != NULL) {
		count_only(contestants, count, strtoul(fixed, NULL, 10));
		return false;
	}

	for (i = 0; i < count; i++) {
		contestants[i].begin();
		each[i] = in_a_round(&contestants[i], times);
	}
	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < count; i++) {
			time_one(&contestants[i], each[i], ns);
			for (clock = 0; clock < CLOCKS; clock++)
				durations[i][clock][round] = ns[clock];
		}
	}
	for (i = 0; i < count; i++)
		contestants[i].end();

	return true;
}

void
compare(const char *what, const struct contestant *contestants, size_t count,
    unsigned long times)
{
	static double durations[MOST][CLOCKS][ROUNDS];

	if (!time_all(contestants, count, times, durations))
		return;

	printf("\n%s\n", what);
	print_all(contestants, count, durations, ELAPSED);
	fflush(stdout);
}

void
compare_threads(const char *what, const struct contestant *contestants,
    size_t count, unsigned long times)
{
	static double durations[MOST][CLOCKS][ROUNDS];
	int clock;

	if (!time_all(contestants, count, times, durations))
		return;

	printf("\n%s\n", what);
	for (clock = 0; clock < CLOCKS; clock++) {
		printf(" %s\n", clocks[clock].name);
		print_all(contestants, count, durations, clock);
	}
	fflush(stdout);
}
