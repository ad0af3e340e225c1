/* SPDX-License-Identifier: MIT */
#ifndef WRITE_QUEUE_H
#define WRITE_QUEUE_H

#include <stddef.h>

#include <mio.h>

/*
 * Bytes to send to a socket, which may have no room for them now. A queue of
 * which all members are 0 is empty. It grows as needed: a program that does not
 * want that asks for the length before it appends more, and stops receiving in
 * the meantime.
 */
struct write_queue {
	char *bytes;
	size_t start, end, size;
};

/* Returns the number of bytes that are not sent yet. */
size_t write_queue_length(const struct write_queue *queue);

/*
 * Returns room for len bytes at the end of the queue, until the next call, or
 * NULL if there is no memory. write_queue_commit() appends what the caller has
 * written there.
 */
char *write_queue_reserve(struct write_queue *queue, size_t len);
void write_queue_commit(struct write_queue *queue, size_t len);

/* Appends a copy of the bytes. Returns 0, or -ENOMEM. */
int write_queue_append(struct write_queue *queue, const void *bytes,
    size_t len);

/*
 * Sends as much as the socket accepts. Returns 0 if that was all, -EAGAIN if
 * the caller has to wait for MIO_WRITABLE, or the error of the connection.
 */
int write_queue_flush(struct write_queue *queue, mio_fd_t fd);

/* Discards what is left, and frees the memory. */
void write_queue_free(struct write_queue *queue);

#endif
