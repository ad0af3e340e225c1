/* SPDX-License-Identifier: MIT */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <stdbool.h>

#include "write_queue.h"

struct http_response {
	int status;
	bool keep_alive;
	const char *allow;	   /* the methods, for status 405 */
	const char *body;	   /* "" if it is not a string, or not sent */
	unsigned long long length; /* of the body, in any case */
};

/*
 * Appends a response to a queue. The body and the methods together have less
 * than 200 bytes. Returns 0, or -ENOMEM.
 */
int http_response_append(struct write_queue *queue,
    const struct http_response *response);

#endif
