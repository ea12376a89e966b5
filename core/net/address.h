/* SPDX-License-Identifier: MIT */
/*
 * address: which network addresses a server of ours may be made to talk to.
 *
 * A URL that a tenant or an upstream gave must not become a way into the operator's own network. The question
 * is asked about the address that is about to be connected to, after resolution, so that a name that resolves
 * to a private address (or resolves differently the second time) gains nothing.
 */
#ifndef CORE_NET_ADDRESS_H
#define CORE_NET_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* True only for global unicast addresses. False for this-network, private, shared (CGNAT), loopback, link-local,
 * documentation, benchmarking, multicast and reserved ones, for IPv6 forms that carry an IPv4 address
 * (mapped, compatible, 6to4, Teredo; NAT64 counts as the IPv4 address inside), and for every other family. */
bool net_address_public(const struct sockaddr *address, socklen_t n);

/* `host` is, ignoring ASCII case, brackets and one trailing dot, an item of the comma list `allow` (NULL: empty).
 * Exact names only: no wildcards, no suffixes, no networks. */
bool net_host_listed(const char *allow, const char *host);

#endif
