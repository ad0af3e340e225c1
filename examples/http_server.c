/* SPDX-License-Identifier: MIT */

/*
 * http_server [ADDRESS:PORT [IDLE [STOP]]]: an HTTP/1.1 server.
 *
 *	GET, HEAD /	"hello, world"; a body is skipped
 *	POST /echo	sends the body of the request back as it arrives
 *
 * A client that is silent, or has not sent a whole head, for IDLE milliseconds
 * is disconnected. After SIGTERM or SIGINT no connection is accepted, and the
 * server ends when it has responded to the requests that it has begun to
 * receive, at the latest after STOP milliseconds.
 *
 *	cc -o http_server http_server.c http_service.c http_request.c \
 *	    http_response.c listener.c write_queue.c \
 *	    $(pkg-config --cflags --libs mio)
 */

#define _XOPEN_SOURCE 700

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/resource.h>

#include <mio.h>

#include "http_service.h"

#define MS	    UINT64_C(1000000)
#define CONNECTIONS 100000
#define HELLO	    "hello, world\n"

static struct mio_loop *loop; /* for the signal handler */

static void
check(const char *what, int result)
{
	if (result < 0) {
		fprintf(stderr, "%s: %s\n", what, strerror(-result));
		exit(1);
	}
}

static void
serve(void *context, const struct http_request *request,
    struct http_response *response)
{
	bool head = strcmp(request->method, "HEAD") == 0;
	bool get = strcmp(request->method, "GET") == 0 || head;
	bool post = strcmp(request->method, "POST") == 0;

	(void)context;
	if (strcmp(request->path, "/") == 0) {
		if (get || post) {
			response->length = strlen(HELLO);
			response->body = head ? "" : HELLO;
		} else {
			response->status = 405;
			response->allow = "GET, HEAD, POST";
		}
	} else if (strcmp(request->path, "/echo") == 0) {
		if (post) {
			response->length = request->length;
			response->part = write_queue_append;
		} else {
			response->status = 405;
			response->allow = "POST";
		}
	} else {
		response->status = 404;
	}
}

static void
on_signal(int number)
{
	(void)number;
	mio_loop_shutdown(loop);
}

int
main(int argc, char **argv)
{
	struct mio_loop_config config = {
		.size = sizeof(config),
		.timer_capacity = CONNECTIONS + 2,
	};
	struct sigaction action = { .sa_handler = on_signal };
	uint64_t idle_ns = 60000 * MS, stop_ns = 3000 * MS;
	struct http_service *service;
	char name[MIO_ADDRESS_TEXT_MAX];
	struct rlimit limit;

	if (argc > 2)
		idle_ns = strtoull(argv[2], NULL, 10) * MS;
	if (argc > 3)
		stop_ns = strtoull(argv[3], NULL, 10) * MS;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}

	check("mio_loop_create", mio_loop_create(&loop, &config));
	check("http_service_open",
	    http_service_open(loop, argc > 1 ? argv[1] : "127.0.0.1:0", idle_ns,
		serve, NULL, &service));
	check("http_service_address", http_service_address(service, name));
	printf("listening on %s\n", name);
	(void)fflush(stdout);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);

	check("mio_loop_run", mio_loop_run(loop, NULL, NULL));
	(void)signal(SIGTERM, SIG_DFL); /* a second one ends it at once */
	(void)signal(SIGINT, SIG_DFL);
	http_service_stop(service, stop_ns);
	while (http_service_is_busy(service))
		check("mio_loop_run_once",
		    mio_loop_run_once(loop, NULL, NULL, -1));
	http_service_close(service);
	mio_loop_destroy(loop);

	return 0;
}
