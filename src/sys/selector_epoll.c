/* SPDX-License-Identifier: MIT */

/*
 * epoll(7): the kernel keeps the table, any thread may change it at any time,
 * and any number of threads wait at once. The kernel writes its records into
 * the caller's array. There each is turned into a struct mio_event, from the
 * last to the first. An event is no smaller than a record, so no record is
 * overwritten before it was read.
 *
 * The waker and the alarm are watched for edges, so that each wake ends the
 * wait of one thread and neither has to be read. Their records carry the token
 * that no program may use, and are removed from the array. If that leaves a
 * full array empty, the kernel is asked for the event that may have had no
 * room.
 */

#include "sys/compat.h"
#include "sys/selector.h"

#include <stdatomic.h>
#include <string.h>

#include <sys/epoll.h>

#include "base/check.h"
#include "sys/alarm.h"
#include "sys/clock.h"
#include "sys/descriptor.h"
#include "sys/handover.h"
#include "sys/memory.h"
#include "sys/refused.h"
#include "sys/waker.h"

_Static_assert(sizeof(struct mio_event) >= sizeof(struct epoll_event),
    "kernel records are converted in place");
_Static_assert(_Alignof(struct mio_event) >= _Alignof(struct epoll_event),
    "kernel records are written where events go");

struct mio__selector {
	int epfd;
	int alarm; /* for the thread that sets it; MIO_INVALID_FD at first */
	atomic_bool alarm_works;
	struct mio__waker waker;
};

const char mio__selector_name[] = "epoll";

/* Whether the kernel is known to lack epoll_pwait2(2); a hint. */
static atomic_bool coarse;

/*
 * Indexed by the interest, which has the three lowest bits, and EXCLUSIVE, with
 * which the kernel refuses EPOLLRDHUP.
 */
static const uint32_t interest_bits[16] = {
	[MIO_READABLE] = EPOLLIN | EPOLLRDHUP,
	[MIO_WRITABLE] = EPOLLOUT,
	[MIO_READABLE | MIO_WRITABLE] = EPOLLIN | EPOLLRDHUP | EPOLLOUT,
	[MIO_PRIORITY] = EPOLLPRI,
	[MIO_READABLE | MIO_PRIORITY] = EPOLLIN | EPOLLRDHUP | EPOLLPRI,
	[MIO_WRITABLE | MIO_PRIORITY] = EPOLLOUT | EPOLLPRI,
	[MIO_READABLE | MIO_WRITABLE | MIO_PRIORITY] =
	    EPOLLIN | EPOLLRDHUP | EPOLLOUT | EPOLLPRI,
	[MIO_EXCLUSIVE | MIO_READABLE] = EPOLLIN,
	[MIO_EXCLUSIVE | MIO_WRITABLE] = EPOLLOUT,
	[MIO_EXCLUSIVE | MIO_READABLE | MIO_WRITABLE] = EPOLLIN | EPOLLOUT,
};

/* Indexed by the options; EXCLUSIVE and ONESHOT are never set together. */
static const uint32_t option_bits[16] = {
	[MIO_EDGE] = EPOLLET,
	[MIO_ONESHOT] = EPOLLONESHOT,
	[MIO_EDGE | MIO_ONESHOT] = EPOLLET | EPOLLONESHOT,
	[MIO_LEVEL | MIO_ONESHOT] = EPOLLONESHOT,
	[MIO_EXCLUSIVE] = EPOLLEXCLUSIVE,
	[MIO_EXCLUSIVE | MIO_EDGE] = EPOLLEXCLUSIVE | EPOLLET,
	[MIO_EXCLUSIVE | MIO_LEVEL] = EPOLLEXCLUSIVE,
};

static inline uint32_t
to_kernel(unsigned interest, unsigned options)
{
	return interest_bits[interest | (options & MIO_EXCLUSIVE)] |
	    option_bits[options];
}

/*
 * A hang-up or an error sets the bits of all calls that no longer block as
 * well. In the index of a row EPOLLRDHUP is 0x20. The second half of a row is
 * the member that follows the readiness in an event.
 */
/* clang-format off */
#define IN(i)    ((i) & 0x01 ? MIO_READABLE : 0u)
#define PRI(i)   ((i) & 0x02 ? MIO_PRIORITY : 0u)
#define OUT(i)   ((i) & 0x04 ? MIO_WRITABLE : 0u)
#define ERR(i)   ((i) & 0x08 ? \
		MIO_ERROR | MIO_READABLE | MIO_WRITABLE | MIO_WRITE_CLOSED : 0u)
#define HUP(i)   ((i) & 0x10 ? MIO_READABLE | MIO_WRITABLE | MIO_HUP : 0u)
#define RDHUP(i) ((i) & 0x20 ? MIO_READABLE | MIO_READ_CLOSED : 0u)

#define ROW(i) \
	{ IN(i) | PRI(i) | OUT(i) | ERR(i) | HUP(i) | RDHUP(i), 0 }
#define ROWS4(i)  ROW(i), ROW((i) + 1), ROW((i) + 2), ROW((i) + 3)
#define ROWS16(i) ROWS4(i), ROWS4((i) + 4), ROWS4((i) + 8), ROWS4((i) + 12)

static const uint32_t ready_of[64][2] = {
	ROWS16(0), ROWS16(16), ROWS16(32), ROWS16(48)
};
/* clang-format on */

_Static_assert(EPOLLIN == 0x01 && EPOLLPRI == 0x02 && EPOLLOUT == 0x04 &&
	EPOLLERR == 0x08 && EPOLLHUP == 0x10 && EPOLLRDHUP == 0x2000,
    "the bits that ROW_OF has a place for");
_Static_assert(offsetof(struct mio_event, reserved) ==
	offsetof(struct mio_event, ready) + sizeof(uint32_t),
    "a row is copied over both");

/*
 * The kernel reports no other bits than those of the interest, errors and
 * hang-ups. For these this is (bits | bits >> 8) & 0x3f, in two instructions
 * instead of five.
 */
#define ROW_OF(bits) ((uint32_t)(bits)*UINT32_C(0x4040000) >> 26)

_Static_assert(ROW_OF(EPOLLIN | EPOLLOUT | EPOLLHUP) == 0x15 &&
	ROW_OF(EPOLLPRI | EPOLLERR | EPOLLRDHUP) == 0x2a,
    "six bits, each at its place");

/* ---- the kernel's calls */

static MIO__NOINLINE int
control(struct mio__selector *selector, int op, int fd, mio_token_t token,
    uint32_t bits)
{
	struct epoll_event event = { .events = bits, .data.u64 = token };
	int r;

	MIO__HANDOVER_RELEASE(selector->epfd);
	MIO__HANDOVER_BEGIN();
	r = epoll_ctl(selector->epfd, op, fd, &event);
	MIO__HANDOVER_END();

	return r < 0 ? -errno : r;
}

/* These return what the system calls do: -1 with an errno, or the number. */

static inline int
wait_ms(struct mio__selector *selector, struct mio_event *events, int room,
    int timeout_ms)
{
	return epoll_wait(
	    selector->epfd, (struct epoll_event *)events, room, timeout_ms);
}

static MIO__NOINLINE int
wait_exactly(struct mio__selector *selector, struct mio_event *events, int room,
    int64_t timeout_ns)
{
	struct timespec ts = mio__os_timespec(timeout_ns);
	int n = epoll_pwait2(
	    selector->epfd, (struct epoll_event *)events, room, &ts, NULL);

	if (n >= 0 || !mio__os_refused(errno))
		return n;

	atomic_store_explicit(&coarse, true, memory_order_relaxed);

	return wait_ms(selector, events, room, mio__clock_to_ms(timeout_ns));
}

static inline int
wait_for_records(struct mio__selector *selector, struct mio_event *events,
    int room, int64_t timeout_ns)
{
	if (timeout_ns <= 0)
		return wait_ms(selector, events, room, -(timeout_ns < 0));

	if (!atomic_load_explicit(&coarse, memory_order_relaxed))
		return wait_exactly(selector, events, room, timeout_ns);

	return wait_ms(selector, events, room, mio__clock_to_ms(timeout_ns));
}

/* ---- creating and destroying */

static MIO__COLD int
open_kernel(struct mio__selector *selector)
{
	int r;

	selector->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (selector->epfd < 0)
		return -errno;

	r = control(selector, EPOLL_CTL_ADD, selector->waker.read_fd,
	    MIO_TOKEN_RESERVED, EPOLLIN | EPOLLET);
	if (r < 0)
		(void)mio__os_close(selector->epfd); /* not in use yet */

	return r;
}

MIO__COLD int
mio__selector_create(struct mio__selector **out)
{
	struct mio__selector *selector;
	int r;

	selector = mio__os_alloc(1, sizeof(*selector));
	if (selector == NULL)
		return -ENOMEM;

	r = mio__waker_init(&selector->waker);
	if (r < 0)
		goto free;

	r = open_kernel(selector);
	if (r < 0)
		goto fini;

	selector->alarm = MIO_INVALID_FD;
	atomic_init(&selector->alarm_works, false);
	*out = selector;

	return 0;

fini:
	mio__waker_fini(&selector->waker);
free:
	mio__os_free(selector);

	return r;
}

MIO__COLD void
mio__selector_close(struct mio__selector *selector)
{
	(void)mio__os_close(selector->epfd); /* ours: nothing to report */
	if (selector->alarm != MIO_INVALID_FD)
		(void)mio__os_close(selector->alarm);
	atomic_store_explicit(
	    &selector->alarm_works, false, memory_order_relaxed);
}

MIO__COLD void
mio__selector_destroy(struct mio__selector *selector)
{
	mio__waker_fini(&selector->waker);
	mio__os_free(selector);
}

mio_fd_t
mio__selector_fd(const struct mio__selector *selector)
{
	return selector->epfd;
}

int
mio__selector_add(struct mio__selector *selector, mio_fd_t fd,
    mio_token_t token, unsigned interest, unsigned options)
{
	return control(
	    selector, EPOLL_CTL_ADD, fd, token, to_kernel(interest, options));
}

int
mio__selector_modify(struct mio__selector *selector, mio_fd_t fd,
    mio_token_t token, unsigned interest, unsigned options)
{
	return control(
	    selector, EPOLL_CTL_MOD, fd, token, to_kernel(interest, options));
}

int
mio__selector_remove(struct mio__selector *selector, mio_fd_t fd)
{
	return control(selector, EPOLL_CTL_DEL, fd, 0, 0);
}

/* ---- the wait */

/* Turns n > 0 records into events. Returns whether internal ones are there. */
static inline __attribute__((always_inline)) bool
convert(struct mio_event *events, int n)
{
	const char *record =
	    (const char *)events + (size_t)n * sizeof(struct epoll_event);
	struct mio_event *event = events + n;
	struct epoll_event from;
	bool internal = false;

#pragma GCC unroll 2
	do {
		record -= sizeof(from);
		memcpy(&from, record, sizeof(from));

		(--event)->token = from.data.u64;
		memcpy(&event->ready, ready_of[ROW_OF(from.events)],
		    sizeof(ready_of[0]));

		if (from.data.u64 == MIO_TOKEN_RESERVED)
			internal = true;
	} while (event != events);

	return internal;
}

/* Some kernels report an edge only for a write to an empty pipe. */
static void
drain(struct mio__selector *selector)
{
	if (selector->waker.read_fd != selector->waker.write_fd)
		mio__waker_drain(&selector->waker);
}

/*
 * Internal records have filled the array, and an event may have had no room:
 * asks for one event more. Another wake may arrive just now and take the room
 * again; the event is then reported by the next wait. If the array has other
 * events besides, this is not done, since the kernel might report one of them,
 * a level, once more.
 */
static int
refill(struct mio__selector *selector, struct mio_event *event)
{
	int n = wait_ms(selector, event, 1, 0);

	if (n != 1)
		return 0;

	MIO__HANDOVER_ACQUIRE(selector->epfd);
	if (!convert(event, 1))
		return 1;

	drain(selector);

	return 0;
}

/* Removes the internal events, of which there is at least one. */
static MIO__NOINLINE MIO__COLD int
without_internal(
    struct mio__selector *selector, struct mio_event *events, int n, int room)
{
	int count = 0;
	int i;

	drain(selector);
	for (i = 0; i < n; i++)
		if (events[i].token != MIO_TOKEN_RESERVED)
			events[count++] = events[i];

	if (count == 0 && n == room)
		count = refill(selector, events);

	return MIO__SELECTOR_WOKEN + count;
}

/*
 * Turns records into events, and returns what mio__selector_wait() does. It is
 * not inlined, so that a wait without events saves fewer registers.
 */
static MIO__NOINLINE int
to_events(
    struct mio__selector *selector, struct mio_event *events, int n, int room)
{
	MIO__HANDOVER_ACQUIRE(selector->epfd);

	return convert(events, n) ? without_internal(selector, events, n, room)
				  : n;
}

int
mio__selector_wait(struct mio__selector *selector, struct mio_event *events,
    size_t capacity, int64_t timeout_ns)
{
	int room = (int)capacity;
	int n = wait_for_records(selector, events, room, timeout_ns);

	if (n > 0)
		return to_events(selector, events, n, room);

	return n == 0 ? 0 : -errno;
}

void
mio__selector_wake(struct mio__selector *selector)
{
	mio__waker_wake(&selector->waker);
}

void
mio__selector_clear_wake(struct mio__selector *selector)
{
	mio__waker_drain(&selector->waker);
}

/* ---- the alarm */

static MIO__COLD int
make_alarm(struct mio__selector *selector)
{
	int fd, r;

	fd = mio__alarm_create();
	if (fd < 0)
		return fd;

	r = control(
	    selector, EPOLL_CTL_ADD, fd, MIO_TOKEN_RESERVED, EPOLLIN | EPOLLET);
	if (r < 0) {
		(void)mio__os_close(fd); /* not in use yet */
		return r;
	}

	selector->alarm = fd;
	atomic_store_explicit(
	    &selector->alarm_works, true, memory_order_relaxed);

	return 0;
}

int
mio__selector_set_alarm(struct mio__selector *selector, mio__instant_t instant)
{
	int r = selector->alarm == MIO_INVALID_FD ? make_alarm(selector) : 0;

	if (r < 0 || !mio__selector_has_alarm(selector))
		return r < 0 ? r : -ENOTSUP;

	r = mio__alarm_set(selector->alarm, instant);
	if (r < 0)
		atomic_store_explicit(
		    &selector->alarm_works, false, memory_order_relaxed);

	return r;
}

bool
mio__selector_has_alarm(const struct mio__selector *selector)
{
	return atomic_load_explicit(
	    &selector->alarm_works, memory_order_relaxed);
}
