/* SPDX-License-Identifier: MIT */

/*
 * poll(2), for systems with neither epoll nor kqueue. The kernel keeps nothing,
 * so the table is here, and edges and oneshots are emulated: a bit that an edge
 * has reported is left out of later waits until an I/O call would have blocked
 * for it. POLLERR and POLLHUP cannot be left out. An edge that has reported one
 * of them is excluded from the wait until it is re-armed or reregistered.
 *
 * A hang-up may end (a FIFO has a new writer, a socket is connected), and more
 * may happen beside an error. Excluded entries are therefore checked before
 * each wait, and while there are any, a wait is no longer than RECHECK_NS.
 *
 * Who calls what. The table belongs to its lock. Only one thread at a time can
 * be in the kernel's wait, because a change of the table has to end that wait;
 * threads that wait pass a gate one after the other. The thread inside hands
 * the kernel a set of its own and holds no lock meanwhile. A thread that
 * changes the table sets `changed' and ends the wait. So either the table is
 * the one from which the set was made, and slot i + 1 of the set belongs to
 * entry i; or `changed' is set, and the thread inside discards the result,
 * makes the set again, and calls poll(2) under the lock with a timeout of 0. A
 * call that must not wait does so, too, with another set and without the gate.
 * Both sets grow at a registration, so no wait fails for lack of memory.
 */

#include "sys/compat.h"
#include "sys/selector.h"

#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/descriptor.h"
#include "sys/gate.h"
#include "sys/lock.h"
#include "sys/memory.h"
#include "sys/pollable.h"
#include "sys/process.h"
#include "sys/tabled.h"
#include "sys/waker.h"

/* The longest wait while there are excluded entries. */
#define RECHECK_NS INT64_C(50000000)

struct mio__selector {
	struct mio__tabled base; /* first; its lock is the one meant below */
	struct mio__waker waker;
	struct mio__gate gate;
	uint64_t process; /* the one that created it */

	/* Under the lock. */
	struct pollfd *nowait_set;
	struct pollfd *spare; /* a larger set for the thread inside */
	size_t set_room; /* of nowait_set, and the larger of spare and set */
	size_t excluded; /* how many entries are */
	size_t next;     /* the place at which the next scan begins */
	bool waiting, changed;

	/* Owned by the thread inside the gate. */
	struct pollfd *set;
	bool coarse;
};

const char mio__selector_name[] = "poll";

/* ---- sets */

static nfds_t
slots_of(const struct mio__selector *s)
{
	return (nfds_t)s->base.table.count + 1;
}

/* Fills a set: the waker, if wanted, and the table. */
static void
make_set_locked(struct mio__selector *s, struct pollfd *set, bool with_waker)
{
	set[0] = (struct pollfd){
		.fd = with_waker ? s->waker.read_fd : -1,
		.events = POLLIN,
	};

	s->excluded = mio__poll_table_slots(&s->base.table, set + 1);
}

/* Makes the set of the thread inside, which grows with the table. */
static void
make_own_set_locked(struct mio__selector *s)
{
	if (s->spare != NULL) {
		mio__os_free(s->set);
		s->set = s->spare;
		s->spare = NULL;
	}

	make_set_locked(s, s->set, true);
	s->changed = false;
}

/* Makes the sets as large as the table, and one slot more for the waker. */
static int
reserve_locked(struct mio__tabled *base)
{
	struct mio__selector *s = (struct mio__selector *)base;
	size_t room = s->base.table.room + 1;
	struct pollfd *spare, *nowait_set;

	if (room <= s->set_room)
		return 0;

	spare = mio__os_alloc(room, sizeof(*spare));
	nowait_set = mio__os_alloc(room, sizeof(*nowait_set));
	if (spare == NULL || nowait_set == NULL) {
		mio__os_free(spare);
		mio__os_free(nowait_set);
		return -ENOMEM;
	}

	mio__os_free(s->spare);
	mio__os_free(s->nowait_set);
	s->spare = spare;
	s->nowait_set = nowait_set;
	s->set_room = room;

	return 0;
}

/* ---- the table */

static void
changed_locked(struct mio__tabled *base)
{
	struct mio__selector *s = (struct mio__selector *)base;

	if (s->waiting && !s->changed)
		mio__waker_wake(&s->waker);

	s->changed = true;
}

static void
remove_locked(struct mio__selector *s, struct mio__poll_entry *entry)
{
	mio__poll_table_remove(&s->base.table, entry);
	changed_locked(&s->base);
}

int
mio__selector_add(struct mio__selector *s, mio_fd_t fd, mio_token_t token,
    unsigned interest, unsigned options)
{
	return options & MIO_EXCLUSIVE
	    ? -ENOTSUP
	    : mio__tabled_add(&s->base, fd, token, interest, options);
}

int
mio__selector_modify(struct mio__selector *s, mio_fd_t fd, mio_token_t token,
    unsigned interest, unsigned options)
{
	return mio__tabled_modify(&s->base, fd, token, interest, options);
}

int
mio__selector_remove(struct mio__selector *s, mio_fd_t fd)
{
	return mio__tabled_remove(&s->base, fd);
}

/* ---- creating and destroying */

static int
init_parts(struct mio__selector *s)
{
	int r;

	r = mio__process_id(&s->process);
	if (r == 0)
		r = mio__waker_init(&s->waker);
	if (r < 0)
		return r;

	r = mio__gate_init(&s->gate);
	if (r < 0)
		goto fini_waker;

	r = mio__tabled_init(&s->base);
	if (r < 0)
		goto fini_gate;

	return 0;

fini_gate:
	mio__gate_fini(&s->gate);
fini_waker:
	mio__waker_fini(&s->waker);

	return r;
}

int
mio__selector_create(struct mio__selector **out)
{
	struct mio__selector *s;
	int r;

	s = mio__os_alloc(1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;

	s->base.changed_locked = changed_locked;
	s->base.reserve_locked = reserve_locked;
	s->changed = true;
	r = reserve_locked(&s->base);
	if (r == 0)
		r = init_parts(s);
	if (r < 0) {
		mio__os_free(s->spare);
		mio__os_free(s->nowait_set);
		mio__os_free(s);
		return r;
	}

	*out = s;

	return 0;
}

void
mio__selector_close(struct mio__selector *s)
{
	mio__tabled_fini(&s->base);
	mio__os_free(s->spare);
	mio__os_free(s->nowait_set);
	mio__os_free(s->set);

	/* in a forked child, a thread of the parent may be inside for ever */
	if (mio__process_is(s->process))
		mio__gate_fini(&s->gate);
}

void
mio__selector_destroy(struct mio__selector *s)
{
	mio__waker_fini(&s->waker);
	mio__os_free(s);
}

mio_fd_t
mio__selector_fd(const struct mio__selector *s)
{
	(void)s; /* the kernel has no object that stands for the table */

	return -ENOTSUP;
}

/* ---- results of the kernel */

/* Whether the entry's descriptor is closed or is another file by now. */
static bool
is_stale(const struct mio__poll_entry *entry)
{
	struct stat st;
	int r = mio__os_stat(entry->fd, &st);

	return r == -EBADF || (r == 0 && !mio__poll_entry_matches(entry, &st));
}

/*
 * Removes all entries whose descriptors were closed without notice. From the
 * last to the first, since the last one takes the place of a removed one.
 */
static void
remove_closed_locked(struct mio__selector *s, const struct pollfd *set)
{
	size_t i = s->base.table.count;

	while (i-- > 0) {
		struct mio__poll_entry *entry = &s->base.table.entries[i];
		int bits = set[i + 1].revents;

		if (bits & POLLNVAL || (bits != 0 && is_stale(entry)))
			remove_locked(s, entry);
	}
}

/* Processes one slot. Returns whether there is an event. */
static bool
report_one_locked(struct mio__selector *s, struct pollfd *set, size_t place,
    struct mio_event *event)
{
	struct mio__poll_entry *entry = &s->base.table.entries[place];
	struct pollfd slot = set[place + 1];
	bool reported = mio__poll_entry_report(entry, slot.revents, event);

	set[place + 1] = mio__poll_entry_slot(entry);
	s->excluded += mio__poll_entry_is_excluded(entry);

	/* the thread inside still waits for what was reported here */
	if (set != s->set &&
	    (slot.fd != set[place + 1].fd ||
		slot.events != set[place + 1].events))
		changed_locked(&s->base);

	return reported;
}

/*
 * Reports up to capacity events from a set that agrees with the table,
 * beginning after the last slot that was reported. Sets *stale if they no
 * longer agree.
 */
static size_t
report_all_locked(struct mio__selector *s, struct pollfd *set,
    struct mio_event *events, size_t capacity, bool *stale)
{
	size_t start = s->next;
	size_t count = 0;
	size_t slots = s->base.table.count;
	size_t i;

	*stale = false;
	for (i = 0; i < slots && count < capacity; i++) {
		size_t place = (start + i) % slots;
		const struct pollfd *slot = &set[place + 1];

		if (slot->revents == 0)
			continue;

		s->next = place + 1;
		if (slot->revents & POLLNVAL ||
		    is_stale(&s->base.table.entries[place])) {
			remove_closed_locked(s, set); /* entries move */
			*stale = true;
			break;
		}

		count += report_one_locked(s, set, place, &events[count]);
	}

	return count;
}

/* If the waker was closed, nothing can end a wait: an error. */
static int
check_waker(const struct pollfd *set, int n)
{
	return n > 0 && set[0].revents & POLLNVAL ? -EBADF : n;
}

static void
drain_wake(struct mio__selector *s, const struct pollfd *set, bool *woken)
{
	if (set[0].revents == 0)
		return;

	mio__waker_drain(&s->waker);
	*woken = true;
}

/*
 * Asks the kernel without waiting, again after closed descriptors were removed.
 * The thread inside uses its own set, all others the one of the lock.
 */
static int
poll_nowait_locked(struct mio__selector *s, bool inside,
    struct mio_event *events, size_t capacity, bool *woken)
{
	struct pollfd *set;
	bool stale, coarse = false;
	size_t count;
	int n;

	do {
		if (inside)
			make_own_set_locked(s);
		else
			make_set_locked(s, s->nowait_set, !s->waiting);
		set = inside ? s->set : s->nowait_set;

		n = mio__os_poll(set, slots_of(s), 0, &coarse);
		n = check_waker(set, n);
		if (n < 0)
			return n;

		drain_wake(s, set, woken);
		count = report_all_locked(s, set, events, capacity, &stale);
	} while (count == 0 && stale);

	return (int)count;
}

/* ---- waiting inside the gate */

/* Checks the excluded entries alone, and makes the set again. */
static int
recheck_locked(struct mio__selector *s)
{
	struct mio__poll_table *table = &s->base.table;
	bool coarse = false;
	size_t i;
	int n;

	s->changed = true;
	s->set[0].fd = -1;
	for (i = table->count; i > 0; i--) {
		const struct mio__poll_entry *entry = &table->entries[i - 1];

		s->set[i].fd =
		    mio__poll_entry_is_excluded(entry) ? entry->fd : -1;
		s->set[i].events = entry->events;
	}

	n = mio__os_poll(s->set, slots_of(s), 0, &coarse);
	if (n < 0)
		return n;

	for (i = table->count; i > 0; i--) {
		struct mio__poll_entry *entry = &table->entries[i - 1];

		if (s->set[i].revents & POLLNVAL)
			remove_locked(s, entry);
		else if (s->set[i].fd >= 0)
			mio__poll_entry_recheck(entry, s->set[i].revents);
	}

	make_own_set_locked(s);

	return 0;
}

/* Makes the set for a wait, and limits the timeout. */
static int
prepare_locked(struct mio__selector *s, int64_t *timeout_ns)
{
	int r = 0;

	if (s->changed)
		make_own_set_locked(s);
	if (s->excluded > 0)
		r = recheck_locked(s);
	if (s->excluded > 0 && (*timeout_ns < 0 || *timeout_ns > RECHECK_NS))
		*timeout_ns = RECHECK_NS;

	s->waiting = r == 0;

	return r;
}

static void
stop_waiting(void *argument)
{
	struct mio__selector *s = argument;

	mio__lock(&s->base.lock);
	s->waiting = false;
	mio__unlock(&s->base.lock);
}

/* The only call in which the thread may be cancelled. */
static int
call_poll(
    struct mio__selector *s, nfds_t slots, int64_t timeout_ns, int cancel_state)
{
	int n;

	pthread_cleanup_push(stop_waiting, s);
	mio__cancel_let(cancel_state);
	n = mio__os_poll(s->set, slots, timeout_ns, &s->coarse);
	cancel_state = mio__cancel_hold();
	pthread_cleanup_pop(0);

	return check_waker(s->set, n);
}

static int
wait_inside(struct mio__selector *s, struct mio_event *events, size_t capacity,
    int64_t timeout_ns, bool *woken, int cancel_state)
{
	nfds_t slots;
	bool stale = false;
	int n;

	mio__lock(&s->base.lock);
	n = prepare_locked(s, &timeout_ns);
	slots = slots_of(s);
	mio__unlock(&s->base.lock);
	if (n < 0)
		return n;

	n = call_poll(s, slots, timeout_ns, cancel_state);

	mio__lock(&s->base.lock);
	s->waiting = false;
	if (n > 0) {
		drain_wake(s, s->set, woken);
		n = s->changed ? 0
			       : (int)report_all_locked(
				     s, s->set, events, capacity, &stale);
	}
	if (n == 0 && s->changed)
		n = poll_nowait_locked(s, true, events, capacity, woken);
	mio__unlock(&s->base.lock);

	return n;
}

static void
leave_gate(void *argument)
{
	struct mio__selector *s = argument;

	mio__gate_leave(&s->gate);
}

/* Waits to be admitted. Returns false if the timeout was over before. */
static bool
enter_gate(struct mio__selector *s, int64_t *timeout_ns)
{
	mio__instant_t deadline;

	if (mio__gate_enter(&s->gate, 0))
		return true;

	deadline = mio__clock_deadline(*timeout_ns);
	if (!mio__gate_enter(&s->gate, deadline))
		return false;

	*timeout_ns = mio__clock_left(deadline);

	return true;
}

static int
wait_at_gate(struct mio__selector *s, struct mio_event *events, size_t capacity,
    int64_t timeout_ns, bool *woken)
{
	int n, state;

	if (!enter_gate(s, &timeout_ns))
		return 0;

	pthread_cleanup_push(leave_gate, s);
	state = mio__cancel_hold();
	n = wait_inside(s, events, capacity, timeout_ns, woken, state);
	mio__cancel_let(state);
	pthread_cleanup_pop(1);

	return n;
}

int
mio__selector_wait(struct mio__selector *s, struct mio_event *events,
    size_t capacity, int64_t timeout_ns)
{
	bool woken = false;
	int n, state;

	if (timeout_ns != 0) {
		n = wait_at_gate(s, events, capacity, timeout_ns, &woken);
	} else {
		state = mio__cancel_hold();
		mio__lock(&s->base.lock);
		n = poll_nowait_locked(s, false, events, capacity, &woken);
		mio__unlock(&s->base.lock);
		mio__cancel_let(state);
	}

	return woken ? MIO__SELECTOR_WOKEN + (n > 0 ? n : 0) : n;
}

void
mio__selector_wake(struct mio__selector *s)
{
	mio__waker_wake(&s->waker);
}

/* There is no mio_poll_fd(), and the wake may stem from a changed table. */
void
mio__selector_clear_wake(struct mio__selector *s)
{
	(void)s;
}

/* ---- there is no alarm, as the timeout of the one wait does its work */

int
mio__selector_set_alarm(struct mio__selector *s, mio__instant_t instant)
{
	(void)s;
	(void)instant;

	return -ENOTSUP;
}

bool
mio__selector_has_alarm(const struct mio__selector *s)
{
	(void)s;

	return false;
}
