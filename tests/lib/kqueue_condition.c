/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/kqueue_condition.h"
#include "lib/kqueue_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* The states of a TCP socket, as Linux numbers them. */
enum {
	ESTABLISHED = 1,
	FIN_WAIT1 = 4,
	FIN_WAIT2,
	TIME_WAIT,
	CLOSED,
	LAST_ACK = 9,
	CLOSING = 11
};

struct state {
	int fd;
	bool is_socket, is_stream, is_listener, is_pipe, is_device;
	int bits; /* of poll(2) */
};

static int
option(int fd, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	(void)getsockopt(fd, SOL_SOCKET, name, &value, &len);

	return value;
}

static struct state
state_of(int fd)
{
	struct pollfd look = { fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP, 0 };
	struct state state = { .fd = fd };
	struct stat st = { .st_mode = 0 };

	(void)fstat(fd, &st);
	(void)poll(&look, 1, 0);
	state.bits = look.revents;
	state.is_socket = S_ISSOCK(st.st_mode);
	state.is_pipe = S_ISFIFO(st.st_mode);
	state.is_device = S_ISCHR(st.st_mode);
	if (state.is_socket) {
		state.is_stream = option(fd, SO_TYPE) == SOCK_STREAM ||
		    option(fd, SO_TYPE) == SOCK_SEQPACKET;
		state.is_listener = option(fd, SO_ACCEPTCONN) != 0;
	}

	return state;
}

static int
bytes_in(int fd)
{
	int n = 0;

	(void)ioctl(fd, FIONREAD, &n);

	return n;
}

static bool
get_tcp_info(int fd, struct tcp_info *info)
{
	socklen_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len) == 0;
}

/*
 * Shut for writing here, while the peer may still send. Sending nothing by a
 * stream of AF_UNIX fails then, and does nothing otherwise. It fails, too, if
 * the peer receives no more, which Linux does not tell apart.
 */
static bool
is_shut_for_writing(int fd)
{
	struct tcp_info info;

	if (option(fd, SO_DOMAIN) == AF_UNIX &&
	    option(fd, SO_TYPE) == SOCK_STREAM)
		return send(fd, "", 0, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
		    errno == EPIPE;

	if (!get_tcp_info(fd, &info))
		return false;

	return info.tcpi_state == FIN_WAIT1 || info.tcpi_state == FIN_WAIT2 ||
	    info.tcpi_state == CLOSING || info.tcpi_state == LAST_ACK ||
	    info.tcpi_state == TIME_WAIT;
}

uint64_t
kqueue_progress(uintptr_t fd, uint32_t filter)
{
	static uint64_t calls; /* which are made under a lock */
	struct tcp_info info;

	if (!get_tcp_info((int)fd, &info) || info.tcpi_state < ESTABLISHED ||
	    info.tcpi_state > CLOSING || option((int)fd, SO_ACCEPTCONN))
		return ++calls;

	return filter == EVFILT_READ ? info.tcpi_bytes_received
				     : info.tcpi_bytes_acked;
}

static bool
end(struct kevent *record, uint32_t error)
{
	record->flags |= EV_EOF;
	record->fflags = error;

	return true;
}

/*
 * Getting the error itself would clear it. A connection that was refused has
 * measured no round trip.
 */
static uint32_t
error_of(const struct state *state)
{
	struct tcp_info info;

	if (!(state->bits & POLLERR))
		return 0;

	return get_tcp_info(state->fd, &info) && info.tcpi_rtt == 0 &&
		info.tcpi_bytes_acked == 0
	    ? ECONNREFUSED
	    : ECONNRESET;
}

/*
 * A socket that was never connected is no end. An error without an end, as of a
 * datagram, is readiness in both directions, without a distinction.
 */
static bool
is_socket_readable(
    const struct state *state, struct kevent *record, int64_t low)
{
	record->data = bytes_in(state->fd);
	if (record->data == 0 && state->bits & POLLIN &&
	    !(state->bits & (POLLERR | POLLRDHUP)))
		record->data = 1; /* a datagram's address, a connection */
	if (state->bits & POLLRDHUP)
		return end(record, error_of(state));
	if (state->bits & POLLERR)
		return true;

	return record->data >= low;
}

static bool
is_socket_writable(
    const struct state *state, struct kevent *record, int64_t low)
{
	int queued = 0;

	(void)ioctl(state->fd, TIOCOUTQ, &queued);
	record->data = option(state->fd, SO_SNDBUF) - queued;
	if (record->data <= 0)
		record->data = 1;
	if ((state->bits & POLLHUP && state->bits & POLLRDHUP) ||
	    is_shut_for_writing(state->fd))
		return end(record, error_of(state));
	if (state->bits & POLLERR)
		return true;
	if (state->is_listener || (state->is_stream && state->bits & POLLHUP))
		return false;

	return state->bits & POLLOUT && record->data >= low;
}

/*
 * Both filters of the end for writing see the other end's close; the filter for
 * writing of the end for reading reports nothing at all. A pipe has no
 * low-water mark.
 */
static bool
is_pipe_ready(const struct state *state, struct kevent *record)
{
	int access = fcntl(state->fd, F_GETFL) & O_ACCMODE;
	bool reader = access != O_WRONLY;

	if (record->filter == EVFILT_WRITE && access == O_RDONLY)
		return false;

	record->data = 0;
	if (record->filter == EVFILT_READ && reader)
		record->data = bytes_in(state->fd);
	if (record->filter == EVFILT_WRITE)
		record->data = state->bits & POLLOUT || reader ? 4096 : 0;

	if (state->bits & (reader ? POLLHUP : POLLERR)) {
		if (!reader)
			record->data = 0;
		return end(record, 0);
	}

	return record->data > 0;
}

static bool
is_other_ready(const struct state *state, struct kevent *record)
{
	record->data = state->is_device ? bytes_in(state->fd) : 1;
	if (state->bits & POLLHUP)
		return end(record, 0);

	return state->bits & (record->filter == EVFILT_READ ? POLLIN : POLLOUT);
}

/* No filter for urgent bytes sees the end of a connection. */
static bool
is_urgent(const struct state *state, struct kevent *record)
{
	if (!(state->bits & POLLPRI))
		return false;

	record->fflags = NOTE_OOB;

	return true;
}

bool
kqueue_condition(struct kevent *record, int64_t low, bool *was_listener)
{
	struct state state = state_of((int)record->ident);

	if (record->filter == EVFILT_EXCEPT)
		return is_urgent(&state, record);

	*was_listener |= state.is_listener;
	if (*was_listener && !state.is_listener)
		return record->filter == EVFILT_WRITE && end(record, 0);

	if (state.is_pipe)
		return is_pipe_ready(&state, record);
	if (!state.is_socket)
		return is_other_ready(&state, record);

	return record->filter == EVFILT_READ
	    ? is_socket_readable(&state, record, low)
	    : is_socket_writable(&state, record, low);
}

bool
kqueue_is_broken_pipe(int fd)
{
	struct state state = state_of(fd);

	return state.is_pipe && (state.bits & (POLLERR | POLLHUP)) != 0;
}

bool
kqueue_is_device(int fd)
{
	return state_of(fd).is_device;
}

bool
kqueue_is_socket(int fd)
{
	return state_of(fd).is_socket;
}
