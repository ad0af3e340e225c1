/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdlib.h>

#include <mio.h>

#include "bench.h"

static struct mio_poll *poll;
static struct mio_registration **registrations;
static struct mio_readiness **handles;
static size_t made;

static void
begin(size_t count)
{
	must(mio_poll_create(&poll) == 0, "mio_poll_create");
	registrations = malloc(count * sizeof(struct mio_registration *));
	handles = malloc(count * sizeof(struct mio_readiness *));
	must(registrations != NULL && handles != NULL, "malloc");
	made = 0;
}

static void
make(size_t i)
{
	must(mio_registration_create(&registrations[i], &handles[i]) == 0 &&
		mio_poll_register(poll,
		    mio_registration_source(registrations[i]), i, MIO_READABLE,
		    MIO_EDGE) == 0,
	    "mio_registration_create");
	made++;
}

static void
end(void)
{
	while (made-- > 0) {
		mio_registration_destroy(registrations[made]);
		mio_readiness_unref(handles[made]);
	}
	free(registrations);
	free(handles);
	mio_poll_destroy(poll);
}

const struct memory_source mio_source = { "libmio, registration", begin, make,
	end };
