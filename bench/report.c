/* SPDX-License-Identifier: MIT */

/* What the benchmarks print: lines for people, rows of a CSV file, progress. */

#define _GNU_SOURCE

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/utsname.h>

#include <mio.h>

enum { VERSIONS_MAX = 32, TEXT_MAX = 64 };

static const char *workload = "", *case_name = "";
static unsigned long parameter;

static struct {
	char library[TEXT_MAX];
	char version[TEXT_MAX];
} versions[VERSIONS_MAX];
static size_t version_count;

void
must(int ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "bench: %s failed\n", what);
		exit(EXIT_FAILURE);
	}
}

/* ---- the current case */

void
bench_case(const char *of_workload, const char *name, unsigned long of)
{
	workload = of_workload;
	case_name = name;
	parameter = of;
}

bool
bench_wanted(int argc, char **argv)
{
	char full[TEXT_MAX];
	int i;

	(void)snprintf(full, sizeof(full), "%s/%lu", case_name, parameter);
	for (i = 1; i < argc; i++)
		if (strcmp(argv[i], case_name) == 0 ||
		    strcmp(argv[i], full) == 0)
			return true;

	return argc <= 1;
}

/* Writes the parameter, or nothing if there is none. */
static void
print_parameter(FILE *file)
{
	if (parameter != 0)
		fprintf(file, "%lu", parameter);
}

/* ---- versions */

void
bench_version(const char *library, const char *version)
{
	size_t i;

	for (i = 0; i < version_count; i++)
		if (strcmp(versions[i].library, library) == 0)
			return;
	must(i < VERSIONS_MAX, "versions");
	(void)snprintf(versions[i].library, TEXT_MAX, "%s", library);
	(void)snprintf(versions[i].version, TEXT_MAX, "%s", version);
	version_count++;
}

void
bench_version_numbers(const char *library, int major, int minor, int patch)
{
	char version[TEXT_MAX];

	if (patch < 0)
		(void)snprintf(version, sizeof(version), "%d.%d", major, minor);
	else
		(void)snprintf(
		    version, sizeof(version), "%d.%d.%d", major, minor, patch);
	bench_version(library, version);
}

/* Returns true for "libev, async" and "libev", but not for "libevent". */
static bool
belongs_to(const char *contestant, const char *library)
{
	size_t length = strlen(library);

	return strncmp(contestant, library, length) == 0 &&
	    (contestant[length] == '\0' || contestant[length] == ',' ||
		contestant[length] == ' ');
}

static const char *
version_of(const char *contestant)
{
	static struct utsname kernel;
	size_t i;

	if (belongs_to(contestant, "libmio"))
		return mio_version_string();
	for (i = 0; i < version_count; i++)
		if (belongs_to(contestant, versions[i].library))
			return versions[i].version;
	must(uname(&kernel) == 0, "uname");

	return kernel.release;
}

/* ---- results */

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Writes text and a comma. A comma in the text becomes a colon. */
static void
print_field(FILE *file, const char *text)
{
	for (; *text != '\0'; text++)
		(void)fputc(*text == ',' ? ':' : *text, file);
	(void)fputc(',', file);
}

static FILE *
open_csv(void)
{
	const char *path = getenv("MIO_BENCH_CSV");
	FILE *file;

	if (path == NULL)
		return NULL;
	file = fopen(path, "a");
	must(file != NULL, path);
	must(fseek(file, 0, SEEK_END) == 0, "fseek");
	if (ftell(file) == 0)
		(void)fputs("workload,case,parameter,contestant,version,unit,"
			    "round,value\n",
		    file);

	return file;
}

void
bench_list(size_t number, const char *name)
{
	print_field(stdout, workload);
	print_field(stdout, case_name);
	print_parameter(stdout);
	printf(",%zu,", number);
	print_field(stdout, name);
	(void)putchar('\n');
}

static void
print_rows(
    const char *name, const char *unit, const double *samples, size_t count)
{
	FILE *file = open_csv();
	size_t i;

	if (file == NULL)
		return;
	for (i = 0; i < count; i++) {
		print_field(file, workload);
		print_field(file, case_name);
		print_parameter(file);
		(void)fputc(',', file);
		print_field(file, name);
		print_field(file, version_of(name));
		print_field(file, unit);
		fprintf(file, "%zu,%.7g\n", i + 1, samples[i]);
	}
	must(fclose(file) == 0, "fclose");
}

double
bench_samples(const char *name, const char *unit, double *samples, size_t count,
    double first)
{
	double median;

	print_rows(name, unit, samples, count);
	qsort(samples, count, sizeof(samples[0]), by_value);
	median = samples[count / 2];
	if (first <= 0)
		first = median;
	printf("  %-28s %9.2f %s  least %9.2f  ratio %6.3f\n", name, median,
	    unit, samples[0], median / first);
	(void)fflush(stdout);

	return first;
}

void
bench_value(const char *name, const char *unit, double value)
{
	print_rows(name, unit, &value, 1);
	printf("  %-28s %9.2f %s\n", name, value, unit);
	(void)fflush(stdout);
}

/* ---- rounds */

bool
bench_quick(void)
{
	return getenv("MIO_BENCH_QUICK") != NULL;
}

static unsigned long
number(const char *variable, unsigned long otherwise)
{
	const char *text = getenv(variable);

	return text != NULL ? strtoul(text, NULL, 10) : otherwise;
}

size_t
bench_rounds(void)
{
	size_t rounds = number("MIO_BENCH_ROUNDS", bench_quick() ? 3 : 7);

	if (rounds < 1)
		return 1;

	return rounds < BENCH_ROUNDS_MAX ? rounds : BENCH_ROUNDS_MAX;
}

double
bench_round_ns(void)
{
	return 1e6 * (double)number("MIO_BENCH_MS", bench_quick() ? 20 : 100);
}

size_t
bench_rotated(size_t round, size_t turn, size_t count)
{
	return (round + turn) % count;
}

/* A terminal shows each round, and anything else a line for each case. */
void
bench_progress(size_t round, size_t rounds)
{
	const char *text = getenv("MIO_BENCH_PROGRESS");
	bool terminal = isatty(STDERR_FILENO) == 1;
	long long started, expected;
	char *end;

	if (text == NULL || (!terminal && round > 0))
		return;
	started = strtoll(text, &end, 10);
	expected = strtoll(end, NULL, 10);
	fprintf(
	    stderr, "%s%s %s", terminal ? "\r\033[K" : "", workload, case_name);
	if (parameter != 0)
		fprintf(stderr, "/%lu", parameter);
	fprintf(stderr, ", round %zu of %zu, %lld s of about %lld s%s",
	    round + 1, rounds, (long long)time(NULL) - started, expected,
	    terminal ? "" : "\n");
}
