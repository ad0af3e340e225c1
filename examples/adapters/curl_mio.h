/* SPDX-License-Identifier: MIT */
#ifndef CURL_MIO_H
#define CURL_MIO_H

#include <curl/curl.h>
#include <mio.h>

/*
 * The transfers of a multi handle of libcurl in a libmio loop. Call these on
 * the loop's thread, but not in callbacks of libcurl.
 */

struct curl_mio;

/*
 * Called when a transfer has ended, with its easy handle, which is still part
 * of the multi handle. It may remove, reuse and free this handle, add and
 * remove others, and detach the multi handle. If the loop can no longer serve
 * the multi handle, it is called with easy NULL: no transfer ends after that.
 */
typedef void curl_mio_done_fn(void *context, CURL *easy, CURLcode result);

/*
 * Lets the loop serve a multi handle: transfers begin when they are added. Sets
 * the socket and timer functions of the handle. Returns 0, or -EINVAL, -ENOMEM.
 */
int curl_mio_attach(struct mio_loop *loop, CURLM *multi, curl_mio_done_fn *done,
    void *context, struct curl_mio **out);

/*
 * Detaches the multi handle and frees self; NULL is ignored. Call this before
 * curl_multi_cleanup(). Transfers that have not ended stay in the multi handle,
 * which can be attached again if it has none.
 */
void curl_mio_detach(struct curl_mio *self);

#endif
