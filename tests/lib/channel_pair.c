/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/channel_pair.h"

#include "lib/harness.h"

struct pair
new_pair(size_t bound)
{
	struct pair pair = { 0 };

	if (bound == 0)
		assert_ok(mio_channel_create(&pair.sender, &pair.receiver, 8));
	else
		assert_ok(mio_sync_channel_create(&pair.sender, &pair.receiver,
		    8, bound));
	pair.source = mio_receiver_source(pair.receiver);
	ck_assert_ptr_nonnull(pair.source);

	return pair;
}

void
destroy_pair(struct pair pair)
{
	mio_receiver_destroy(pair.receiver);
	mio_sender_unref(pair.sender);
}

void
send_one(struct pair pair, uint64_t message)
{
	assert_ok(mio_sender_send(pair.sender, &message));
}

void
expect_message(struct pair pair, uint64_t expected)
{
	uint64_t message = ~expected;

	assert_ok(mio_receiver_recv(pair.receiver, &message));
	ck_assert_uint_eq(message, expected);
}

void
expect_no_message(struct pair pair, int error)
{
	uint64_t message = 17;

	assert_error(mio_receiver_recv(pair.receiver, &message), error);
	assert_error(mio_receiver_recv_batch(pair.receiver, &message, 1),
	    error);
	ck_assert_uint_eq(message, 17);
}
