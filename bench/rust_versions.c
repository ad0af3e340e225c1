/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <stdio.h>

/* in bench/rust/lib.rs; lines of a library, a colon and its version */
const char *rust_versions(void);

void
bench_rust_versions(void)
{
	char library[32], version[32];
	const char *text = rust_versions();
	int length;

	while (sscanf(text, "%31[^:]:%31[^\n]\n%n", library, version,
		   &length) == 2) {
		bench_version(library, version);
		text += length;
	}
}
