/* SPDX-License-Identifier: MIT */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>

/*
 * Contestants are timed in turns, round after round, so that what disturbs the
 * machine disturbs all; the median of the rounds counts. A contestant whose
 * round would take more than a second runs fewer times. Under callgrind, where
 * MIO_BENCH_TIMES is set, each runs once, that many times, and nothing is timed;
 * MIO_BENCH_CONTESTANT is the number of one that runs alone and says its name.
 */

struct contestant {
	const char *name;
	void (*begin)(void);
	void (*run)(unsigned long times);
	void (*end)(void);
};

/*
 * Runs every contestant and prints a line for each: nanoseconds for one of
 * times, and how that compares with the first one.
 */
void compare(const char *what, const struct contestant *contestants,
    size_t count, unsigned long times);

/*
 * The same for contestants that run threads: one line for the time that passes,
 * and one for the processors' time that the whole process takes.
 */
void compare_threads(const char *what, const struct contestant *contestants,
    size_t count, unsigned long times);

/*
 * Sorts samples and prints a line of them; first is what the first of several
 * lines returned, and 0 for that one.
 */
double print_samples(
    const char *name, double *samples, size_t count, double first);

/* Ends the program with a message when something that cannot fail has. */
void must(int ok, const char *what);

#endif
