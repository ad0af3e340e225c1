/* SPDX-License-Identifier: MIT */
#ifndef MIO_CORE_READINESS_SOURCE_H
#define MIO_CORE_READINESS_SOURCE_H

#include "core/readiness.h"
#include "mio/poll.h"

/*
 * A source whose readiness is set by the program or the library. It is the
 * first member of an allocated block, which is freed with the last reference to
 * the readiness.
 */

struct mio__readiness_source {
	struct mio_readiness readiness; /* first: they are freed as one */
	struct mio_source source;
};

void
mio__readiness_source_init(struct mio__readiness_source *self, unsigned refs);

#endif
