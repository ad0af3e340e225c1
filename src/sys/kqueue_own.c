/* SPDX-License-Identifier: MIT */
#include "sys/compat.h"
#include "sys/kqueue_own.h"

#include "sys/kqueue_filters.h"

/* Each is the only one of its filter. */
#define IDENT 0

/* ---- the wake */

static mio__kevent_t
user_filter(unsigned flags)
{
	return mio__kqueue_change(IDENT, MIO__EVFILT_USER, flags);
}

static mio__kevent_t
pipe_filter(const struct mio__kqueue_wake *wake, unsigned flags)
{
	return mio__kqueue_change(
	    (uintptr_t)wake->waker.read_fd, EVFILT_READ, flags);
}

static int
init_pipe(struct mio__kqueue_wake *wake)
{
	mio__kevent_t filter;
	int r;

	r = mio__waker_init(&wake->waker);
	if (r < 0)
		return r;

	filter = pipe_filter(wake, EV_ADD | EV_CLEAR);
	r = mio__kqueue_apply(wake->kq, &filter);
	if (r < 0)
		mio__waker_fini(&wake->waker);

	return r;
}

int
mio__kqueue_wake_init(struct mio__kqueue_wake *wake, int kq)
{
	mio__kevent_t filter = user_filter(EV_ADD | EV_CLEAR);
	int r;

	wake->kq = kq;

	/* a kernel may be older than its headers */
	r = MIO__HAS_USER ? mio__kqueue_apply(kq, &filter) : -EINVAL;
	wake->by_pipe = r == -EINVAL;

	return wake->by_pipe ? init_pipe(wake) : r;
}

void
mio__kqueue_wake_fini(struct mio__kqueue_wake *wake)
{
	if (wake->by_pipe)
		mio__waker_fini(&wake->waker);
}

void
mio__kqueue_wake(struct mio__kqueue_wake *wake)
{
	mio__kevent_t trigger = user_filter(0);
	int saved = errno;

	trigger.fflags = MIO__NOTE_TRIGGER;
	if (wake->by_pipe)
		mio__waker_wake(&wake->waker);
	else
		(void)mio__kqueue_apply(wake->kq, &trigger); /* it exists */

	errno = saved;
}

/* A filter that was ready stays queued until it is deleted or fetched. */
void
mio__kqueue_clear_wake(struct mio__kqueue_wake *wake)
{
	const unsigned anew = EV_ADD | EV_CLEAR;
	mio__kevent_t gone, again;

	if (wake->by_pipe)
		mio__waker_drain(&wake->waker);
	gone = wake->by_pipe ? pipe_filter(wake, EV_DELETE)
			     : user_filter(EV_DELETE);
	again = wake->by_pipe ? pipe_filter(wake, anew) : user_filter(anew);

	(void)mio__kqueue_apply(wake->kq, &gone);  /* it exists */
	(void)mio__kqueue_apply(wake->kq, &again); /* there is memory for one */
}

bool
mio__kqueue_is_wake(struct mio__kqueue_wake *wake, const mio__kevent_t *record)
{
	if (!wake->by_pipe)
		return MIO__HAS_USER && record->filter == MIO__EVFILT_USER;

	if (record->filter != EVFILT_READ ||
	    record->ident != (uintptr_t)wake->waker.read_fd)
		return false;

	/* some kernels give an edge only for a write to an empty pipe */
	mio__waker_drain(&wake->waker);

	return true;
}

/* ---- the timer */

int
mio__kqueue_add_timer(int kq, int64_t ns)
{
	mio__kevent_t timer =
	    mio__kqueue_change(IDENT, EVFILT_TIMER, EV_ADD | EV_ONESHOT);
	int r;

	if (!MIO__HAS_TIMER)
		return -ENOTSUP;

	timer.fflags = MIO__NOTE_NSECONDS;
	timer.data = (MIO__KEVENT_TYPE(data))ns;
	r = mio__kqueue_apply(kq, &timer);

	return r == -EINVAL ? -ENOTSUP : r; /* an older kernel */
}

void
mio__kqueue_delete_timer(int kq)
{
	mio__kevent_t timer =
	    mio__kqueue_change(IDENT, EVFILT_TIMER, EV_DELETE);

	(void)mio__kqueue_apply(kq, &timer); /* it may have rung and be gone */
}
