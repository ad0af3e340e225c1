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
	uint32_t first; /* place of the word with the first unused one */
	uint64_t *word; /* which is 0 when there is none */
	uint64_t *floors[MIO__UNUSED_FLOORS];
};

/* How many words they need for so many places, up to 2^32 of them. */
size_t mio__unused_words(size_t count);

/* All unused. The words stay the caller's. */
void
mio__unused_init(struct mio__unused *unused, size_t count, uint64_t *words);

static inline bool
mio__unused_any(const struct mio__unused *unused)
{
	return *unused->word != 0;
}

/* The first of them; there is one. */
static inline uint32_t
mio__unused_first(const struct mio__unused *unused)
{
	return unused->first + (unsigned)__builtin_ctzll(*unused->word);
}

/* That one is used. When it was the last of its word, find() is to follow. */
static inline bool
mio__unused_take(struct mio__unused *unused)
{
	return (*unused->word &= *unused->word - 1) == 0;
}

void mio__unused_find(struct mio__unused *unused);

/* When it is the first of its word, found() is to follow. */
static inline bool
mio__unused_give(struct mio__unused *unused, uint32_t place)
{
	uint64_t *word = &unused->floors[0][place / 64];
	uint64_t before = *word;

	*word = before | UINT64_C(1) << place % 64;

	return before == 0;
}

void mio__unused_found(struct mio__unused *unused, uint32_t place);

#endif
