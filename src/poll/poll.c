/* SPDX-License-Identifier: MIT */

/*
 * The public calls of a poll. They check the arguments, and pass descriptors to
 * the selector, other sources to the source's own functions, and waits to
 * core/collect.c.
 */

#include "mio/poll.h"

#include <errno.h>

#include "base/check.h"
#include "base/probe.h"
#include "core/collect.h"
#include "sys/selector.h"

#define INTEREST_ALLOWED (MIO_READABLE | MIO_WRITABLE | MIO_PRIORITY)
#define INTEREST_FOREIGN (MIO_AIO | MIO_LIO) /* valid, but -ENOTSUP */
#define OPTIONS_ALLOWED  (MIO_EDGE | MIO_LEVEL | MIO_ONESHOT | MIO_EXCLUSIVE)

/* No call needs more; epoll_wait() refuses more than some 180 million. */
#define EVENTS_MAX 65536

_Static_assert(INTEREST_ALLOWED == 7, "the three lowest bits, all of them");
_Static_assert(sizeof(struct mio_event) == 16, "part of the ABI");

MIO__PUBLIC MIO__COLD int
mio_poll_create(struct mio_poll **out)
{
	return out == NULL ? -EINVAL : mio__core_create(out);
}

MIO__PUBLIC MIO__COLD void
mio_poll_destroy(struct mio_poll *poll)
{
	if (poll != NULL)
		mio__collect_close(poll);
}

MIO__PUBLIC const char *
mio_poll_backend(void)
{
	return mio__selector_name;
}

/*
 * Arguments of a register or reregister are usual if they need none of the rare
 * flags: is_usual() accepts them with few instructions. This function checks
 * arguments that are not. Returns 0 or -EINVAL.
 */
static MIO__NOINLINE MIO__COLD int
check_unusual(const struct mio_poll *poll, mio_token_t token, unsigned interest,
    unsigned options)
{
	if (mio__core_reserves(poll, token))
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

/* A bit for each value of the options that is usual: all valid ones below 8. */
#define USUAL_OPTIONS 0x77u

/* Returns whether the arguments are usual, and therefore valid. */
static inline bool
is_usual(const struct mio_poll *poll, mio_token_t token, unsigned interest,
    unsigned options)
{
	return !mio__core_reserves(poll, token) &&
	    interest <= INTEREST_ALLOWED && options < 8 &&
	    (USUAL_OPTIONS >> options & 1);
}

/* Checks any arguments of a register or reregister. Returns 0 or -EINVAL. */
static inline int
check(const struct mio_poll *poll, mio_token_t token, unsigned interest,
    unsigned options)
{
	return is_usual(poll, token, interest, options)
	    ? 0
	    : check_unusual(poll, token, interest, options);
}

typedef int selector_call(struct mio__selector *selector, mio_fd_t fd,
    mio_token_t token, unsigned interest, unsigned options);

/*
 * Calls the selector for arguments that are not usual, or not valid, in which
 * case it returns an error.
 */
static MIO__NOINLINE MIO__COLD int
call_unusual(struct mio_poll *poll, mio_fd_t fd, mio_token_t token,
    unsigned interest, unsigned options, selector_call *call)
{
	int r;

	if (poll == NULL)
		return -EINVAL;

	r = check_unusual(poll, token, interest, options);
	if (r < 0)
		return r;

	if (fd < 0)
		return -EBADF;

	if (interest & INTEREST_FOREIGN)
		return -ENOTSUP;

	return call(poll->selector, fd, token, interest, options);
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
	if (poll == NULL || fd < 0 || !is_usual(poll, token, interest, options))
		return call_unusual(
		    poll, fd, token, interest, options, mio__selector_add);

	return mio__selector_add(poll->selector, fd, token, interest, options);
}

MIO__PUBLIC int
mio_poll_reregister_fd(struct mio_poll *poll, mio_fd_t fd, mio_token_t token,
    unsigned interest, unsigned options)
{
	if (options & MIO_EXCLUSIVE)
		return -EINVAL;

	if (poll == NULL || fd < 0 || !is_usual(poll, token, interest, options))
		return call_unusual(
		    poll, fd, token, interest, options, mio__selector_modify);

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

/* Waits with an array larger than any call needs, or with invalid arguments. */
static MIO__NOINLINE MIO__COLD int
wait_unusual(struct mio_poll *poll, struct mio_event *events, size_t capacity,
    int64_t timeout_ns, bool interruptible)
{
	if (poll == NULL || events == NULL || capacity == 0)
		return -EINVAL;

	return timeout_ns == 0 ? mio__collect_now(poll, events, EVENTS_MAX)
			       : mio__collect_wait(poll, events, EVENTS_MAX,
				     timeout_ns, interruptible);
}

static inline int
wait_for_events(struct mio_poll *poll, struct mio_event *events,
    size_t capacity, int64_t timeout_ns, bool interruptible)
{
	int n;

	if (poll == NULL || events == NULL || capacity - 1 >= EVENTS_MAX)
		return wait_unusual(
		    poll, events, capacity, timeout_ns, interruptible);

	MIO__PROBE(poll__enter, poll, capacity, timeout_ns);
	n = timeout_ns == 0 ? mio__collect_now(poll, events, capacity)
			    : mio__collect_wait(poll, events, capacity,
				  timeout_ns, interruptible);
	MIO__PROBE(poll__return, poll, n);

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
	return poll == NULL ? -EINVAL : mio__collect_arm(poll);
}
