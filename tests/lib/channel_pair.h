/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIB_CHANNEL_PAIR_H
#define TESTS_LIB_CHANNEL_PAIR_H

#include <mio.h>

/* The two ends of a channel whose messages are numbers. */

#define CLOSED (MIO_READABLE | MIO_READ_CLOSED)

struct pair {
	struct mio_sender *sender;
	struct mio_receiver *receiver;
	struct mio_source *source;
};

/* Creates a channel for messages of 8 bytes. A bound of 0 means none. */
struct pair new_pair(size_t bound);
void destroy_pair(struct pair pair);

void send_one(struct pair pair, uint64_t message);
void expect_message(struct pair pair, uint64_t expected);
/* Expects that both ways to receive return this error. */
void expect_no_message(struct pair pair, int error);

#endif
