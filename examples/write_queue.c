/* SPDX-License-Identifier: MIT */
#include "write_queue.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_MIN  1024
#define SIZE_KEPT 65536 /* an empty queue does not keep more */

size_t
write_queue_length(const struct write_queue *queue)
{
	return queue->end - queue->start;
}

char *
write_queue_reserve(struct write_queue *queue, size_t len)
{
	size_t length = write_queue_length(queue);
	size_t size = queue->size < SIZE_MIN ? SIZE_MIN : queue->size;
	char *bytes;

	if (len <= queue->size - queue->end)
		return queue->bytes + queue->end;

	/* the bytes move to the front, in new memory if there are too many */
	if (len > SIZE_MAX / 2 - length)
		return NULL;
	while (size - length < len)
		size *= 2;
	if (length > 0)
		memmove(queue->bytes, queue->bytes + queue->start, length);
	queue->start = 0;
	queue->end = length;
	if (size != queue->size) {
		bytes = realloc(queue->bytes, size);
		if (bytes == NULL)
			return NULL;
		queue->bytes = bytes;
		queue->size = size;
	}

	return queue->bytes + queue->end;
}

void
write_queue_commit(struct write_queue *queue, size_t len)
{
	queue->end += len;
}

int
write_queue_append(struct write_queue *queue, const void *bytes, size_t len)
{
	char *room = write_queue_reserve(queue, len);

	if (room == NULL)
		return -ENOMEM;
	memcpy(room, bytes, len);
	write_queue_commit(queue, len);

	return 0;
}

int
write_queue_flush(struct write_queue *queue, mio_fd_t fd)
{
	ssize_t n;

	while (queue->start < queue->end) {
		n = mio_socket_send(fd, queue->bytes + queue->start,
		    queue->end - queue->start);
		if (n < 0)
			return (int)n;
		queue->start += (size_t)n;
	}
	queue->start = queue->end = 0;
	if (queue->size > SIZE_KEPT)
		write_queue_free(queue);

	return 0;
}

void
write_queue_free(struct write_queue *queue)
{
	free(queue->bytes);
	memset(queue, 0, sizeof(*queue));
}
