/* SPDX-License-Identifier: MIT */

/*
 * Userspace RCU's wait-free queue of linked nodes. The sender allocates a node
 * and the receiver frees it. The queue has no bound.
 */

#include "channel_peers.h"

#include <stdlib.h>
#include <string.h>

#include <urcu/wfcqueue.h>

#include "bench.h"

struct message {
	struct cds_wfcq_node node;
	unsigned char bytes[];
};

static struct cds_wfcq_head head __attribute__((aligned(64)));
static struct cds_wfcq_tail tail __attribute__((aligned(64)));

void
urcu_begin(void)
{
	bench_version("liburcu", URCU_VERSION);
	event_begin();
	cds_wfcq_init(&head, &tail);
}

void
urcu_end(void)
{
	cds_wfcq_destroy(&head, &tail);
	event_end();
}

static void
send_one(const void *bytes)
{
	struct message *message = malloc(sizeof(*message) + channel_case.size);

	must(message != NULL, "malloc");
	memcpy(message->bytes, bytes, channel_case.size);
	cds_wfcq_node_init(&message->node);
	(void)cds_wfcq_enqueue(&head, &tail, &message->node);
	event_wake_if_asleep();
}

static int
is_empty(void)
{
	return cds_wfcq_empty(&head, &tail);
}

static void
receive(unsigned long times)
{
	static unsigned char bytes[CHANNEL_SIZE_MAX];
	struct cds_wfcq_node *node;
	struct message *message;

	while (times > 0) {
		node = __cds_wfcq_dequeue_blocking(&head, &tail);
		if (node == NULL) {
			event_sleep(is_empty);
			continue;
		}
		message = caa_container_of(node, struct message, node);
		memcpy(bytes, message->bytes, channel_case.size);
		free(message);
		times--;
	}
}

static const struct channel_peer peer = { send_one, receive };

void
urcu_run(unsigned long times)
{
	channel_run(&peer, times);
}
