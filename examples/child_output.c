/* SPDX-License-Identifier: MIT */

/*
 * child_output COMMAND [ARGUMENT...]: runs a command, prints what it writes to
 * its standard output, and exits with its status: 128 and more after a signal,
 * as a shell does, 127 when there is no such command, 125 for failures of its
 * own. Linux, for pidfd_open(2).
 *
 * One poll waits for both the output and the end of the child. They come in
 * either order: a child may close its output and go on, and what it has started
 * may write on after its end. This program ends when both are over.
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
	mio_fd_t output, process; /* MIO_INVALID_FD when it is over */
};

static void
fail(const char *what, int error)
{
	errno = -error;
	perror(what);
	exit(FAILED);
}

/* glibc has pidfd_open() only since 2.36. */
static mio_fd_t
open_process(pid_t pid)
{
	return (mio_fd_t)syscall(SYS_pidfd_open, pid, 0);
}

/*
 * The pipe is the system's, and blocks: the child knows nothing of polls. Only
 * our end becomes non-blocking.
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

	/* the copy is not close-on-exec */
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

	/* or the output would never end */
	(void)close(ends[1]);
	child->output = ends[0];

	/* never too late, as nobody has waited for the child */
	child->process = open_process(child->pid);
	if (child->process < 0)
		fail("pidfd_open", -errno);
}

/*
 * Takes one out of the poll before it is closed: another child that is just
 * being started would have a copy of it for a moment, and keep it registered.
 */
static void
forget(struct mio_poll *poll, mio_fd_t *fd)
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

/* Once for each event: a level tells of what is left over. */
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
		forget(poll, &child->output);

	write_all(buffer, (size_t)n);
}

static void
take_status(struct mio_poll *poll, struct child *child)
{
	if (waitpid(child->pid, &child->status, 0) != child->pid)
		fail("waitpid", -errno);

	forget(poll, &child->process);
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
				take_status(poll, child);
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
