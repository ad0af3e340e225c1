/* SPDX-License-Identifier: MIT */
#ifndef BSD_SPAWN_H
#define BSD_SPAWN_H

#include <sys/types.h>

typedef struct bsd_spawnattr *posix_spawnattr_t;
typedef struct bsd_spawn_actions *posix_spawn_file_actions_t;

int posix_spawn_file_actions_init(posix_spawn_file_actions_t *actions);
int posix_spawn_file_actions_destroy(posix_spawn_file_actions_t *actions);
int posix_spawn_file_actions_adddup2(
    posix_spawn_file_actions_t *actions, int fd, int to);
int posix_spawnp(pid_t *pid, const char *file,
    const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attr,
    char *const *arguments, char *const *environment);

#endif
