/* SPDX-License-Identifier: MIT */

/*
 * deny WHAT ... -- COMMAND: runs a command as on an older kernel or in a
 * sandbox; WHAT is described in refuse.h. 77 where there is no seccomp.
 */

#include "config.h"
#include "lib/refuse.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	int i, r;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		r = refuse(argv[i]);
		if (r == REFUSE_UNKNOWN)
			fprintf(stderr, "deny: what is %s?\n", argv[i]);
		if (r != 0)
			return r;
	}
	if (i + 1 >= argc) {
		fprintf(stderr, "usage: deny WHAT ... -- COMMAND\n");
		return REFUSE_UNKNOWN;
	}

	execvp(argv[i + 1], argv + i + 1);
	perror(argv[i + 1]);

	return REFUSE_UNKNOWN;
}
