/* SPDX-License-Identifier: MIT */

/*
 * The files of src/sys/ that are compiled on other systems, here over calls
 * that behave as they do there. These tests do not see whether the headers of
 * those systems declare everything.
 */

#include "sys/compat.h"
#include "lib/harness.h"

#include <sys/un.h>

#include "mio/unix.h"
#include "sys/descriptor.h"
#include "sys/sock.h"
#include "sys/thread.h"

/* What the calls below return, and what they were called with. */
static struct {
	int error; /* of getpeereid() or getsockopt(); 0 for none */
	int pid_error;
	int socket_error; /* of setsockopt() */
	unsigned version, groups;
	int level, name;
	int flags_set;
	struct timespec left;
	unsigned waits;
} made;

#define UID 1234
#define GID 2345
#define PID 3456

static int
getpeereid(int fd, uid_t *uid, gid_t *gid)
{
	(void)fd;
	if (made.error != 0) {
		errno = made.error;
		return -1;
	}
	*uid = UID;
	*gid = GID;

	return 0;
}

#define SOL_LOCAL 0
#define LOCAL_PEERPID 2
#define LOCAL_PEEREID 3
#define LOCAL_PEERCRED 1
#define XUCRED_VERSION 0

struct unpcbid {
	pid_t unp_pid;
	uid_t unp_euid;
	gid_t unp_egid;
};

struct xucred {
	unsigned cr_version;
	uid_t cr_uid;
	short cr_ngroups;
	gid_t cr_groups[16];
	pid_t cr_pid;
};

static int
local_option(int fd, int level, int name, void *value, socklen_t *len)
{
	const struct unpcbid unpcbid = { PID, UID, GID };
	const struct xucred xucred = { made.version, UID, (short)made.groups,
		{ GID, 1 }, PID };
	const pid_t pid = PID;
	int error = name == LOCAL_PEERPID ? made.pid_error : made.error;

	(void)fd;
	ck_assert_int_eq(level, SOL_LOCAL);
	if (error != 0) {
		errno = error;
		return -1;
	}
	if (name == LOCAL_PEERPID && *len >= sizeof(pid))
		memcpy(value, &pid, sizeof(pid));
	else if (name == LOCAL_PEEREID && *len >= sizeof(unpcbid))
		memcpy(value, &unpcbid, sizeof(unpcbid));
	else if (name == LOCAL_PEERCRED && *len >= sizeof(xucred))
		memcpy(value, &xucred, sizeof(xucred));
	else
		ck_abort_msg("option %d, %u bytes", name, *len);

	return 0;
}

#define getsockopt local_option

#define mio__os_credentials with_peereid
int with_peereid(int fd, struct mio_credentials *credentials);
#include "sys/sock_peereid.c"
#undef mio__os_credentials

#define mio__os_credentials with_peerpid
int with_peerpid(int fd, struct mio_credentials *credentials);
#include "sys/sock_peerpid.c"
#undef mio__os_credentials

#define mio__os_credentials with_unpcbid
int with_unpcbid(int fd, struct mio_credentials *credentials);
#include "sys/sock_unpcbid.c"
#undef mio__os_credentials

#define mio__os_credentials with_xucred
int with_xucred(int fd, struct mio_credentials *credentials);
#include "sys/sock_xucred.c"
#undef mio__os_credentials

#undef getsockopt

#undef SO_NOSIGPIPE
#define SO_NOSIGPIPE 0x1022
#define F_SETNOSIGPIPE 73

static int
set_option(int fd, int level, int name, const void *value, socklen_t len)
{
	(void)fd;
	ck_assert_uint_eq(len, sizeof(int));
	ck_assert_int_eq(*(const int *)value, 1);
	made.level = level;
	made.name = name;
	errno = made.socket_error;

	return made.socket_error == 0 ? 0 : -1;
}

static int
set_flag(int fd, int command, int value)
{
	(void)fd;
	ck_assert_int_eq(command, F_SETNOSIGPIPE);
	ck_assert_int_eq(value, 1);
	made.flags_set++;

	return 0;
}

#define setsockopt set_option
#define fcntl set_flag
#define mio__os_prevent_sigpipe prevent_by_flag
void prevent_by_flag(int fd);
#include "sys/sigpipe_flag.c"
#undef mio__os_prevent_sigpipe
#undef setsockopt
#undef fcntl

/* As macOS's: it ends when the time is over, or is woken before. */
static int
wait_for_a_time(
    pthread_cond_t *cond, pthread_mutex_t *lock, const struct timespec *left)
{
	struct timespec until;

	made.left = *left;
	made.waits++;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += left->tv_nsec;
	until.tv_sec += left->tv_sec + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;

	return pthread_cond_timedwait(cond, lock, &until);
}

#define HAVE_PTHREAD_COND_TIMEDWAIT_RELATIVE_NP 1
#define pthread_cond_timedwait_relative_np wait_for_a_time
#define mio__os_cond_init init_relative
#define mio__os_cond_wait wait_relative
int init_relative(pthread_cond_t *cond);
bool wait_relative(
    pthread_cond_t *cond, pthread_mutex_t *lock, mio__instant_t deadline);
#include "sys/cond_relative.c"
#undef mio__os_cond_init
#undef mio__os_cond_wait

typedef int credentials_call(int fd, struct mio_credentials *credentials);

static const struct {
	credentials_call *call;
	pid_t pid;
} credentials_calls[] = {
	{ with_peereid, -1 },
	{ with_peerpid, PID },
	{ with_unpcbid, PID },
	{ with_xucred, PID },
};

#define CREDENTIALS_CALLS 4

START_TEST(credentials_are_those_of_the_peer)
{
	struct mio_credentials peer = { -7, 1, 2 };

	made.groups = 2;
	assert_ok(credentials_calls[_i].call(5, &peer));
	ck_assert_int_eq(peer.pid, credentials_calls[_i].pid);
	ck_assert_uint_eq(peer.uid, UID);
	ck_assert_uint_eq(peer.gid, GID);
}
END_TEST

START_TEST(credentials_of_no_peer_are_an_error)
{
	struct mio_credentials peer = { -7, 1, 2 };

	made.error = ENOTCONN;
	assert_error(credentials_calls[_i].call(5, &peer), ENOTCONN);
	ck_assert_int_eq(peer.pid, -7);
	ck_assert_uint_eq(peer.uid, 1);
	ck_assert_uint_eq(peer.gid, 2);
}
END_TEST

/* A kernel that does not know the process knows the user all the same. */
START_TEST(credentials_do_without_the_process)
{
	struct mio_credentials peer = { -7, 1, 2 };

	made.pid_error = ENOPROTOOPT;
	assert_ok(with_peerpid(5, &peer));
	ck_assert_int_eq(peer.pid, -1);
	ck_assert_uint_eq(peer.uid, UID);
}
END_TEST

/* Another version of the structure, or one without a group. */
START_TEST(credentials_that_are_not_understood_are_none)
{
	struct mio_credentials peer = { -7, 1, 2 };

	made.groups = _i;
	made.version = _i;
	assert_error(with_xucred(5, &peer), ENOTCONN);
	ck_assert_int_eq(peer.pid, -7);
}
END_TEST

START_TEST(sockets_have_an_option_against_sigpipe)
{
	errno = 0;
	prevent_by_flag(5);
	ck_assert_int_eq(made.level, SOL_SOCKET);
	ck_assert_int_eq(made.name, SO_NOSIGPIPE);
	ck_assert_int_eq(made.flags_set, 0);

	/* after a reset, which no option helps */
	made.socket_error = EINVAL;
	prevent_by_flag(5);
	ck_assert_int_eq(made.flags_set, 0);
}
END_TEST

START_TEST(pipes_have_a_flag_against_sigpipe)
{
	made.socket_error = _i == 0 ? ENOTSOCK : ENOPROTOOPT;
	prevent_by_flag(5);
	ck_assert_int_eq(made.flags_set, 1);
}
END_TEST

static struct {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool ready;
} meeting = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void *
come(void *argument)
{
	(void)argument;
	pthread_mutex_lock(&meeting.lock);
	meeting.ready = true;
	pthread_cond_signal(&meeting.cond);
	pthread_mutex_unlock(&meeting.lock);

	return NULL;
}

START_TEST(conditions_wait_for_a_time_that_is_left)
{
	mio__instant_t begin, deadline;

	assert_ok(init_relative(&meeting.cond));
	pthread_mutex_lock(&meeting.lock);
	begin = mio__clock_now();
	deadline = begin + MS(5);
	while (wait_relative(&meeting.cond, &meeting.lock, deadline))
		continue;
	ck_assert_int_ge(mio__clock_now(), deadline);
	ck_assert_uint_ge(made.waits, 1);
	ck_assert_int_eq(made.left.tv_sec, 0);
	ck_assert_int_le(made.left.tv_nsec, MS(5));
	ck_assert(!wait_relative(&meeting.cond, &meeting.lock, begin));
	pthread_mutex_unlock(&meeting.lock);
	pthread_cond_destroy(&meeting.cond);
}
END_TEST

/* Never, and longer than some systems count. */
START_TEST(conditions_are_woken)
{
	mio__instant_t deadline = _i == 0 ? MIO__NEVER : MIO__NEVER - 1;
	pthread_t thread;

	assert_ok(init_relative(&meeting.cond));
	pthread_mutex_lock(&meeting.lock);
	pthread_create(&thread, NULL, come, NULL);
	while (!meeting.ready)
		ck_assert(wait_relative(
		    &meeting.cond, &meeting.lock, deadline));
	pthread_mutex_unlock(&meeting.lock);
	pthread_join(thread, NULL);
	if (_i == 0)
		ck_assert_uint_eq(made.waits, 0);
	else
		ck_assert_int_le(made.left.tv_sec, 86400);
	pthread_cond_destroy(&meeting.cond);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("systems");
	TCase *tcase = new_case(suite, "credentials");

	tcase_add_loop_test(
	    tcase, credentials_are_those_of_the_peer, 0, CREDENTIALS_CALLS);
	tcase_add_loop_test(
	    tcase, credentials_of_no_peer_are_an_error, 0, CREDENTIALS_CALLS);
	tcase_add_test(tcase, credentials_do_without_the_process);
	tcase_add_loop_test(
	    tcase, credentials_that_are_not_understood_are_none, 0, 2);

	tcase = new_case(suite, "sigpipe");
	tcase_add_test(tcase, sockets_have_an_option_against_sigpipe);
	tcase_add_loop_test(tcase, pipes_have_a_flag_against_sigpipe, 0, 2);

	tcase = new_case(suite, "conditions");
	tcase_add_test(tcase, conditions_wait_for_a_time_that_is_left);
	tcase_add_loop_test(tcase, conditions_are_woken, 0, 2);

	return run_suite(suite);
}
