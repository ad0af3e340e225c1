/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 15, MOST = 16, ROUND_NS = 1000000000 };

void
must(int ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "bench: %s failed\n", what);
		exit(EXIT_FAILURE);
	}
}

static double
now_ns(void)
{
	struct timespec ts;

	must(clock_gettime(CLOCK_MONOTONIC, &ts) == 0, "clock_gettime");

	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
time_one(const struct contestant *contestant, unsigned long times)
{
	double begun = now_ns();

	contestant->run(times);

	return (now_ns() - begun) / (double)times;
}

/* How often it runs in one round; this also warms it up. */
static unsigned long
in_a_round(const struct contestant *contestant, unsigned long times)
{
	double ns = time_one(contestant, times / 100 + 1);

	if (ns * (double)times <= ROUND_NS)
		ns = time_one(contestant, times / 10 + 1);

	return ns * (double)times <= ROUND_NS ? times :
	    (unsigned long)(ROUND_NS / ns) + 1;
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

void
compare(const char *what, const struct contestant *contestants, size_t count,
    unsigned long times)
{
	static double taken[MOST][ROUNDS];
	unsigned long each[MOST];
	const char *fixed = getenv("MIO_BENCH_TIMES");
	size_t i, round;
	double first = 0;

	must(count <= MOST, "too many contestants");
	if (fixed != NULL) {
		count_only(contestants, count, strtoul(fixed, NULL, 10));
		return;
	}

	for (i = 0; i < count; i++) {
		contestants[i].begin();
		each[i] = in_a_round(&contestants[i], times);
	}
	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < count; i++)
			taken[i][round] = time_one(&contestants[i], each[i]);

	printf("\n%s\n", what);
	for (i = 0; i < count; i++) {
		contestants[i].end();
		first = print_samples(
		    contestants[i].name, taken[i], ROUNDS, first);
	}
	fflush(stdout);
}
