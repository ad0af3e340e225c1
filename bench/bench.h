/* SPDX-License-Identifier: MIT */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Contestants are timed alternately, round after round, and each round begins
 * with another one, so that a disturbance of the machine affects all of them;
 * the median of the rounds is the result. A contestant whose round would take
 * too long makes fewer iterations. The name of a contestant begins with the
 * name of its library, and the first contestant makes the bare system calls if
 * there is such a one.
 *
 * Environment:
 *   MIO_BENCH_CSV         a file to which a row for each round is appended:
 *                         workload,case,parameter,contestant,version,unit,
 *                         round,value. The rows of a contestant are together,
 *                         and those of the first contestant are written first.
 *   MIO_BENCH_QUICK       if set: fewer rounds, shorter rounds, smaller sizes
 *   MIO_BENCH_ROUNDS      the number of rounds
 *   MIO_BENCH_MS          the duration of a round, in milliseconds
 *   MIO_BENCH_PROGRESS    "STARTED EXPECTED": the start of the whole suite in
 *                         seconds since the epoch, and its expected duration
 *   MIO_BENCH_LIST        if set: prints workload,case,parameter,number,name of
 *                         each contestant that compare() has, and runs nothing
 *   MIO_BENCH_TIMES       for callgrind: each contestant runs one round of that
 *                         many iterations, in bench_measured()
 *   MIO_BENCH_CONTESTANT  the number of the only contestant to run, from 0,
 *                         which then prints its name
 */

enum { BENCH_ROUNDS_MAX = 15, BENCH_CONTESTANTS_MAX = 16 };

struct contestant {
	const char *name;
	void (*begin)(void);
	void (*run)(unsigned long times);
	void (*end)(void);
};

/*
 * Names what is measured next. The parameter is what the cost may grow with: a
 * number of descriptors, timeouts, threads, messages or connections. It is 0 if
 * there is none.
 */
void
bench_case(const char *workload, const char *name, unsigned long parameter);

/*
 * Returns true if the program has no arguments, or if one of them is the name
 * of the current case ("events") or its name and parameter ("events/8").
 */
bool bench_wanted(int argc, char **argv);

/*
 * States the version of the contestants whose names begin with the name of this
 * library ("libuv"). A contestant's begin() may call it. Without a version, a
 * contestant has that of the kernel, and libmio that of libmio.
 */
void bench_version(const char *library, const char *version);

/* The same with numbers; a negative patch is left out. */
void
bench_version_numbers(const char *library, int major, int minor, int patch);

#ifdef HAVE_RUST
/* States the versions of the crates that bench/rust was built from. */
void bench_rust_versions(void);
#endif

/* Returns true if MIO_BENCH_QUICK is set. */
bool bench_quick(void);

/* For programs that do not use compare(), the numbers of the environment. */
size_t bench_rounds(void);
double bench_round_ns(void);

/* Returns the contestant whose turn it is: A B C, B C A, C A B, ... */
size_t bench_rotated(size_t round, size_t turn, size_t count);

/* Reports that a round of the current case has begun; rounds start at 0. */
void bench_progress(size_t round, size_t rounds);

/* Prints a contestant of the current case for MIO_BENCH_LIST. */
void bench_list(size_t number, const char *name);

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
 * The same for contestants that must not exist at the same time: each begins
 * before its part of a round, warms up, and ends after it. A contestant runs at
 * most times * 1.1 + 2 iterations between its begin and its end.
 */
void compare_apart(const char *what, const struct contestant *contestants,
    size_t count, unsigned long times, bool processor_too);

/*
 * Writes the samples of a contestant, one for each round, as rows of the CSV,
 * sorts them, and prints a line. Less is better, unless the unit ends in "/s".
 * first is 0 for the first of several lines, and the return value of that call
 * for the others.
 */
double bench_samples(const char *name, const char *unit, double *samples,
    size_t count, double first);

/*
 * Writes a value that is the same in every round, such as a number of bytes, and
 * prints a line. It may be 0, so there is no ratio.
 */
void bench_value(const char *name, const char *unit, double value);

/* Ends the program with a message if ok is 0. */
void must(int ok, const char *what);

#endif
