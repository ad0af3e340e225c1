/* SPDX-License-Identifier: MIT */
#ifndef BSD_NETDB_H
#define BSD_NETDB_H

#include <sys/socket.h>

struct addrinfo {
	int ai_flags;
	int ai_family;
	int ai_socktype;
	int ai_protocol;
	socklen_t ai_addrlen;
#if BSD_OPENBSD
	struct sockaddr *ai_addr;
	char *ai_canonname;
#else
	char *ai_canonname;
	struct sockaddr *ai_addr;
#endif
	struct addrinfo *ai_next;
};

#define AI_PASSIVE     0x0001
#define AI_NUMERICHOST 0x0004
#define AI_NUMERICSERV (BSD_OPENBSD ? 0x0010 : 0x0008)
#define NI_NUMERICHOST (BSD_OPENBSD ? 0x0001 : 0x0002)

#define EAI_AGAIN  (BSD_OPENBSD ? -3 : 2)
#define EAI_FAIL   (BSD_OPENBSD ? -4 : 4)
#define EAI_MEMORY (BSD_OPENBSD ? -6 : 6)
#define EAI_NONAME (BSD_OPENBSD ? -2 : 8)
#define EAI_SYSTEM (BSD_OPENBSD ? -11 : 11)

int getaddrinfo(const char *host, const char *service,
    const struct addrinfo *hints, struct addrinfo **result);
void freeaddrinfo(struct addrinfo *list);
const char *gai_strerror(int error);

#endif
