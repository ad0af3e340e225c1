/* SPDX-License-Identifier: MIT */
#ifndef BSD_ERRNO_H
#define BSD_ERRNO_H

#include <bsd/system.h>

#if BSD_FREEBSD || BSD_DRAGONFLY
int *__error(void);
#define errno (*__error())
#else
int *__errno(void);
#define errno (*__errno())
#endif

#define EPERM		1
#define ENOENT		2
#define EINTR		4
#define EIO		5
#define ENXIO		6
#define EBADF		9
#define ENOMEM		12
#define EACCES		13
#define EFAULT		14
#define EBUSY		16
#define EEXIST		17
#define ENODEV		19
#define EINVAL		22
#define ENFILE		23
#define EMFILE		24
#define ENOSPC		28
#define ESPIPE		29
#define EPIPE		32
#define ERANGE		34
#define EAGAIN		35
#define EWOULDBLOCK	EAGAIN
#define EINPROGRESS	36
#define EALREADY	37
#define ENOTSOCK	38
#define EDESTADDRREQ	39
#define EMSGSIZE	40
#define EPROTOTYPE	41
#define ENOPROTOOPT	42
#define EPROTONOSUPPORT 43
#define EOPNOTSUPP	45
#define EAFNOSUPPORT	47
#define EADDRINUSE	48
#define EADDRNOTAVAIL	49
#define ENETDOWN	50
#define ENETUNREACH	51
#define ECONNABORTED	53
#define ECONNRESET	54
#define ENOBUFS		55
#define EISCONN		56
#define ENOTCONN	57
#define ETOOMANYREFS	59
#define ETIMEDOUT	60
#define ECONNREFUSED	61
#define ENAMETOOLONG	63
#define EHOSTDOWN	64
#define EHOSTUNREACH	65
#define ENOSYS		78

#if BSD_NETBSD
#define EOVERFLOW 84
#define ENOTSUP	  86
#define ECANCELED 87
#define EPROTO	  96
#elif BSD_OPENBSD
#define EOVERFLOW 87
#define ECANCELED 88
#define ENOTSUP	  91
#define EPROTO	  95
#else
#define EOVERFLOW 84
#define ECANCELED 85
#define EPROTO	  92
#define ENOTSUP	  EOPNOTSUPP
#endif

#if BSD_FREEBSD
#define ECAPMODE 94
#endif

#endif
