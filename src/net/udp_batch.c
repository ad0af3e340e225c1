/* SPDX-License-Identifier: MIT */

/*
 * The batches of mio/udp.h. The kernel's message headers are on the stack, so a
 * batch is transferred in chunks. It ends with the first incomplete chunk.
 */

#include "sys/compat.h"
#include "mio/udp.h"

#include <limits.h>
#include <string.h>

#include "base/check.h"
#include "mio/poll.h"
#include "net/socket.h"
#include "net/transfer.h"
#include "sys/sock.h"

#define CHUNK         64u
#define SEGMENT_SHIFT 16

_Static_assert(MIO_SEGMENT_SIZE(1u << SEGMENT_SHIFT) == 1,
    "the macro extracts the size from where it is stored here");

/* Transfers 1 to CHUNK datagrams and returns how many, or an error. */
typedef int
move_chunk(mio_fd_t fd, struct mio_datagram *datagrams, unsigned count);

static int
move(move_chunk *chunk, mio_fd_t fd, struct mio_datagram *datagrams,
    size_t count, unsigned ready)
{
	size_t moved = 0;
	unsigned size;
	int n;

	if (count > INT_MAX)
		count = INT_MAX;

	do {
		size =
		    count - moved < CHUNK ? (unsigned)(count - moved) : CHUNK;
		n = chunk(fd, datagrams + moved, size);
		if (n > 0)
			moved += (size_t)n;
	} while (n == (int)size && moved < count);

	if (moved > 0)
		n = (int)moved;

	return (int)mio__transfer_done(fd, n, count, ready);
}

/* Fills in the fields that are the same for sending and receiving. */
static void
prepare(struct mmsghdr *msg, struct iovec *iov, struct mio_datagram *datagram)
{
	*iov = (struct iovec){ datagram->data, datagram->len };
	*msg = (struct mmsghdr){
		.msg_hdr.msg_name = &datagram->addr,
		.msg_hdr.msg_namelen = sizeof(datagram->addr),
		.msg_hdr.msg_iov = iov,
		.msg_hdr.msg_iovlen = 1,
	};
}

static int
send_chunk(mio_fd_t fd, struct mio_datagram *datagrams, unsigned count)
{
	struct mmsghdr msgs[CHUNK];
	struct iovec iovs[CHUNK];
	unsigned i;

	for (i = 0; i < count; i++) {
		prepare(&msgs[i], &iovs[i], &datagrams[i]);
		msgs[i].msg_hdr.msg_namelen = datagrams[i].addr_len;
		if (datagrams[i].addr_len == 0)
			msgs[i].msg_hdr.msg_name = NULL;
	}

	return mio__os_sendmmsg(fd, msgs, count);
}

/*
 * Room for the segment size of receive offload, and for the control messages
 * that Linux puts before it if the program has enabled them: a timestamp
 * (SO_TIMESTAMP), three timestamps with their interface (SO_TIMESTAMPING), and
 * the numbers of dropped datagrams (SO_RXQ_OVFL), mark, priority, Wi-Fi status,
 * and two that future kernels may add.
 */
struct control {
	_Alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(int)) +
	    CMSG_SPACE(2 * sizeof(int64_t)) + CMSG_SPACE(6 * sizeof(int64_t)) +
	    CMSG_SPACE(4 * sizeof(int)) + 6 * CMSG_SPACE(sizeof(int))];
};

/*
 * Returns the segment size of receive offload; 0 if it is off or has joined
 * nothing. Descriptors in a datagram, which can be a Unix one, are closed.
 */
static unsigned
segment_size(struct msghdr *msg)
{
	struct cmsghdr *header;
	int size = 0;

	for (header = CMSG_FIRSTHDR(msg); header != NULL;
	     header = mio__socket_next_header(msg, header)) {
		if (header->cmsg_level == IPPROTO_UDP &&
		    header->cmsg_type == UDP_GRO &&
		    header->cmsg_len >= CMSG_LEN(sizeof(size)))
			memcpy(&size, CMSG_DATA(header), sizeof(size));
		else
			mio__socket_close_passed(header);
	}

	return (unsigned)size;
}

/* Whether the kernel may have joined datagrams; true if that is unknown. */
static MIO__COLD bool
may_be_joined(mio_fd_t fd)
{
	bool on = true;

	return mio_udp_get_receive_offload(fd, &on) != -ENOTSUP && on;
}

/*
 * Lost control messages do not matter, unless the segment size may be among
 * them: several joined datagrams must not be mistaken for one.
 */
static void
store_result(mio_fd_t fd, struct mio_datagram *datagram, struct mmsghdr *msg)
{
	unsigned size = segment_size(&msg->msg_hdr);
	int flags = msg->msg_hdr.msg_flags;

	datagram->len = (size_t)msg->msg_len;
	datagram->addr_len = msg->msg_hdr.msg_namelen;
	datagram->flags = size << SEGMENT_SHIFT;
	if ((flags & MSG_TRUNC) ||
	    ((flags & MSG_CTRUNC) && size == 0 && may_be_joined(fd)))
		datagram->flags |= MIO_TRUNCATED;
}

static int
recv_chunk(mio_fd_t fd, struct mio_datagram *datagrams, unsigned count)
{
	struct mmsghdr msgs[CHUNK];
	struct iovec iovs[CHUNK];
	struct control controls[CHUNK];
	unsigned i;
	int n;

	for (i = 0; i < count; i++) {
		prepare(&msgs[i], &iovs[i], &datagrams[i]);
		msgs[i].msg_hdr.msg_control = &controls[i];
		msgs[i].msg_hdr.msg_controllen = sizeof(controls[i]);
	}

	n = mio__os_recvmmsg(fd, msgs, count);
	for (i = 0; (int)i < n; i++)
		store_result(fd, &datagrams[i], &msgs[i]);

	return n;
}

/* Called before the transfer, so that an invalid batch transfers nothing. */
static int
check(const struct mio_datagram *datagrams, size_t count)
{
	size_t i;

	if (datagrams == NULL || count == 0)
		return -EINVAL;

	for (i = 0; i < count; i++)
		if (datagrams[i].data == NULL && datagrams[i].len > 0)
			return -EINVAL;

	return 0;
}

MIO__PUBLIC int
mio_udp_send_batch(mio_fd_t fd, struct mio_datagram *datagrams, size_t count)
{
	size_t i;
	int r;

	r = check(datagrams, count);
	if (r < 0)
		return r;

	for (i = 0; i < count; i++)
		if (datagrams[i].addr_len > sizeof(datagrams[i].addr))
			return -EINVAL;

	return move(send_chunk, fd, datagrams, count, MIO_WRITABLE);
}

MIO__PUBLIC int
mio_udp_recv_batch(mio_fd_t fd, struct mio_datagram *datagrams, size_t count)
{
	int r;

	r = check(datagrams, count);
	if (r < 0)
		return r;

	return move(recv_chunk, fd, datagrams, count, MIO_READABLE);
}
