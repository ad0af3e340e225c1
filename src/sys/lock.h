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

/* A mutex that is locked and unlocked as it should be has no errors. */
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
 * The same where a few nanoseconds count: while the process has one thread
 * there is nobody to lock out, and the C library knows that. For stretches in
 * which no thread is started; true when there is something to unlock.
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
