/* SPDX-License-Identifier: MIT */
#ifndef BSD_SYS_WAIT_H
#define BSD_SYS_WAIT_H

#include <sys/types.h>

#define WNOHANG 1

#define WIFEXITED(status)   (((status)&0177) == 0)
#define WEXITSTATUS(status) (((status) >> 8) & 0377)
#define WIFSIGNALED(status) (!WIFEXITED(status))
#define WTERMSIG(status)    ((status)&0177)

pid_t waitpid(pid_t pid, int *status, int options);

#endif
