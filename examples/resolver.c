/* SPDX-License-Identifier: MIT */

/*
 * resolver [-s ADDRESS:PORT] NAME...: looks up the addresses of all names at
 * once, and prints each address with its name when it arrives. With -s it
 * queries that server only, otherwise the servers and the hosts file of the
 * system. The status is 1 if a name has no address.
 *
 * c-ares implements DNS but leaves the waiting to the program. It reports which
 * sockets it needs events for, and these are registered with the poll. It
 * returns how long it can wait, and this is the timeout of the poll. Other
 * libraries that leave the waiting to the program can be used in the same way.
 */

#define _XOPEN_SOURCE 700
#define CARES_NO_DEPRECATED /* the replacements are too new */

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/time.h>

#include <ares.h>
#include <mio.h>

#define EVENTS     16
#define TIMEOUT_MS 500 /* of the first try; it doubles with each further try */
#define TRIES      4

struct resolver {
	struct mio_poll *poll;
	ares_channel channel;
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

/*
 * c-ares calls this when it needs other events of a socket, and with neither
 * direction before it closes the socket. The registration is level-triggered,
 * because c-ares may not read everything at once.
 */
static void
on_socket(void *data, ares_socket_t fd, int readable, int writable)
{
	struct resolver *resolver = data;
	unsigned interest =
	    (readable ? MIO_READABLE : 0) | (writable ? MIO_WRITABLE : 0);
	int r;

	if (interest == 0) {
		r = mio_poll_deregister_fd(resolver->poll, fd);
	} else {
		r = mio_poll_reregister_fd(
		    resolver->poll, fd, (mio_token_t)fd, interest, MIO_LEVEL);
		if (r == -ENOENT)
			r = mio_poll_register_fd(resolver->poll, fd,
			    (mio_token_t)fd, interest, MIO_LEVEL);
	}
	if (r < 0)
		fail("register", r);
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
	query->resolver->left--;
	if (status != ARES_SUCCESS) {
		fprintf(
		    stderr, "%s: %s\n", query->name, ares_strerror(status));
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
		.sock_state_cb = on_socket,
		.sock_state_cb_data = resolver,
		.lookups = (char[]){ "b" }, /* servers only, no hosts file */
	};
	int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_DOMAINS |
	    ARES_OPT_SOCK_STATE_CB | (server != NULL ? ARES_OPT_LOOKUPS : 0);
	int status;

	status = ares_library_init(ARES_LIB_INIT_ALL);
	if (status == ARES_SUCCESS)
		status = ares_init_options(&resolver->channel, &options, mask);
	if (status == ARES_SUCCESS && server != NULL)
		status = ares_set_servers_ports_csv(resolver->channel, server);
	if (status != ARES_SUCCESS)
		fail_ares(server != NULL ? server : "c-ares", status);
}

/* Returns the timeout in nanoseconds, or -1 if c-ares needs none. */
static int64_t
timeout_of(struct resolver *resolver)
{
	struct timeval buffer;
	struct timeval *tv = ares_timeout(resolver->channel, NULL, &buffer);

	if (tv == NULL)
		return -1;

	return (int64_t)tv->tv_sec * 1000000000 + (int64_t)tv->tv_usec * 1000;
}

/* A failed socket is readable or writable, too: the call returns the error. */
static void
process(struct resolver *resolver, const struct mio_event *event)
{
	ares_socket_t fd = (ares_socket_t)event->token;

	ares_process_fd(resolver->channel,
	    event->ready & MIO_READABLE ? fd : ARES_SOCKET_BAD,
	    event->ready & MIO_WRITABLE ? fd : ARES_SOCKET_BAD);
}

static void
run(struct resolver *resolver)
{
	struct mio_event events[EVENTS];
	int i, n;

	while (resolver->left > 0) {
		n = mio_poll(
		    resolver->poll, events, EVENTS, timeout_of(resolver));
		if (n < 0)
			fail("poll", n);

		for (i = 0; i < n; i++)
			process(resolver, &events[i]);

		/* handle timeouts */
		ares_process_fd(
		    resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	}
}

static void
look_up(struct resolver *resolver, char **names, size_t count)
{
	struct ares_addrinfo_hints hints = { .ai_flags = ARES_AI_NOSORT };
	struct query *queries = calloc(count, sizeof(*queries));
	size_t i;

	if (queries == NULL)
		fail("memory", -ENOMEM);

	resolver->left = count;
	for (i = 0; i < count; i++) {
		queries[i].resolver = resolver;
		queries[i].name = names[i];

		/* the callback may be called at once */
		ares_getaddrinfo(resolver->channel, names[i], NULL, &hints,
		    on_result, &queries[i]);
	}
	run(resolver);
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

	r = mio_poll_create(&resolver.poll);
	if (r < 0)
		fail("poll", r);
	open_channel(&resolver, server);

	look_up(&resolver, argv + optind, (size_t)(argc - optind));

	/* this closes sockets, which calls on_socket(): the poll comes last */
	ares_destroy(resolver.channel);
	ares_library_cleanup();
	mio_poll_destroy(resolver.poll);

	return resolver.missing || ferror(stdout) != 0 ? 1 : 0;
}
