/* SPDX-License-Identifier: MIT */
#ifndef BSD_SYS_SOCKET_H
#define BSD_SYS_SOCKET_H

#include <sys/types.h>
#include <sys/uio.h>

struct timespec;

/* ---- addresses, which begin with their length */

struct sockaddr {
	uint8_t sa_len;
	sa_family_t sa_family;
	char sa_data[14];
};

#if BSD_OPENBSD
#define BSD_STORAGE_SIZE 256
#else
#define BSD_STORAGE_SIZE 128
#endif

/* NetBSD hides it from a program that asks for POSIX, but not for X/Open */
#if BSD_VISIBLE || !BSD_NETBSD || _XOPEN_SOURCE - 0 >= 500
struct sockaddr_storage {
	uint8_t ss_len;
	sa_family_t ss_family;
	char bsd_pad[6];
	int64_t bsd_align;
	char bsd_rest[BSD_STORAGE_SIZE - 16];
};
#endif

#define AF_UNSPEC 0
#define AF_LOCAL  1
#define AF_UNIX	  AF_LOCAL
#define AF_INET	  2

#if BSD_FREEBSD || BSD_DRAGONFLY
#define AF_INET6 28
#else
#define AF_INET6 24
#endif

#define PF_UNSPEC AF_UNSPEC
#define PF_LOCAL  AF_LOCAL
#define PF_UNIX	  AF_UNIX
#define PF_INET	  AF_INET
#define PF_INET6  AF_INET6

/* ---- types */

#define SOCK_STREAM    1
#define SOCK_DGRAM     2
#define SOCK_RAW       3
#define SOCK_SEQPACKET 5

#if BSD_VISIBLE && BSD_OPENBSD
#define SOCK_CLOEXEC  0x8000
#define SOCK_NONBLOCK 0x4000
#elif BSD_VISIBLE
#define SOCK_CLOEXEC  0x10000000
#define SOCK_NONBLOCK 0x20000000
#endif

#if BSD_VISIBLE && BSD_NETBSD
#define SOCK_NOSIGPIPE 0x40000000
#endif

/* ---- options */

#define SOL_SOCKET 0xffff

#define SO_DEBUG      0x0001
#define SO_ACCEPTCONN 0x0002
#define SO_REUSEADDR  0x0004
#define SO_KEEPALIVE  0x0008
#define SO_DONTROUTE  0x0010
#define SO_BROADCAST  0x0020
#define SO_LINGER     0x0080
#define SO_OOBINLINE  0x0100
#define SO_SNDBUF     0x1001
#define SO_RCVBUF     0x1002
#define SO_SNDLOWAT   0x1003
#define SO_RCVLOWAT   0x1004
#define SO_ERROR      0x1007
#define SO_TYPE	      0x1008

#if BSD_NETBSD
#define SO_SNDTIMEO 0x100b
#define SO_RCVTIMEO 0x100c
#else
#define SO_SNDTIMEO 0x1005
#define SO_RCVTIMEO 0x1006
#endif

#if BSD_VISIBLE
#define SO_REUSEPORT 0x0200

#if BSD_NETBSD
#define SO_TIMESTAMP 0x2000
#elif BSD_OPENBSD
#define SO_TIMESTAMP 0x0800
#else
#define SO_TIMESTAMP 0x0400
#endif

#if !BSD_OPENBSD
#define SO_NOSIGPIPE 0x0800
#endif

#if BSD_FREEBSD >= 12
#define SO_REUSEPORT_LB 0x00010000
#endif

#if BSD_OPENBSD
#define SO_PEERCRED 0x1022

struct sockpeercred {
	uid_t uid;
	gid_t gid;
	pid_t pid;
};
#endif
#endif

struct linger {
	int l_onoff;
	int l_linger;
};

#define SHUT_RD	  0
#define SHUT_WR	  1
#define SHUT_RDWR 2

#define SOMAXCONN 128

/* ---- messages */

struct msghdr {
	void *msg_name;
	socklen_t msg_namelen;
	struct iovec *msg_iov;
#if BSD_OPENBSD
	unsigned msg_iovlen;
#else
	int msg_iovlen;
#endif
	void *msg_control;
	socklen_t msg_controllen;
	int msg_flags;
};

#define MSG_OOB	     0x0001
#define MSG_PEEK     0x0002
#define MSG_EOR	     0x0008
#define MSG_TRUNC    0x0010
#define MSG_CTRUNC   0x0020
#define MSG_WAITALL  0x0040
#define MSG_DONTWAIT 0x0080

#if BSD_FREEBSD
#define MSG_NOSIGNAL 0x00020000
#else
#define MSG_NOSIGNAL 0x0400
#endif

#if BSD_FREEBSD
#define MSG_CMSG_CLOEXEC 0x00040000
#elif BSD_DRAGONFLY
#define MSG_CMSG_CLOEXEC 0x1000
#else
#define MSG_CMSG_CLOEXEC 0x0800
#endif

struct cmsghdr {
	socklen_t cmsg_len;
	int cmsg_level;
	int cmsg_type;
};

#define SCM_RIGHTS 0x01

#define BSD_ALIGN(n)  (((n) + sizeof(long) - 1) & ~(sizeof(long) - 1))
#define BSD_CMSG_SIZE BSD_ALIGN(sizeof(struct cmsghdr))

#define CMSG_DATA(cmsg) ((unsigned char *)(cmsg) + BSD_CMSG_SIZE)
#define CMSG_SPACE(n)	(BSD_CMSG_SIZE + BSD_ALIGN(n))
#define CMSG_LEN(n)	(BSD_CMSG_SIZE + (n))
#define CMSG_FIRSTHDR(msg) \
	((msg)->msg_controllen < sizeof(struct cmsghdr) \
	        ? NULL \
	        : (struct cmsghdr *)(msg)->msg_control)
#define BSD_CMSG_NEXT(cmsg) ((char *)(cmsg) + BSD_ALIGN((cmsg)->cmsg_len))
#define CMSG_NXTHDR(msg, cmsg) \
	(BSD_CMSG_NEXT(cmsg) + BSD_CMSG_SIZE > \
	            (char *)(msg)->msg_control + (msg)->msg_controllen \
	        ? NULL \
	        : (struct cmsghdr *)(void *)BSD_CMSG_NEXT(cmsg))

/* ---- calls */

int socket(int domain, int type, int protocol);
int socketpair(int domain, int type, int protocol, int *fds);
int bind(int fd, const struct sockaddr *addr, socklen_t len);
int listen(int fd, int backlog);
int connect(int fd, const struct sockaddr *addr, socklen_t len);
int accept(int fd, struct sockaddr *addr, socklen_t *len);
int shutdown(int fd, int how);
int getsockname(int fd, struct sockaddr *addr, socklen_t *len);
int getpeername(int fd, struct sockaddr *addr, socklen_t *len);
int getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int setsockopt(int fd, int level, int name, const void *value, socklen_t len);
ssize_t recv(int fd, void *buf, size_t len, int flags);
ssize_t send(int fd, const void *buf, size_t len, int flags);
ssize_t recvfrom(int fd, void *buf, size_t len, int flags,
    struct sockaddr *addr, socklen_t *addr_len);
ssize_t sendto(int fd, const void *buf, size_t len, int flags,
    const struct sockaddr *addr, socklen_t addr_len);
ssize_t recvmsg(int fd, struct msghdr *msg, int flags);
ssize_t sendmsg(int fd, const struct msghdr *msg, int flags);

#if BSD_VISIBLE
int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags);
#endif

/* several messages by one call: no two agree, and DragonFly has none of it */
#if BSD_VISIBLE && BSD_FREEBSD
struct mmsghdr {
	struct msghdr msg_hdr;
	ssize_t msg_len;
};

ssize_t recvmmsg(int fd, struct mmsghdr *msgs, size_t count, int flags,
    const struct timespec *timeout);
ssize_t sendmmsg(int fd, struct mmsghdr *msgs, size_t count, int flags);
#elif BSD_VISIBLE && BSD_NETBSD
struct mmsghdr {
	struct msghdr msg_hdr;
	unsigned msg_len;
};

int recvmmsg(int fd, struct mmsghdr *msgs, unsigned count, unsigned flags,
    struct timespec *timeout);
int sendmmsg(int fd, struct mmsghdr *msgs, unsigned count, unsigned flags);
#elif BSD_VISIBLE && BSD_OPENBSD
struct mmsghdr {
	struct msghdr msg_hdr;
	unsigned msg_len;
};

int recvmmsg(int fd, struct mmsghdr *msgs, unsigned count, int flags,
    struct timespec *timeout);
int sendmmsg(int fd, struct mmsghdr *msgs, unsigned count, int flags);
#endif

#endif
