/* SPDX-License-Identifier: MIT */
#ifndef BSD_UNISTD_H
#define BSD_UNISTD_H

#include <sys/types.h>

#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2

#define STDIN_FILENO  0
#define STDOUT_FILENO 1
#define STDERR_FILENO 2

#define _SC_NPROCESSORS_ONLN (BSD_NETBSD ? 1002 : BSD_OPENBSD ? 503 : 58)

unsigned alarm(unsigned seconds);
int close(int fd);
int dup(int fd);
int dup2(int fd, int to);
int execl(const char *path, const char *argument, ...);
int execv(const char *path, char *const *arguments);
void _exit(int status);
pid_t fork(void);
uid_t geteuid(void);
gid_t getegid(void);
pid_t getpid(void);
uid_t getuid(void);
int isatty(int fd);
off_t lseek(int fd, off_t offset, int whence);
int pipe(int *fds);
ssize_t pread(int fd, void *buf, size_t len, off_t offset);
ssize_t pwrite(int fd, const void *buf, size_t len, off_t offset);
ssize_t read(int fd, void *buf, size_t len);
int rmdir(const char *path);
unsigned sleep(unsigned seconds);
long sysconf(int name);
int unlink(const char *path);
ssize_t write(int fd, const void *buf, size_t len);

#if BSD_VISIBLE
int getpeereid(int fd, uid_t *uid, gid_t *gid);
int pipe2(int *fds, int flags);
#endif

#endif
