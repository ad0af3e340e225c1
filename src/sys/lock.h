/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_LOCK_H
#define MIO_SYS_LOCK_H

#include "config.h"

#include <pthread.h>
#include <stdbool.h>

#include "base/check.h"

#ifdef HAVE_SYS_SINGLE_THREADED_H
#include <sys/single_threaded.h>
#define MIO__ALONE() (__libc_single_threaded != 0)
#else
#define MIO__ALONE() false
#endif

/* Locking and unlocking a mutex correctly cannot fail. */
static inline void
mio__lock(pthread_mutex_t *mutex)
{
	int r = pthread_mutex_lock(mutex);

	MIO__CHECK(r == 0);
}

static inline void
mio__unlock(pthread_mutex_t *mutex)
{
	int r = pthread_mutex_unlock(mutex);

	MIO__CHECK(r == 0);
}

/*
 * Locks a mutex where a few nanoseconds matter: the C library knows whether the
 * process has one thread only, and then no lock is needed. No thread may be
 * started before the unlock. Returns true if the mutex was locked.
 */
static inline bool
mio__lock_others_out(pthread_mutex_t *mutex)
{
	if (MIO__ALONE())
		return false;

	mio__lock(mutex);

	return true;
}

static inline void
mio__let_others_in(pthread_mutex_t *mutex, bool locked)
{
	if (locked)
		mio__unlock(mutex);
}

#endif
