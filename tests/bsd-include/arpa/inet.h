/* SPDX-License-Identifier: MIT */
#ifndef BSD_ARPA_INET_H
#define BSD_ARPA_INET_H

#include <sys/socket.h>

struct in_addr;

in_addr_t inet_addr(const char *text);
char *inet_ntoa(struct in_addr addr);
const char *inet_ntop(
    int family, const void *addr, char *text, socklen_t size);
int inet_pton(int family, const char *text, void *addr);

uint32_t htonl(uint32_t n);
uint16_t htons(uint16_t n);
uint32_t ntohl(uint32_t n);
uint16_t ntohs(uint16_t n);

#endif
