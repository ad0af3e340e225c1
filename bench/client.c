/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include "client.h"

#include <signal.h>
#include <unistd.h>

#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "bench.h"

static pid_t process;

int
client_listen(struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	int fd = socket(
	    AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	must(fd >= 0, "socket");
	*addr = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	must(bind(fd, (struct sockaddr *)addr, len) == 0, "bind");
	must(listen(fd, SOMAXCONN) == 0, "listen");
	must(getsockname(fd, (struct sockaddr *)addr, &len) == 0,
	    "getsockname");

	return fd;
}

void
client_start(void (*run)(const struct sockaddr_in *addr),
    const struct sockaddr_in *addr)
{
	pid_t parent = getpid();

	process = fork();
	must(process >= 0, "fork");
	if (process > 0)
		return;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	run(addr);
	_exit(0);
}

void
client_stop(void)
{
	must(waitpid(process, NULL, WNOHANG) == 0, "the client");
	must(kill(process, SIGKILL) == 0, "kill");
	must(waitpid(process, NULL, 0) == process, "waitpid");
}

int
client_connect(const struct sockaddr_in *addr)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0, "socket");
	must(connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0,
	    "connect");
	client_set_nodelay(fd);

	return fd;
}

void
client_set_nodelay(int fd)
{
	int on = 1;

	must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0,
	    "TCP_NODELAY");
}
