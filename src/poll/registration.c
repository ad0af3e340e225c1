/* SPDX-License-Identifier: MIT */

/* Registrations, and the readiness handles with which a program sets them. */

#include "mio/registration.h"

#include <errno.h>
#include <stddef.h>

#include "base/check.h"
#include "core/readiness_source.h"
#include "sys/memory.h"

#define READY_ALLOWED 0xffu

struct mio_registration {
	struct mio__readiness_source base; /* first: they are freed as one */
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

	/* one reference belongs to the registration, one to the handle */
	mio__readiness_source_init(&registration->base, 2);

	*out = registration;
	*readiness = &registration->base.readiness;

	return 0;
}

MIO__PUBLIC void
mio_registration_destroy(struct mio_registration *registration)
{
	if (registration == NULL)
		return;

	mio__readiness_drop(&registration->base.readiness);
	mio__readiness_unref(&registration->base.readiness);
}

MIO__PUBLIC struct mio_source *
mio_registration_source(struct mio_registration *registration)
{
	return registration == NULL ? NULL : &registration->base.source;
}

MIO__PUBLIC int
mio_readiness_set(struct mio_readiness *readiness, unsigned ready)
{
	if (readiness == NULL || ready > READY_ALLOWED)
		return -EINVAL;

	return mio__readiness_set(readiness, ready);
}

MIO__PUBLIC unsigned
mio_readiness_get(const struct mio_readiness *readiness)
{
	return readiness == NULL ? 0 : mio__readiness_get(readiness);
}

MIO__PUBLIC struct mio_readiness *
mio_readiness_ref(struct mio_readiness *readiness)
{
	if (readiness != NULL)
		mio__readiness_ref(readiness);

	return readiness;
}

MIO__PUBLIC void
mio_readiness_unref(struct mio_readiness *readiness)
{
	if (readiness != NULL)
		mio__readiness_unref(readiness);
}
