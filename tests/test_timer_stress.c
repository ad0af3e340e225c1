/* SPDX-License-Identifier: MIT */

/*
 * Threads use their timers at random while others wait, look and are cancelled
 * in one poll. No timeout is reported early, or after it was cancelled, and
 * none is lost: at the end of each round nothing happens any more but that
 * threads wait without a limit, until everything due has been reported. The
 * program is built a second time, with a library that yields at the interesting
 * points.
 */

#include "config.h"
#include "lib/harness.h"

#include <poll.h>
#include <sched.h>
#include <stdatomic.h>

#define OWNERS 3
#define SLOTS  6
#define STOP   99 /* the token of the waker */

struct slot {
	mio_timeout_t timeout;
	uint64_t due;
	bool pending;
};

/* A timer and the thread that uses it. */
struct owner {
	pthread_mutex_t mutex; /* for what follows */
	struct mio_timer *timer;
	bool registered;
	unsigned interest, options;
	uint64_t since; /* when it was registered last */
	struct slot slots[SLOTS];

	unsigned index, random;
};

/* Which threads use the poll besides those that wait in it without a limit. */
struct company {
	const char *name;
	unsigned waiters;
	bool limited;   /* waits of these threads may have a limit */
	bool looks;     /* one polls without waiting */
	bool nested;    /* one waits for the poll's descriptor */
	bool cancelled; /* one is cancelled now and then */
};

/* A look would end what the nested loop has begun with mio_poll_arm(). */
static const struct company companies[] = {
	{ .name = "one thread", .waiters = 1 },
	{ .name = "threads", .waiters = 3 },
	{ .name = "limits", .waiters = 2, .limited = true },
	{ .name = "a look", .waiters = 1, .looks = true },
	{ .name = "a nested loop", .waiters = 1, .nested = true },
	{ .name = "a cancelled thread", .waiters = 1, .cancelled = true },
	{ "all but a nested loop", 2, true, true, false, true },
	{ "all but a look", 2, true, false, true, true },
};

static struct {
	const struct company *company;
	struct mio_poll *poll;
	struct mio_waker *waker;
	struct owner owners[OWNERS];
	pthread_mutex_t mutex; /* for the next three */
	pthread_cond_t met;
	unsigned here, meetings;
	_Atomic unsigned busy; /* owners that are not done with this round */
	_Atomic bool over;
} shared;

/* Waits for all owners and the first thread: macOS has no barrier. */
static void
meet(void)
{
	unsigned meeting;

	(void)pthread_mutex_lock(&shared.mutex);
	meeting = shared.meetings;
	if (++shared.here == OWNERS + 1) {
		shared.here = 0;
		shared.meetings++;
		(void)pthread_cond_broadcast(&shared.met);
	}
	while (shared.meetings == meeting)
		(void)pthread_cond_wait(&shared.met, &shared.mutex);
	(void)pthread_mutex_unlock(&shared.mutex);
}

static unsigned
random_below(unsigned *random, unsigned limit)
{
	*random ^= *random << 13;
	*random ^= *random >> 17;
	*random ^= *random << 5;

	return *random % limit;
}

/* ---- reports */

/* Takes what is due from the timer of an owner, which the caller has locked. */
static void
expire(struct owner *owner, unsigned *random)
{
	size_t room = 1 + random_below(random, SLOTS);
	mio_token_t tokens[SLOTS];
	struct slot *slot;
	uint64_t now;
	int i, n;

	do {
		n = mio_timer_expire(owner->timer, tokens, room);
		now = mio_clock_now();
		for (i = 0; i < n; i++) {
			must(tokens[i] < SLOTS);
			slot = &owner->slots[tokens[i]];
			must(slot->pending);
			must(slot->due <= now);
			slot->pending = false;
		}
	} while (n == (int)room);
	must(n >= 0);
}

static void
on_event(const struct mio_event *event, unsigned *random)
{
	struct owner *owner;

	if (event->token == STOP)
		return;
	must(event->token < OWNERS);
	owner = &shared.owners[event->token];
	(void)pthread_mutex_lock(&owner->mutex);
	if (owner->timer != NULL) {
		expire(owner, random);
		if (owner->registered && (owner->options & MIO_ONESHOT) != 0)
			must(mio_poll_reregister(shared.poll,
				 mio_timer_source(owner->timer), owner->index,
				 owner->interest, owner->options) == 0);
	}
	(void)pthread_mutex_unlock(&owner->mutex);
}

/* A cancelled thread has not taken an event: it is disabled from here on. */
static void
poll_once(int64_t timeout_ns, unsigned *random)
{
	struct mio_event events[4];
	int i, n, state;

	n = mio_poll(
	    shared.poll, events, 1 + random_below(random, 4), timeout_ns);
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	must(n >= 0);
	for (i = 0; i < n; i++)
		on_event(&events[i], random);
	(void)pthread_setcancelstate(state, &state);
}

static void
pass_the_end_on(void)
{
	must(mio_waker_wake(shared.waker) == 0);
}

static int64_t
limit(unsigned *random)
{
	if (!shared.company->limited || shared.busy == 0)
		return -1;
	switch (random_below(random, 8)) {
	case 0:
		return 1000;
	case 1:
		return 50000;
	case 2:
	case 3:
		return 1 + random_below(random, 3000000);
	default:
		return -1;
	}
}

static void *
wait_until_over(void *argument)
{
	unsigned random = *(const unsigned *)argument;

	while (!shared.over)
		poll_once(limit(&random), &random);
	pass_the_end_on();

	return NULL;
}

/* It stops to look at the end of a round, where it would find what is lost. */
static void *
look_until_over(void *argument)
{
	unsigned random = *(const unsigned *)argument;

	while (!shared.over)
		if (shared.busy == 0)
			(void)usleep(200);
		else
			poll_once(0, &random);
	pass_the_end_on(); /* it may have seen the wake of another one */

	return NULL;
}

static void *
nest_until_over(void *argument)
{
	unsigned random = *(const unsigned *)argument;
	struct pollfd outer = { mio_poll_fd(shared.poll), POLLIN, 0 };
	int r;

	while (!shared.over) {
		r = mio_poll_arm(shared.poll);
		must(r >= 0);
		if (r == 0)
			must(poll(&outer, 1, -1) == 1);
		poll_once(0, &random);
	}
	pass_the_end_on();

	return NULL;
}

/* ---- what owners do */

static uint64_t
random_delay(unsigned *random)
{
	switch (random_below(random, 8)) {
	case 0:
		return (uint64_t)SECONDS(3600);
	case 1:
		return 0;
	case 2:
		return (uint64_t)MS(20);
	default:
		return 100000 + random_below(random, 3000000);
	}
}

static void
set_slot(struct owner *owner, struct slot *slot)
{
	slot->due = mio_clock_now() + random_delay(&owner->random);
	if (slot->pending)
		must(mio_timer_reset_at(
			 owner->timer, slot->timeout, slot->due) == 0);
	else
		must(mio_timer_set_at(owner->timer, slot->due,
			 (mio_token_t)(slot - owner->slots),
			 &slot->timeout) == 0);
	slot->pending = true;
}

static void
cancel_slot(struct owner *owner, struct slot *slot)
{
	if (!slot->pending)
		return;
	must(mio_timer_cancel(owner->timer, slot->timeout, NULL) == 0);
	slot->pending = false;
}

static void
register_timer(struct owner *owner)
{
	static const unsigned options[] = { MIO_LEVEL, MIO_EDGE, MIO_ONESHOT };
	int (*call)(struct mio_poll *, struct mio_source *, mio_token_t,
	    unsigned, unsigned) =
	    owner->registered ? mio_poll_reregister : mio_poll_register;

	owner->options = options[random_below(&owner->random, 3)];
	owner->interest =
	    random_below(&owner->random, 6) == 0 ? MIO_WRITABLE : MIO_READABLE;
	must(call(shared.poll, mio_timer_source(owner->timer), owner->index,
		 owner->interest, owner->options) == 0);
	owner->registered = true;
	owner->since = mio_clock_now();
}

static void
destroy_timer(struct owner *owner)
{
	mio_timer_destroy(owner->timer);
	owner->timer = NULL;
	owner->registered = false;
	memset(owner->slots, 0, sizeof(owner->slots));
}

static void
deregister_timer(struct owner *owner)
{
	if (!owner->registered)
		return;
	must(mio_poll_deregister(shared.poll, mio_timer_source(owner->timer)) ==
	    0);
	owner->registered = false;
}

static void
do_something(struct owner *owner)
{
	static const uint64_t ticks[] = { 1, 1000, 100000, 1000000 };
	unsigned *random = &owner->random;
	struct slot *slot = &owner->slots[random_below(random, SLOTS)];
	unsigned what = random_below(random, 48);
	uint64_t delay;

	if (owner->timer == NULL)
		must(mio_timer_create(&owner->timer,
			 ticks[random_below(random, 4)], SLOTS) == 0);
	if (what < 1)
		destroy_timer(owner);
	else if (what < 3)
		expire(owner, random);
	else if (what < 5)
		(void)mio_timer_next(owner->timer, &delay);
	else if (what < 9)
		deregister_timer(owner);
	else if (what < 15)
		register_timer(owner);
	else if (what < 21)
		cancel_slot(owner, slot);
	else
		set_slot(owner, slot);
}

/* Whether everything is reported that is due by now, or soon. */
static bool
is_settled(struct owner *owner)
{
	bool settled = true;
	uint64_t now = mio_clock_now(), begin;
	unsigned i;

	(void)pthread_mutex_lock(&owner->mutex);
	for (i = 0; i < SLOTS; i++) {
		const struct slot *slot = &owner->slots[i];

		if (!owner->registered || owner->interest != MIO_READABLE ||
		    !slot->pending || slot->due > now + SECONDS(1))
			continue;
		settled = false;
		begin = slot->due > owner->since ? slot->due : owner->since;
		if (now > begin && now - begin > PATIENCE)
			ck_abort_msg("%s: a timeout of timer %u is lost",
			    shared.company->name, owner->index);
	}
	(void)pthread_mutex_unlock(&owner->mutex);

	return settled;
}

static void *
use_own_timer(void *argument)
{
	struct owner *owner = argument;
	unsigned n;

	for (;;) {
		meet();
		if (shared.over)
			return NULL;
		/* often only one, which nothing comes after */
		n = random_below(&owner->random, 24);
		for (n = n < 12 ? n : 1; n > 0; n--) {
			(void)pthread_mutex_lock(&owner->mutex);
			do_something(owner);
			(void)pthread_mutex_unlock(&owner->mutex);
			if (random_below(&owner->random, 8) == 0)
				(void)usleep(
				    random_below(&owner->random, 1500));
		}
		shared.busy--;
		while (!is_settled(owner))
			(void)usleep(300);
		meet();
	}
}

/* ---- the test */

static void
cancel_now_and_then(pthread_t *thread, unsigned *seed, unsigned *random)
{
	unsigned n;

	for (n = random_below(random, 3); n > 0; n--) {
		(void)usleep(random_below(random, 2500));
		must(pthread_cancel(*thread) == 0);
		join(*thread);
		*seed = *random;
		*thread = start(wait_until_over, seed);
	}
}

START_TEST(nothing_is_lost_or_early)
{
	static unsigned seeds[6];
	const struct company *company = &companies[_i];
	pthread_t threads[6], owners[OWNERS];
	unsigned rounds = is_slowed_down() ? 5 : 200, started = 0, random, i;

	/* another sequence each time: a failure shows with some of them only */
	random = (unsigned)now_ns() | 1;
	shared.company = company;
	shared.poll = new_poll();
	assert_ok(mio_waker_create(&shared.waker, shared.poll, STOP));
	(void)pthread_mutex_init(&shared.mutex, NULL);
	(void)pthread_cond_init(&shared.met, NULL);
	for (i = 0; i < OWNERS; i++) {
		shared.owners[i].index = i;
		shared.owners[i].random = random + i;
		(void)pthread_mutex_init(&shared.owners[i].mutex, NULL);
		owners[i] = start(use_own_timer, &shared.owners[i]);
	}
	for (i = 0; i < 6; i++)
		seeds[i] = random + 100 + i;
	for (; started < company->waiters; started++)
		threads[started] = start(wait_until_over, &seeds[started]);
	if (company->looks) {
		threads[started] = start(look_until_over, &seeds[started]);
		started++;
	}
	if (company->nested && has_alarm() && mio_poll_fd(shared.poll) >= 0) {
		threads[started] = start(nest_until_over, &seeds[started]);
		started++;
	}
	if (company->cancelled && can_cancel()) {
		threads[started] = start(wait_until_over, &seeds[started]);
		started++;
	}

	while (rounds-- > 0) {
		shared.busy = OWNERS;
		meet();
		if (company->cancelled && can_cancel())
			cancel_now_and_then(&threads[started - 1],
			    &seeds[started - 1], &random);
		meet();
	}

	shared.over = true;
	meet();
	pass_the_end_on();
	for (i = 0; i < started; i++)
		join(threads[i]);
	for (i = 0; i < OWNERS; i++) {
		join(owners[i]);
		mio_timer_destroy(shared.owners[i].timer);
	}
	mio_waker_destroy(shared.waker);
	mio_poll_destroy(shared.poll);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("timer, stress");
	TCase *tcase = new_case(suite, "stress");

	tcase_add_loop_test(tcase, nothing_is_lost_or_early, 0,
	    sizeof(companies) / sizeof(companies[0]));

	return run_suite(suite);
}
