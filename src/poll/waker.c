/* SPDX-License-Identifier: MIT */

/*
 * A waker is a readiness that stays registered, is edge-triggered and is always
 * readable. It is therefore due whenever it is queued, and a wake queues it.
 */

#include "mio/waker.h"

#include <errno.h>
#include <stddef.h>

#include "base/check.h"
#include "core/readiness.h"
#include "sys/memory.h"

struct mio_waker {
	struct mio_readiness readiness; /* first: they are freed as one */
};

MIO__PUBLIC int
mio_waker_create(
    struct mio_waker **out, struct mio_poll *poll, mio_token_t token)
{
	struct mio_waker *waker;

	if (out == NULL || poll == NULL || mio__core_reserves(poll, token))
		return -EINVAL;

	waker = mio__os_alloc(1, sizeof(*waker));
	if (waker == NULL)
		return -ENOMEM;

	mio__readiness_init_edge(&waker->readiness, poll, token);

	*out = waker;

	return 0;
}

MIO__PUBLIC int
mio_waker_wake(struct mio_waker *waker)
{
	return waker == NULL ? -EINVAL
			     : mio__readiness_trigger(&waker->readiness);
}

MIO__PUBLIC void
mio_waker_destroy(struct mio_waker *waker)
{
	if (waker == NULL)
		return;

	mio__readiness_drop(&waker->readiness);
	mio__readiness_unref(&waker->readiness);
}
