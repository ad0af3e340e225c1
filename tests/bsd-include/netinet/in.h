/* SPDX-License-Identifier: MIT */
#ifndef BSD_NETINET_IN_H
#define BSD_NETINET_IN_H

#include <sys/socket.h>

#define IPPROTO_IP   0
#define IPPROTO_ICMP 1
#define IPPROTO_TCP  6
#define IPPROTO_UDP  17
#define IPPROTO_IPV6 41

struct in_addr {
	in_addr_t s_addr;
};

struct in6_addr {
	union {
		uint8_t bsd_addr8[16];
		uint32_t bsd_addr32[4];
	} bsd_u6;
};
#define s6_addr bsd_u6.bsd_addr8

struct sockaddr_in {
	uint8_t sin_len;
	sa_family_t sin_family;
	in_port_t sin_port;
	struct in_addr sin_addr;
	char sin_zero[8];
};

struct sockaddr_in6 {
	uint8_t sin6_len;
	sa_family_t sin6_family;
	in_port_t sin6_port;
	uint32_t sin6_flowinfo;
	struct in6_addr sin6_addr;
	uint32_t sin6_scope_id;
};

#define INADDR_ANY	 ((in_addr_t)0x00000000)
#define INADDR_BROADCAST ((in_addr_t)0xffffffff)

/* hidden from a program that asks for POSIX, which does not have it */
#if BSD_VISIBLE
#define INADDR_LOOPBACK ((in_addr_t)0x7f000001)
#define INADDR_NONE	((in_addr_t)0xffffffff)
#endif

#define IN6ADDR_ANY_INIT \
	{ \
		{ \
			{ \
				0 \
			} \
		} \
	}
#define IN6ADDR_LOOPBACK_INIT \
	{ \
		{ \
			{ \
				0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 \
			} \
		} \
	}
extern const struct in6_addr in6addr_any;
extern const struct in6_addr in6addr_loopback;

#define IN_MULTICAST(addr)	   (((addr)&0xf0000000u) == 0xe0000000u)
#define IN6_IS_ADDR_MULTICAST(addr) ((addr)->s6_addr[0] == 0xff)
#define IN6_IS_ADDR_LINKLOCAL(addr) \
	((addr)->s6_addr[0] == 0xfe && ((addr)->s6_addr[1] & 0xc0) == 0x80)
#define IN6_IS_ADDR_MC_LINKLOCAL(addr) \
	(IN6_IS_ADDR_MULTICAST(addr) && ((addr)->s6_addr[1] & 0x0f) == 0x02)
#define IN6_IS_ADDR_MC_NODELOCAL(addr) \
	(IN6_IS_ADDR_MULTICAST(addr) && ((addr)->s6_addr[1] & 0x0f) == 0x01)

#define INET_ADDRSTRLEN	 16
#define INET6_ADDRSTRLEN 46

#define IP_TOS		   3
#define IP_TTL		   4
#define IP_MULTICAST_IF	   9
#define IP_MULTICAST_TTL   10
#define IP_MULTICAST_LOOP  11
#define IP_ADD_MEMBERSHIP  12
#define IP_DROP_MEMBERSHIP 13

struct ip_mreq {
	struct in_addr imr_multiaddr;
	struct in_addr imr_interface;
};

#define IPV6_UNICAST_HOPS   4
#define IPV6_MULTICAST_IF   9
#define IPV6_MULTICAST_HOPS 10
#define IPV6_MULTICAST_LOOP 11
#define IPV6_JOIN_GROUP	    12
#define IPV6_LEAVE_GROUP    13
#define IPV6_V6ONLY	    27

struct ipv6_mreq {
	struct in6_addr ipv6mr_multiaddr;
	unsigned ipv6mr_interface;
};

uint32_t htonl(uint32_t n);
uint16_t htons(uint16_t n);
uint32_t ntohl(uint32_t n);
uint16_t ntohs(uint16_t n);

#endif
