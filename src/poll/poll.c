/* SPDX-License-Identifier: MIT */

/*
 * The poll: registrations go to the selector or to the source, and a turn of
 * mio_poll() collects from two places, the kernel and the readiness queue.
 *
 * Threads. Registering calls only touch the selector, whose calls any thread
 * may make at any time. A turn happens inside the gate: the queue's consumer
 * side, the selector's wait and kernel_first belong to the thread inside.
 *
 * Fairness. When both places have more than fits, they take turns at going
 * first; the one that goes second gets what room is left.
 */

#include "poll/poll.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>

#include "base/check.h"
#include "mio/poll.h"
#include "poll/gate.h"
#include "poll/readiness.h"
#include "sys/clock.h"
#include "sys/os.h"
#include "sys/selector.h"

#define INTEREST_ALLOWED (MIO_READABLE | MIO_WRITABLE | MIO_PRIORITY)
#define INTEREST_FOREIGN (MIO_AIO | MIO_LIO)
#define OPTIONS_ALLOWED  (MIO_EDGE | MIO_LEVEL | MIO_ONESHOT | MIO_EXCLUSIVE)

/* How long to wait for the kernel while a push is not finished. */
#define UNLINKED_WAIT_NS INT64_C(50000)

_Static_assert(sizeof(struct mio_event) == 16, "part of the ABI");

struct mio_poll {
	struct mio__selector *selector;
	struct mio__readiness_queue *queue;
	struct mio__gate gate;
	bool kernel_first;
	mio_token_t kept; /* it and those above are refused; constant */
};

MIO__PUBLIC int
mio_poll_create(struct mio_poll **out)
{
	struct mio_poll *poll;
	int r;

	if (out == NULL)
		return -EINVAL;

	poll = mio__os_alloc(1, sizeof(*poll));
	if (poll == NULL)
		return -ENOMEM;

	r = mio__readiness_queue_create(&poll->queue);
	if (r < 0)
		goto fail;

	r = mio__selector_create(&poll->selector, &poll->queue->waker);
	if (r < 0)
		goto fail;

	r = mio__gate_init(&poll->gate);
	if (r < 0)
		goto fail;

	mio__deadlines_open(&poll->queue->deadlines, poll->selector);
	poll->kept = MIO_TOKEN_RESERVED;
	*out = poll;

	return 0;

fail:
	if (poll->selector != NULL)
		mio__selector_destroy(poll->selector);
	if (poll->queue != NULL)
		mio__readiness_queue_unref(poll->queue);
	mio__os_free(poll);

	return r;
}

MIO__PUBLIC void
mio_poll_destroy(struct mio_poll *poll)
{
	if (poll == NULL)
		return;

	mio__deadlines_close(&poll->queue->deadlines);
	mio__selector_destroy(poll->selector);
	mio__readiness_close(poll->queue);
	mio__gate_fini(&poll->gate);
	mio__os_free(poll);
}

MIO__PUBLIC const char *
mio_poll_backend(void)
{
	return mio__selector_name;
}

struct mio__readiness_queue *
mio__poll_queue(struct mio_poll *poll)
{
	return poll->queue;
}

void
mio__poll_keep_tokens(struct mio_poll *poll, mio_token_t first)
{
	poll->kept = first;
}

bool
mio__poll_keeps(const struct mio_poll *poll, mio_token_t token)
{
	return token >= poll->kept;
}

/* What is wrong with the arguments of a register or reregister, or 0. */
static int
check(const struct mio_poll *poll, mio_token_t token, unsigned interest,
    unsigned options)
{
	if (mio__poll_keeps(poll, token))
		return -EINVAL;

	if (interest & ~(INTEREST_ALLOWED | INTEREST_FOREIGN))
		return -EINVAL;

	if (options & ~OPTIONS_ALLOWED)
		return -EINVAL;

	if ((options & MIO_EDGE) && (options & MIO_LEVEL))
		return -EINVAL;

	if ((options & MIO_EXCLUSIVE) &&
	    ((options & MIO_ONESHOT) ||
		(interest & ~(MIO_READABLE | MIO_WRITABLE))))
		return -EINVAL;

	return 0;
}

static int
check_fd(const struct mio_poll *poll, mio_fd_t fd, mio_token_t token,
    unsigned interest, unsigned options)
{
	int r = check(poll, token, interest, options);

	if (r < 0)
		return r;

	if (fd < 0)
		return -EBADF;

	return interest & INTEREST_FOREIGN ? -ENOTSUP : 0;
}

MIO__PUBLIC int
mio_poll_register(struct mio_poll *poll, struct mio_source *source,
    mio_token_t token, unsigned interest, unsigned options)
{
	int r;

	if (poll == NULL || source == NULL || source->ops == NULL ||
	    source->ops->register_source == NULL)
		return -EINVAL;

	r = check(poll, token, interest, options);
	if (r < 0)
		return r;

	return source->ops->register_source(
	    source, poll, token, interest, options);
}

MIO__PUBLIC int
mio_poll_reregister(struct mio_poll *poll, struct mio_source *source,
    mio_token_t token, unsigned interest, unsigned options)
{
	int r;

	if (poll == NULL || source == NULL || source->ops == NULL ||
	    source->ops->reregister_source == NULL || (options & MIO_EXCLUSIVE))
		return -EINVAL;

	r = check(poll, token, interest, options);
	if (r < 0)
		return r;

	return source->ops->reregister_source(
	    source, poll, token, interest, options);
}

MIO__PUBLIC int
mio_poll_deregister(struct mio_poll *poll, struct mio_source *source)
{
	if (poll == NULL || source == NULL || source->ops == NULL ||
	    source->ops->deregister_source == NULL)
		return -EINVAL;

	return source->ops->deregister_source(source, poll);
}

MIO__PUBLIC int
mio_poll_register_fd(struct mio_poll *poll, mio_fd_t fd, mio_token_t token,
    unsigned interest, unsigned options)
{
	int r;

	if (poll == NULL)
		return -EINVAL;

	r = check_fd(poll, fd, token, interest, options);
	if (r < 0)
		return r;

	return mio__selector_add(poll->selector, fd, token, interest, options);
}

MIO__PUBLIC int
mio_poll_reregister_fd(struct mio_poll *poll, mio_fd_t fd, mio_token_t token,
    unsigned interest, unsigned options)
{
	int r;

	if (poll == NULL || (options & MIO_EXCLUSIVE))
		return -EINVAL;

	r = check_fd(poll, fd, token, interest, options);
	if (r < 0)
		return r;

	return mio__selector_modify(
	    poll->selector, fd, token, interest, options);
}

MIO__PUBLIC int
mio_poll_deregister_fd(struct mio_poll *poll, mio_fd_t fd)
{
	if (poll == NULL)
		return -EINVAL;

	if (fd < 0)
		return -EBADF;

	return mio__selector_remove(poll->selector, fd);
}

/*
 * How long to wait for the kernel, 0 for just looking. A sleep is announced to
 * those who push and to those whose deadlines change.
 */
static int64_t
prepare_sleep(struct mio_poll *poll, int64_t timeout_ns,
    mio__instant_t deadline, bool unlinked)
{
	if (unlinked && (timeout_ns < 0 || timeout_ns > UNLINKED_WAIT_NS))
		return UNLINKED_WAIT_NS;

	if (unlinked)
		return timeout_ns;

	if (!mio__readiness_queue_fall_asleep(poll->queue))
		return 0;

	if (!mio__deadlines_any(&poll->queue->deadlines))
		return timeout_ns;

	return mio__deadlines_arm(
	    &poll->queue->deadlines, deadline, timeout_ns);
}

static int
take_kernel(struct mio_poll *poll, struct mio_event *events, int capacity,
    int64_t timeout_ns, mio__instant_t deadline, bool unlinked)
{
	int n;

	if (timeout_ns == 0)
		return mio__selector_wait(
		    poll->selector, events, (size_t)capacity, 0);

	timeout_ns = prepare_sleep(poll, timeout_ns, deadline, unlinked);
	n = mio__selector_wait(
	    poll->selector, events, (size_t)capacity, timeout_ns);
	mio__readiness_queue_wake_up(poll->queue);

	return n;
}

/*
 * One turn: events, 0 when the wait ended without any, or a negative errno. An
 * error of the kernel's wait waits for the next turn if there are events.
 */
static int
take_turn(struct mio_poll *poll, struct mio_event *events, int capacity,
    int64_t timeout_ns, mio__instant_t deadline)
{
	bool unlinked = false;
	int queued = 0;
	int n;

	if (!mio__readiness_queue_is_empty(poll->queue)) {
		poll->kernel_first = !poll->kernel_first;
		if (!poll->kernel_first)
			queued = mio__readiness_take(
			    poll->queue, events, capacity, &unlinked);
		else
			timeout_ns = 0;
	}

	if (queued == capacity)
		return queued;

	n = take_kernel(poll, events + queued, capacity - queued,
	    queued > 0 ? 0 : timeout_ns, deadline, unlinked);
	if (n < 0)
		return queued > 0 ? queued : n;

	/* what was told first stands in the queue again when it is a level */
	if (queued == 0 && n < capacity)
		queued = mio__readiness_take(
		    poll->queue, events + n, capacity - n, &unlinked);

	return n + queued;
}

static int
wait_inside(struct mio_poll *poll, struct mio_event *events, int capacity,
    int64_t timeout_ns, mio__instant_t deadline, bool interruptible)
{
	int n;

	/* armed for another loop, which is over */
	if (mio__readiness_queue_is_asleep(poll->queue))
		mio__readiness_queue_wake_up(poll->queue);

	for (;;) {
		if (mio__deadlines_any(&poll->queue->deadlines))
			mio__deadlines_look(&poll->queue->deadlines);

		n = take_turn(poll, events, capacity, timeout_ns, deadline);
		if (n > 0 || (n < 0 && (n != -EINTR || interruptible)))
			return n;

		/* a look that was interrupted has not looked */
		if (timeout_ns == 0 && n == 0)
			return 0;
		if (timeout_ns == 0)
			continue;

		timeout_ns = mio__clock_left(deadline);
		if (timeout_ns == 0)
			return 0;
	}
}

static int
wait_for_events(struct mio_poll *poll, struct mio_event *events,
    size_t capacity, int64_t timeout_ns, bool interruptible)
{
	mio__instant_t deadline = MIO__NEVER;
	int n;

	if (poll == NULL || events == NULL || capacity == 0)
		return -EINVAL;

	if (timeout_ns > 0)
		deadline = mio__clock_deadline(timeout_ns);

	if (!mio__gate_try_enter(&poll->gate)) {
		if (timeout_ns == 0 || !mio__gate_enter(&poll->gate, deadline))
			return 0;
		timeout_ns = mio__clock_left(deadline);
	}

	n = wait_inside(poll, events,
	    capacity < INT_MAX ? (int)capacity : INT_MAX, timeout_ns, deadline,
	    interruptible);

	mio__gate_leave(&poll->gate);

	return n;
}

MIO__PUBLIC int
mio_poll(struct mio_poll *poll, struct mio_event *events, size_t capacity,
    int64_t timeout_ns)
{
	return wait_for_events(poll, events, capacity, timeout_ns, false);
}

MIO__PUBLIC int
mio_poll_interruptible(struct mio_poll *poll, struct mio_event *events,
    size_t capacity, int64_t timeout_ns)
{
	return wait_for_events(poll, events, capacity, timeout_ns, true);
}

MIO__PUBLIC int
mio_poll_fd(const struct mio_poll *poll)
{
	return poll == NULL ? -EINVAL : mio__selector_fd(poll->selector);
}

MIO__PUBLIC int
mio_poll_arm(struct mio_poll *poll)
{
	struct mio__deadlines *deadlines;
	bool armed;

	if (poll == NULL)
		return -EINVAL;

	if (!mio__gate_try_enter(&poll->gate))
		return -EBUSY;

	/* nobody sleeps: a signal in there is of a sleep that is over */
	mio__waker_drain(&poll->queue->waker);

	deadlines = &poll->queue->deadlines;
	if (mio__deadlines_any(deadlines))
		mio__deadlines_look(deadlines);

	armed = !mio__readiness_is_pending(poll->queue) &&
	    mio__readiness_queue_fall_asleep(poll->queue);
	if (armed && mio__deadlines_any(deadlines))
		(void)mio__deadlines_arm(deadlines, MIO__NEVER, -1);

	mio__gate_leave(&poll->gate);

	return armed ? 0 : 1;
}
