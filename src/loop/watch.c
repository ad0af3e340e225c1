/* SPDX-License-Identifier: MIT */

/*
 * A watch is a source of the loop's poll that has a callback of its own.
 *
 * Tokens. A program may use all tokens but the loop's own, so no range can be
 * reserved for watches. The token of a watch is its index and a serial number,
 * mixed with a secret of the loop. An event belongs to a watch if its token is
 * exactly that of a watch in use. A program would have to guess 64 bits to
 * choose the same token. The watch of an event is found when the events were
 * just reported, since none of them can then belong to a watch that has ended.
 * Each such event is marked with the index of its watch. Whether that is still
 * the same watch is checked when the event is dispatched.
 *
 * States. A watch is free, active or paused. A paused watch stays registered
 * with no interest, as an edge and a oneshot: the poll still refuses a second
 * registration of its source, and a hang-up is reported once at most, which is
 * discarded. Pausing, updating and ending a watch discard the events that this
 * round has collected for it. What is still ready is reported again when the
 * source is registered again.
 */

#include "loop/watch.h"

#include <errno.h>
#include <stdbool.h>

#include "base/check.h"
#include "sys/memory.h"

#define FIRST_CHUNK UINT32_C(64)

#define OPTIONS_ALLOWED (MIO_EDGE | MIO_LEVEL | MIO_ONESHOT | MIO_EXCLUSIVE)
#define OPTIONS_PAUSED  (MIO_EDGE | MIO_ONESHOT)

/* Belongs to the thread that runs the loop. */
struct mio_watch {
	struct mio__watches *watches;
	mio_watch_fn *call;
	void *context;
	union {
		struct mio_source *source; /* NULL if it is a descriptor */
		struct mio_watch *next;    /* in the list of free watches */
	} u;
	mio_token_t token;   /* unique; MIO_TOKEN_RESERVED if free */
	uint64_t changed_in; /* the round whose events are discarded */
	mio_fd_t fd;
	uint32_t index;
	bool paused;
};

/* ---- memory */

/* Two loops differ in their addresses or in their times of creation. */
static uint64_t
secret_of(const struct mio__watches *watches)
{
	uint64_t x = mio_clock_now() + (uint64_t)(uintptr_t)watches;

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);

	return x ^ x >> 31;
}

MIO__COLD void
mio__watches_init(struct mio__watches *watches, struct mio_loop *loop,
    struct mio_poll *poll, mio_token_t limit)
{
	watches->loop = loop;
	watches->poll = poll;
	watches->limit = limit;
	watches->secret = secret_of(watches);
}

MIO__COLD void
mio__watches_fini(struct mio__watches *watches)
{
	unsigned i;

	for (i = 0; i < MIO__WATCH_CHUNKS; i++)
		mio__os_free(watches->chunks[i]);
}

static unsigned
chunk_of(uint32_t index)
{
	return 31u - (unsigned)__builtin_clz(index / FIRST_CHUNK + 1);
}

/* Returns the number of watches in all chunks before. */
static uint32_t
start_of(unsigned chunk)
{
	return FIRST_CHUNK * ((UINT32_C(1) << chunk) - 1);
}

static struct mio_watch *
watch_at(const struct mio__watches *watches, uint32_t index)
{
	unsigned chunk = chunk_of(index);

	return &watches->chunks[chunk][index - start_of(chunk)];
}

/* Returns NULL if there is no memory. */
static struct mio_watch *
new_watch(struct mio__watches *watches)
{
	struct mio_watch *watch = watches->free;
	unsigned chunk = chunk_of(watches->allocated);

	if (watch != NULL) {
		watches->free = watch->u.next;
		return watch;
	}
	if (chunk >= MIO__WATCH_CHUNKS - 1)
		return NULL;
	if (watches->chunks[chunk] == NULL)
		watches->chunks[chunk] =
		    mio__os_alloc((size_t)FIRST_CHUNK << chunk, sizeof(*watch));
	if (watches->chunks[chunk] == NULL)
		return NULL;

	watch = watch_at(watches, watches->allocated);
	watch->index = watches->allocated++;

	return watch;
}

static void
free_watch(struct mio__watches *watches, struct mio_watch *watch)
{
	watch->token = MIO_TOKEN_RESERVED;
	watch->u.next = watches->free;
	watches->free = watch;
}

static mio_token_t
new_token(struct mio__watches *watches, uint32_t index)
{
	mio_token_t token;

	do
		token = watches->secret ^
		    ((uint64_t)++watches->serial << 32 | index);
	while (token >= watches->limit);

	return token;
}

/* ---- for the loop */

void
mio__watches_mark(
    struct mio__watches *watches, struct mio_event *events, size_t count)
{
	uint32_t index;
	size_t i;

	watches->round++;
	for (i = 0; i < count; i++) {
		index = (uint32_t)(events[i].token ^ watches->secret);
		events[i].reserved = 0;
		if (index < watches->allocated &&
		    watch_at(watches, index)->token == events[i].token)
			events[i].reserved = index + 1;
	}
}

void
mio__watches_dispatch(
    struct mio__watches *watches, const struct mio_event *event)
{
	struct mio_watch *watch = watch_at(watches, event->reserved - 1);

	if (watch->token == event->token && !watch->paused &&
	    watch->changed_in != watches->round)
		watch->call(watches->loop, watch->context, event->ready);
}

static int
add(struct mio_watch *watch, unsigned interest, unsigned options)
{
	struct mio_poll *poll = watch->watches->poll;

	if (watch->u.source != NULL)
		return mio_poll_register(
		    poll, watch->u.source, watch->token, interest, options);

	return mio_poll_register_fd(
	    poll, watch->fd, watch->token, interest, options);
}

static int
change(struct mio_watch *watch, unsigned interest, unsigned options)
{
	struct mio_poll *poll = watch->watches->poll;

	if (watch->u.source != NULL)
		return mio_poll_reregister(
		    poll, watch->u.source, watch->token, interest, options);

	return mio_poll_reregister_fd(
	    poll, watch->fd, watch->token, interest, options);
}

/* Checks the options of a paused watch, which the poll does not get. */
static int
check_pause(unsigned options)
{
	if ((options & ~OPTIONS_ALLOWED) || (options & MIO_EXCLUSIVE))
		return -EINVAL;

	return (options & MIO_EDGE) && (options & MIO_LEVEL) ? -EINVAL : 0;
}

int
mio__watches_start(struct mio__watches *watches,
    const struct mio__watch_config *config, unsigned interest, unsigned options,
    struct mio_watch **out)
{
	struct mio_watch *watch;
	uint32_t index;
	int r = interest == 0 ? check_pause(options) : 0;

	if (r < 0)
		return r;

	watch = new_watch(watches);
	if (watch == NULL)
		return -ENOMEM;

	index = watch->index;
	*watch = (struct mio_watch){
		.watches = watches,
		.call = config->call,
		.context = config->context,
		.u.source = config->source,
		.fd = config->fd,
		.index = index,
		.paused = interest == 0,
		.token = new_token(watches, index),
	};
	r = add(watch, interest, interest == 0 ? OPTIONS_PAUSED : options);
	if (r < 0) {
		free_watch(watches, watch);
		return r;
	}

	*out = watch;

	return 0;
}

/* ---- for programs */

MIO__PUBLIC int
mio_watch_update(struct mio_watch *watch, unsigned interest, unsigned options)
{
	int r;

	if (watch == NULL)
		return -EINVAL;

	r = interest == 0 ? check_pause(options) : 0;
	if (r == 0)
		r = change(
		    watch, interest, interest == 0 ? OPTIONS_PAUSED : options);
	if (r < 0)
		return r;

	watch->paused = interest == 0;
	watch->changed_in = watch->watches->round;

	return 0;
}

MIO__PUBLIC void
mio_watch_end(struct mio_watch *watch)
{
	struct mio__watches *watches;

	if (watch == NULL)
		return;

	/* an error means that the program has closed it before */
	watches = watch->watches;
	if (watch->u.source != NULL)
		(void)mio_poll_deregister(watches->poll, watch->u.source);
	else
		(void)mio_poll_deregister_fd(watches->poll, watch->fd);
	free_watch(watches, watch);
}
