/* SPDX-License-Identifier: MIT */

/*
 * epoll(7): the kernel keeps the table, and any thread may change it at any
 * time. Its records go straight into the caller's array, where each is turned
 * into a struct mio_event in its place, from the last to the first: no record
 * is overwritten before it was read, since an event is no smaller. The waker
 * is watched for edges, so a counter is never read. Its record, and that of
 * whatever else the library watches for itself, is taken out; the place is
 * given to an event that it kept out.
 */

#include "sys/selector.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include <sys/epoll.h>

#include "sys/os.h"
#include "sys/waker.h"

_Static_assert(sizeof(struct mio_event) >= sizeof(struct epoll_event),
    "kernel records are converted in place");
_Static_assert(_Alignof(struct mio_event) >= _Alignof(struct epoll_event),
    "kernel records are written where events go");

#define KERNEL_BITS \
	(EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDHUP)

_Static_assert(KERNEL_BITS == 0x201f, "what ready_of has room for");

/* Far more than a turn is worth; the kernel refuses some 180 million. */
#define EVENTS_MAX 65536

struct mio__selector {
	int epfd;
	struct mio__waker *waker;
	bool coarse; /* owned by the thread that waits */
};

const char mio__selector_name[] = "epoll";

static uint32_t
to_kernel(unsigned interest, unsigned options)
{
	uint32_t bits = 0;

	if (interest & MIO_READABLE)
		bits |= EPOLLIN | EPOLLRDHUP;
	if (interest & MIO_WRITABLE)
		bits |= EPOLLOUT;
	if (interest & MIO_PRIORITY)
		bits |= EPOLLPRI;

	if (options & MIO_EDGE)
		bits |= EPOLLET;
	if (options & MIO_ONESHOT)
		bits |= EPOLLONESHOT;

	/* the kernel refuses it together with EPOLLRDHUP */
	if (options & MIO_EXCLUSIVE)
		bits = (bits & ~(uint32_t)EPOLLRDHUP) | EPOLLEXCLUSIVE;

	return bits;
}

/*
 * Indexed by the kernel's bits: of the 8 kB, the two lines at its ends are ever
 * used. A hang-up or an error comes with the bits of the calls that will no
 * longer block. The rows number EPOLLRDHUP 0x20.
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
	(uint8_t)(IN(i) | PRI(i) | OUT(i) | ERR(i) | HUP(i) | RDHUP(i))
#define ROWS4(i)  ROW(i), ROW((i) + 1), ROW((i) + 2), ROW((i) + 3)
#define ROWS16(i) ROWS4(i), ROWS4((i) + 4), ROWS4((i) + 8), ROWS4((i) + 12)

static const uint8_t ready_of[KERNEL_BITS + 1] = {
	ROWS16(0), ROWS16(16), [EPOLLRDHUP] = ROWS16(32), ROWS16(48)
};
/* clang-format on */

int
mio__selector_create(struct mio__selector **out, struct mio__waker *waker)
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLET,
		.data.u64 = MIO_TOKEN_RESERVED,
	};
	struct mio__selector *selector;
	int r;

	selector = mio__os_alloc(1, sizeof(*selector));
	if (selector == NULL)
		return -ENOMEM;

	r = mio__os_epoll_create();
	if (r < 0) {
		mio__os_free(selector);
		return r;
	}
	selector->epfd = r;
	selector->waker = waker;

	r = mio__os_epoll_ctl(
	    selector->epfd, EPOLL_CTL_ADD, waker->read_fd, &event);
	if (r < 0) {
		mio__selector_destroy(selector);
		return r;
	}

	*out = selector;

	return 0;
}

void
mio__selector_destroy(struct mio__selector *selector)
{
	(void)mio__os_close(selector->epfd); /* ours: nothing to tell */
	mio__os_free(selector);
}

int
mio__selector_fd(const struct mio__selector *selector)
{
	return selector->epfd;
}

static int
control(struct mio__selector *selector, int op, int fd, mio_token_t token,
    unsigned interest, unsigned options)
{
	struct epoll_event event = {
		.events = to_kernel(interest, options),
		.data.u64 = token,
	};

	return mio__os_epoll_ctl(selector->epfd, op, fd, &event);
}

int
mio__selector_add(struct mio__selector *selector, int fd, mio_token_t token,
    unsigned interest, unsigned options)
{
	return control(selector, EPOLL_CTL_ADD, fd, token, interest, options);
}

int
mio__selector_modify(struct mio__selector *selector, int fd, mio_token_t token,
    unsigned interest, unsigned options)
{
	return control(selector, EPOLL_CTL_MOD, fd, token, interest, options);
}

int
mio__selector_remove(struct mio__selector *selector, int fd)
{
	return control(selector, EPOLL_CTL_DEL, fd, 0, 0, 0);
}

/* Turns n records into events; whether there are internal ones among them. */
static bool
convert(struct mio_event *events, int n)
{
	const char *records = (const char *)events;
	struct epoll_event record;
	bool internal = false;
	size_t i = (size_t)n;

#pragma GCC unroll 4
	while (i-- > 0) {
		memcpy(&record, records + i * sizeof(record), sizeof(record));

		events[i].token = record.data.u64;
		events[i].ready = ready_of[record.events & KERNEL_BITS];
		events[i].reserved = 0;

		internal |= record.data.u64 == MIO_TOKEN_RESERVED;
	}

	return internal;
}

/*
 * Gives a place that an internal record had in a full array to an event that
 * it kept out. The kernel may hand out one that is in the array already, as it
 * does with level-triggered ones: then the two become one. A signal of just now
 * may take the place again: nothing lasts there.
 */
static int
refill(struct mio__selector *selector, struct mio_event *events, int n)
{
	struct mio_event *last = &events[n];
	int i;

	if (mio__os_epoll_wait(selector->epfd, (struct epoll_event *)last, 1, 0,
		&selector->coarse) != 1 ||
	    convert(last, 1))
		return n;

	for (i = 0; i < n; i++) {
		if (events[i].token == last->token) {
			events[i].ready |= last->ready;
			return n;
		}
	}

	return n + 1;
}

/* Makes events of n records; how many there are without internal ones. */
static __attribute__((noinline)) int
harvest(
    struct mio__selector *selector, struct mio_event *events, int n, int room)
{
	int kept = 0;
	int i;

	if (!convert(events, n))
		return n;

	/* some kernels give an edge only for a write to an empty pipe */
	if (selector->waker->read_fd != selector->waker->write_fd)
		mio__waker_drain(selector->waker);

	for (i = 0; i < n; i++)
		if (events[i].token != MIO_TOKEN_RESERVED)
			events[kept++] = events[i];

	return n < room ? kept : refill(selector, events, kept);
}

int
mio__selector_wait(struct mio__selector *selector, struct mio_event *events,
    size_t capacity, int64_t timeout_ns)
{
	int room = capacity < EVENTS_MAX ? (int)capacity : EVENTS_MAX;
	int n = mio__os_epoll_wait(selector->epfd, (struct epoll_event *)events,
	    room, timeout_ns, &selector->coarse);

	return n > 0 ? harvest(selector, events, n, room) : n;
}

void
mio__selector_rearm(int fd, unsigned ready)
{
	(void)fd; /* the kernel saw it block */
	(void)ready;
}

void
mio__selector_forget(int fd)
{
	(void)fd; /* the kernel sees it close */
}
