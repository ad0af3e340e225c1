/* SPDX-License-Identifier: MIT */
#ifndef MIO_BASE_LOCK_H
#define MIO_BASE_LOCK_H

#include <pthread.h>

#include "base/check.h"

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

#endif
