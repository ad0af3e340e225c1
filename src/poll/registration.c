/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stddef.h>

#include "base/check.h"
#include "mio/registration.h"
#include "poll/readiness_source.h"
#include "sys/os.h"

struct mio_registration {
	struct mio__readiness_source base; /* first: freed as one */
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
	mio_readiness_unref(&registration->base.readiness);
}

MIO__PUBLIC struct mio_source *
mio_registration_source(struct mio_registration *registration)
{
	return registration == NULL ? NULL : &registration->base.source;
}
