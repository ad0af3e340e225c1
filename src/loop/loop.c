/* SPDX-License-Identifier: MIT */

/*
 * The loop. It is made of public calls and one private one, which reserves its
 * tokens. The receivers and the timer are level-triggered sources of its poll,
 * so what a round leaves behind starts the next round at once.
 *
 * Threads. Only `waiting', `stopping' and `running' are used by more than one
 * thread. A shutdown sets `stopping' and then reads `waiting' to find out
 * whether it has to wake the loop. A round of mio_loop_run() sets `waiting' and
 * then reads `stopping'. Each side sets its own flag by a seq_cst exchange
 * before it reads the other's by a seq_cst load, so at least one of them sees
 * the other: either the round does not wait, or it is woken. A seq_cst store
 * would do under RC11, but emulators of machines with weak memory are known to
 * let the load overtake it. The loop is woken only if it waits, since otherwise
 * the next wait would end early. That still happens if the wait ends by itself
 * at the same moment.
 *
 * Only a run clears `stopping', when it reads it after a round. A shutdown that
 * was called before the run ends it after its first round.
 */

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/check.h"
#include "core/core.h"
#include "loop/inbox.h"
#include "loop/timeouts.h"
#include "loop/watch.h"
#include "mio/loop.h"
#include "mio/waker.h"
#include "sys/memory.h"

/* The loop's own tokens: the two below MIO_TOKEN_RESERVED. */
#define TOKEN_NOTIFY (MIO_TOKEN_RESERVED - 1)
#define TOKEN_TIMER  (MIO_TOKEN_RESERVED - 2)

/* All but the last line belongs to the thread that runs the loop. */
struct mio_loop {
	struct mio_poll *poll;
	struct mio_waker *waker;
	struct mio__timeouts timeouts;
	struct mio__inbox messages, posts;
	void *message; /* the one in a callback, aligned for any type */
	size_t messages_per_tick;
	bool messages_first; /* posts used up the last round */
	struct mio__watches watches;
	struct mio_event *events;
	size_t events_per_tick;
	size_t next, end; /* of those that are not dispatched */
	bool busy;        /* in a run or a single round */
	bool collected;   /* the collected events are not all dispatched */
	/* Words, because some machines exchange no bytes. */
	atomic_uint running, stopping, waiting;
};

static const struct mio_loop_config defaults = {
	.notify_capacity = 4096,
	.message_size = sizeof(void *),
	.messages_per_tick = 256,
	.events_per_tick = 1024,
};

struct post {
	mio_call_fn *call;
	void *context;
};

/*
 * Copies a struct of the program that may be older or newer than ours. It
 * begins with its size. Members that it lacks become 0, and members that we do
 * not know have to be 0. A size that would cut a member is refused.
 */
static int
copy_struct(void *to, size_t known, const void *from)
{
	const char *bytes = from;
	size_t size, i;

	memcpy(&size, from, sizeof(size));
	if (size < sizeof(size) || size % sizeof(size) != 0)
		return -EINVAL;

	for (i = known; i < size; i++)
		if (bytes[i] != 0)
			return -EINVAL;

	memset(to, 0, known);
	memcpy(to, from, size < known ? size : known);

	return 0;
}

static size_t
or_default(size_t value, size_t otherwise)
{
	return value != 0 ? value : otherwise;
}

static int
make_buffers(struct mio_loop *loop, const struct mio_loop_config *config)
{
	loop->events_per_tick =
	    or_default(config->events_per_tick, defaults.events_per_tick);
	loop->messages_per_tick =
	    or_default(config->messages_per_tick, defaults.messages_per_tick);
	if (loop->events_per_tick > SIZE_MAX / 2 / sizeof(*loop->events))
		return -ENOMEM;

	loop->events =
	    mio__os_alloc(loop->events_per_tick, sizeof(*loop->events));
	loop->message = mio__os_alloc(
	    1, or_default(config->message_size, defaults.message_size));

	return loop->events != NULL && loop->message != NULL ? 0 : -ENOMEM;
}

static int
make_sources(struct mio_loop *loop, const struct mio_loop_config *config)
{
	size_t capacity;
	int r;

	r = mio_poll_create(&loop->poll);
	if (r < 0)
		return r;

	mio__watches_init(&loop->watches, loop, loop->poll, TOKEN_TIMER);

	r = mio_waker_create(&loop->waker, loop->poll, TOKEN_NOTIFY);
	if (r < 0)
		return r;

	r = mio__timeouts_init(
	    &loop->timeouts, config->timer_tick_ns, config->timer_capacity);
	if (r < 0)
		return r;

	capacity =
	    or_default(config->notify_capacity, defaults.notify_capacity);
	r = mio__inbox_init(&loop->messages,
	    or_default(config->message_size, defaults.message_size), capacity,
	    loop->messages_per_tick);
	if (r < 0)
		return r;

	return mio__inbox_init(&loop->posts, sizeof(struct post), capacity,
	    loop->messages_per_tick);
}

static int
register_sources(struct mio_loop *loop)
{
	int r;

	r = mio_poll_register(loop->poll,
	    mio_timer_source(loop->timeouts.timer), TOKEN_TIMER, MIO_READABLE,
	    MIO_LEVEL);
	if (r < 0)
		return r;

	r = mio_poll_register(loop->poll,
	    mio_receiver_source(loop->messages.receiver), TOKEN_NOTIFY,
	    MIO_READABLE, MIO_LEVEL);
	if (r < 0)
		return r;

	r = mio_poll_register(loop->poll,
	    mio_receiver_source(loop->posts.receiver), TOKEN_NOTIFY,
	    MIO_READABLE, MIO_LEVEL);
	if (r < 0)
		return r;

	/* no event of the program is mistaken for one of the loop */
	mio__core_reserve_tokens(loop->poll, TOKEN_TIMER);

	return 0;
}

MIO__PUBLIC MIO__COLD int
mio_loop_create(struct mio_loop **out, const struct mio_loop_config *config)
{
	struct mio_loop_config copy = { 0 };
	struct mio_loop *loop;
	int r;

	if (out == NULL)
		return -EINVAL;

	if (config != NULL) {
		r = copy_struct(&copy, sizeof(copy), config);
		if (r < 0)
			return r;
	}

	loop = mio__os_alloc(1, sizeof(*loop));
	if (loop == NULL)
		return -ENOMEM;

	r = make_buffers(loop, &copy);
	if (r == 0)
		r = make_sources(loop, &copy);
	if (r == 0)
		r = register_sources(loop);
	if (r < 0) {
		mio_loop_destroy(loop);
		return r;
	}

	*out = loop;

	return 0;
}

MIO__PUBLIC MIO__COLD void
mio_loop_destroy(struct mio_loop *loop)
{
	if (loop == NULL)
		return;

	mio__inbox_fini(&loop->messages);
	mio__inbox_fini(&loop->posts);
	mio__timeouts_fini(&loop->timeouts);
	mio__watches_fini(&loop->watches);
	mio_waker_destroy(loop->waker);
	mio_poll_destroy(loop->poll);
	mio__os_free(loop->events);
	mio__os_free(loop->message);
	mio__os_free(loop);
}

static int
wait_for_events(struct mio_loop *loop, int64_t timeout_ns)
{
	int n;

	(void)atomic_exchange(&loop->waiting, true);
	if (atomic_load(&loop->running) && atomic_load(&loop->stopping))
		timeout_ns = 0;
	n = mio_poll_interruptible(
	    loop->poll, loop->events, loop->events_per_tick, timeout_ns);
	atomic_store(&loop->waiting, false);

	return n;
}

/*
 * Posts and messages share the limit of a round. Posts come first. When they
 * have left nothing for messages, the next round reserves half for messages.
 */
static void
collect_messages(struct mio_loop *loop)
{
	size_t left = loop->messages_per_tick;

	if (loop->messages_first)
		left -= mio__inbox_collect(&loop->messages, left - left / 2);
	left -= mio__inbox_collect(&loop->posts, left);
	if (!loop->messages_first)
		left -= mio__inbox_collect(&loop->messages, left);
	loop->messages_first = !loop->messages_first && left == 0;
}

/*
 * Collects everything that the round will dispatch, before any callback runs,
 * since callbacks may add more. The loop's own events only say which sources
 * are ready. They share the array with the program's events; if it is full,
 * they may have had no room, so all sources are checked.
 */
static int
collect(struct mio_loop *loop, int64_t timeout_ns)
{
	bool notified, due;
	size_t i;
	int n;

	/* the last round was cut short; finish it */
	if (loop->collected)
		return 0;

	n = wait_for_events(loop, timeout_ns);
	if (n < 0)
		return n;

	loop->next = 0;
	loop->end = (size_t)n;
	notified = due = loop->end == loop->events_per_tick;
	mio__watches_mark(&loop->watches, loop->events, loop->end);
	for (i = 0; i < loop->end; i++) {
		notified = notified || loop->events[i].token == TOKEN_NOTIFY;
		due = due || loop->events[i].token == TOKEN_TIMER;
	}

	if (notified)
		collect_messages(loop);
	if (due)
		mio__timeouts_collect(&loop->timeouts);
	loop->collected = true;

	return n;
}

static void
dispatch_events(
    struct mio_loop *loop, const struct mio_handler *handler, void *context)
{
	const struct mio_event *event;

	while (loop->next < loop->end) {
		event = &loop->events[loop->next++];
		if (event->reserved != 0)
			mio__watches_dispatch(&loop->watches, event);
		else if (event->token < TOKEN_TIMER && handler->ready != NULL)
			handler->ready(
			    loop, context, event->token, event->ready);
	}
}

static void
run_posts(struct mio_loop *loop)
{
	const struct post *next;
	struct post post;

	while ((next = mio__inbox_pop(&loop->posts)) != NULL) {
		post = *next;
		post.call(loop, post.context);
	}
}

static void
dispatch_messages(
    struct mio_loop *loop, const struct mio_handler *handler, void *context)
{
	const void *message;

	while ((message = mio__inbox_pop(&loop->messages)) != NULL) {
		memcpy(loop->message, message, loop->messages.message_size);
		if (handler->notify != NULL)
			handler->notify(loop, context, loop->message);
	}
}

/* Without the timeouts that callbacks clear or reset meanwhile. */
static void
dispatch_timeouts(
    struct mio_loop *loop, const struct mio_handler *handler, void *context)
{
	struct mio__timeout_data data;

	while (mio__timeouts_pop(&loop->timeouts, &data))
		if (data.call != NULL)
			data.call(loop, data.u.context);
		else if (handler->timeout != NULL)
			handler->timeout(loop, context, data.u.token);
}

/* Waits, and makes the calls for everything that is ready. */
static int
run_round(struct mio_loop *loop, const struct mio_handler *handler,
    void *context, int64_t timeout_ns)
{
	int n = collect(loop, timeout_ns);

	if (n < 0 && n != -EINTR)
		return n;

	if (n == -EINTR && handler->interrupted != NULL)
		handler->interrupted(loop, context);
	dispatch_events(loop, handler, context);
	run_posts(loop);
	dispatch_messages(loop, handler, context);
	dispatch_timeouts(loop, handler, context);
	loop->collected = false;
	if (handler->tick != NULL)
		handler->tick(loop, context);

	return 0;
}

/* Called also if the thread is cancelled in a wait or a callback. */
static void
end_run(void *argument)
{
	struct mio_loop *loop = argument;

	loop->busy = false;
	atomic_store(&loop->waiting, false);
	atomic_store(&loop->running, false);
}

/* For a run, runs rounds until a shutdown; otherwise one round. */
static int
run_rounds(struct mio_loop *loop, const struct mio_handler *handler,
    void *context, int64_t timeout_ns, bool run)
{
	struct mio_handler copy = { 0 };
	int r;

	if (loop == NULL)
		return -EINVAL;

	if (handler != NULL) {
		r = copy_struct(&copy, sizeof(copy), handler);
		if (r < 0)
			return r;
	}

	if (loop->busy)
		return -EBUSY;

	loop->busy = true;
	pthread_cleanup_push(end_run, loop);
	atomic_store(&loop->running, run);
	do
		r = run_round(loop, &copy, context, timeout_ns);
	while (run && r == 0 && !atomic_exchange(&loop->stopping, false));
	pthread_cleanup_pop(1);

	return r;
}

MIO__PUBLIC int
mio_loop_run(
    struct mio_loop *loop, const struct mio_handler *handler, void *context)
{
	return run_rounds(loop, handler, context, -1, true);
}

MIO__PUBLIC int
mio_loop_run_once(struct mio_loop *loop, const struct mio_handler *handler,
    void *context, int64_t timeout_ns)
{
	return run_rounds(loop, handler, context, timeout_ns, false);
}

MIO__PUBLIC void
mio_loop_shutdown(struct mio_loop *loop)
{
	if (loop == NULL)
		return;

	(void)atomic_exchange(&loop->stopping, true);
	if (atomic_load(&loop->waiting))
		(void)mio_waker_wake(loop->waker);
}

MIO__PUBLIC bool
mio_loop_is_running(const struct mio_loop *loop)
{
	return loop != NULL && atomic_load(&loop->running);
}

MIO__PUBLIC int
mio_loop_watch_fd(struct mio_loop *loop, mio_fd_t fd, unsigned interest,
    unsigned options, mio_watch_fn *call, void *context, struct mio_watch **out)
{
	const struct mio__watch_config config = {
		.call = call,
		.context = context,
		.fd = fd,
	};

	if (loop == NULL || call == NULL || out == NULL)
		return -EINVAL;

	return mio__watches_start(
	    &loop->watches, &config, interest, options, out);
}

MIO__PUBLIC int
mio_loop_watch(struct mio_loop *loop, struct mio_source *source,
    unsigned interest, unsigned options, mio_watch_fn *call, void *context,
    struct mio_watch **out)
{
	const struct mio__watch_config config = {
		.call = call,
		.context = context,
		.source = source,
		.fd = MIO_INVALID_FD,
	};

	if (loop == NULL || source == NULL || call == NULL || out == NULL)
		return -EINVAL;

	return mio__watches_start(
	    &loop->watches, &config, interest, options, out);
}

MIO__PUBLIC struct mio_poll *
mio_loop_poll(struct mio_loop *loop)
{
	return loop == NULL ? NULL : loop->poll;
}

MIO__PUBLIC struct mio_sender *
mio_loop_sender(struct mio_loop *loop)
{
	return loop == NULL ? NULL : loop->messages.sender;
}

MIO__PUBLIC int
mio_loop_post(struct mio_loop *loop, mio_call_fn *call, void *context)
{
	const struct post post = { .call = call, .context = context };

	if (loop == NULL || call == NULL)
		return -EINVAL;

	return mio_sender_try_send(loop->posts.sender, &post);
}

MIO__PUBLIC int
mio_loop_timeout(struct mio_loop *loop, uint64_t delay_ns, mio_token_t token,
    mio_timeout_t *out)
{
	const struct mio__timeout_data data = { .u.token = token };

	if (loop == NULL)
		return -EINVAL;

	return mio__timeouts_set(&loop->timeouts, delay_ns, data, out);
}

MIO__PUBLIC int
mio_loop_after(struct mio_loop *loop, uint64_t delay_ns, mio_call_fn *call,
    void *context, mio_timeout_t *out)
{
	const struct mio__timeout_data data = {
		.call = call,
		.u.context = context,
	};

	if (loop == NULL || call == NULL)
		return -EINVAL;

	return mio__timeouts_set(&loop->timeouts, delay_ns, data, out);
}

MIO__PUBLIC int
mio_loop_reset_timeout(
    struct mio_loop *loop, mio_timeout_t timeout, uint64_t delay_ns)
{
	if (loop == NULL)
		return -EINVAL;

	return mio__timeouts_reset(&loop->timeouts, timeout, delay_ns);
}

MIO__PUBLIC int
mio_loop_clear_timeout(struct mio_loop *loop, mio_timeout_t timeout)
{
	if (loop == NULL)
		return -EINVAL;

	return mio__timeouts_clear(&loop->timeouts, timeout);
}
