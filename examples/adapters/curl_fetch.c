/* SPDX-License-Identifier: MIT */

/*
 * curl_fetch [-t SECONDS] [-c CONNECTIONS] DIR URL...: fetches all URLs at once
 * with libcurl, in a libmio loop with the adapter curl_mio.c, and stores them
 * in DIR as 1, 2 and so on. It prints a line for each transfer that fails. Each
 * has SECONDS time, and there are CONNECTIONS at most. The status is 1 if a
 * transfer fails. SIGINT and SIGTERM give up the transfers that have not ended.
 *
 *	cc -o curl_fetch curl_fetch.c curl_mio.c \
 *	    $(pkg-config --cflags --libs mio libcurl)
 */

#define _XOPEN_SOURCE 700

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>
#include <mio.h>

#include "curl_mio.h"

struct fetch {
	struct mio_loop *loop;
	CURLM *multi;
	struct curl_mio *adapter;
	struct transfer *transfers;
	long timeout_s;
	int count, left, failed;
};

struct transfer {
	CURL *easy; /* NULL: has ended */
	FILE *file;
	const char *url;
};

static struct mio_loop *loop_to_stop; /* for the signal handler */

static void
on_signal(int number)
{
	(void)number;
	mio_loop_shutdown(loop_to_stop);
}

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- transfers */

static void
start(
    struct fetch *fetch, struct transfer *transfer, const char *dir, int number)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%d", dir, number);
	transfer->file = fopen(path, "w");
	if (transfer->file == NULL)
		fail(path);
	transfer->easy = curl_easy_init();
	if (transfer->easy == NULL)
		fail("curl_easy_init");

	/* without a function, libcurl writes to this file by itself */
	curl_easy_setopt(transfer->easy, CURLOPT_WRITEDATA, transfer->file);
	curl_easy_setopt(transfer->easy, CURLOPT_URL, transfer->url);
	curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(transfer->easy, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(transfer->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT, fetch->timeout_s);
	if (curl_multi_add_handle(fetch->multi, transfer->easy) != CURLM_OK)
		fail("curl_multi_add_handle");
}

static void
finish(struct fetch *fetch, struct transfer *transfer, const char *problem)
{
	if (fclose(transfer->file) != 0 && problem == NULL)
		problem = "cannot write";
	if (problem != NULL) {
		printf("%s: %s\n", transfer->url, problem);
		fetch->failed++;
	}

	/* libcurl may close its sockets in here */
	(void)curl_multi_remove_handle(fetch->multi, transfer->easy);
	curl_easy_cleanup(transfer->easy);
	transfer->easy = NULL;
	fetch->left--;
}

static void
give_up(struct fetch *fetch, const char *problem)
{
	int i;

	for (i = 0; i < fetch->count; i++)
		if (fetch->transfers[i].easy != NULL)
			finish(fetch, &fetch->transfers[i], problem);
}

/* Detaches after the last transfer, in this callback of the adapter. */
static void
on_done(void *context, CURL *easy, CURLcode result)
{
	struct fetch *fetch = context;
	char *data = NULL;

	if (easy == NULL) {
		give_up(fetch, "the loop cannot serve it");
	} else {
		(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &data);
		finish(fetch, (struct transfer *)(void *)data,
		    result == CURLE_OK ? NULL : curl_easy_strerror(result));
	}
	if (fetch->left > 0)
		return;

	curl_mio_detach(fetch->adapter);
	fetch->adapter = NULL;
	mio_loop_shutdown(fetch->loop);
}

/* ---- the program */

static void
handle_signals(struct mio_loop *loop)
{
	struct sigaction action = { .sa_handler = on_signal };

	loop_to_stop = loop;
	(void)sigemptyset(&action.sa_mask);
	if (sigaction(SIGINT, &action, NULL) < 0 ||
	    sigaction(SIGTERM, &action, NULL) < 0)
		fail("sigaction");
}

static void
run(struct fetch *fetch, const char *dir, char **urls)
{
	int i, r;

	fetch->transfers =
	    calloc((size_t)fetch->count, sizeof(*fetch->transfers));
	if (fetch->transfers == NULL)
		fail("memory");
	fetch->left = fetch->count;
	for (i = 0; i < fetch->count; i++) {
		fetch->transfers[i].url = urls[i];
		start(fetch, &fetch->transfers[i], dir, i + 1);
	}

	r = mio_loop_run(fetch->loop, NULL, NULL);
	if (r < 0)
		fprintf(stderr, "loop: %s\n", strerror(-r));

	/* after a signal */
	give_up(fetch, "given up");
	curl_mio_detach(fetch->adapter);
	free(fetch->transfers);
}

int
main(int argc, char **argv)
{
	struct fetch fetch = { .timeout_s = 60 };
	long connections = 0; /* no limit */
	int option;

	while ((option = getopt(argc, argv, "c:t:")) != -1) {
		if (option == 'c')
			connections = atol(optarg);
		else if (option == 't')
			fetch.timeout_s = atol(optarg);
		else
			break;
	}
	if (option != -1 || argc - optind < 2) {
		fprintf(stderr,
		    "usage: curl_fetch [-t SECONDS] [-c CONNECTIONS] DIR "
		    "URL...\n");
		return 2;
	}
	fetch.count = argc - optind - 1;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    (fetch.multi = curl_multi_init()) == NULL ||
	    mio_loop_create(&fetch.loop, NULL) < 0 ||
	    curl_mio_attach(
		fetch.loop, fetch.multi, on_done, &fetch, &fetch.adapter) < 0)
		fail("cannot start");
	(void)curl_multi_setopt(
	    fetch.multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);
	handle_signals(fetch.loop);

	run(&fetch, argv[optind], argv + optind + 1);

	(void)curl_multi_cleanup(fetch.multi);
	curl_global_cleanup();
	mio_loop_destroy(fetch.loop);
	printf("%d of %d fetched\n", fetch.count - fetch.failed, fetch.count);

	return fetch.failed > 0 ? 1 : 0;
}
