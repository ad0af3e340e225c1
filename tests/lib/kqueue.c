/* SPDX-License-Identifier: MIT */

/*
 * kqueue(2) for tests, in the process, over the descriptors of Linux. It
 * behaves as a NetBSD kernel does, by the rules that are written at the
 * functions below and in kqueue_condition.c; tests/internal_kqueue.c checks
 * them.
 *
 * A queue is an epoll(7) descriptor, so that other loops can wait for it. The
 * epoll watches each descriptor for edges, which say when to check a filter's
 * condition, and one eventfd that is always readable: it is watched while
 * filters are queued. Threads sleep in ppoll(2) on the epoll.
 *
 * An edge of one direction makes the filter of this direction active, not the
 * other one. Linux reports an edge of either direction with the readiness of
 * both, so that a descriptor with two filters needs two epolls: the second one
 * (room_fd) watches for room, and is itself watched by the first.
 *
 * There is one lock. It is held with all signals blocked, since a handler may
 * wake a queue, and with cancellation disabled; never while a thread sleeps.
 *
 * Nobody reports a close(2). That a descriptor was closed is found out when it
 * is looked at: the epoll no longer knows the number. A forked child has no
 * queues: their descriptors are closed in it.
 *
 * Some of what a NetBSD kernel does cannot be had over descriptors of Linux:
 *
 *	- A pipe has room there while 512 bytes are free. Here it has room
 *	  when Linux says so, since Linux refuses the write otherwise.
 *	- A stream of AF_UNIX whose peer receives no more is still writable
 *	  there. Here it has ended for writing: Linux keeps that in the same
 *	  bit as what was shut down on this side.
 *	- What was ready and is so no more keeps a queue readable for poll(2)
 *	  there, until the next kevent(2). Here it does so only if a kevent(2)
 *	  has seen it ready: nothing of this file runs when a descriptor becomes
 *	  ready.
 *	- A wait ends with a tick of the clock there, 10 to 20 ms late. Here it
 *	  ends when its time is over.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/event.h>

#include "lib/kqueue_condition.h"
#include "lib/kqueue_queue.h"
#include "lib/kqueue_time.h"

#ifndef EVFILT_USER
#define EVFILT_USER  8u
#define NOTE_TRIGGER 0x01000000u
#define HAS_USER     false
#else
#define HAS_USER true
#endif
#ifdef KQUEUE_EXT
#define IS_FREEBSD true
#else
#define IS_FREEBSD false
#endif

/* ---- conditions */

static void pump(struct queue *queue);

/* A queue is readable while filters are queued in it. */
static bool
is_queue_ready(struct queue *queue, struct kevent *record)
{
	const struct knote *note;

	pump(queue);
	record->data = 0;
	for (note = queue->first; note != NULL; note = note->waiting)
		record->data++;

	return queue->first != NULL;
}

/* Whether the filter's condition holds; the record says what is so. */
static bool
holds(struct knote *note)
{
	struct kevent *record = &note->record;
	struct queue *queue;

	if (record->filter == EVFILT_USER)
		return note->triggered;
	if (record->filter == EVFILT_TIMER)
		return record->data != 0;
	if (record->filter == EVFILT_AIO || record->filter == EVFILT_LIO)
		return true;

	record->flags &= ~EV_EOF;
	record->fflags = 0;
	queue = kq_find_queue((int)record->ident);
	note->seen.held = queue != NULL
	    ? is_queue_ready(queue, record)
	    : kqueue_condition(record,
		  note->fflags & NOTE_LOWAT ? note->data : 1,
		  &note->seen.is_listener);
	note->seen.eof = record->flags & EV_EOF;
	note->seen.fflags = record->fflags;
	if (queue != NULL)
		note->seen.progress = queue->arrivals;
	else if (note->is_split)
		note->seen.progress =
		    kqueue_progress(record->ident, record->filter);

	return note->seen.held;
}

/*
 * Whether an edge of the epoll makes a filter active. Some edges are of both
 * directions of a socket, as when the peer ends one of them. A queue in a queue
 * has an edge when a filter is queued that was not.
 */
static bool
has_news(struct knote *note)
{
	struct seen before = note->seen;

	if (!holds(note))
		return false;
	if (!note->is_split && kq_find_queue((int)note->record.ident) == NULL)
		return true;

	return !before.held || before.eof != note->seen.eof ||
	    before.fflags != note->seen.fflags ||
	    before.progress != note->seen.progress;
}

/* ---- changes */

static int
attach_descriptor(struct queue *queue, const struct knote *note)
{
	int error;
	uintptr_t fd = note->record.ident;

	if (note->record.filter == EVFILT_EXCEPT &&
	    (!HAS_EXCEPT || note->fflags != NOTE_OOB ||
		!kqueue_is_socket((int)fd)))
		return EINVAL;
	if (note->record.filter == EVFILT_WRITE) {
		if (kq_find_queue((int)fd) != NULL)
			return EPERM;
		if (kqueue_is_broken_pipe((int)fd))
			return EBADF;
	}

	/* neither a queue in itself nor a device has edges */
	error = kq_rewatch(queue, fd);
	if ((int)fd == queue->fd ||
	    (error == EPERM && kqueue_is_device((int)fd)))
		return 0;

	return error == EPERM ? EOPNOTSUPP : error == ELOOP ? EINVAL : error;
}

static int
attach(struct queue *queue, struct knote *note)
{
	if (kq_is_of_descriptor(note))
		return attach_descriptor(queue, note);
	if (note->record.filter == EVFILT_TIMER)
		return kq_attach_timer(queue, note);

	return note->record.filter == EVFILT_USER && HAS_USER ? 0 : EINVAL;
}

static int
add(struct queue *queue, const struct kevent *change)
{
	struct knote *note = kq_new_note();
	int error;

	if (note == NULL)
		return ENOMEM;

	note->record = *change;
	note->record.data = 0;
	note->record.fflags = 0;
	note->fflags = change->fflags;
	note->data = change->data;
	note->next = queue->notes;
	queue->notes = note;

	error = attach(queue, note);
	if (error == 0)
		return 0;

	/* timers counts those that were attached */
	if (note->record.filter == EVFILT_TIMER)
		kq_timers++;
	kq_detach(queue, note);

	return error;
}

/*
 * Adding what exists changes what it waits for and its udata, not its flags,
 * and makes it active if its condition holds. A change without an action does
 * nothing; FreeBSD overwrites udata by it.
 */
static void
change_existing(
    struct queue *queue, struct knote *note, const struct kevent *change)
{
	if (change->flags & EV_ADD) {
		note->fflags = change->fflags;
		note->data = change->data;
	}
	if (IS_FREEBSD || change->flags & EV_ADD)
		note->record.udata = change->udata;
	if (change->filter == EVFILT_USER && change->fflags & NOTE_TRIGGER)
		note->triggered = true;
	if ((IS_FREEBSD || note->triggered) && holds(note))
		kq_activate(queue, note);
}

static int
check_ident(struct queue *queue, const struct kevent *change)
{
	int flags;

	if (change->filter != EVFILT_READ && change->filter != EVFILT_WRITE &&
	    change->filter != EVFILT_EXCEPT)
		return 0;

	(void)kq_forget_closed(queue, change->ident);

	/* a file that was opened as a path only can do nothing */
	flags = fcntl((int)change->ident, F_GETFL);

	return flags < 0 || flags & O_PATH ? EBADF : 0;
}

static int
apply(struct queue *queue, const struct kevent *change)
{
	struct knote *note;
	int error;

	error = check_ident(queue, change);
	if (error != 0)
		return error;

	note = kq_find_note(queue, change->ident, change->filter);
	if (note == NULL) {
		if (!(change->flags & EV_ADD))
			return ENOENT;
		error = add(queue, change);
		if (error != 0)
			return error;
		note = kq_find_note(queue, change->ident, change->filter);
	} else if (change->flags & EV_DELETE) {
		kq_detach(queue, note);
		kq_expire();
		return 0;
	} else {
		change_existing(queue, note, change);
	}

	if (change->flags & EV_ADD && holds(note))
		kq_activate(queue, note);
	if (change->flags & EV_DISABLE)
		note->disabled = true;
	if (change->flags & EV_ENABLE) {
		note->disabled = false;
		kq_enqueue(queue, note);
	}
	kq_expire();

	return 0;
}

/* ---- records */

static void
pump_one(struct queue *queue, uint64_t name, bool is_room)
{
	struct knote *note;

	if (name >= ROOM || kq_forget_closed(queue, name))
		return;

	for (note = queue->notes; note != NULL; note = note->next)
		if (kq_is_of_descriptor(note) && note->record.ident == name &&
		    note->is_room == is_room && has_news(note))
			kq_activate(queue, note);
}

static void
pump_all(struct queue *queue, int epfd)
{
	struct epoll_event events[64];
	int i, n;

	do {
		n = epoll_wait(epfd, events, 64, 0);
		for (i = 0; i < n; i++)
			pump_one(
			    queue, events[i].data.u64, epfd == queue->room_fd);
	} while (n == 64);
}

/* Edges that the epolls have seen make filters active. */
static void
pump(struct queue *queue)
{
	/* what ends in both directions ends for writing first */
	if (queue->room_fd >= 0)
		pump_all(queue, queue->room_fd);
	pump_all(queue, queue->fd);
	kq_expire(); /* after the clock's edge, which does not come again */
}

/* What happens to a filter once it was reported. */
static void
reported(struct queue *queue, struct knote *note)
{
	uint32_t flags = note->record.flags;

	if (flags & EV_ONESHOT) {
		kq_detach(queue, note);
	} else if (flags & EV_CLEAR) {
		note->record.data = 0;
		note->record.fflags = 0;
		note->triggered = false;
		note->active = false;
		/* NetBSD forgets EV_DISPATCH then */
		note->disabled = IS_FREEBSD && flags & EV_DISPATCH;
	} else if (flags & EV_DISPATCH) {
		note->disabled = true;
		note->active = false;
	} else {
		kq_requeue(queue, note);
	}
}

/* Each filter that is queued now is looked at once. */
static int
scan(struct queue *queue, struct kevent *records, int room)
{
	struct knote *note, *last;
	bool at_end = false;
	int n = 0;

	pump(queue);
	if (queue->first == NULL)
		return 0;
	for (last = queue->first; last->waiting != NULL; last = last->waiting)
		continue;

	while (n < room && !at_end) {
		note = queue->first;
		at_end = note == last;
		kq_dequeue(queue, note);
		if (note->disabled)
			continue;
		if (kq_is_of_descriptor(note) &&
		    kq_forget_closed(queue, note->record.ident)) {
			/* both filters of it are gone, maybe the last one */
			if (queue->first == NULL)
				break;
			for (last = queue->first; last->waiting != NULL;
			     last = last->waiting)
				continue;
			at_end = false;
			continue;
		}
		if (!(note->record.flags & EV_ONESHOT) && !holds(note)) {
			note->active = false;
			continue;
		}
		records[n++] = note->record;
		reported(queue, note);
	}
	kq_show(queue);

	return n;
}

static bool
sleep_until(const struct queue *queue, int64_t deadline)
{
	struct pollfd look = { queue->fd, POLLIN, 0 };
	int64_t left = deadline == INT64_MAX ? 0 : deadline - kq_now();
	struct timespec ts = { 0, 0 };

	if (left > 0)
		ts = (struct timespec){ left / KQ_NS, left % KQ_NS };

	return ppoll(&look, 1, deadline == INT64_MAX ? NULL : &ts, NULL) >= 0;
}

/* All changes, or those up to the first error that there is no room for. */
static int
apply_all(struct queue *queue, const struct kevent *changes, int n,
    struct kevent *records, int room)
{
	int errors = 0;
	int error, i;

	for (i = 0; i < n; i++) {
		error = apply(queue, &changes[i]);
		if (error == 0 && !(changes[i].flags & EV_RECEIPT))
			continue;
		if (errors == room) {
			errno = error;
			return error == 0 ? errors : -1;
		}
		records[errors] = changes[i];
		records[errors].flags = EV_ERROR;
		records[errors++].data = error;
	}

	return errors;
}

int
kevent(int kq, const struct kevent *changes, int changes_count,
    struct kevent *records, int room, const struct timespec *timeout)
{
	int64_t deadline = INT64_MAX;
	struct queue *queue;
	struct held held;
	int n = 0;

	pthread_testcancel(); /* also if it only makes changes */

	if (timeout != NULL &&
	    (timeout->tv_sec < 0 || timeout->tv_nsec < 0 ||
		timeout->tv_nsec >= KQ_NS)) {
		errno = EINVAL;
		return -1;
	}
	if (timeout != NULL && timeout->tv_sec < INT64_MAX / KQ_NS)
		deadline = kq_after(
		    kq_now(), timeout->tv_sec * KQ_NS + timeout->tv_nsec);

	kq_take(&held);
	queue = kq_find_queue(kq);
	if (queue == NULL) {
		kq_give(&held);
		errno = EBADF;
		return -1;
	}

	n = apply_all(queue, changes, changes_count, records, room);
	while (n == 0 && room > 0) {
		n = scan(queue, records, room);
		if (n > 0 || kq_now() >= deadline)
			break;
		kq_give(&held);
		if (!sleep_until(queue, deadline))
			return -1;
		kq_take(&held);
	}
	kq_give(&held);

	return n;
}

int
kqueue_finish_request(int kq, const struct kevent *record)
{
	struct knote *note = NULL;
	struct queue *queue;
	struct held held;

	kq_take(&held);
	queue = kq_find_queue(kq);
	if (queue != NULL && HAS_AIO)
		note = kq_new_note();
	if (note != NULL) {
		note->record = *record;
		note->record.flags |= EV_ADD | EV_EOF;
		note->next = queue->notes;
		queue->notes = note;
		kq_activate(queue, note);
	}
	kq_give(&held);

	return note != NULL ? 0 : -1;
}
