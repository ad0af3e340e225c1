/* SPDX-License-Identifier: MIT */
#include "sys/kqueue_tokens.h"

#include <errno.h>
#include <string.h>

#include "sys/memory.h"

#define STORED UINT32_C(0x80000000)

void
mio__kqueue_tokens_fini(struct mio__kqueue_tokens *tokens)
{
	mio__os_free(tokens->by_fd);
}

static int
reserve(struct mio__kqueue_tokens *tokens, size_t fd)
{
	struct mio__kqueue_token *grown;
	size_t room = tokens->room > 0 ? tokens->room : 32;

	if (fd < tokens->room)
		return 0;

	while (room <= fd)
		room *= 2;
	grown = mio__os_alloc(room, sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;

	if (tokens->room > 0)
		memcpy(grown, tokens->by_fd, tokens->room * sizeof(*grown));
	mio__os_free(tokens->by_fd);
	tokens->by_fd = grown;
	tokens->room = room;

	return 0;
}

int
mio__kqueue_tokens_store(
    struct mio__kqueue_tokens *tokens, int fd, mio_token_t token, uint64_t *tag)
{
	int r;

	if (token < STORED) {
		*tag = token;
		return 0;
	}

	r = reserve(tokens, (size_t)fd);
	if (r < 0)
		return r;

	tokens->last = (tokens->last + 1) | STORED;
	tokens->by_fd[fd].token = token;
	tokens->by_fd[fd].tag = tokens->last;
	*tag = tokens->last;

	return 0;
}

struct mio__kqueue_token
mio__kqueue_tokens_save(const struct mio__kqueue_tokens *tokens, int fd)
{
	return (size_t)fd < tokens->room ? tokens->by_fd[fd]
					 : (struct mio__kqueue_token){ 0 };
}

void
mio__kqueue_tokens_restore(struct mio__kqueue_tokens *tokens, int fd,
    const struct mio__kqueue_token *saved)
{
	if ((size_t)fd < tokens->room)
		tokens->by_fd[fd] = *saved;
}

bool
mio__kqueue_tokens_find(const struct mio__kqueue_tokens *tokens, int fd,
    uint64_t tag, mio_token_t *token)
{
	if (tag < STORED) {
		*token = tag;
		return true;
	}

	if ((size_t)fd >= tokens->room || tokens->by_fd[fd].tag != tag)
		return false;

	*token = tokens->by_fd[fd].token;

	return true;
}
