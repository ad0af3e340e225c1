/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <netinet/in.h>

/*
 * A process that connects to a server of the benchmark, which accepts its
 * connections from a listening socket on the loopback interface. All servers
 * get the same client, which uses the bare system calls.
 */

/* Returns the listener, which does not block. */
int client_listen(struct sockaddr_in *addr);

/*
 * Starts the process, which calls run(). It has copies of the descriptors that
 * the program has so far, the listener among them, but must not use them. It is
 * killed when the program ends.
 */
void client_start(void (*run)(const struct sockaddr_in *addr),
    const struct sockaddr_in *addr);

/* Ends the process, and the program if it has failed. */
void client_stop(void);

/* Returns a new connection, on which calls block. */
int client_connect(const struct sockaddr_in *addr);

void client_set_nodelay(int fd);

#endif
