/* SPDX-License-Identifier: MIT */
#include "mio/version.h"

#include "base/check.h"

MIO__PUBLIC const char *
mio_version_string(void)
{
	return MIO_VERSION;
}
