/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_KQUEUE_QUEUE_H
#define TESTS_LIB_KQUEUE_QUEUE_H

/*
 * The queues of the tests' own kqueue(2), and the filters in them. See
 * kqueue.c; all but kq_take() is called under the lock.
 */

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include <sys/event.h>

#ifndef EV_RECEIPT
#define EV_RECEIPT 0
#endif
#ifdef EVFILT_AIO
#define HAS_AIO true
#else
#define HAS_AIO    false
#define EVFILT_AIO 2u
#define EVFILT_LIO 9u
#endif
#ifdef EVFILT_EXCEPT
#define HAS_EXCEPT true
#else
#define HAS_EXCEPT    false
#define EVFILT_EXCEPT 10u
#define NOTE_OOB      0x0002u
#endif

/* What an epoll watches beside descriptors. */
#define SHOWN UINT64_MAX
#define CLOCK (UINT64_MAX - 1)
#define ROOM  (UINT64_MAX - 2)

/* What a filter's condition was when it was last checked. */
struct seen {
	bool held;
	bool is_listener; /* or was one at any earlier time */
	uint32_t eof, fflags;
	uint64_t progress; /* kqueue_progress(), if the filter is split */
};

struct knote {
	struct knote *next;    /* of its queue */
	struct knote *waiting; /* the next one that is queued */
	struct kevent record;
	uint32_t fflags; /* as they were given */
	int64_t data;
	int64_t due;    /* of a timer; INT64_MAX is never */
	int64_t period; /* of a timer; 0: it is a oneshot */
	struct seen seen;
	bool active, queued, disabled, triggered;
	bool is_split; /* the other direction has an epoll of its own */
	bool is_room;  /* this direction is watched by room_fd */
};

struct queue {
	struct queue *next;
	int fd;
	int room_fd;       /* an epoll in that of fd, or -1; see kqueue.c */
	uint64_t arrivals; /* how often a filter was queued */
	struct knote *notes;
	struct knote *first, **last; /* queued */
};

/* The lock is held with signals blocked and cancellation disabled. */
struct held {
	sigset_t mask;
	int cancel;
};

void kq_take(struct held *held);
void kq_give(const struct held *held);

extern struct queue *kq_queues;
extern int kq_clock_fd;    /* a timerfd */
extern unsigned kq_timers; /* how many there are in all queues */

/* epoll_ctl(2): 0 or an errno value. */
int kq_control(int epfd, int op, int fd, uint32_t bits, uint64_t name);

/* NULL: it is none, or was closed, and then it is freed. */
struct queue *kq_find_queue(int fd);
/* Whether the number is still that of the queue. */
bool kq_is_open(const struct queue *queue);
/* Makes the queue readable if filters are queued. */
void kq_show(const struct queue *queue);

/* NULL: there is no memory. */
struct knote *kq_new_note(void);
struct knote *
kq_find_note(struct queue *queue, uintptr_t ident, uint32_t filter);
bool kq_is_of_descriptor(const struct knote *note);
void kq_activate(struct queue *queue, struct knote *note);
void kq_enqueue(struct queue *queue, struct knote *note);
/* Queues a level again that was reported, which is no news. */
void kq_requeue(struct queue *queue, struct knote *note);
void kq_dequeue(struct queue *queue, struct knote *note);
/* Removes it from its queue, and frees it. */
void kq_detach(struct queue *queue, struct knote *note);

/* Watches for what the filters of a descriptor need: 0 or an errno value. */
int kq_rewatch(struct queue *queue, uintptr_t fd);
/* Removes the filters of a descriptor that was closed: whether it was. */
bool kq_forget_closed(struct queue *queue, uintptr_t fd);

#endif
