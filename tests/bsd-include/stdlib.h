/* SPDX-License-Identifier: MIT */
#ifndef BSD_STDLIB_H
#define BSD_STDLIB_H

#include <stddef.h>

#include <bsd/system.h>

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1

_Noreturn void abort(void);
void *aligned_alloc(size_t alignment, size_t size);
int atexit(void (*function)(void));
double atof(const char *s);
int atoi(const char *s);
void *calloc(size_t count, size_t size);
_Noreturn void exit(int status);
void free(void *block);
char *getenv(const char *name);
void *malloc(size_t size);
char *mkdtemp(char *template);
int mkstemp(char *template);
int posix_memalign(void **block, size_t alignment, size_t size);
void qsort(void *base, size_t count, size_t size,
    int (*compare)(const void *, const void *));
int rand(void);
void *realloc(void *block, size_t size);
int setenv(const char *name, const char *value, int overwrite);
double strtod(const char *s, char **end);
long strtol(const char *s, char **end, int base);
long long strtoll(const char *s, char **end, int base);
unsigned long strtoul(const char *s, char **end, int base);
unsigned long long strtoull(const char *s, char **end, int base);

#endif
