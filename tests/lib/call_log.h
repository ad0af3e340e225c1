/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_CALL_LOG_H
#define TESTS_LIB_CALL_LOG_H

/*
 * Records which public call returned which error, and from which threads it was
 * made, for scripts/check-calls. The script renames all public calls in the
 * archives that the tests are linked with, and adds functions with the public
 * names, which it generates from the headers: each makes the call and records
 * the result here. The tests run unchanged.
 *
 * The record is a file that every process maps: a row for each call, a byte for
 * each fact. A byte is set with a single store, which a signal handler may do,
 * too, and which needs no descriptor, so that neither tests of limits nor tests
 * that count descriptors notice it.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/syscall.h>

/* The columns of a row: the errno values below, and then these. */
enum {
	CALL_LOG_ERRORS = 256,
	CALL_LOG_MADE = CALL_LOG_ERRORS,
	CALL_LOG_IN_THREAD, /* by another thread than the first */
	CALL_LOG_SHARED,    /* on an object that several threads used */
	CALL_LOG_WIDTH = 512,
};

typedef atomic_uchar call_log_row[CALL_LOG_WIDTH];

static call_log_row *call_log;

__attribute__((constructor)) static void
call_log_open(void)
{
	const char *path = getenv("MIO_TESTS_CALL_LOG");
	off_t size;
	void *map;
	int fd;

	if (path == NULL)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		abort();
	size = lseek(fd, 0, SEEK_END);
	map =
	    mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		abort();
	(void)close(fd);
	call_log = map;
}

/*
 * Who used which object first: by its address or, for a descriptor, its number.
 * A slot that another object occupies makes a call count for less, never for
 * more.
 */
#define CALL_LOG_OBJECTS 65536
static struct {
	atomic_uintptr_t object;
	atomic_int thread;
} call_log_objects[CALL_LOG_OBJECTS];
static atomic_int call_log_process;

static unsigned
call_log_slot(uintptr_t object)
{
	return (unsigned)((object * UINT64_C(0x9e3779b97f4a7c15)) >> 48);
}

/* A child of fork(2) has other threads. */
static void
call_log_enter(int process)
{
	unsigned i;

	if (call_log_process == process)
		return;
	for (i = 0; i < CALL_LOG_OBJECTS; i++) {
		call_log_objects[i].object = 0;
		call_log_objects[i].thread = 0;
	}
	call_log_process = process;
}

/* Whether another thread than this one used the object, too. */
static bool
call_log_is_shared(uintptr_t object, int thread)
{
	unsigned i = call_log_slot(object);
	uintptr_t there = 0;
	int first = 0;

	if (!atomic_compare_exchange_strong(
		&call_log_objects[i].object, &there, object) &&
	    there != object)
		return false;

	return !atomic_compare_exchange_strong(
		   &call_log_objects[i].thread, &first, thread) &&
	    first != thread;
}

/* Before a call. An object of 0 means that the call creates or needs none. */
static void
call_log_begin(unsigned row, uintptr_t object)
{
	int error = errno;
	int process, thread;

	if (call_log == NULL)
		return;

	process = getpid();
	thread = (int)syscall(SYS_gettid);
	call_log_enter(process);
	call_log[row][CALL_LOG_MADE] = 1;
	if (thread != process)
		call_log[row][CALL_LOG_IN_THREAD] = 1;
	if (object != 0 && call_log_is_shared(object, thread))
		call_log[row][CALL_LOG_SHARED] = 1;
	errno = error;
}

/* Before a call that ends the object, whose address may be used again. */
static void
call_log_forget(uintptr_t object)
{
	unsigned i = call_log_slot(object);

	if (call_log_objects[i].object == object) {
		call_log_objects[i].thread = 0;
		call_log_objects[i].object = 0;
	}
}

/* After a call. */
static void
call_log_end(unsigned row, int64_t result)
{
	if (call_log != NULL && result < 0 && -result < CALL_LOG_ERRORS)
		call_log[row][-result] = 1;
}

#endif
