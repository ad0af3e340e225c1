/* SPDX-License-Identifier: MIT */
#include "wake_peers.h"

void
bench_exchange(atomic_uint *flag)
{
	atomic_exchange(flag, 1);
}
