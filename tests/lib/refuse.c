/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/refuse.h"

#ifdef HAVE_LINUX_SECCOMP_H

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define UNKNOWN 0x7fffffffu /* no call has this number */

/* Of Linux 4.4, its last; those of later ones are the same everywhere. */
#ifdef SYS_mlock2
#define LAST_4_4 SYS_mlock2
#else
#define LAST_4_4 UNKNOWN
#endif
#define LAST_5_10 440
#define LAST_6_1 450

/* Newer than some headers, or not there on every machine. */
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pwritev2
#define SYS_pwritev2 UNKNOWN
#endif
#ifndef SYS_recvmmsg
#define SYS_recvmmsg UNKNOWN
#endif
#ifndef SYS_recvmmsg_time64
#define SYS_recvmmsg_time64 UNKNOWN
#endif
#ifndef SYS_ppoll_time64
#define SYS_ppoll_time64 UNKNOWN
#endif
#ifndef SYS_timerfd_settime
#define SYS_timerfd_settime UNKNOWN
#endif
#ifndef SYS_timerfd_settime64
#define SYS_timerfd_settime64 UNKNOWN
#endif
#ifndef SYS_clock_gettime64
#define SYS_clock_gettime64 UNKNOWN
#endif
#ifndef SYS_signalfd
#define SYS_signalfd UNKNOWN
#endif
#ifndef SYS_setsockopt
#define SYS_setsockopt UNKNOWN
#define SYS_getsockopt UNKNOWN
#endif

/* Where poll(2) is not a call of its own the C library makes it of this one. */
#if defined(SYS_poll) && defined(SYS_ppoll)
#define PPOLL SYS_ppoll
#define PPOLL_TIME64 SYS_ppoll_time64
#else
#define PPOLL UNKNOWN
#define PPOLL_TIME64 UNKNOWN
#endif

/* One call with a number in front for those of sockets, on some machines. */
#ifdef SYS_socketcall
#define SOCKETCALL SYS_socketcall
#else
#define SOCKETCALL UNKNOWN
#endif

/* What headers may not have yet. */
#define OPTION_TCP_FASTOPEN_CONNECT 30
#define OPTION_ZEROCOPY 60
#define OPTION_PASSPIDFD 76
#define OPTION_PEERPIDFD 77
#define OPTION_UDP_SEGMENT 103
#define OPTION_UDP_GRO 104
#define LAST_RWF_4_6 0x1f /* 4.6 to 6.8 know no others */

/*
 * A call that fails, or one of its flags: the number is equal, or greater with
 * BEYOND, and the arguments compare as given.
 */
enum { ANY, EQUALS, BEYOND, UP_TO };

#define ARGUMENTS 3

struct rule {
	unsigned number, how;
	struct {
		unsigned which, how, value;
	} arguments[ARGUMENTS];
	int error; /* 0 for what was asked for */
};

#define CALL(number) { (unsigned)(number), EQUALS, { { 0, ANY, 0 } }, 0 }
/* With flags: the C library makes an older call of it without. */
#define CALL_WITH_FLAGS(number, which) \
	{ (unsigned)(number), EQUALS, { { which, BEYOND, 0 } }, 0 }
#define SOCKET_CALL(which) \
	{ (unsigned)SOCKETCALL, EQUALS, { { 0, EQUALS, which } }, 0 }
#define AFTER(number) { (unsigned)(number), BEYOND, { { 0, ANY, 0 } }, ENOSYS }
/* A bad descriptor is reported first. */
#define OPTION_OF(number, level, name, error) \
	{ number, EQUALS, { { 0, UP_TO, INT_MAX }, { 1, EQUALS, level }, \
	    { 2, EQUALS, name } }, error }
#define OPTION(level, name, error) \
	OPTION_OF(SYS_setsockopt, level, name, error), \
	OPTION_OF(SYS_getsockopt, level, name, error)
#define RWF_BEYOND(flags) \
	{ SYS_pwritev2, EQUALS, { { 5, BEYOND, flags } }, EOPNOTSUPP }

static const struct rule linux_4_4[] = {
	AFTER(LAST_4_4),
	OPTION(IPPROTO_UDP, OPTION_UDP_SEGMENT, ENOPROTOOPT),
	OPTION(IPPROTO_UDP, OPTION_UDP_GRO, ENOPROTOOPT),
	OPTION(IPPROTO_TCP, OPTION_TCP_FASTOPEN_CONNECT, ENOPROTOOPT),
	OPTION(SOL_SOCKET, OPTION_ZEROCOPY, ENOPROTOOPT),
	OPTION(SOL_SOCKET, OPTION_PASSPIDFD, ENOPROTOOPT),
	OPTION(SOL_SOCKET, OPTION_PEERPIDFD, ENOPROTOOPT),
};

static const struct rule linux_5_10[] = {
	AFTER(LAST_5_10),
	RWF_BEYOND(LAST_RWF_4_6),
	OPTION(SOL_SOCKET, OPTION_PASSPIDFD, ENOPROTOOPT),
	OPTION(SOL_SOCKET, OPTION_PEERPIDFD, ENOPROTOOPT),
};

static const struct rule linux_6_1[] = {
	AFTER(LAST_6_1),
	RWF_BEYOND(LAST_RWF_4_6),
	OPTION(SOL_SOCKET, OPTION_PASSPIDFD, ENOPROTOOPT),
	OPTION(SOL_SOCKET, OPTION_PEERPIDFD, ENOPROTOOPT),
};

static const struct rule sandbox[] = {
	CALL_WITH_FLAGS(SYS_accept4, 3),
	SOCKET_CALL(18),
	CALL(SYS_epoll_pwait2),
	CALL(SYS_eventfd2),
	CALL_WITH_FLAGS(SYS_pipe2, 1),
	CALL(PPOLL),
	CALL(PPOLL_TIME64),
	CALL(SYS_pwritev2),
	CALL(SYS_recvmmsg),
	CALL(SYS_recvmmsg_time64),
	SOCKET_CALL(19),
	CALL(SYS_sendmmsg),
	SOCKET_CALL(20),
	CALL(SYS_timerfd_create),
	OPTION(IPPROTO_UDP, OPTION_UDP_SEGMENT, 0),
	OPTION(IPPROTO_UDP, OPTION_UDP_GRO, 0),
	CALL(SYS_timerfd_settime),
	CALL(SYS_timerfd_settime64),
};

static const struct rule pidfd_open[] = { CALL(SYS_pidfd_open) };
/* musl makes do with the older one. */
static const struct rule signalfd4[] = {
	CALL(SYS_signalfd4),
	CALL(SYS_signalfd),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LIST(name, array) { name, array, COUNT(array) }

static const struct list {
	const char *name;
	const struct rule *rules;
	size_t count;
} lists[] = {
	LIST("linux-4.4", linux_4_4),
	LIST("linux-5.10", linux_5_10),
	LIST("linux-6.1", linux_6_1),
	LIST("sandbox", sandbox),
	LIST("pidfd_open", pidfd_open),
	LIST("signalfd4", signalfd4),
};

#define PER_RULE (3 + 2 * ARGUMENTS) /* instructions at most */
#define RULES_MAX 32

static struct sock_filter filter[PER_RULE * RULES_MAX + 4];
static unsigned short used;

static void
add(unsigned code, unsigned value)
{
	filter[used++] = (struct sock_filter)BPF_STMT(
	    (unsigned short)code, value);
}

/* Goes on with the next one, or over so many of those that follow it. */
static void
add_test(unsigned how, unsigned value, unsigned over)
{
	unsigned code = how == EQUALS ? BPF_JEQ : BPF_JGT;

	filter[used++] = (struct sock_filter)BPF_JUMP(
	    (unsigned short)(BPF_JMP | code | BPF_K), value,
	    (unsigned char)(how == UP_TO ? over : 0),
	    (unsigned char)(how == UP_TO ? 0 : over));
}

/* The half of an argument in which flags and numbers are. */
static unsigned
offset_of(unsigned argument)
{
	const union {
		uint64_t whole;
		uint32_t halves[2];
	} one = { 1 };

	return (unsigned)(offsetof(struct seccomp_data, args) +
	    argument * sizeof(uint64_t) + (one.halves[0] == 1 ? 0 : 4));
}

static void
add_rule(const struct rule *rule, int error)
{
	unsigned tests = 0, i;

	while (tests < ARGUMENTS && rule->arguments[tests].how != ANY)
		tests++;

	add(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	add_test(rule->how, rule->number, 2 * tests + 1);
	for (i = 0; i < tests; i++) {
		add(BPF_LD | BPF_W | BPF_ABS,
		    offset_of(rule->arguments[i].which));
		add_test(rule->arguments[i].how, rule->arguments[i].value,
		    2 * (tests - i) - 1);
	}
	add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO |
	    (unsigned)(rule->error != 0 ? rule->error : error));
}

/* The vDSO is this kernel's own, and relies on it. */
static void
add_exception(unsigned number)
{
	add(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	add_test(EQUALS, number, 1);
	add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
}

static int
install(void)
{
	struct sock_fprog program = { .len = used, .filter = filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		SECCOMP_FILTER_FLAG_TSYNC, &program) != 0)
		return REFUSE_SKIP;

	return 0;
}

int
refuse(const char *what)
{
	size_t len = strcspn(what, "=");
	int error = ENOSYS;
	const struct list *list = lists;
	size_t i;

	if (what[len] == '=' && strcmp(what + len, "=EPERM") == 0)
		error = EPERM;
	else if (what[len] == '=' && strcmp(what + len, "=ENOSYS") != 0)
		return REFUSE_UNKNOWN;

	while (strlen(list->name) != len || memcmp(list->name, what, len) != 0)
		if (++list == lists + COUNT(lists))
			return REFUSE_UNKNOWN;

	used = 0;
	add_exception(SYS_clock_gettime64);
	for (i = 0; i < list->count; i++)
		add_rule(&list->rules[i], error);
	add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	return install();
}

#else /* no seccomp */

int
refuse(const char *what)
{
	(void)what;

	return REFUSE_SKIP;
}

#endif
