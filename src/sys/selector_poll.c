/* SPDX-License-Identifier: MIT */

/*
 * poll(2), for systems with neither epoll nor kqueue. The kernel keeps nothing,
 * so the table is here, and so are edges and oneshots: a bit that an edge has
 * reported is left out of the next wait until a call has seen it block. The
 * kernel cannot leave out POLLERR and POLLHUP: an entry that reported those is
 * blind, not waited for at all, until it is re-armed or reregistered. It is
 * looked at before each wait, and waits are no longer than REVIEW_NS meanwhile:
 * a hang-up may end (a FIFO has a new writer, a socket a connection), and more
 * may come beside an error.
 *
 * Who calls what. The table belongs to its lock. The one thread that waits
 * hands the kernel a set of its own and holds no lock meanwhile; whoever
 * changes the table then sets `changed' and wakes it. Either the table is as
 * it was when the set was made, and slot i + 1 of the set is entry i; or it
 * has changed, and the waiter throws the answers away, makes the set anew and
 * looks again without sleeping, under the lock. Arrays grow in the calls that
 * register: the waiter only swaps in the larger set, so it cannot fail.
 *
 * I/O calls know a descriptor but not the polls that watch it, so all selectors
 * of the process stand in one list. Its lock comes before theirs, and fork
 * takes all of them: a child can destroy what it inherited.
 */

#include "sys/compat.h"
#include "sys/selector.h"

#include <stdbool.h>

#include "sys/lock.h"
#include "sys/os.h"
#include "sys/poll_table.h"
#include "sys/pollable.h"
#include "sys/waker.h"

/* How long what is blind goes unlooked at. */
#define REVIEW_NS INT64_C(50000000)

struct mio__selector {
	struct mio__waker *waker;
	struct mio__selector *next, **link; /* list_lock */

	/* Each under lock. */
	pthread_mutex_t lock;
	struct mio__poll_table table;
	struct pollfd *spare; /* a larger set for the waiter to take */
	size_t set_room;      /* of the larger of spare and set */
	size_t blind;         /* how many entries are */
	bool waiting, changed;

	/* Each owned by the waiter. */
	struct pollfd *set;
	size_t turn; /* where the last scan stopped, for fairness */
	bool coarse;
};

const char mio__selector_name[] = "poll";

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct mio__selector *list;
static int forks_watched; /* 0 or why not */

static void
lock_all(void)
{
	struct mio__selector *s;

	mio__lock(&list_lock);
	for (s = list; s != NULL; s = s->next)
		mio__lock(&s->lock);
}

static void
unlock_all(void)
{
	struct mio__selector *s;

	for (s = list; s != NULL; s = s->next)
		mio__unlock(&s->lock);
	mio__unlock(&list_lock);
}

/* Before any call can take the lock: a fork may come at any moment after. */
__attribute__((constructor)) static void
watch_forks(void)
{
	forks_watched = -pthread_atfork(lock_all, unlock_all, unlock_all);
}

/* The set of the next wait, as large as the table and the waker's slot. */
static void
make_set_locked(struct mio__selector *s)
{
	size_t i;

	if (s->spare != NULL) {
		mio__os_free(s->set);
		s->set = s->spare;
		s->spare = NULL;
	}

	s->set[0] = (struct pollfd){
		.fd = s->waker->read_fd,
		.events = POLLIN,
	};

	s->blind = 0;
	for (i = 0; i < s->table.count; i++) {
		s->set[i + 1] = mio__poll_entry_slot(&s->table.entries[i]);
		s->blind += mio__poll_entry_is_blind(&s->table.entries[i]);
	}

	s->changed = false;
}

static void
changed_locked(struct mio__selector *s)
{
	if (s->waiting && !s->changed)
		mio__waker_signal(s->waker);

	s->changed = true;
}

static void
remove_locked(struct mio__selector *s, struct mio__poll_entry *entry)
{
	mio__poll_table_remove(&s->table, entry);
	changed_locked(s);
}

/* The entry of fd, unless that number means another file by now. */
static struct mio__poll_entry *
find_same_locked(struct mio__selector *s, int fd, const struct stat *st)
{
	struct mio__poll_entry *entry = mio__poll_table_find(&s->table, fd);

	if (entry == NULL || mio__poll_entry_is(entry, st))
		return entry;

	remove_locked(s, entry);

	return NULL;
}

/* A set for as many entries as the table has room for, and the waker. */
static int
reserve_set_locked(struct mio__selector *s)
{
	size_t room = s->table.room + 1;
	struct pollfd *spare;

	if (room <= s->set_room)
		return 0;

	spare = mio__os_alloc(room, sizeof(*spare));
	if (spare == NULL)
		return -ENOMEM;

	mio__os_free(s->spare);
	s->spare = spare;
	s->set_room = room;

	return 0;
}

int
mio__selector_create(struct mio__selector **out, struct mio__waker *waker)
{
	struct mio__selector *s;
	int r;

	if (forks_watched < 0)
		return forks_watched;

	s = mio__os_alloc(1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	s->waker = waker;
	s->changed = true;

	r = reserve_set_locked(s);
	if (r == 0)
		r = -pthread_mutex_init(&s->lock, NULL);
	if (r < 0) {
		mio__os_free(s->spare);
		mio__os_free(s);
		return r;
	}

	mio__lock(&list_lock);
	s->next = list;
	s->link = &list;
	if (list != NULL)
		list->link = &s->next;
	list = s;
	mio__unlock(&list_lock);

	*out = s;

	return 0;
}

void
mio__selector_destroy(struct mio__selector *s)
{
	mio__lock(&list_lock);
	*s->link = s->next;
	if (s->next != NULL)
		s->next->link = s->link;
	mio__unlock(&list_lock);

	(void)pthread_mutex_destroy(&s->lock); /* nobody has it: no error */
	mio__poll_table_fini(&s->table);
	mio__os_free(s->spare);
	mio__os_free(s->set);
	mio__os_free(s);
}

int
mio__selector_fd(const struct mio__selector *s)
{
	(void)s; /* all there is to wait for is in our memory */

	return -ENOTSUP;
}

static int
add_locked(struct mio__selector *s, int fd, const struct stat *st,
    struct mio__poll_entry **entry)
{
	int r;

	if (find_same_locked(s, fd, st) != NULL)
		return -EEXIST;

	r = mio__poll_table_reserve(&s->table, fd);
	if (r == 0)
		r = reserve_set_locked(s);
	if (r < 0)
		return r;

	*entry = mio__poll_table_add(&s->table, fd, st);

	return 0;
}

int
mio__selector_add(struct mio__selector *s, int fd, mio_token_t token,
    unsigned interest, unsigned options)
{
	struct mio__poll_entry *entry;
	struct stat st;
	int r;

	if (options & MIO_EXCLUSIVE)
		return -ENOTSUP;

	r = mio__os_stat(fd, &st);
	if (r == 0)
		r = mio__pollable(fd, &st);
	if (r < 0)
		return r;

	mio__lock(&s->lock);
	r = add_locked(s, fd, &st, &entry);
	if (r == 0) {
		mio__poll_entry_set(entry, token, interest, options);
		changed_locked(s);
	}
	mio__unlock(&s->lock);

	return r;
}

/* Why there is no entry for fd: nobody added it, or nobody could have. */
static int
absent(int fd, const struct stat *st)
{
	int r = mio__pollable(fd, st);

	return r < 0 ? r : -ENOENT;
}

int
mio__selector_modify(struct mio__selector *s, int fd, mio_token_t token,
    unsigned interest, unsigned options)
{
	struct mio__poll_entry *entry;
	struct stat st;
	int r;

	r = mio__os_stat(fd, &st);
	if (r < 0)
		return r;

	mio__lock(&s->lock);
	entry = find_same_locked(s, fd, &st);
	if (entry != NULL) {
		mio__poll_entry_set(entry, token, interest, options);
		changed_locked(s);
	}
	mio__unlock(&s->lock);

	return entry != NULL ? 0 : absent(fd, &st);
}

int
mio__selector_remove(struct mio__selector *s, int fd)
{
	struct mio__poll_entry *entry;
	struct stat st;
	int r;

	r = mio__os_stat(fd, &st);
	if (r < 0)
		return r;

	mio__lock(&s->lock);
	entry = find_same_locked(s, fd, &st);
	if (entry != NULL)
		remove_locked(s, entry);
	mio__unlock(&s->lock);

	return entry != NULL ? 0 : absent(fd, &st);
}

/* Whether the entry's number no longer stands for the file it was added for. */
static bool
is_stale(const struct mio__poll_entry *entry)
{
	struct stat st;
	int r = mio__os_stat(entry->fd, &st);

	return r == -EBADF || (r == 0 && !mio__poll_entry_is(entry, &st));
}

/*
 * Closed behind our back: all such entries go at once, as close_range(2) makes
 * many. From the last to the first, so that what takes a place was looked at.
 */
static void
bury_locked(struct mio__selector *s)
{
	size_t i = s->table.count;

	while (i-- > 0) {
		struct mio__poll_entry *entry = &s->table.entries[i];
		int bits = s->set[i + 1].revents;

		if (bits & POLLNVAL || (bits != 0 && is_stale(entry)))
			remove_locked(s, entry);
	}
}

/*
 * Takes up to capacity events from the set, going on behind the last one that
 * the scan before took. The set and the table agree.
 */
static size_t
harvest_locked(
    struct mio__selector *s, struct mio_event *events, size_t capacity)
{
	size_t start = s->turn;
	size_t taken = 0;
	size_t slots = s->table.count;
	size_t i;

	for (i = 0; i < slots && taken < capacity; i++) {
		size_t place = (start + i) % slots;
		struct pollfd *slot = &s->set[place + 1];

		if (slot->revents == 0)
			continue;

		s->turn = place + 1;
		if (slot->revents & POLLNVAL ||
		    is_stale(&s->table.entries[place])) {
			bury_locked(s); /* places change hands */
			break;
		}

		taken += mio__poll_entry_report(
		    &s->table.entries[place], slot->revents, &events[taken]);
		*slot = mio__poll_entry_slot(&s->table.entries[place]);
		s->blind += mio__poll_entry_is_blind(&s->table.entries[place]);
	}

	return taken;
}

/* Asks the kernel: a negative answer, or how many slots have one. */
static int
ask(struct mio__selector *s, nfds_t slots, int64_t timeout_ns)
{
	int n = mio__os_poll(s->set, slots, timeout_ns, &s->coarse);

	/* nobody could end a wait any more: as if the selector was closed */
	return n > 0 && s->set[0].revents & POLLNVAL ? -EBADF : n;
}

/* Looks without sleeping until no closed descriptor spoils the look. */
static int
look_locked(struct mio__selector *s, struct mio_event *events, size_t capacity)
{
	size_t taken;
	int n;

	do {
		make_set_locked(s);
		n = ask(s, (nfds_t)s->table.count + 1, 0);
		if (n < 0)
			return n == -EINTR ? 0 : n;
		taken = harvest_locked(s, events, capacity);
	} while (taken == 0 && s->changed);

	return (int)taken;
}

/* Looks at the blind entries alone, and makes the set anew. */
static int
review_locked(struct mio__selector *s)
{
	size_t i = s->table.count;
	int n;

	s->changed = true;
	s->set[0].fd = -1;
	for (; i > 0; i--) {
		const struct mio__poll_entry *entry = &s->table.entries[i - 1];

		s->set[i].fd = mio__poll_entry_is_blind(entry) ? entry->fd : -1;
		s->set[i].events = entry->wanted;
	}

	n = mio__os_poll(s->set, (nfds_t)s->table.count + 1, 0, &s->coarse);
	if (n < 0)
		return n;

	for (i = s->table.count; i > 0; i--) {
		struct mio__poll_entry *entry = &s->table.entries[i - 1];

		if (s->set[i].revents & POLLNVAL)
			remove_locked(s, entry);
		else if (s->set[i].fd >= 0)
			mio__poll_entry_review(entry, s->set[i].revents);
	}

	make_set_locked(s);

	return 0;
}

/* The set of a wait, and how long that may be. */
static int
prepare_locked(struct mio__selector *s, int64_t *timeout_ns)
{
	int r = 0;

	if (s->changed)
		make_set_locked(s);
	if (s->blind > 0)
		r = review_locked(s);
	if (s->blind > 0 && (*timeout_ns < 0 || *timeout_ns > REVIEW_NS))
		*timeout_ns = REVIEW_NS;

	return r;
}

int
mio__selector_wait(struct mio__selector *s, struct mio_event *events,
    size_t capacity, int64_t timeout_ns)
{
	nfds_t slots;
	int n;

	mio__lock(&s->lock);
	n = prepare_locked(s, &timeout_ns);
	s->waiting = n == 0 && timeout_ns != 0;
	slots = (nfds_t)s->table.count + 1;
	mio__unlock(&s->lock);
	if (n < 0)
		return n;

	n = ask(s, slots, timeout_ns);
	if (n > 0 && s->set[0].revents != 0)
		mio__waker_drain(s->waker);

	mio__lock(&s->lock);
	s->waiting = false;
	if (n > 0)
		n = s->changed ? 0 : (int)harvest_locked(s, events, capacity);
	if (n == 0 && s->changed)
		n = look_locked(s, events, capacity);
	mio__unlock(&s->lock);

	return n;
}

void
mio__selector_rearm(int fd, unsigned ready)
{
	struct mio__selector *s;
	struct mio__poll_entry *entry;

	mio__lock(&list_lock);
	for (s = list; s != NULL; s = s->next) {
		mio__lock(&s->lock);
		entry = mio__poll_table_find(&s->table, fd);
		if (entry != NULL && mio__poll_entry_rearm(entry, ready))
			changed_locked(s);
		mio__unlock(&s->lock);
	}
	mio__unlock(&list_lock);
}

void
mio__selector_forget(int fd)
{
	struct mio__selector *s;
	struct mio__poll_entry *entry;

	mio__lock(&list_lock);
	for (s = list; s != NULL; s = s->next) {
		mio__lock(&s->lock);
		entry = mio__poll_table_find(&s->table, fd);
		if (entry != NULL)
			remove_locked(s, entry);
		mio__unlock(&s->lock);
	}
	mio__unlock(&list_lock);
}
