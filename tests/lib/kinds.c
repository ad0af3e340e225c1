/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/kinds.h"

#include "lib/harness.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#define PATH(name, path, flags) \
	static int name(int *other) \
	{ \
		(void)other; \
		return open(path, (flags) | O_NONBLOCK | O_CLOEXEC); \
	}

#define CALL(name, call) \
	static int name(int *other) \
	{ \
		(void)other; \
		return call; \
	}

#define SOCKET(name, family, type) \
	CALL(name, socket(family, (type) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))

#define SOCKETS(name, type) \
	static int name(int *other) \
	{ \
		int fds[2]; \
		if (socketpair(AF_UNIX, (type) | SOCK_NONBLOCK, 0, fds) < 0) \
			return -1; \
		*other = fds[1]; \
		return fds[0]; \
	}

PATH(dev_null, "/dev/null", O_RDWR)
PATH(dev_null_reader, "/dev/null", O_RDONLY)
PATH(dev_zero, "/dev/zero", O_RDWR)
PATH(dev_full, "/dev/full", O_RDWR)
PATH(dev_random, "/dev/random", O_RDONLY)
PATH(dev_urandom, "/dev/urandom", O_RDONLY)
PATH(dev_kmsg, "/dev/kmsg", O_RDONLY)
PATH(dev_fuse, "/dev/fuse", O_RDWR)
PATH(dev_tun, "/dev/net/tun", O_RDWR)
PATH(dev_loop, "/dev/loop-control", O_RDWR)
PATH(dev_block, "/dev/vda", O_RDONLY)
PATH(folder, "/", O_RDONLY | O_DIRECTORY)
PATH(folder_of_proc, "/proc/self", O_RDONLY | O_DIRECTORY)
PATH(folder_of_sys, "/sys/kernel", O_RDONLY | O_DIRECTORY)
PATH(mountinfo, "/proc/self/mountinfo", O_RDONLY)
PATH(mounts, "/proc/self/mounts", O_RDONLY)
PATH(meminfo, "/proc/meminfo", O_RDONLY)
PATH(status, "/proc/self/status", O_RDONLY)
PATH(sysctl, "/proc/sys/kernel/hostname", O_RDONLY)
PATH(pressure, "/proc/pressure/cpu", O_RDONLY)
PATH(attribute, "/sys/kernel/mm/transparent_hugepage/enabled", O_RDONLY)
PATH(path_of_folder, "/", O_PATH)
PATH(path_of_device, "/dev/null", O_PATH)
SOCKET(tcp, AF_INET, SOCK_STREAM)
SOCKET(udp, AF_INET, SOCK_DGRAM)
SOCKET(tcp6, AF_INET6, SOCK_STREAM)
SOCKET(unix_stream, AF_UNIX, SOCK_STREAM)
SOCKET(unix_datagram, AF_UNIX, SOCK_DGRAM)
SOCKET(netlink, AF_NETLINK, SOCK_RAW)
SOCKET(packet, AF_PACKET, SOCK_RAW)
SOCKET(vsock, AF_VSOCK, SOCK_STREAM)
SOCKET(crypto, AF_ALG, SOCK_SEQPACKET)
SOCKETS(pair_of_streams, SOCK_STREAM)
SOCKETS(pair_of_datagrams, SOCK_DGRAM)
SOCKETS(pair_of_packets, SOCK_SEQPACKET)
CALL(listener, listen_on_loopback())
CALL(counter, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))
CALL(counter_set, eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC))
CALL(counter_full, eventfd(UINT32_MAX, EFD_SEMAPHORE | EFD_CLOEXEC))
CALL(clock_idle, timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC))
CALL(notes, inotify_init1(IN_NONBLOCK | IN_CLOEXEC))
CALL(selector, epoll_create1(EPOLL_CLOEXEC))
CALL(process, (int)syscall(434 /* pidfd_open */, getpid(), 0))
CALL(memory, (int)syscall(SYS_memfd_create, "test", 1 /* MFD_CLOEXEC */))
CALL(watcher, (int)syscall(SYS_fanotify_init, 3, O_RDONLY | O_CLOEXEC))
CALL(faults, (int)syscall(SYS_userfaultfd, 1 | O_NONBLOCK | O_CLOEXEC))

static int
ring(int *other)
{
	char parameters[256] = { 0 };

	(void)other;

	return (int)syscall(425 /* io_uring_setup */, 4, parameters);
}

static int
map(int *other)
{
	/* an array with one element of four bytes */
	unsigned attributes[32] = { 2, 4, 4, 1 };

	(void)other;

	return (int)syscall(
	    SYS_bpf, 0 /* BPF_MAP_CREATE */, attributes, sizeof(attributes));
}

static int
counter_of_events(int *other)
{
	/* struct perf_event_attr: a software event, its size, the CPU clock */
	uint32_t attributes[32] = { 1, 64 };

	(void)other;

	return (int)syscall(
	    SYS_perf_event_open, attributes, 0, -1, -1, 8 /* CLOEXEC */);
}

static int
signals(int *other)
{
	sigset_t set;

	(void)other;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);

	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static int
clock_due(int *other)
{
	struct itimerspec soon = { .it_value.tv_nsec = 1 };
	int fd = clock_idle(other);

	if (fd < 0)
		return fd;
	ck_assert_int_eq(timerfd_settime(fd, 0, &soon, NULL), 0);
	wait_for(fd, 1);

	return fd;
}

static int
pipe_reader(int *other)
{
	int fds[2];

	make_pipe(fds);
	*other = fds[1];

	return fds[0];
}

static int
pipe_writer(int *other)
{
	int fds[2];

	make_pipe(fds);
	*other = fds[0];

	return fds[1];
}

static int
fifo(int *other)
{
	char folder[] = "/tmp/mio-test-XXXXXX";
	char path[32];
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/f", folder);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	*other = open(path, O_PATH);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(folder), 0);

	return fd;
}

static int
path_of_fifo(int *other)
{
	int writer;
	int fd = fifo(&writer);

	*other = fd;

	return writer;
}

static int
file(int *other)
{
	FILE *made = tmpfile();
	int fd;

	(void)other;
	ck_assert_ptr_nonnull(made);
	fd = fcntl(fileno(made), F_DUPFD_CLOEXEC, 0);
	ck_assert_int_eq(fclose(made), 0);

	return fd;
}

static int
terminal(int *other)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		return -1;
	*other = open(ptsname(master), O_RDWR | O_NOCTTY | O_NONBLOCK);

	return master;
}

/* With a line for the program at it. */
static int
terminal_with_input(int *other)
{
	int slave;
	int master = terminal(&slave);

	if (master < 0)
		return -1;
	ck_assert_int_eq(write(master, "line\n", 5), 5);
	*other = master;

	return slave;
}

static int
queue(int *other)
{
	static unsigned made;
	/* struct mq_attr: flags, messages, their size, and what is read only */
	long attributes[8] = { 0, 4, 8 };
	char name[32];
	int fd;

	(void)other;
	snprintf(name, sizeof(name), "mio-test-%d-%u", (int)getpid(), made++);
	fd = (int)syscall(SYS_mq_open, name,
	    O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK | O_CLOEXEC, 0600,
	    attributes);
	if (fd >= 0)
		ck_assert_int_eq(syscall(SYS_mq_unlink, name), 0);

	return fd;
}

/* It can be read from and written to, as what is always ready. */
static int
queue_with_message(int *other)
{
	int fd = queue(other);

	if (fd >= 0)
		ck_assert_int_eq(
		    syscall(SYS_mq_timedsend, fd, "x", 1, 0, NULL), 0);

	return fd;
}

/* As read once: from here on it is quiet until it changes. */
static int
attribute_read(int *other)
{
	char bytes[256];
	int fd = attribute(other);

	if (fd >= 0)
		ck_assert_int_gt(read(fd, bytes, sizeof(bytes)), 0);

	return fd;
}

#define KIND(name) { #name, name }

const struct kind kinds[] = {
	KIND(dev_null),
	KIND(dev_null_reader),
	KIND(dev_zero),
	KIND(dev_full),
	KIND(dev_random),
	KIND(dev_urandom),
	KIND(dev_kmsg),
	KIND(dev_fuse),
	KIND(dev_tun),
	KIND(dev_loop),
	KIND(dev_block),
	KIND(folder),
	KIND(folder_of_proc),
	KIND(folder_of_sys),
	KIND(mountinfo),
	KIND(mounts),
	KIND(meminfo),
	KIND(status),
	KIND(sysctl),
	KIND(pressure),
	KIND(attribute),
	KIND(attribute_read),
	KIND(path_of_folder),
	KIND(path_of_device),
	KIND(path_of_fifo),
	KIND(tcp),
	KIND(udp),
	KIND(tcp6),
	KIND(unix_stream),
	KIND(unix_datagram),
	KIND(netlink),
	KIND(packet),
	KIND(vsock),
	KIND(crypto),
	KIND(pair_of_streams),
	KIND(pair_of_datagrams),
	KIND(pair_of_packets),
	KIND(listener),
	KIND(counter),
	KIND(counter_set),
	KIND(counter_full),
	KIND(clock_idle),
	KIND(clock_due),
	KIND(notes),
	KIND(selector),
	KIND(process),
	KIND(memory),
	KIND(watcher),
	KIND(faults),
	KIND(ring),
	KIND(map),
	KIND(counter_of_events),
	KIND(signals),
	KIND(pipe_reader),
	KIND(pipe_writer),
	KIND(fifo),
	KIND(file),
	KIND(terminal),
	KIND(terminal_with_input),
	KIND(queue),
	KIND(queue_with_message),
};

const size_t kinds_count = sizeof(kinds) / sizeof(kinds[0]);
