/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/kqueue_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/timerfd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
struct queue *kq_queues;
static int shown = -1; /* an eventfd that is readable */
int kq_clock_fd = -1;
unsigned kq_timers;
static struct knote *spare; /* by `next' */

/*
 * Epolls for queues that need a second one. They exist before any test counts
 * its descriptors, and a queue that is closed leaves its own here.
 */
#define SPARE_FDS 16

static int spare_fds[SPARE_FDS];
static unsigned spare_fds_count;

/* ---- the lock */

void
kq_take(struct held *held)
{
	sigset_t all;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &held->mask);
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &held->cancel);
	(void)pthread_mutex_lock(&lock);
}

void
kq_give(const struct held *held)
{
	int disabled;

	(void)pthread_mutex_unlock(&lock);
	(void)pthread_setcancelstate(held->cancel, &disabled);
	(void)pthread_sigmask(SIG_SETMASK, &held->mask, NULL);
}

static void
make_own_descriptors(void)
{
	struct rlimit limit;

	shown = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	kq_clock_fd =
	    timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (shown < 0 || kq_clock_fd < 0)
		abort();
	/* a test of the limit of descriptors has none to spare */
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < 64)
		return;
	while (spare_fds_count < SPARE_FDS)
		spare_fds[spare_fds_count++] = epoll_create1(EPOLL_CLOEXEC);
}

static void
before_fork(void)
{
	(void)pthread_mutex_lock(&lock);
}

static void
in_parent(void)
{
	(void)pthread_mutex_unlock(&lock);
}

static void free_queue(struct queue *queue);

static void
in_child(void)
{
	struct queue *queue;

	while ((queue = kq_queues) != NULL) {
		kq_queues = queue->next;
		if (kq_is_open(queue))
			(void)close(queue->fd);
		if (queue->room_fd >= 0)
			(void)close(queue->room_fd);
		queue->room_fd = -1;
		free_queue(queue);
	}
	while (spare_fds_count > 0)
		(void)close(spare_fds[--spare_fds_count]);
	(void)close(shown);
	(void)close(kq_clock_fd);
	make_own_descriptors();
	(void)pthread_mutex_unlock(&lock);
}

/* Before any test counts its descriptors. */
static __attribute__((constructor)) void
set_up(void)
{
	make_own_descriptors();
	(void)pthread_atfork(before_fork, in_parent, in_child);
}

/* ---- memory, without the allocator: tests count what that is asked for */

#define CHUNK 64

struct knote *
kq_new_note(void)
{
	struct knote *note;
	int i;

	if (spare == NULL) {
		note = mmap(NULL, CHUNK * sizeof(*note), PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (note == MAP_FAILED)
			return NULL;
		for (i = 0; i < CHUNK; i++) {
			note[i].next = spare;
			spare = &note[i];
		}
	}
	note = spare;
	spare = note->next;
	memset(note, 0, sizeof(*note));

	return note;
}

static void
free_note(struct knote *note)
{
	kq_timers -= note->record.filter == EVFILT_TIMER;
	note->next = spare;
	spare = note;
}

/* ---- queues */

int
kq_control(int epfd, int op, int fd, uint32_t bits, uint64_t name)
{
	struct epoll_event event = { .events = bits, .data.u64 = name };

	return epoll_ctl(epfd, op, fd, &event) < 0 ? errno : 0;
}

/* Whether the number is still that of the queue. */
bool
kq_is_open(const struct queue *queue)
{
	return kq_control(queue->fd, EPOLL_CTL_ADD, shown, 0, SHOWN) == EEXIST;
}

void
kq_show(const struct queue *queue)
{
	(void)kq_control(queue->fd, EPOLL_CTL_MOD, shown,
	    queue->first != NULL ? EPOLLIN : 0, SHOWN);
}

bool
kq_is_of_descriptor(const struct knote *note)
{
	return note->record.filter == EVFILT_READ ||
	    note->record.filter == EVFILT_WRITE ||
	    note->record.filter == EVFILT_EXCEPT;
}

void
kq_dequeue(struct queue *queue, struct knote *note)
{
	struct knote **link = &queue->first;

	if (!note->queued)
		return;

	while (*link != note)
		link = &(*link)->waiting;
	*link = note->waiting;
	if (queue->last == &note->waiting)
		queue->last = link;
	note->queued = false;
}

void
kq_requeue(struct queue *queue, struct knote *note)
{
	if (note->queued || note->disabled || !note->active)
		return;

	note->queued = true;
	note->waiting = NULL;
	*queue->last = note;
	queue->last = &note->waiting;
	kq_show(queue);
}

void
kq_enqueue(struct queue *queue, struct knote *note)
{
	bool was_queued = note->queued;

	kq_requeue(queue, note);
	queue->arrivals += !was_queued && note->queued;
}

void
kq_activate(struct queue *queue, struct knote *note)
{
	note->active = true;
	kq_enqueue(queue, note);
}

/* Nothing is watched by it any more, not even a file with another number. */
static void
give_back(int fd)
{
	int empty = epoll_create1(EPOLL_CLOEXEC);

	if (spare_fds_count < SPARE_FDS && empty >= 0 &&
	    dup3(empty, fd, O_CLOEXEC) == fd)
		spare_fds[spare_fds_count++] = fd;
	else
		(void)close(fd);
	if (empty >= 0)
		(void)close(empty);
}

static void
free_queue(struct queue *queue)
{
	struct knote *note;

	if (queue->room_fd >= 0)
		give_back(queue->room_fd);
	while ((note = queue->notes) != NULL) {
		queue->notes = note->next;
		free_note(note);
	}
	free(queue);
}

/* Frees the queues that were closed: those with that number, or all. */
static void
free_closed(int fd)
{
	struct queue **link = &kq_queues;
	struct queue *queue;

	while ((queue = *link) != NULL) {
		if ((fd >= 0 && queue->fd != fd) || kq_is_open(queue)) {
			link = &queue->next;
		} else {
			*link = queue->next;
			free_queue(queue);
		}
	}
}

struct queue *
kq_find_queue(int fd)
{
	struct queue *queue;

	free_closed(fd);
	for (queue = kq_queues; queue != NULL; queue = queue->next)
		if (queue->fd == fd)
			return queue;

	return NULL;
}

int
kqueue(void)
{
	struct queue *queue;
	struct held held;
	int error, fd;

	queue = calloc(1, sizeof(*queue));
	if (queue == NULL)
		return -1;

	kq_take(&held);
	fd = epoll_create1(0); /* a kqueue is not close-on-exec */
	error = errno;
	if (fd >= 0) {
		(void)kq_find_queue(fd); /* frees one that was closed */
		queue->fd = fd;
		queue->room_fd = -1;
		queue->last = &queue->first;
		queue->next = kq_queues;
		kq_queues = queue;
		(void)kq_control(fd, EPOLL_CTL_ADD, shown, 0, SHOWN);
	} else {
		free(queue);
	}
	kq_give(&held);
	errno = error;

	return fd;
}

/* ---- notes */

struct knote *
kq_find_note(struct queue *queue, uintptr_t ident, uint32_t filter)
{
	struct knote *note = queue->notes;

	while (note != NULL &&
	    (note->record.ident != ident || note->record.filter != filter))
		note = note->next;

	return note;
}

static int
make_room_fd(struct queue *queue)
{
	int error;

	if (queue->room_fd >= 0)
		return 0;

	if (spare_fds_count == 0)
		free_closed(-1);
	queue->room_fd = spare_fds_count > 0 ? spare_fds[--spare_fds_count]
					     : epoll_create1(EPOLL_CLOEXEC);
	if (queue->room_fd < 0)
		return errno;

	error =
	    kq_control(queue->fd, EPOLL_CTL_ADD, queue->room_fd, EPOLLIN, ROOM);
	if (error != 0) {
		give_back(queue->room_fd);
		queue->room_fd = -1;
	}

	return error;
}

static int
watch(int epfd, uintptr_t fd, uint32_t bits)
{
	int error =
	    kq_control(epfd, EPOLL_CTL_ADD, (int)fd, bits | EPOLLET, fd);

	return error != EEXIST
	    ? error
	    : kq_control(epfd, EPOLL_CTL_MOD, (int)fd, bits | EPOLLET, fd);
}

static void
unwatch(int epfd, uintptr_t fd)
{
	(void)kq_control(epfd, EPOLL_CTL_DEL, (int)fd, 0, fd);
}

/*
 * One epoll for both directions, unless there are two filters and one is an
 * edge: it must not be reported because of the other's. If the kernel refuses
 * a second epoll, which is one more in a row of epolls, it may.
 */
int
kq_rewatch(struct queue *queue, uintptr_t fd)
{
	struct knote *in = kq_find_note(queue, fd, EVFILT_READ);
	struct knote *out = kq_find_note(queue, fd, EVFILT_WRITE);
	uint32_t urgent =
	    kq_find_note(queue, fd, EVFILT_EXCEPT) != NULL ? EPOLLPRI : 0u;
	uint32_t bits = (in != NULL ? EPOLLIN | EPOLLRDHUP : 0u) |
	    (out != NULL ? EPOLLOUT : 0u) | urgent;
	bool is_split = in != NULL && out != NULL &&
	    (in->record.flags | out->record.flags) & EV_CLEAR &&
	    make_room_fd(queue) == 0 &&
	    watch(queue->room_fd, fd, EPOLLOUT) == 0;

	if (in != NULL)
		in->is_split = is_split;
	if (out != NULL)
		out->is_split = out->is_room = is_split;
	if (!is_split && queue->room_fd >= 0)
		unwatch(queue->room_fd, fd);
	if (bits != 0)
		return watch(queue->fd, fd,
		    is_split ? EPOLLIN | EPOLLRDHUP | urgent : bits);

	unwatch(queue->fd, fd);

	return 0;
}

static void
forget(struct queue *queue, struct knote *note)
{
	struct knote **link = &queue->notes;

	kq_dequeue(queue, note);
	while (*link != note)
		link = &(*link)->next;
	*link = note->next;
	free_note(note);
	kq_show(queue);
}

void
kq_detach(struct queue *queue, struct knote *note)
{
	bool of_descriptor = kq_is_of_descriptor(note);
	uintptr_t ident = note->record.ident;

	forget(queue, note);
	if (of_descriptor)
		(void)kq_rewatch(queue, ident);
}

/*
 * Closing a descriptor removes its filters, even if others have the file open.
 */
static bool
is_closed(const struct queue *queue, uintptr_t fd)
{
	int error = kq_control(
	    queue->fd, EPOLL_CTL_ADD, (int)fd, EPOLLET, (uint64_t)fd);

	if (error == 0) /* another file has the number */
		(void)kq_control(queue->fd, EPOLL_CTL_DEL, (int)fd, 0, fd);

	/* it cannot be watched, and was accepted: see attach_descriptor() */
	if (error == EPERM || (int)fd == queue->fd)
		return false;

	return error != EEXIST;
}

bool
kq_forget_closed(struct queue *queue, uintptr_t fd)
{
	static const uint32_t filters[] = { EVFILT_READ, EVFILT_WRITE,
		EVFILT_EXCEPT };
	struct knote *notes[3];
	bool found = false;
	int i;

	for (i = 0; i < 3; i++) {
		notes[i] = kq_find_note(queue, fd, filters[i]);
		found |= notes[i] != NULL;
	}
	if (!found || !is_closed(queue, fd))
		return false;

	for (i = 0; i < 3; i++)
		if (notes[i] != NULL)
			forget(queue, notes[i]);

	return true;
}
