/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/harness.h"

int
main(void)
{
	return 77;
}
