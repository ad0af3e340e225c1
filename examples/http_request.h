/* SPDX-License-Identifier: MIT */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

/* What a server must know of a request; the strings are in its bytes. */
struct http_request {
	const char *method;
	const char *path; /* without a query */
	bool keep_alive;
	bool expects_continue;
	unsigned long long length; /* of the body */
	int status;		   /* 200, or why the request is refused */
};

/*
 * Parses the head of a request, from the request line to the empty line behind
 * the fields, and returns its length. Returns 0 if its end is not there yet.
 * Changes the bytes. After a status other than 200, it is not known where the
 * next request begins, and the strings may be NULL.
 */
size_t http_request_parse(struct http_request *request, char *bytes,
    size_t len);

#endif
