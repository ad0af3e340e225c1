/* SPDX-License-Identifier: MIT */

/*
 * child_output COMMAND [ARGUMENT...]: runs a command, prints what the command
 * writes to its standard output, and exits with its status. As in a shell, the
 * status is 128 or more after a signal, and 127 if there is no such command. It
 * is 125 if this program itself fails. It needs pidfd_open(2) of Linux.
 *
 * One poll waits for both the output and the end of the child. They are
 * reported in either order: a child may close its output and continue, and
 * processes that it has started may write after it has ended. This program ends
 * when the child has ended and its output is closed.
 *
 *	cc -o child_output child_output.c $(pkg-config --cflags --libs mio)
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/syscall.h>
#include <sys/wait.h>

#include <mio.h>

#define OUTPUT ((mio_token_t)1)
#define EXIT   ((mio_token_t)2)

#define FAILED    125
#define NOT_FOUND 127

struct child {
	pid_t pid;
	int status;
	mio_fd_t output, process; /* MIO_INVALID_FD after the end */
};

static void
fail(const char *what, int error)
{
	errno = -error;
	perror(what);
	exit(FAILED);
}

/* glibc before 2.36 has no pidfd_open(). */
static mio_fd_t
open_process(pid_t pid)
{
	return (mio_fd_t)syscall(SYS_pidfd_open, pid, 0);
}

/*
 * The pipe is created with pipe2(2), because the child expects its end to be
 * blocking. Only the parent's end becomes non-blocking.
 */
static void
start(struct child *child, char **argv)
{
	posix_spawn_file_actions_t actions;
	int r, ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		fail("pipe", -errno);
	r = mio_fd_adopt(ends[0]);
	if (r < 0)
		fail("pipe", r);

	/* the child's copy is not close-on-exec */
	r = -posix_spawn_file_actions_init(&actions);
	if (r == 0)
		r = -posix_spawn_file_actions_adddup2(
		    &actions, ends[1], STDOUT_FILENO);
	if (r < 0)
		fail("spawn", r);

	r = -posix_spawnp(&child->pid, argv[0], &actions, NULL, argv, environ);
	if (r < 0) {
		errno = -r;
		perror(argv[0]);
		exit(r == -ENOENT ? NOT_FOUND : FAILED);
	}
	(void)posix_spawn_file_actions_destroy(&actions); /* cannot fail */

	/* while this end is open the output does not end */
	(void)close(ends[1]);
	child->output = ends[0];

	/* the pid is still valid, as the child has not been waited for */
	child->process = open_process(child->pid);
	if (child->process < 0)
		fail("pidfd_open", -errno);
}

/*
 * Deregisters the descriptor before closing it: a child that is just being
 * started may still have a copy, which would keep it registered.
 */
static void
drop(struct mio_poll *poll, mio_fd_t *fd)
{
	(void)mio_poll_deregister_fd(poll, *fd);
	(void)mio_fd_close(*fd);
	*fd = MIO_INVALID_FD;
}

static void
write_all(const char *bytes, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = mio_pipe_write(STDOUT_FILENO, bytes, len);
		if (n < 0)
			fail("standard output", (int)n);
		bytes += n;
		len -= (size_t)n;
	}
}

/* Reads once for each event: the level reports the remaining bytes. */
static void
print_output(struct mio_poll *poll, struct child *child)
{
	char buffer[16384];
	ssize_t n;

	n = mio_pipe_read(child->output, buffer, sizeof(buffer));
	if (n == -EAGAIN)
		return;
	if (n < 0)
		fail("output", (int)n);
	if (n == 0)
		drop(poll, &child->output);

	write_all(buffer, (size_t)n);
}

static void
reap(struct mio_poll *poll, struct child *child)
{
	if (waitpid(child->pid, &child->status, 0) != child->pid)
		fail("waitpid", -errno);

	drop(poll, &child->process);
}

static void
run(struct mio_poll *poll, struct child *child)
{
	struct mio_event events[2];
	int i, n;

	while (child->output != MIO_INVALID_FD ||
	    child->process != MIO_INVALID_FD) {
		n = mio_poll(poll, events, 2, -1);
		if (n < 0)
			fail("poll", n);

		for (i = 0; i < n; i++) {
			if (events[i].token == OUTPUT)
				print_output(poll, child);
			else
				reap(poll, child);
		}
	}
}

int
main(int argc, char **argv)
{
	struct mio_poll *poll;
	struct child child;
	int r;

	if (argc < 2) {
		fprintf(stderr, "usage: child_output COMMAND [ARGUMENT...]\n");
		return FAILED;
	}

	r = mio_poll_create(&poll);
	if (r < 0)
		fail("poll", r);

	start(&child, argv + 1);
	r = mio_poll_register_fd(
	    poll, child.output, OUTPUT, MIO_READABLE, MIO_LEVEL);
	if (r == 0)
		r = mio_poll_register_fd(
		    poll, child.process, EXIT, MIO_READABLE, MIO_LEVEL);
	if (r < 0)
		fail("register", r);

	run(poll, &child);
	mio_poll_destroy(poll);

	return WIFEXITED(child.status) ? WEXITSTATUS(child.status)
				       : 128 + WTERMSIG(child.status);
}
