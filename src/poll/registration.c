/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stddef.h>

#include "base/check.h"
#include "mio/registration.h"
#include "poll/poll.h"
#include "poll/readiness.h"
#include "sys/os.h"

struct mio_registration {
	struct mio_readiness readiness; /* first: freed as one */
	struct mio_source source;
};

static struct mio_readiness *
readiness_of(struct mio_source *source)
{
	char *block =
	    (char *)source - offsetof(struct mio_registration, source);

	return &((struct mio_registration *)(void *)block)->readiness;
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

MIO__PUBLIC int
mio_registration_create(
    struct mio_registration **out, struct mio_readiness **readiness)
{
	struct mio_registration *registration;

	if (out == NULL || readiness == NULL)
		return -EINVAL;

	registration = mio__os_alloc(1, sizeof(*registration));
	if (registration == NULL)
		return -ENOMEM;

	/* one reference is the registration's own, one the caller's handle */
	mio__readiness_init(&registration->readiness, 2);
	registration->source.ops = &ops;

	*out = registration;
	*readiness = &registration->readiness;

	return 0;
}

MIO__PUBLIC void
mio_registration_destroy(struct mio_registration *registration)
{
	if (registration == NULL)
		return;

	mio__readiness_drop(&registration->readiness);
	mio_readiness_unref(&registration->readiness);
}

MIO__PUBLIC struct mio_source *
mio_registration_source(struct mio_registration *registration)
{
	return registration == NULL ? NULL : &registration->source;
}
