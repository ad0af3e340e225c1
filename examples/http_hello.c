/* SPDX-License-Identifier: MIT */

/*
 * http_hello [PORT]: an HTTP/1.1 server on 127.0.0.1 whose response to every
 * request is "hello, world". Connections are kept alive. A request may arrive
 * in one piece or in many, several may arrive at once (pipelining), and
 * responses are sent in order. Prints the port that it listens on; SIGTERM and
 * SIGINT end it.
 */

#define _XOPEN_SOURCE 700

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <mio.h>

#define IN_SIZE  8192	/* the longest header section */
#define OUT_SIZE 16384
#define RESPONSE_SIZE 256 /* a response is not longer */
#define EVENTS   256
#define RETRY_NS 100000000
#define LISTENER ((mio_token_t)1)
#define WAKER    ((mio_token_t)2)
#define BODY     "hello, world\n"

/* the characters of methods and field names */
#define TOKEN                                                                  \
	"!#$%&'*+-.^_`|~0123456789"                                            \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

struct connection {
	mio_fd_t fd;
	bool ended;			/* the client sends no more */
	bool closing;			/* after this response */
	unsigned long long skip;	/* remaining bytes of a body */
	size_t in_len, out_start, out_end;
	char in[IN_SIZE];
	char out[OUT_SIZE];
};

struct request {
	bool head, keep_alive, needs_host, has_host, has_length;
	unsigned long long length;
	int status;
};

static struct mio_waker *waker;
static volatile sig_atomic_t stopping;

static void
stop(int number)
{
	(void)number;
	stopping = 1;
	(void)mio_waker_wake(waker);
}

static void
fail(const char *what, int error)
{
	errno = -error;
	perror(what);
	exit(1);
}

static void
respond(struct connection *c, const struct request *request)
{
	static const struct {
		int status;
		const char *text;
	} reasons[] = {
		{ 200, "OK" },
		{ 400, "Bad Request" },
		{ 431, "Request Header Fields Too Large" },
		{ 501, "Not Implemented" },
		{ 505, "HTTP Version Not Supported" },
	};
	const char *body = request->status == 200 ? BODY : "";
	const char *reason = "";
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == request->status)
			reason = reasons[i].text;

	c->closing = !request->keep_alive;
	c->out_end += (size_t)snprintf(c->out + c->out_end,
	    OUT_SIZE - c->out_end,
	    "HTTP/1.1 %d %s\r\n"
	    "Content-Type: text/plain\r\n"
	    "Content-Length: %zu\r\n"
	    "Connection: %s\r\n\r\n%s",
	    request->status, reason, strlen(body),
	    request->keep_alive ? "keep-alive" : "close",
	    request->head ? "" : body);
}

/* Returns whether a comma-separated list contains this word. */
static bool
has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (*list != '\0') {
		list += strspn(list, " \t,");
		if (strncasecmp(list, word, len) == 0 &&
		    strchr(" \t,", list[len]) != NULL)
			return true;
		list += strcspn(list, ",");
	}

	return false;
}

/* Accepts digits only, and too few to overflow. */
static bool
parse_length(const char *text, unsigned long long *length)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 18 ||
	    text[digits + strspn(text + digits, " \t")] != '\0')
		return false;

	*length = strtoull(text, NULL, 10);

	return true;
}

/* Parses "METHOD TARGET HTTP/1.x"; returns a status code. */
static int
parse_request_line(const char *line, struct request *request)
{
	size_t method = strspn(line, TOKEN);
	const char *target = line + method + 1;
	const char *version;

	if (method == 0 || line[method] != ' ')
		return 400;
	version = strchr(target, ' ');
	if (version == NULL || version == target)
		return 400;
	version++;
	if (strncmp(version, "HTTP/", 5) != 0)
		return 400;
	if (strcmp(version, "HTTP/1.1") != 0 &&
	    strcmp(version, "HTTP/1.0") != 0)
		return 505;

	request->head = method == 4 && memcmp(line, "HEAD", 4) == 0;
	request->keep_alive = version[7] == '1';
	request->needs_host = version[7] == '1';

	return 200;
}

static int
parse_field(char *line, struct request *request)
{
	char *value = line + strspn(line, TOKEN);

	if (value == line || *value != ':')
		return 400;
	*value++ = '\0';
	value += strspn(value, " \t");

	if (strcasecmp(line, "Content-Length") == 0) {
		unsigned long long before = request->length;

		if (!parse_length(value, &request->length) ||
		    (request->has_length && before != request->length))
			return 400;
		request->has_length = true;
	} else if (strcasecmp(line, "Host") == 0) {
		if (request->has_host)
			return 400;
		request->has_host = true;
	} else if (strcasecmp(line, "Transfer-Encoding") == 0) {
		return 501;
	} else if (strcasecmp(line, "Connection") == 0) {
		if (has_word(value, "close"))
			request->keep_alive = false;
		else if (has_word(value, "keep-alive"))
			request->keep_alive = true;
	}

	return 200;
}

/* Parses the request line and the fields; splits the string into lines. */
static void
parse(char *head, struct request *request)
{
	char *line = head;
	char *next;

	for (; *line != '\0'; line = next) {
		next = strstr(line, "\r\n");
		*next = '\0';
		next += 2;
		if (strpbrk(line, "\r\n") != NULL)
			request->status = 400; /* a CR or an LF alone */
		else
			request->status = line == head ?
			    parse_request_line(line, request) :
			    parse_field(line, request);
		if (request->status != 200)
			break;
	}
	if (request->status == 200 && request->needs_host && !request->has_host)
		request->status = 400;

	/* where the next request begins is unknown after an error */
	if (request->status != 200)
		request->keep_alive = false;
}

static void
consume(struct connection *c, size_t len)
{
	c->in_len -= len;
	memmove(c->in, c->in + len, c->in_len);
}

/*
 * Handles one request. Returns false if it is not complete, if there is no room
 * for the response, or if this was the last response.
 */
static bool
step(struct connection *c)
{
	struct request request = { .status = 400 };
	size_t len = c->skip < c->in_len ? (size_t)c->skip : c->in_len;
	char *end;

	c->skip -= len;
	consume(c, len);
	if (c->closing || c->skip > 0 || OUT_SIZE - c->out_end < RESPONSE_SIZE)
		return false;

	/* skip empty lines before a request line */
	while (c->in_len >= 2 && memcmp(c->in, "\r\n", 2) == 0)
		consume(c, 2);

	c->in[c->in_len] = '\0';
	end = strstr(c->in, "\r\n\r\n");
	if (end == NULL && strlen(c->in) < c->in_len) {
		respond(c, &request); /* it has a NUL, so it is not HTTP */
		return false;
	}
	if (end == NULL) {
		if (c->in_len == IN_SIZE - 1) {
			request.status = 431;
			respond(c, &request);
		}
		return false;
	}

	len = (size_t)(end - c->in) + 4;
	end[2] = '\0';
	parse(c->in, &request);
	consume(c, len);
	c->skip = request.length;
	respond(c, &request);

	return true;
}

static bool
flush(struct connection *c)
{
	ssize_t n;

	while (c->out_start < c->out_end) {
		n = mio_socket_send(c->fd, c->out + c->out_start,
		    c->out_end - c->out_start);
		if (n == -EAGAIN)
			return true;
		if (n < 0)
			return false;
		c->out_start += (size_t)n;
	}
	c->out_start = c->out_end = 0;

	return true;
}

/* Serves until a call would block; returns false when it is finished. */
static bool
serve_connection(struct connection *c)
{
	ssize_t n;

	for (;;) {
		while (step(c))
			continue;
		if (!flush(c))
			return false;
		if (c->out_end > 0)
			return true; /* until MIO_WRITABLE */
		if (step(c) || c->out_end > 0)
			continue; /* this request had waited for room */

		/*
		 * Closing with unread bytes would reset the connection, and
		 * the client could lose the response. Shut down the sending
		 * side, then read until the client has closed, too.
		 */
		if (c->closing) {
			c->in_len = 0;
			if (!c->ended)
				(void)mio_socket_shutdown(
				    c->fd, MIO_SHUT_WRITE);
		}
		if (c->ended)
			return false;

		n = mio_socket_recv(
		    c->fd, c->in + c->in_len, IN_SIZE - 1 - c->in_len);
		if (n == -EAGAIN)
			return true; /* until MIO_READABLE */
		if (n < 0)
			return false;
		c->ended = n == 0;
		c->in_len += (size_t)n;
	}
}

static void
drop(struct connection *c)
{
	(void)mio_fd_close(c->fd);
	free(c);
}

static bool
accept_all(struct mio_poll *poll, mio_fd_t listener)
{
	struct connection *c;
	mio_fd_t fd;
	int r;

	for (;;) {
		r = mio_tcp_accept(listener, &fd, NULL, NULL);
		if (r == -EAGAIN)
			return true;
		if (r == -EMFILE || r == -ENFILE || r == -ENOBUFS ||
		    r == -ENOMEM)
			return false; /* still queued: try again later */
		if (r < 0)
			continue;

		c = malloc(sizeof(*c));
		if (c == NULL) {
			(void)mio_fd_close(fd);
			continue;
		}
		memset(c, 0, offsetof(struct connection, in));
		c->fd = fd;
		(void)mio_tcp_set_nodelay(fd, true);
		r = mio_poll_register_fd(poll, fd, (mio_token_t)(uintptr_t)c,
		    MIO_READABLE | MIO_WRITABLE, MIO_EDGE);
		if (r < 0)
			drop(c);
	}
}

static mio_fd_t
listen_on(unsigned port)
{
	struct sockaddr_storage addr, bound;
	socklen_t len;
	mio_fd_t fd = MIO_INVALID_FD;
	int r;

	r = mio_address_parse(&addr, &len, "127.0.0.1", (uint16_t)port);
	if (r == 0)
		r = mio_tcp_listen(&fd, (struct sockaddr *)&addr, len, 0, 0);
	if (r == 0)
		r = mio_socket_local_addr(fd, &bound, &len);
	if (r < 0)
		fail("listen", r);
	printf("listening on %u\n",
	    ntohs(((struct sockaddr_in *)&bound)->sin_port));
	fflush(stdout);

	return fd;
}

static void
serve(struct mio_poll *poll, mio_fd_t listener)
{
	struct mio_event events[EVENTS];
	bool all_accepted = true;
	int i, n;

	while (!stopping) {
		n = mio_poll(
		    poll, events, EVENTS, all_accepted ? -1 : RETRY_NS);
		if (n < 0)
			fail("poll", n);

		for (i = 0; i < n; i++) {
			struct connection *c =
			    (struct connection *)(uintptr_t)events[i].token;

			if (events[i].token == LISTENER)
				all_accepted = false;
			else if (events[i].token != WAKER &&
			    !serve_connection(c))
				drop(c);
		}
		if (!all_accepted)
			all_accepted = accept_all(poll, listener);
	}
}

int
main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop };
	unsigned long port = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	struct mio_poll *poll;
	mio_fd_t listener;
	int r;

	if (port > UINT16_MAX)
		fail("port", -ERANGE);
	r = mio_poll_create(&poll);
	if (r == 0)
		r = mio_waker_create(&waker, poll, WAKER);
	if (r < 0)
		fail("poll", r);
	if (sigaction(SIGTERM, &action, NULL) != 0 ||
	    sigaction(SIGINT, &action, NULL) != 0)
		fail("signals", -errno);

	listener = listen_on((unsigned)port);
	r = mio_poll_register_fd(
	    poll, listener, LISTENER, MIO_READABLE, MIO_EDGE);
	if (r < 0)
		fail("register", r);

	serve(poll, listener);

	(void)mio_fd_close(listener);
	mio_waker_destroy(waker);
	mio_poll_destroy(poll);

	return 0;
}
