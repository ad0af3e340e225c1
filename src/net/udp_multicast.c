/* SPDX-License-Identifier: MIT */

/* The multicast calls of mio/udp.h. */

#include <errno.h>
#include <stddef.h>

#include "base/check.h"
#include "mio/udp.h"
#include "net/option.h"
#include "sys/sock.h"

#define TTL_MAX 255u

/* Systems differ in the error for a socket of the other family. */
static int
no_such_option(int r)
{
	return r == -EOPNOTSUPP ? -ENOPROTOOPT : r;
}

/* These two options must be bytes on some systems, and can be on all. */
static MIO__COLD int
set_byte(mio_fd_t fd, int name, unsigned char value)
{
	return no_such_option(
	    mio__os_setsockopt(fd, IPPROTO_IP, name, &value, sizeof(value)));
}

/* Stores the byte in one of the two, and the other is NULL. */
static MIO__COLD int
get_byte(mio_fd_t fd, int name, unsigned *number, bool *on)
{
	unsigned char value;
	socklen_t len = sizeof(value);
	int r;

	if (number == NULL && on == NULL)
		return -EINVAL;

	r = mio__os_getsockopt(fd, IPPROTO_IP, name, &value, &len);
	if (r < 0)
		return no_such_option(r);

	if (number != NULL)
		*number = value;
	else
		*on = value != 0;

	return 0;
}

MIO__PUBLIC MIO__COLD int
mio_udp_set_multicast_loop_v4(mio_fd_t fd, bool on)
{
	return set_byte(fd, IP_MULTICAST_LOOP, on);
}

MIO__PUBLIC MIO__COLD int
mio_udp_get_multicast_loop_v4(mio_fd_t fd, bool *on)
{
	return get_byte(fd, IP_MULTICAST_LOOP, NULL, on);
}

MIO__PUBLIC MIO__COLD int
mio_udp_set_multicast_loop_v6(mio_fd_t fd, bool on)
{
	return no_such_option(
	    mio__option_set_bool(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, on));
}

MIO__PUBLIC MIO__COLD int
mio_udp_get_multicast_loop_v6(mio_fd_t fd, bool *on)
{
	return no_such_option(
	    mio__option_get_bool(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, on));
}

MIO__PUBLIC MIO__COLD int
mio_udp_set_multicast_ttl_v4(mio_fd_t fd, unsigned ttl)
{
	if (ttl == 0 || ttl > TTL_MAX)
		return -ERANGE;

	return set_byte(fd, IP_MULTICAST_TTL, (unsigned char)ttl);
}

MIO__PUBLIC MIO__COLD int
mio_udp_get_multicast_ttl_v4(mio_fd_t fd, unsigned *ttl)
{
	return get_byte(fd, IP_MULTICAST_TTL, ttl, NULL);
}

static MIO__COLD int
change_v4(mio_fd_t fd, int name, const struct in_addr *group,
    const struct in_addr *interface)
{
	struct ip_mreq request;

	if (group == NULL || interface == NULL)
		return -EINVAL;

	request = (struct ip_mreq){
		.imr_multiaddr = *group,
		.imr_interface = *interface,
	};

	return no_such_option(mio__os_setsockopt(
	    fd, IPPROTO_IP, name, &request, sizeof(request)));
}

MIO__PUBLIC MIO__COLD int
mio_udp_join_multicast_v4(
    mio_fd_t fd, const struct in_addr *group, const struct in_addr *interface)
{
	return change_v4(fd, IP_ADD_MEMBERSHIP, group, interface);
}

MIO__PUBLIC MIO__COLD int
mio_udp_leave_multicast_v4(
    mio_fd_t fd, const struct in_addr *group, const struct in_addr *interface)
{
	return change_v4(fd, IP_DROP_MEMBERSHIP, group, interface);
}

static MIO__COLD int
change_v6(mio_fd_t fd, int name, const struct in6_addr *group,
    unsigned interface_index)
{
	struct ipv6_mreq request;

	if (group == NULL)
		return -EINVAL;

	request = (struct ipv6_mreq){
		.ipv6mr_multiaddr = *group,
		.ipv6mr_interface = interface_index,
	};

	return no_such_option(mio__os_setsockopt(
	    fd, IPPROTO_IPV6, name, &request, sizeof(request)));
}

MIO__PUBLIC MIO__COLD int
mio_udp_join_multicast_v6(
    mio_fd_t fd, const struct in6_addr *group, unsigned interface_index)
{
	return change_v6(fd, IPV6_JOIN_GROUP, group, interface_index);
}

MIO__PUBLIC MIO__COLD int
mio_udp_leave_multicast_v6(
    mio_fd_t fd, const struct in6_addr *group, unsigned interface_index)
{
	return change_v6(fd, IPV6_LEAVE_GROUP, group, interface_index);
}
