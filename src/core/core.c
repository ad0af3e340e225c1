/* SPDX-License-Identifier: MIT */
#include "core/core.h"

#include <errno.h>

#include "base/check.h"
#include "base/probe.h"
#include "sys/memory.h"
#include "sys/process.h"

MIO__COLD int
mio__core_create(struct mio_poll **out)
{
	struct mio_poll *poll;
	int r;

	poll = mio__os_alloc_aligned(_Alignof(struct mio_poll), sizeof(*poll));
	if (poll == NULL)
		return -ENOMEM;

	r = mio__process_id(&poll->process);
	if (r == 0)
		r = mio__selector_create(&poll->selector);
	if (r < 0)
		goto free;

	r = -pthread_mutex_init(&poll->lock, NULL);
	if (r < 0)
		goto destroy;

	poll->reserved_from = MIO_TOKEN_RESERVED;
	atomic_init(&poll->refs, 1);
	atomic_init(&poll->waiters, 0);
	atomic_init(&poll->collector, 0);
	atomic_init(&poll->deadlines, MIO__DEADLINES_NONE);
	atomic_init(&poll->alarm_rang, false);
	mio__ready_queue_init(&poll->ready);
	poll->alarm_time = MIO__NEVER;

	*out = poll;

	return 0;

destroy:
	mio__selector_close(poll->selector);
	mio__selector_destroy(poll->selector);
free:
	mio__os_free(poll);

	return r;
}

void
mio__core_ref(struct mio_poll *poll)
{
	/* relaxed: the caller holds a reference already */
	atomic_fetch_add_explicit(&poll->refs, 1, memory_order_relaxed);
}

void
mio__core_unref(struct mio_poll *poll)
{
	/* acq_rel: all that other threads did happens before the free */
	if (atomic_fetch_sub_explicit(&poll->refs, 1, memory_order_acq_rel) !=
	    1)
		return;

	/* in a forked child, the lock may be held for ever */
	if (!mio__core_is_inherited(poll))
		(void)pthread_mutex_destroy(&poll->lock); /* it is not held */
	mio__selector_destroy(poll->selector);
	mio__os_free(poll);
}

bool
mio__core_is_inherited(const struct mio_poll *poll)
{
	return !mio__process_is(poll->process);
}

int
mio__core_send_wake(struct mio_poll *poll)
{
	if (!(atomic_fetch_or_explicit(
		  &poll->waiters, MIO__WAKE_PENDING, memory_order_seq_cst) &
		MIO__WAKE_PENDING)) {
		MIO__PROBE(wake, poll);
		mio__selector_wake(poll->selector);
	}

	return 0;
}
