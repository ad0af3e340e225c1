/* SPDX-License-Identifier: MIT */
#include "poll/readiness_source.h"

#include <errno.h>
#include <stddef.h>

#include "poll/poll.h"

static struct mio_readiness *
readiness_of(struct mio_source *source)
{
	char *block =
	    (char *)source - offsetof(struct mio__readiness_source, source);

	return &((struct mio__readiness_source *)(void *)block)->readiness;
}

static int
check(unsigned interest, unsigned options)
{
	if ((interest & (MIO_AIO | MIO_LIO)) || (options & MIO_EXCLUSIVE))
		return -ENOTSUP;

	return 0;
}

static int
register_source(struct mio_source *source, struct mio_poll *poll,
    mio_token_t token, unsigned interest, unsigned options)
{
	int r = check(interest, options);

	return r < 0 ? r
		     : mio__readiness_register(readiness_of(source),
			   mio__poll_queue(poll), token, interest, options);
}

static int
reregister_source(struct mio_source *source, struct mio_poll *poll,
    mio_token_t token, unsigned interest, unsigned options)
{
	int r = check(interest, options);

	return r < 0 ? r
		     : mio__readiness_reregister(readiness_of(source),
			   mio__poll_queue(poll), token, interest, options);
}

static int
deregister_source(struct mio_source *source, struct mio_poll *poll)
{
	return mio__readiness_deregister(
	    readiness_of(source), mio__poll_queue(poll));
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
