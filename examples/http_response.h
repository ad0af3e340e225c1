/* SPDX-License-Identifier: MIT */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "write_queue.h"

/*
 * Appends what a part of the request's body adds to the body of the response.
 * Returns 0, or -ENOMEM.
 */
typedef int http_body_fn(struct write_queue *queue, const void *bytes,
    size_t len);

struct http_response {
	int status;
	bool keep_alive;
	const char *allow;	   /* the methods, for status 405 */
	const char *body;	   /* "" if it is not a string, or not sent */
	unsigned long long length; /* of the body, in any case */
	http_body_fn *part;	   /* NULL: the request's body is skipped */
};

/*
 * Appends a response to a queue. The body and the methods together have less
 * than 200 bytes. Returns 0, or -ENOMEM.
 */
int http_response_append(struct write_queue *queue,
    const struct http_response *response);

#endif
