/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/kqueue_time.h"

#include <errno.h>

#include <sys/epoll.h>
#include <sys/timerfd.h>

#ifndef NOTE_NSECONDS
#define NOTE_NSECONDS 3u
#define HAS_NSECONDS  false
#else
#define HAS_NSECONDS true
#endif

#ifdef KQUEUE_EARLY
#define RINGS_EARLY true
#else
#define RINGS_EARLY false
#endif

int64_t
kq_now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);

	return ts.tv_sec * KQ_NS + ts.tv_nsec;
}

static bool clock_is_set;

/* 0 stops it: nobody shall see an edge of a timer that is gone. */
static void
set_clock(int64_t due)
{
	struct itimerspec at = { .it_value = { due / KQ_NS, due % KQ_NS } };

	(void)timerfd_settime(kq_clock_fd, TFD_TIMER_ABSTIME, &at, NULL);
	clock_is_set = due != 0;
}

int64_t
kq_after(int64_t from, int64_t ns)
{
	return ns < INT64_MAX - from ? from + ns : INT64_MAX;
}

/* Expirations add up until they are reported; each queues the filter. */
static void
expire_one(struct queue *queue, struct knote *note)
{
	int64_t late = kq_now() - note->due;

	if (note->due == INT64_MAX || late < 0)
		return;

	if (note->period == 0) {
		note->record.data = 1;
		note->due = INT64_MAX;
	} else {
		note->record.data += late / note->period + 1;
		note->due = kq_after(
		    note->due, (late / note->period + 1) * note->period);
	}
	kq_activate(queue, note);
}

void
kq_expire(void)
{
	int64_t next = INT64_MAX;
	struct queue *queue;
	struct knote *note;

	if (kq_timers == 0 && !clock_is_set)
		return;

	for (queue = kq_queues; queue != NULL; queue = queue->next) {
		if (!kq_is_open(queue))
			continue; /* closed; kq_find_queue() frees it */
		for (note = queue->notes; note != NULL; note = note->next) {
			if (note->record.filter != EVFILT_TIMER)
				continue;
			expire_one(queue, note);
			if (note->due < next)
				next = note->due;
		}
	}
	set_clock(next == INT64_MAX ? 0 : next);
}

/*
 * When a timer of so many milliseconds rings. It counts ticks of 10 ms, of
 * which the current one is the first, so that it may ring too early; it rings
 * at once if the ticks do not fit into 32 bits. What is below 0 is never over.
 */
static int64_t
due_in_ms(int64_t ms)
{
	const int64_t tick = 10000000;
	int64_t ticks = ms < 10 ? 1 : ms / 10;

	if (ms < 0 || ms >= INT64_MAX / 1000000)
		return INT64_MAX;

	return ticks > INT32_MAX ? kq_now() : (kq_now() / tick + ticks) * tick;
}

/* What is longer rings at once, as FreeBSD's sum of both times is negative. */
#define LONGEST (INT32_MAX * KQ_NS)

/* The kernel's clock may run ahead of CLOCK_MONOTONIC, here by 1/64. */
static int64_t
early(int64_t ns)
{
	return RINGS_EARLY ? ns / 64 : 0;
}

int
kq_attach_timer(struct queue *queue, struct knote *note)
{
	int64_t ns = note->data;

	if (note->fflags == 0 && ns != 0) {
		note->due = due_in_ms(ns);
		ns = note->due == INT64_MAX ? INT64_MAX : ns * 1000000;
	} else {
		if (!HAS_NSECONDS || note->fflags != NOTE_NSECONDS || ns <= 0)
			return EINVAL;
		note->due = ns <= LONGEST ? kq_after(kq_now(), ns - early(ns))
					  : kq_now();
	}

	note->period = note->record.flags & EV_ONESHOT ? 0 : ns;
	note->record.flags |= EV_CLEAR;
	kq_timers++;
	(void)kq_control(queue->fd, EPOLL_CTL_ADD, kq_clock_fd,
	    EPOLLIN | EPOLLET, CLOCK); /* or it is there */

	return 0;
}
