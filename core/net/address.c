/* SPDX-License-Identifier: MIT */
#include "core/net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/base/slice.h"

struct range4 {
    uint32_t net;
    unsigned bits;
};

/* IANA's IPv4 special-purpose registry, all that is not globally reachable unicast. */
static const struct range4 special4[] = {
    {0x00000000, 8},  /* 0.0.0.0/8 this network */
    {0x0a000000, 8},  /* 10.0.0.0/8 private */
    {0x64400000, 10}, /* 100.64.0.0/10 shared: carriers, and many clouds' own services */
    {0x7f000000, 8},  /* 127.0.0.0/8 loopback */
    {0xa9fe0000, 16}, /* 169.254.0.0/16 link-local: cloud metadata */
    {0xac100000, 12}, /* 172.16.0.0/12 private */
    {0xc0000000, 24}, /* 192.0.0.0/24 protocol assignments: Oracle's metadata too */
    {0xc0000200, 24}, /* 192.0.2.0/24 documentation */
    {0xc0586300, 24}, /* 192.88.99.0/24 6to4 relays, withdrawn */
    {0xc0a80000, 16}, /* 192.168.0.0/16 private */
    {0xc6120000, 15}, /* 198.18.0.0/15 benchmarking */
    {0xc6336400, 24}, /* 198.51.100.0/24 documentation */
    {0xcb007100, 24}, /* 203.0.113.0/24 documentation */
    {0xe0000000, 4},  /* 224.0.0.0/4 multicast */
    {0xf0000000, 4},  /* 240.0.0.0/4 reserved, broadcast */
};

struct range6 {
    uint8_t net[16];
    unsigned bits;
};

/* Inside 2000::/3, the only global unicast space that was given out. */
static const struct range6 special6[] = {
    {{0x20, 0x01, 0x00}, 23}, /* 2001::/23 protocol assignments: Teredo, ORCHID, benchmarking */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* 2001:db8::/32 documentation */
    {{0x20, 0x02}, 16},             /* 2002::/16 6to4: carries any IPv4 address */
    {{0x3f, 0xff, 0x00}, 20},       /* 3fff::/20 documentation */
};

static bool public4(uint32_t address)
{
    for (size_t i = 0; i < sizeof special4 / sizeof special4[0]; i++) {
        uint32_t mask = ~UINT32_C(0) << (32 - special4[i].bits);

        if ((address & mask) == special4[i].net)
            return false;
    }
    return true;
}

static bool within(const uint8_t *address, const uint8_t *net, unsigned bits)
{
    unsigned whole = bits / 8;
    unsigned rest = bits % 8;
    uint8_t mask = (uint8_t)(0xff00u >> rest);

    return memcmp(address, net, whole) == 0 &&
           (rest == 0 || (address[whole] & mask) == (net[whole] & mask));
}

static bool public6(const uint8_t *address)
{
    static const uint8_t nat64[16] = {0x00, 0x64, 0xff, 0x9b};
    static const uint8_t global[16] = {0x20};

    if (within(address, nat64,
               96)) /* how a host without IPv4 reaches it: what counts is the address inside */
        return public4((uint32_t)address[12] << 24 | (uint32_t)address[13] << 16 |
                       (uint32_t)address[14] << 8 | address[15]);
    if (!within(address, global, 3))
        return false;
    for (size_t i = 0; i < sizeof special6 / sizeof special6[0]; i++)
        if (within(address, special6[i].net, special6[i].bits))
            return false;
    return true;
}

bool net_address_public(const struct sockaddr *address, socklen_t n)
{
    if (address->sa_family == AF_INET && n >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in in;

        memcpy(&in, address, sizeof in); /* the caller's buffer need not be aligned for it */
        return public4(ntohl(in.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6 && n >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 in6;

        memcpy(&in6, address, sizeof in6);
        return public6(in6.sin6_addr.s6_addr);
    }
    return false;
}

static struct slice bare_host(struct slice host)
{
    if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        return (struct slice){host.p + 1, host.n - 2};
    if (host.n > 1 && host.p[host.n - 1] == '.')
        host.n--;
    return host;
}

bool net_host_listed(const char *allow, const char *host)
{
    struct slice rest = slice_cstr(allow);
    struct slice wanted = bare_host(slice_cstr(host));

    if (wanted.n == 0)
        return false;
    while (rest.n > 0) {
        struct slice item = slice_trim(slice_cut(rest, ',', &rest));

        if (slice_eq_nocase(bare_host(item), wanted))
            return true;
    }
    return false;
}
