/* SPDX-License-Identifier: MIT */
#ifndef MIO_SYS_KQUEUE_TOKENS_H
#define MIO_SYS_KQUEUE_TOKENS_H

/*
 * Tokens of 64 bits for a kernel whose records hold 32. A token below 2^31 is
 * its own tag. A larger one is stored here, by descriptor, and its tag is a
 * number that is new each time: a record that was fetched before the
 * registration changed has another one, and its token is gone. Memory is needed
 * for such tokens only. All calls are made under the selector's lock.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio/poll.h"

struct mio__kqueue_token {
	mio_token_t token;
	uint32_t tag; /* 0: none was stored */
};

struct mio__kqueue_tokens {
	struct mio__kqueue_token *by_fd;
	size_t room;
	uint32_t last;
};

void mio__kqueue_tokens_fini(struct mio__kqueue_tokens *tokens);

/* Puts the tag into *tag. 0 or -ENOMEM. */
int mio__kqueue_tokens_store(struct mio__kqueue_tokens *tokens, int fd,
    mio_token_t token, uint64_t *tag);

/*
 * What is stored for a descriptor, and its restoration, for a change that has
 * failed: the filters that are still there have the earlier tag.
 */
struct mio__kqueue_token
mio__kqueue_tokens_save(const struct mio__kqueue_tokens *tokens, int fd);
void mio__kqueue_tokens_restore(struct mio__kqueue_tokens *tokens, int fd,
    const struct mio__kqueue_token *saved);

/* Whether the tag still stands for a token, which goes into *token. */
bool mio__kqueue_tokens_find(const struct mio__kqueue_tokens *tokens, int fd,
    uint64_t tag, mio_token_t *token);

#endif
