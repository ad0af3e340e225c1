/* SPDX-License-Identifier: MIT */
#include "base/check.h"
#include "mio/timer.h"
#include "sys/clock.h"

MIO__PUBLIC uint64_t
mio_clock_now(void)
{
	return (uint64_t)mio__clock_now();
}
