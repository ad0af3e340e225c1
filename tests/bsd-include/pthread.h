/* SPDX-License-Identifier: MIT */
#ifndef BSD_PTHREAD_H
#define BSD_PTHREAD_H

#include <sched.h>
#include <signal.h>

/* Structs on NetBSD, pointers to structs that nobody sees elsewhere. */
#if BSD_NETBSD
typedef struct {
	unsigned bsd_magic;
	void *bsd_owner;
} pthread_mutex_t;
typedef struct {
	unsigned bsd_magic;
	void *bsd_waiters;
} pthread_cond_t;
typedef struct {
	unsigned bsd_magic;
	void *bsd_private;
} pthread_attr_t, pthread_mutexattr_t, pthread_condattr_t;
typedef struct {
	pthread_mutex_t bsd_mutex;
	int bsd_done;
} pthread_once_t;
typedef struct bsd_thread *pthread_t;
typedef int pthread_key_t;

#define PTHREAD_MUTEX_INITIALIZER \
	{ \
		0x33330003, NULL \
	}
#define PTHREAD_COND_INITIALIZER \
	{ \
		0x55550005, NULL \
	}
#define PTHREAD_ONCE_INIT \
	{ \
		PTHREAD_MUTEX_INITIALIZER, 0 \
	}
#else
typedef struct bsd_mutex *pthread_mutex_t;
typedef struct bsd_cond *pthread_cond_t;
typedef struct bsd_attr *pthread_attr_t;
typedef struct bsd_mutexattr *pthread_mutexattr_t;
typedef struct bsd_condattr *pthread_condattr_t;
typedef struct {
	int bsd_state;
	pthread_mutex_t bsd_mutex;
} pthread_once_t;
typedef struct bsd_thread *pthread_t;
typedef int pthread_key_t;

#define PTHREAD_MUTEX_INITIALIZER NULL
#define PTHREAD_COND_INITIALIZER  NULL
#define PTHREAD_ONCE_INIT \
	{ \
		0, NULL \
	}
#endif

#define PTHREAD_CANCEL_ENABLE	0
#define PTHREAD_CANCEL_DISABLE	1
#define PTHREAD_CANCEL_DEFERRED 0
#if BSD_NETBSD
#define PTHREAD_CANCEL_ASYNCHRONOUS 1
#else
#define PTHREAD_CANCEL_ASYNCHRONOUS 2
#endif
#define PTHREAD_CANCELED ((void *)1)

int pthread_atfork(void (*before)(void), void (*parent)(void),
    void (*child)(void));
int pthread_attr_init(pthread_attr_t *attr);
int pthread_attr_destroy(pthread_attr_t *attr);
int pthread_attr_setstacksize(pthread_attr_t *attr, size_t size);
int pthread_cancel(pthread_t thread);
int pthread_cond_broadcast(pthread_cond_t *cond);
int pthread_cond_destroy(pthread_cond_t *cond);
int pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attr);
int pthread_cond_signal(pthread_cond_t *cond);
int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
    const struct timespec *deadline);
int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex);
int pthread_condattr_destroy(pthread_condattr_t *attr);
int pthread_condattr_init(pthread_condattr_t *attr);
int pthread_condattr_setclock(pthread_condattr_t *attr, clockid_t id);
int pthread_create(pthread_t *thread, const pthread_attr_t *attr,
    void *(*start)(void *), void *argument);
int pthread_detach(pthread_t thread);
int pthread_join(pthread_t thread, void **result);
int pthread_mutex_destroy(pthread_mutex_t *mutex);
int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attr);
int pthread_mutex_lock(pthread_mutex_t *mutex);
int pthread_mutex_trylock(pthread_mutex_t *mutex);
int pthread_mutex_unlock(pthread_mutex_t *mutex);
int pthread_once(pthread_once_t *once, void (*init)(void));
pthread_t pthread_self(void);
int pthread_setcancelstate(int state, int *old);
int pthread_setcanceltype(int type, int *old);
void pthread_testcancel(void);

/* Calls on OpenBSD, a block with a variable elsewhere. */
#if BSD_OPENBSD
void pthread_cleanup_push(void (*routine)(void *), void *argument);
void pthread_cleanup_pop(int execute);
#else
struct bsd_cleanup {
	void *bsd_private[8];
};

void bsd_cleanup_push(void (*routine)(void *), void *argument,
    struct bsd_cleanup *cleanup);
void bsd_cleanup_pop(int execute, struct bsd_cleanup *cleanup);

#define pthread_cleanup_push(routine, argument) \
	{ \
		struct bsd_cleanup bsd_cleanup; \
		bsd_cleanup_push(routine, argument, &bsd_cleanup); \
		{
#define pthread_cleanup_pop(execute) \
	; \
	} \
	bsd_cleanup_pop(execute, &bsd_cleanup); \
	}
#endif

#endif
