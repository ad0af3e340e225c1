/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/process.h"

#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

sigset_t
block(const int *numbers, size_t count)
{
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < count; i++)
		sigaddset(&set, numbers[i]);
	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);

	return set;
}

sigset_t
block_one(int number)
{
	return block(&number, 1);
}

mio_fd_t
watch(const sigset_t *set)
{
	mio_fd_t fd = signalfd(-1, set, SFD_NONBLOCK | SFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);

	return fd;
}

void
send_signal(int number)
{
	ck_assert_int_eq(kill(getpid(), number), 0);
}

unsigned
take(mio_fd_t fd)
{
	struct signalfd_siginfo info;
	ssize_t n = mio_pipe_read(fd, &info, sizeof(info));

	if (n == -EAGAIN)
		return 0;
	ck_assert_int_eq(n, sizeof(info));

	return info.ssi_signo;
}

void
end_signals(mio_fd_t fd, const sigset_t *set)
{
	ck_assert_uint_eq(take(fd), 0);
	assert_ok(mio_fd_close(fd));
	ck_assert_int_eq(pthread_sigmask(SIG_UNBLOCK, set, NULL), 0);
}

mio_fd_t
open_process(pid_t pid)
{
	return (mio_fd_t)syscall(SYS_pidfd_open, pid, 0);
}

struct child
start_child(int status)
{
	struct child child = { .fd = MIO_INVALID_FD };
	int go[2];
	char byte;

	ck_assert_int_eq(pipe(go), 0);
	child.pid = fork();
	ck_assert_int_ge(child.pid, 0);
	if (child.pid == 0)
		_exit(read(go[0], &byte, 1) == 1 ? status : 255);

	child.go = go[1];
	assert_ok(mio_fd_close(go[0]));

	return child;
}

struct child
start_watched(int status)
{
	struct child child = start_child(status);

	child.fd = open_process(child.pid);
	ck_assert_int_ge(child.fd, 0);

	return child;
}

void
let_go(const struct child *child)
{
	ck_assert_int_eq(write(child->go, "x", 1), 1);
}

void
wait_for_end(const struct child *child)
{
	siginfo_t info;

	ck_assert_int_eq(
	    waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOWAIT), 0);
}

int
reap(const struct child *child)
{
	int status;

	ck_assert_int_eq(waitpid(child->pid, &status, WNOHANG), child->pid);
	assert_ok(mio_fd_close(child->go));

	return status;
}

int
reap_watched(struct mio_poll *poll, const struct child *child)
{
	assert_ok(mio_poll_deregister_fd(poll, child->fd));
	assert_ok(mio_fd_close(child->fd));

	return reap(child);
}
