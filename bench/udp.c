/* SPDX-License-Identifier: MIT */

/*
 * Datagrams from one socket to another, over the loopback interface, in one
 * thread: it sends a burst of 48 and then receives all of them. The result is
 * the time of one datagram, sent and received. Cases are named after how they
 * are sent and received: one by one, in batches, or as the segments of one
 * large datagram, with which the receiver gets several at a time, too. The
 * parameter is the size of a datagram. In each case libmio is compared with the
 * same system calls.
 */

#define _GNU_SOURCE

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <mio.h>

#include "bench.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum { BURST = 48, SIZE_MOST = 1200, DATAGRAMS = 48 * 1000 };

static size_t size;
static int sender, receiver;
static struct sockaddr_storage to;
static socklen_t to_len;
static char out[BURST * SIZE_MOST], in[BURST * SIZE_MOST];

/* ---- what all contestants share */

static void
begin(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const struct sockaddr *addr = (const struct sockaddr *)&any;

	must(mio_udp_bind(&receiver, addr, sizeof(any), 0) == 0 &&
		mio_udp_bind(&sender, addr, sizeof(any), 0) == 0,
	    "mio_udp_bind");
	must(mio_socket_local_addr(receiver, &to, &to_len) == 0,
	    "mio_socket_local_addr");
	memset(out, 'x', sizeof(out));
}

static void
end(void)
{
	(void)close(sender);
	(void)close(receiver);
}

/* Nothing is lost: the buffer of the receiver has room for a burst. */
static void
check(size_t received, size_t length)
{
	must(received == length, "receiving all that was sent");
}

/* ---- one by one */

static void
bare_single(unsigned long times)
{
	struct sockaddr_storage from;
	socklen_t from_len;
	unsigned long done;
	int i;

	for (done = 0; done < times; done += BURST) {
		for (i = 0; i < BURST; i++)
			check((size_t)sendto(sender, out, size, 0,
				  (struct sockaddr *)&to, to_len),
			    size);
		for (i = 0; i < BURST; i++) {
			from_len = sizeof(from);
			check((size_t)recvfrom(receiver, in, sizeof(in), 0,
				  (struct sockaddr *)&from, &from_len),
			    size);
		}
	}
}

static void
mio_single(unsigned long times)
{
	struct sockaddr_storage from;
	socklen_t from_len;
	unsigned long done;
	int i;

	for (done = 0; done < times; done += BURST) {
		for (i = 0; i < BURST; i++)
			check((size_t)mio_udp_send_to(sender, out, size,
				  (struct sockaddr *)&to, to_len),
			    size);
		for (i = 0; i < BURST; i++)
			check((size_t)mio_udp_recv_from(receiver, in,
				  sizeof(in), &from, &from_len),
			    size);
	}
}

/* ---- in batches */

static void
bare_batch(unsigned long times)
{
	static struct sockaddr_storage from[BURST];
	static struct iovec out_parts[BURST], in_parts[BURST];
	static struct mmsghdr sent[BURST], received[BURST];
	unsigned long done;
	int i;

	for (i = 0; i < BURST; i++) {
		out_parts[i] = (struct iovec){ out + (size_t)i * size, size };
		in_parts[i] =
		    (struct iovec){ in + (size_t)i * SIZE_MOST, SIZE_MOST };
		sent[i].msg_hdr = (struct msghdr){ .msg_name = &to,
			.msg_namelen = to_len, .msg_iov = &out_parts[i],
			.msg_iovlen = 1 };
		received[i].msg_hdr = (struct msghdr){ .msg_name = &from[i],
			.msg_iov = &in_parts[i], .msg_iovlen = 1 };
	}
	for (done = 0; done < times; done += BURST) {
		must(sendmmsg(sender, sent, BURST, 0) == BURST, "sendmmsg");
		for (i = 0; i < BURST; i++)
			received[i].msg_hdr.msg_namelen = sizeof(from[i]);
		must(recvmmsg(receiver, received, BURST, 0, NULL) == BURST,
		    "recvmmsg");
		for (i = 0; i < BURST; i++)
			check(received[i].msg_len, size);
	}
}

static void
mio_batch(unsigned long times)
{
	static struct mio_datagram sent[BURST], received[BURST];
	unsigned long done;
	int i;

	for (i = 0; i < BURST; i++) {
		sent[i] = (struct mio_datagram){ .data = out + (size_t)i * size,
			.len = size, .addr = to, .addr_len = to_len };
		received[i].data = in + (size_t)i * SIZE_MOST;
	}
	for (done = 0; done < times; done += BURST) {
		must(mio_udp_send_batch(sender, sent, BURST) == BURST,
		    "mio_udp_send_batch");
		for (i = 0; i < BURST; i++)
			received[i].len = SIZE_MOST;
		must(mio_udp_recv_batch(receiver, received, BURST) == BURST,
		    "mio_udp_recv_batch");
		for (i = 0; i < BURST; i++)
			check(received[i].len, size);
	}
}

/* ---- segments */

/* Returns true if the kernel supports segments in both directions. */
static bool
begin_segments(void)
{
	begin();

	return mio_udp_set_segment_size(sender, (unsigned)size) == 0 &&
	    mio_udp_set_receive_offload(receiver, true) == 0;
}

static void
begin_offload(void)
{
	must(begin_segments(), "setting the size of segments");
}

static unsigned
segment_of(struct msghdr *message)
{
	struct cmsghdr *header;
	int segment = 0;

	for (header = CMSG_FIRSTHDR(message); header != NULL;
	     header = CMSG_NXTHDR(message, header))
		if (header->cmsg_level == IPPROTO_UDP &&
		    header->cmsg_type == UDP_GRO)
			memcpy(&segment, CMSG_DATA(header), sizeof(segment));

	return (unsigned)segment;
}

static void
bare_segments(unsigned long times)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct sockaddr_storage from;
	struct iovec part = { in, sizeof(in) };
	struct msghdr message = { .msg_name = &from, .msg_iov = &part,
		.msg_iovlen = 1, .msg_control = control };
	unsigned long done;
	size_t length, segment;
	ssize_t n;

	for (done = 0; done < times; done += BURST) {
		check((size_t)sendto(sender, out, BURST * size, 0,
			  (struct sockaddr *)&to, to_len),
		    BURST * size);
		for (length = 0; length < BURST * size; length += (size_t)n) {
			message.msg_namelen = sizeof(from);
			message.msg_controllen = sizeof(control);
			n = recvmsg(receiver, &message, 0);
			must(n > 0, "recvmsg");
			segment = segment_of(&message);
			check(segment == 0 ? (size_t)n : segment, size);
		}
		check(length, BURST * size);
	}
}

static void
mio_segments(unsigned long times)
{
	static struct mio_datagram datagram;
	unsigned long done;
	size_t length, segment;

	for (done = 0; done < times; done += BURST) {
		check((size_t)mio_udp_send_to(sender, out, BURST * size,
			  (struct sockaddr *)&to, to_len),
		    BURST * size);
		for (length = 0; length < BURST * size;
		     length += datagram.len) {
			datagram.data = in;
			datagram.len = sizeof(in);
			must(mio_udp_recv_batch(receiver, &datagram, 1) == 1,
			    "mio_udp_recv_batch");
			segment = MIO_SEGMENT_SIZE(datagram.flags);
			check(segment == 0 ? datagram.len : segment, size);
		}
		check(length, BURST * size);
	}
}

/* ---- the cases */

static const struct {
	const char *name, *what;
	struct contestant contestants[2];
} cases[] = {
	{ "singly", "one by one",
	    {
		{ "sendto and recvfrom", begin, bare_single, end },
		{ "libmio", begin, mio_single, end },
	    } },
	{ "batch", "in batches of 48",
	    {
		{ "sendmmsg and recvmmsg", begin, bare_batch, end },
		{ "libmio, batches", begin, mio_batch, end },
	    } },
	{ "segments", "as segments of one datagram",
	    {
		{ "UDP_SEGMENT and UDP_GRO", begin_offload, bare_segments,
		    end },
		{ "libmio, segments", begin_offload, mio_segments, end },
	    } },
};

static void
run_case(size_t i)
{
	char what[128];
	bool supported = true;

	if (strcmp(cases[i].name, "segments") == 0) {
		supported = begin_segments();
		end();
	}
	(void)snprintf(what, sizeof(what), "%s/%zu: datagrams of %zu bytes, %s",
	    cases[i].name, size, size, cases[i].what);
	if (supported)
		compare_apart(what, cases[i].contestants, 2, DATAGRAMS, false);
	else
		printf("\n%s: not supported by this kernel\n", what);
}

int
main(int argc, char **argv)
{
	static const size_t sizes[] = { 64, SIZE_MOST };
	size_t i, j;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
			size = sizes[j];
			bench_case("udp", cases[i].name, size);
			if (bench_wanted(argc, argv))
				run_case(i);
		}
	}

	return 0;
}
