/* SPDX-License-Identifier: MIT */
#ifndef BSD_SIGNAL_H
#define BSD_SIGNAL_H

#include <time.h>

#if BSD_OPENBSD
typedef unsigned sigset_t;
#else
typedef struct {
	uint32_t bsd_bits[4];
} sigset_t;
#endif

typedef int sig_atomic_t;

union sigval {
	int sival_int;
	void *sival_ptr;
};

#if BSD_FREEBSD || BSD_DRAGONFLY
#define SIGEV_KEVENT 3
#endif

typedef struct {
	int si_signo;
	int si_code;
	int si_errno;
	pid_t si_pid;
	uid_t si_uid;
	int si_status;
	union sigval si_value;
} siginfo_t;

struct sigaction {
	union {
		void (*sa_handler)(int);
		void (*sa_sigaction)(int, siginfo_t *, void *);
	};
	int sa_flags;
	sigset_t sa_mask;
};

#define SIG_DFL ((void (*)(int))0)
#define SIG_IGN ((void (*)(int))1)

#define SIG_BLOCK   1
#define SIG_UNBLOCK 2
#define SIG_SETMASK 3

#define SA_RESTART 0x0002

#define SIGHUP	1
#define SIGINT	2
#define SIGQUIT 3
#define SIGKILL 9
#define SIGPIPE 13
#define SIGALRM 14
#define SIGTERM 15
#define SIGCHLD 20
#define SIGUSR1 30
#define SIGUSR2 31

int kill(pid_t pid, int number);
int raise(int number);
int sigaction(int number, const struct sigaction *new, struct sigaction *old);
int sigaddset(sigset_t *set, int number);
int sigdelset(sigset_t *set, int number);
int sigemptyset(sigset_t *set);
int sigfillset(sigset_t *set);
int sigismember(const sigset_t *set, int number);
int sigpending(sigset_t *set);
int sigprocmask(int how, const sigset_t *set, sigset_t *old);
int sigwait(const sigset_t *set, int *number);
int pthread_sigmask(int how, const sigset_t *set, sigset_t *old);
void (*signal(int number, void (*handler)(int)))(int);

#if !BSD_OPENBSD
int sigtimedwait(
    const sigset_t *set, siginfo_t *info, const struct timespec *timeout);
#endif

#endif
