/* SPDX-License-Identifier: MIT */
#ifndef MIO_TIMER_UNUSED_H
#define MIO_TIMER_UNUSED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Which of so many places are unused: a bit for each, and above a bit for each
 * word that has one, up to a single word. The first unused one is handed out
 * rather than the one last given back: so those in use lie close together, and
 * new ones one behind the other.
 */

#define MIO__UNUSED_FLOORS 6

struct mio__unused {
	unsigned depth;
	uint32_t word; /* with the first unused place */
	uint64_t *floors[MIO__UNUSED_FLOORS];
};

/* How many words they need for so many places, up to 2^32 of them. */
size_t mio__unused_words(size_t count);

/* All unused. The words stay the caller's. */
void
mio__unused_init(struct mio__unused *unused, size_t count, uint64_t *words);

/* For the two below: a word has become empty, or is not empty any more. */
void mio__unused_find(struct mio__unused *unused);
void mio__unused_found(struct mio__unused *unused, uint32_t word);

/* The first of them; there is one. */
static inline uint32_t
mio__unused_first(const struct mio__unused *unused)
{
	uint64_t word = unused->floors[0][unused->word];

	return unused->word * 64 + (unsigned)__builtin_ctzll(word);
}

/* That one is used. */
static inline void
mio__unused_take(struct mio__unused *unused)
{
	uint64_t *word = &unused->floors[0][unused->word];

	*word &= *word - 1;
	if (*word == 0)
		mio__unused_find(unused);
}

static inline void
mio__unused_give(struct mio__unused *unused, uint32_t place)
{
	uint64_t *word = &unused->floors[0][place / 64];
	uint64_t before = *word;

	*word = before | UINT64_C(1) << place % 64;
	if (before == 0)
		mio__unused_found(unused, place / 64);
}

#endif
