/* SPDX-License-Identifier: MIT */
#include "timer/unused.h"

#include <string.h>

static size_t
words_for(size_t bits)
{
	return (bits + 63) / 64;
}

size_t
mio__unused_words(size_t count)
{
	size_t words = words_for(count), sum = words;

	while (words > 1) {
		words = words_for(words);
		sum += words;
	}

	return sum;
}

void
mio__unused_init(struct mio__unused *unused, size_t count, uint64_t *words)
{
	size_t bits = count, n;

	unused->depth = 0;
	unused->first = 0;
	unused->word = words;
	do {
		n = words_for(bits);
		memset(words, 0xff, n * sizeof(*words));
		if (bits % 64 != 0)
			words[n - 1] = (UINT64_C(1) << bits % 64) - 1;
		unused->floors[unused->depth++] = words;
		words += n;
		bits = n;
	} while (n > 1);
}

void
mio__unused_find(struct mio__unused *unused)
{
	size_t i = unused->first / 64, at = 0;
	unsigned floor;

	for (floor = 1; floor < unused->depth; floor++) {
		uint64_t *word = &unused->floors[floor][i / 64];

		*word &= ~(UINT64_C(1) << i % 64);
		if (*word != 0)
			break;
		i /= 64;
	}

	/* the way down ends at the top when there is none */
	for (floor = unused->depth - 1; floor > 0; floor--) {
		if (unused->floors[floor][at] == 0)
			return;
		at = at * 64 +
		    (unsigned)__builtin_ctzll(unused->floors[floor][at]);
	}
	unused->first = (uint32_t)at * 64;
	unused->word = &unused->floors[0][at];
}

void
mio__unused_found(struct mio__unused *unused, uint32_t place)
{
	bool was_empty = true;
	size_t i = place / 64;
	unsigned floor;

	/* the word that was the first may have become empty as the last one */
	if (place < unused->first || *unused->word == 0) {
		unused->first = place / 64 * 64;
		unused->word = &unused->floors[0][i];
	}

	for (floor = 1; floor < unused->depth && was_empty; floor++) {
		uint64_t *above = &unused->floors[floor][i / 64];

		was_empty = *above == 0;
		*above |= UINT64_C(1) << i % 64;
		i /= 64;
	}
}
