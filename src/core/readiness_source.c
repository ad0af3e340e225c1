/* SPDX-License-Identifier: MIT */
#include "core/readiness_source.h"

#include <stddef.h>

#include "sys/lock.h"

static struct mio_readiness *
readiness_of(struct mio_source *source)
{
	char *block =
	    (char *)source - offsetof(struct mio__readiness_source, source);

	return &((struct mio__readiness_source *)(void *)block)->readiness;
}

static inline int
update(struct mio_source *source, struct mio_poll *poll, mio_token_t token,
    unsigned interest, unsigned options, bool registered)
{
	struct mio_readiness *self = readiness_of(source);
	bool locked;
	int r = mio__readiness_check(self, poll, interest, options);

	if (r < 0)
		return r;

	locked = mio__lock_others_out(&poll->lock);
	r = mio__readiness_update_locked(
	    self, poll, token, interest, options, registered);
	mio__let_others_in(&poll->lock, locked);

	return r;
}

static int
register_source(struct mio_source *source, struct mio_poll *poll,
    mio_token_t token, unsigned interest, unsigned options)
{
	return update(source, poll, token, interest, options, false);
}

static int
reregister_source(struct mio_source *source, struct mio_poll *poll,
    mio_token_t token, unsigned interest, unsigned options)
{
	return update(source, poll, token, interest, options, true);
}

static int
deregister_source(struct mio_source *source, struct mio_poll *poll)
{
	return mio__readiness_deregister(readiness_of(source), poll);
}

static const struct mio_source_ops ops = {
	.register_source = register_source,
	.reregister_source = reregister_source,
	.deregister_source = deregister_source,
};

void
mio__readiness_source_init(struct mio__readiness_source *self, unsigned refs)
{
	mio__readiness_init(&self->readiness, refs);
	self->source.ops = &ops;
}
