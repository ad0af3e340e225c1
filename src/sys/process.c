/* SPDX-License-Identifier: MIT */

/*
 * Each child adds 1 to the number of forks between the first process and this
 * one, before fork(2) returns in it. A child that was made without the C
 * library's fork has at least a different process id.
 */

#include "sys/process.h"

#include <pthread.h>
#include <unistd.h>

#include "base/check.h"

/* Written by a child before it has a second thread. */
static uint32_t forks;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int refused; /* by once */

static void
count_fork(void)
{
	forks++;
}

static MIO__COLD void
watch_forks(void)
{
	refused = -pthread_atfork(NULL, NULL, count_fork);
}

static uint64_t
current(void)
{
	return (uint64_t)forks << 32 | (uint32_t)getpid();
}

MIO__COLD int
mio__process_id(uint64_t *id)
{
	(void)pthread_once(&once, watch_forks); /* a constant argument */
	if (refused < 0)
		return refused;

	*id = current();

	return 0;
}

bool
mio__process_is(uint64_t id)
{
	return current() == id;
}
