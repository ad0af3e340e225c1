/* SPDX-License-Identifier: MIT */

#define _XOPEN_SOURCE 700

#include "http_response.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define RESPONSE_MAX 512

static const char *
status_text(int status)
{
	static const struct {
		int status;
		const char *text;
	} texts[] = {
		{ 200, "200 OK" },
		{ 400, "400 Bad Request" },
		{ 404, "404 Not Found" },
		{ 405, "405 Method Not Allowed" },
		{ 408, "408 Request Timeout" },
		{ 417, "417 Expectation Failed" },
		{ 431, "431 Request Header Fields Too Large" },
		{ 501, "501 Not Implemented" },
		{ 505, "505 HTTP Version Not Supported" },
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].status == status)
			return texts[i].text;

	return "500 Internal Server Error";
}

/* Returns the field Date, made once a second. */
static const char *
date(void)
{
	static char text[64];
	static time_t made;
	time_t now = time(NULL);
	struct tm parts;

	if (now != made && gmtime_r(&now, &parts) != NULL) {
		made = now;
		(void)strftime(text, sizeof(text),
		    "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
	}

	return text;
}

/* Writes a number, and returns the end of it. */
static char *
put_number(char *at, unsigned long long number)
{
	char digits[20];
	size_t i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	memcpy(at, digits + i, sizeof(digits) - i);

	return at + sizeof(digits) - i;
}

/* It is put together by hand: snprintf() took half of the server's time. */
int
http_response_append(struct write_queue *queue,
    const struct http_response *response)
{
	char *room = write_queue_reserve(queue, RESPONSE_MAX);
	char *at;

	if (room == NULL)
		return -ENOMEM;

	at = stpcpy(room, "HTTP/1.1 ");
	at = stpcpy(at, status_text(response->status));
	at = stpcpy(at, "\r\n");
	at = stpcpy(at, date());
	if (response->allow != NULL) {
		at = stpcpy(at, "Allow: ");
		at = stpcpy(at, response->allow);
		at = stpcpy(at, "\r\n");
	}
	at = stpcpy(at, "Content-Type: text/plain\r\nContent-Length: ");
	at = put_number(at, response->length);
	at = stpcpy(at, "\r\nConnection: ");
	at = stpcpy(at, response->keep_alive ? "keep-alive" : "close");
	at = stpcpy(at, "\r\n\r\n");
	at = stpcpy(at, response->body);

	write_queue_commit(queue, (size_t)(at - room));

	return 0;
}
