/* SPDX-License-Identifier: MIT */
#ifndef HTTP_SERVICE_H
#define HTTP_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include <mio.h>

#include "http_request.h"
#include "http_response.h"

/*
 * An HTTP/1.1 service in a libmio loop. Several requests may arrive at once
 * (pipelining); responses are sent in their order. Nothing is received from a
 * client that does not read its responses. Call these on the loop's thread, but
 * not in the callback.
 */

struct http_service;

/*
 * Called for each well-formed request. It changes the response, which is "200
 * OK" without a body at first. The service sets keep_alive.
 */
typedef void http_service_fn(void *context, const struct http_request *request,
    struct http_response *response);

/*
 * Listens at an address as mio_address_parse(3) accepts it. A client that is
 * silent, or has not sent a whole head, for idle_ns is disconnected. Each
 * client needs a timeout of the loop. Returns 0, or the errors of
 * listener_open().
 */
int http_service_open(struct mio_loop *loop, const char *address,
    uint64_t idle_ns, http_service_fn *serve, void *context,
    struct http_service **out);

/* Stores the address as text, in MIO_ADDRESS_TEXT_MAX bytes. */
int http_service_address(const struct http_service *self, char *text);

/*
 * Accepts no more connections and requests, but responds to the requests that
 * it has begun to receive, for limit_ns at most. Meanwhile it is busy.
 */
void http_service_stop(struct http_service *self, uint64_t limit_ns);
bool http_service_is_busy(const struct http_service *self);

/* Closes all connections, and frees self. NULL is ignored. */
void http_service_close(struct http_service *self);

#endif
