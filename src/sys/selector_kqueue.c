/* SPDX-License-Identifier: MIT */

/*
 * kqueue(2): the kernel keeps one filter for each direction of a descriptor,
 * and reports each by a record of its own. All else follows from that. A
 * registration is one or two filters, which are added and deleted together; the
 * records of one descriptor that a wait receives become one event.
 *
 * Two queues. Levels and edges are in the main queue, on which any number of
 * threads wait side by side: each record is reported as it is. Where more has
 * to be done first the filters are in the careful queue, which the main one
 * watches; a thread that is woken by it fetches from it under the lock. These
 * are:
 *
 *	- Oneshots. Reported by one filter, they are disabled in all, before
 *	  another thread can fetch a record of another filter. Nor could that
 *	  thread tell it from a record of a registration that was modified
 *	  meanwhile.
 *	- An interest of 0, which the kernel does not know. One filter stands
 *	  for it, and its records count if they are of a hang-up or an error. It
 *	  is an edge for the kernel, so that other records are rare.
 *
 * Who calls what. The lock is held by threads that change registrations, which
 * takes several changes of filters, and by those that fetch from the careful
 * queue; never over a wait. The kernel's flags of a filter stay as they were
 * when it was added, so that a registration is modified by deleting its filters
 * and adding them anew. That also reports again what holds. Should the kernel
 * refuse them then, because it has no memory or because the file knows nothing
 * of the new interest, the call fails and the registration is gone.
 *
 * The main queue stays open until the selector is destroyed, since other
 * threads may wake it until then. A forked child has neither queue.
 */

#include "sys/compat.h"
#include "sys/selector.h"

#include <stdatomic.h>

#include <sys/stat.h>

#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/descriptor.h"
#include "sys/handover.h"
#include "sys/kqueue_batch.h"
#include "sys/kqueue_filters.h"
#include "sys/kqueue_own.h"
#include "sys/kqueue_system.h"
#include "sys/kqueue_tokens.h"
#include "sys/lock.h"
#include "sys/memory.h"
#include "sys/pollable.h"
#include "sys/process.h"

/* How many records one call fetches. */
#define RECORDS 256

struct mio__selector {
	int kq;
	int careful;
	uint64_t process; /* that made it */
	struct mio__kqueue_wake wake;
	atomic_bool alarm_works;
	bool alarm_made; /* owned by the caller that sets it */

	pthread_mutex_t lock;
	bool careful_is_used;             /* lock */
	struct mio__kqueue_tokens tokens; /* lock */
};

const char mio__selector_name[] = "kqueue";

/* ---- the life of one */

static int
open_queues(struct mio__selector *s)
{
	mio__kevent_t watch;
	int r;

	r = mio__kqueue_open(&s->kq);
	if (r < 0)
		return r;

	r = mio__kqueue_open(&s->careful);
	if (r < 0)
		goto close_main;

	watch = mio__kqueue_change((uintptr_t)s->careful, EVFILT_READ, EV_ADD);
	r = mio__kqueue_apply(s->kq, &watch);
	if (r == 0)
		r = mio__kqueue_wake_init(&s->wake, s->kq);
	if (r < 0)
		goto close_both;

	return 0;

close_both:
	(void)mio__os_close(s->careful); /* ours, and nobody knows it */
close_main:
	(void)mio__os_close(s->kq);

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

	r = mio__process_id(&s->process);
	if (r < 0)
		goto free;

	r = -pthread_mutex_init(&s->lock, NULL);
	if (r < 0)
		goto free;

	r = open_queues(s);
	if (r < 0)
		goto destroy_lock;

	atomic_init(&s->alarm_works, false);
	*out = s;

	return 0;

destroy_lock:
	(void)pthread_mutex_destroy(&s->lock); /* nobody has it */
free:
	mio__os_free(s);

	return r;
}

void
mio__selector_close(struct mio__selector *s)
{
	atomic_store_explicit(&s->alarm_works, false, memory_order_relaxed);
	mio__kqueue_tokens_fini(&s->tokens);
	if (!mio__process_is(s->process))
		return;

	(void)mio__os_close(s->careful); /* ours: nothing to report */
	(void)pthread_mutex_destroy(&s->lock);
}

void
mio__selector_destroy(struct mio__selector *s)
{
	if (mio__process_is(s->process))
		(void)mio__os_close(s->kq); /* ours */
	mio__kqueue_wake_fini(&s->wake);
	mio__os_free(s);
}

mio_fd_t
mio__selector_fd(const struct mio__selector *s)
{
	return s->kq;
}

/* ---- registrations */

/* Whether a registration belongs into the careful queue. */
static bool
is_for_careful(unsigned interest, unsigned options)
{
	return (options & MIO_ONESHOT) || interest == 0;
}

/* What is left of an interest: only sockets have urgent bytes. */
static unsigned
possible(unsigned interest, const struct stat *st)
{
	return S_ISSOCK(st->st_mode) ? interest : interest & ~MIO_PRIORITY;
}

/* Puts into *tag what a filter has to carry for this token. */
static int
store_token_locked(
    struct mio__selector *s, mio_fd_t fd, mio_token_t token, uint64_t *tag)
{
	*tag = token;

	return MIO__TOKENS_ARE_CUT
	    ? mio__kqueue_tokens_store(&s->tokens, fd, token, tag)
	    : 0;
}

static int
add_locked(struct mio__selector *s, mio_fd_t fd, const struct stat *st,
    uint64_t tag, unsigned interest, unsigned options)
{
	bool is_careful = is_for_careful(interest, options);
	int kq = is_careful ? s->careful : s->kq;

	s->careful_is_used |= is_careful;
	MIO__HANDOVER_RELEASE(s->kq);
	MIO__HANDOVER_RELEASE(s->careful);
	return interest == 0
	    ? mio__kqueue_add_quiet(kq, fd, st, tag, options)
	    : mio__kqueue_add(kq, fd, st, tag, interest,
		  !is_careful && (options & MIO_EDGE) ? EV_CLEAR : 0);
}

/* Without any action, it only finds out whether there is a filter. */
static int
find_locked(struct mio__selector *s, int kq, mio_fd_t fd)
{
	return kq == s->careful && !s->careful_is_used
	    ? -ENOENT
	    : mio__kqueue_apply_to_all(kq, fd, EV_KEEPUDATA);
}

/*
 * Filters of the same queue are deleted first, others when the new ones are
 * there; until then a failure leaves them.
 */
static int
replace_locked(struct mio__selector *s, mio_fd_t fd, const struct stat *st,
    uint64_t tag, unsigned interest, unsigned options)
{
	bool is_careful = is_for_careful(interest, options);
	int same = is_careful ? s->careful : s->kq;
	int other = is_careful ? s->kq : s->careful;
	int r = mio__kqueue_apply_to_all(same, fd, EV_DELETE);
	bool moves = r == -ENOENT;

	if (moves)
		r = find_locked(s, other, fd);
	if (r == 0)
		r = add_locked(s, fd, st, tag, interest, options);
	if (r == 0 && moves) {
		r = mio__kqueue_apply_to_all(other, fd, EV_DELETE);
		if (r < 0)
			(void)mio__kqueue_apply_to_all(same, fd, EV_DELETE);
	}

	return r;
}

/* A failure leaves the token of the filters that are left. */
static int
modify_locked(struct mio__selector *s, mio_fd_t fd, const struct stat *st,
    mio_token_t token, unsigned interest, unsigned options)
{
	struct mio__kqueue_token saved =
	    mio__kqueue_tokens_save(&s->tokens, fd);
	uint64_t tag;
	int r;

	r = store_token_locked(s, fd, token, &tag);
	if (r == 0)
		r = replace_locked(s, fd, st, tag, interest, options);
	if (r < 0)
		mio__kqueue_tokens_restore(&s->tokens, fd, &saved);

	return r;
}

static int
remove_locked(struct mio__selector *s, mio_fd_t fd)
{
	int r = mio__kqueue_apply_to_all(s->kq, fd, EV_DELETE);

	if (r == -ENOENT && s->careful_is_used)
		r = mio__kqueue_apply_to_all(s->careful, fd, EV_DELETE);

	return r;
}

/* What cannot be registered; the kernel accepts files that are always ready. */
static int
check(const struct mio__selector *s, mio_fd_t fd, struct stat *st)
{
	int r = fd == s->kq ? -EINVAL : mio__os_stat(fd, st);

	if (r < 0 || S_ISSOCK(st->st_mode) || S_ISFIFO(st->st_mode))
		return r;

	return mio__pollable(fd, st);
}

/* Whether the kernel has all that is asked for. */
static bool
is_known(unsigned interest, unsigned options)
{
	return (MIO__FILTERS > 2 || !(interest & MIO_PRIORITY)) &&
	    !(options & MIO_EXCLUSIVE);
}

int
mio__selector_add(struct mio__selector *s, mio_fd_t fd, mio_token_t token,
    unsigned interest, unsigned options)
{
	struct stat st;
	uint64_t tag;
	bool locked;
	int r;

	if (!is_known(interest, options))
		return -ENOTSUP;

	r = check(s, fd, &st);
	if (r < 0)
		return r;

	locked = mio__lock_others_out(&s->lock);
	r = find_locked(s, s->kq, fd);
	if (r == -ENOENT)
		r = find_locked(s, s->careful, fd);
	if (r == 0)
		r = -EEXIST;
	else if (r == -ENOENT)
		r = store_token_locked(s, fd, token, &tag);
	if (r == 0)
		r = add_locked(
		    s, fd, &st, tag, possible(interest, &st), options);
	mio__let_others_in(&s->lock, locked);

	return r;
}

/* Why there is nothing to change: nobody added it, or nobody could have. */
static int
absent(const struct mio__selector *s, mio_fd_t fd)
{
	struct stat st;
	int r = check(s, fd, &st);

	return r < 0 ? r : -ENOENT;
}

int
mio__selector_modify(struct mio__selector *s, mio_fd_t fd, mio_token_t token,
    unsigned interest, unsigned options)
{
	struct stat st;
	bool locked;
	int r;

	if (!is_known(interest, options))
		return -ENOTSUP;

	r = mio__os_stat(fd, &st);
	if (r < 0)
		return r;

	locked = mio__lock_others_out(&s->lock);
	r = modify_locked(s, fd, &st, token, possible(interest, &st), options);
	mio__let_others_in(&s->lock, locked);

	return r == -ENOENT ? absent(s, fd) : r;
}

int
mio__selector_remove(struct mio__selector *s, mio_fd_t fd)
{
	bool locked = mio__lock_others_out(&s->lock);
	int r = remove_locked(s, fd);

	mio__let_others_in(&s->lock, locked);

	return r == -ENOENT ? absent(s, fd) : r;
}

/* ---- the wait */

/* Whether the record's registration still has its token. */
static bool
find_token(struct mio__selector *s, const mio__kevent_t *record, bool is_locked,
    mio_token_t *token)
{
	uint64_t tag = mio__kevent_tag(record);
	bool found;

	*token = tag;
	if (!MIO__TOKENS_ARE_CUT)
		return true;

	if (!is_locked)
		mio__lock(&s->lock);
	found =
	    mio__kqueue_tokens_find(&s->tokens, (int)record->ident, tag, token);
	if (!is_locked)
		mio__unlock(&s->lock);

	return found;
}

/* Whether a record is of the selector's own; then the batch says which. */
static bool
is_internal(struct mio__selector *s, struct mio__kqueue_batch *batch,
    const mio__kevent_t *record)
{
	if (record->filter == EVFILT_TIMER)
		batch->woken |= MIO__SELECTOR_WOKEN | MIO__SELECTOR_RANG;
	else if (mio__kqueue_is_wake(&s->wake, record))
		batch->woken |= MIO__SELECTOR_WOKEN;
	else if (record->filter == EVFILT_READ &&
	    record->ident == (uintptr_t)s->careful)
		batch->is_careful_ready = true;
	else
		return false;

	return true;
}

/* Adds a record of the main queue. There is room. */
static void
add_record(struct mio__selector *s, struct mio__kqueue_batch *batch,
    const mio__kevent_t *record)
{
	unsigned request = mio__kqueue_request_of(record);
	mio_token_t token;

	if (request != 0)
		mio__kqueue_batch_add(batch, (uintptr_t)record->udata, request);
	else if (!is_internal(s, batch, record) &&
	    find_token(s, record, false, &token))
		(void)mio__kqueue_batch_put(
		    batch, record->ident, token, mio__kqueue_ready_of(record));
}

/* Adds what the main queue has: how many records there were. */
static int
add_records(struct mio__selector *s, struct mio__kqueue_batch *batch,
    int64_t timeout_ns)
{
	mio__kevent_t records[RECORDS];
	size_t room = batch->capacity - batch->count;
	int i, n;

	n = mio__kqueue_fetch(
	    s->kq, records, room < RECORDS ? room : RECORDS, timeout_ns);
	for (i = 0; i < n; i++)
		add_record(s, batch, &records[i]);

	return n;
}

static void
add_quiet_record(struct mio__selector *s, struct mio__kqueue_batch *batch,
    const mio__kevent_t *record, mio_token_t token)
{
	unsigned ready = mio__kqueue_hang_up_of(record);
	enum mio__quiet_outcome outcome = MIO__QUIET_NOTHING;

	if (ready != 0)
		outcome =
		    mio__kqueue_batch_put(batch, record->ident, token, ready)
		    ? MIO__QUIET_REPORTED
		    : MIO__QUIET_NO_ROOM;

	mio__kqueue_settle_quiet(s->careful, record, outcome);
}

/* Adds what the careful queue has. */
static void
add_careful_locked(struct mio__selector *s, struct mio__kqueue_batch *batch)
{
	mio__kevent_t records[RECORDS];
	size_t room = 2 * (batch->capacity - batch->count);
	mio_token_t token;
	int i, n;

	n = mio__kqueue_fetch(
	    s->careful, records, room < RECORDS ? room : RECORDS, 0);
	for (i = 0; i < n; i++) {
		if (!find_token(s, &records[i], true, &token))
			continue;
		if (records[i].flags & EV_CLEAR)
			add_quiet_record(s, batch, &records[i], token);
		else if (mio__kqueue_batch_put(batch, records[i].ident, token,
			     mio__kqueue_ready_of(&records[i])))
			/* closed meanwhile, it is gone */
			(void)mio__kqueue_apply_to_all(
			    s->careful, (mio_fd_t)records[i].ident, EV_DISABLE);
	}
}

/* After records of the selector's own: events take the places of those. */
static void
finish(struct mio__selector *s, struct mio__kqueue_batch *batch, bool is_full)
{
	int state = mio__cancel_hold();
	bool locked;

	if (is_full)
		(void)add_records(s, batch, 0); /* or the next wait */
	if (batch->is_careful_ready && batch->count < batch->capacity) {
		locked = mio__lock_others_out(&s->lock);
		add_careful_locked(s, batch);
		mio__let_others_in(&s->lock, locked);
	}
	mio__cancel_let(state);
}

int
mio__selector_wait(struct mio__selector *s, struct mio_event *events,
    size_t capacity, int64_t timeout_ns)
{
	struct mio__kqueue_batch batch = {
		.events = events,
		.capacity = capacity,
	};
	int n;

	n = add_records(s, &batch, timeout_ns);
	if (n <= 0)
		return n;

	if (batch.woken != 0 || batch.is_careful_ready)
		finish(s, &batch, (size_t)n == capacity);

	return mio__kqueue_batch_end(&batch) + batch.woken;
}

/* ---- the wake */

void
mio__selector_wake(struct mio__selector *s)
{
	mio__kqueue_wake(&s->wake);
}

void
mio__selector_clear_wake(struct mio__selector *s)
{
	mio__kqueue_clear_wake(&s->wake);
}

/* ---- the alarm */

/* Finds out whether the kernel has one. */
static int
make_alarm(struct mio__selector *s)
{
	int r = mio__kqueue_add_timer(s->kq, MIO__KQUEUE_WAIT_MAX);

	s->alarm_made = r == 0 || r == -ENOTSUP;
	atomic_store_explicit(&s->alarm_works, r == 0, memory_order_relaxed);

	return r;
}

/*
 * A timer that exists is not set anew everywhere, but deleted and added. It
 * rings too early where the kernel counts its time by another clock than ours.
 * For a time that would be too long for some kernels it always does.
 */
int
mio__selector_set_alarm(struct mio__selector *s, mio__instant_t instant)
{
	int64_t left;
	int r = s->alarm_made ? 0 : make_alarm(s);

	if (r < 0 || !mio__selector_has_alarm(s))
		return r < 0 ? r : -ENOTSUP;

	mio__kqueue_delete_timer(s->kq);
	if (instant == MIO__NEVER)
		return 0;

	left = mio__clock_left(instant);
	if (left > MIO__KQUEUE_WAIT_MAX)
		left = MIO__KQUEUE_WAIT_MAX;
	r = mio__kqueue_add_timer(s->kq, left > 0 ? left : 1);
	if (r < 0)
		atomic_store_explicit(
		    &s->alarm_works, false, memory_order_relaxed);

	return r < 0 ? -ENOTSUP : 0;
}

bool
mio__selector_has_alarm(const struct mio__selector *s)
{
	return atomic_load_explicit(&s->alarm_works, memory_order_relaxed);
}
