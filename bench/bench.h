/* SPDX-License-Identifier: MIT */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>

/*
 * Contestants are timed alternately, round after round, so that a disturbance
 * of the machine affects all of them; the median of the rounds is the result. A
 * contestant whose round would take more than a second makes fewer iterations.
 * If MIO_BENCH_TIMES is set, for callgrind, each contestant runs one round of
 * that many iterations and nothing is timed. MIO_BENCH_CONTESTANT is the number
 * of the only contestant to run, which then prints its name.
 */

struct contestant {
	const char *name;
	void (*begin)(void);
	void (*run)(unsigned long times);
	void (*end)(void);
};

/*
 * Runs every contestant and prints a line for each: the nanoseconds for one
 * iteration, and their ratio to those of the first contestant.
 */
void compare(const char *what, const struct contestant *contestants,
    size_t count, unsigned long times);

/*
 * The same for contestants that run threads: one line with the elapsed time,
 * and one with the processor time of the whole process.
 */
void compare_threads(const char *what, const struct contestant *contestants,
    size_t count, unsigned long times);

/*
 * Sorts the samples and prints a line. first is 0 for the first of several
 * lines, and the return value of that call for the others.
 */
double print_samples(
    const char *name, double *samples, size_t count, double first);

/* Ends the program with a message if ok is 0. */
void must(int ok, const char *what);

#endif
