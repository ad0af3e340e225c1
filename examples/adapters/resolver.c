/* SPDX-License-Identifier: MIT */

/*
 * resolver [-s ADDRESS:PORT] NAME...: looks up the addresses of all names at
 * once, and prints each address with its name when it arrives. With -s it
 * queries that server only, otherwise the servers and the hosts file of the
 * system. The status is 1 if a name has no address.
 *
 * c-ares implements DNS but leaves the waiting to the program. The adapter
 * cares_mio.c lets a loop wait.
 *
 *	cc -o resolver resolver.c cares_mio.c \
 *	    $(pkg-config --cflags --libs mio libcares)
 */

#define _XOPEN_SOURCE 700

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <mio.h>

#include "cares_mio.h"

#define TIMEOUT_MS 500 /* of the first try; it doubles with each further try */
#define TRIES      4

struct resolver {
	struct mio_loop *loop;
	struct cares_mio *adapter;
	size_t left;  /* names without a result so far */
	bool missing; /* a name has no address */
};

struct query {
	struct resolver *resolver;
	const char *name;
};

static void
fail(const char *what, int error)
{
	errno = -error;
	perror(what);
	exit(1);
}

static void
fail_ares(const char *what, int status)
{
	fprintf(stderr, "%s: %s\n", what, ares_strerror(status));
	exit(1);
}

static void
print_address(const char *name, const struct sockaddr *addr)
{
	const void *bytes = addr->sa_family == AF_INET6
	    ? (const void *)&((const struct sockaddr_in6 *)addr)->sin6_addr
	    : (const void *)&((const struct sockaddr_in *)addr)->sin_addr;
	char text[INET6_ADDRSTRLEN];

	if (inet_ntop(addr->sa_family, bytes, text, sizeof(text)) == NULL)
		fail(name, -errno);
	printf("%s %s\n", name, text);
}

/* Prints the addresses of one name, or the error. */
static void
on_result(void *data, int status, int timeouts, struct ares_addrinfo *info)
{
	struct query *query = data;
	struct ares_addrinfo_node *node;

	(void)timeouts;
	if (--query->resolver->left == 0)
		mio_loop_shutdown(query->resolver->loop);
	if (status != ARES_SUCCESS) {
		fprintf(stderr, "%s: %s\n", query->name, ares_strerror(status));
		query->resolver->missing = true;
		return;
	}

	for (node = info->nodes; node != NULL; node = node->ai_next)
		print_address(query->name, node->ai_addr);
	fflush(stdout); /* main() checks for errors at the end */
	ares_freeaddrinfo(info);
}

static void
open_channel(struct resolver *resolver, const char *server)
{
	/* no search domains: names are looked up as they are */
	struct ares_options options = {
		.timeout = TIMEOUT_MS,
		.tries = TRIES,
		.lookups = (char[]){ "b" }, /* servers only, no hosts file */
	};
	int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_DOMAINS |
	    (server != NULL ? ARES_OPT_LOOKUPS : 0);
	int status;

	status = ares_library_init(ARES_LIB_INIT_ALL);
	if (status == ARES_SUCCESS)
		status = cares_mio_attach(
		    resolver->loop, &options, mask, &resolver->adapter);
	if (status == ARES_SUCCESS && server != NULL)
		status = ares_set_servers_ports_csv(
		    cares_mio_channel(resolver->adapter), server);
	if (status != ARES_SUCCESS)
		fail_ares(server != NULL ? server : "c-ares", status);
}

static void
look_up(struct resolver *resolver, char **names, size_t count)
{
	struct ares_addrinfo_hints hints = { .ai_flags = ARES_AI_NOSORT };
	struct query *queries = calloc(count, sizeof(*queries));
	size_t i;
	int r;

	if (queries == NULL)
		fail("memory", -ENOMEM);

	resolver->left = count;
	for (i = 0; i < count; i++) {
		queries[i].resolver = resolver;
		queries[i].name = names[i];

		/* the callback may be called at once */
		ares_getaddrinfo(cares_mio_channel(resolver->adapter), names[i],
		    NULL, &hints, on_result, &queries[i]);
	}

	/* until the last result, which may have been reported already */
	r = mio_loop_run(resolver->loop, NULL, NULL);
	if (r < 0)
		fail("loop", r);
	free(queries);
}

int
main(int argc, char **argv)
{
	struct resolver resolver = { .missing = false };
	const char *server = NULL;
	int option, r;

	while ((option = getopt(argc, argv, "s:")) == 's')
		server = optarg;
	if (option != -1 || optind == argc) {
		fprintf(stderr, "usage: resolver [-s ADDRESS:PORT] NAME...\n");
		return 2;
	}

	r = mio_loop_create(&resolver.loop, NULL);
	if (r < 0)
		fail("loop", r);
	open_channel(&resolver, server);

	look_up(&resolver, argv + optind, (size_t)(argc - optind));

	cares_mio_detach(resolver.adapter);
	ares_library_cleanup();
	mio_loop_destroy(resolver.loop);

	return resolver.missing || ferror(stdout) != 0 ? 1 : 0;
}
