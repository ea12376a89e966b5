/* SPDX-License-Identifier: MIT */
/*
 * principal: who is calling, as plain data. auth/ fills it, core/db enters the tenant with it.
 */
#ifndef CORE_BASE_PRINCIPAL_H
#define CORE_BASE_PRINCIPAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/uuid.h"

enum principal_kind {
    PRINCIPAL_NONE = 0,
    PRINCIPAL_USER,  /* a person with an access token of the identity provider */
    PRINCIPAL_TOKEN, /* an API token of a tenant */
    PRINCIPAL_JOB,   /* a job worker that holds a lease */
};

/* Ordered: a higher role may do all that a lower one may. */
enum role { ROLE_NONE = 0, ROLE_VIEWER, ROLE_ANALYST, ROLE_MANAGER, ROLE_ADMIN };

enum scope { /* bits */
             SCOPE_PUBLIC = 0,
             SCOPE_DATA_READ = 1 << 0,
             SCOPE_DATA_WRITE = 1 << 1,
             SCOPE_ADMIN = 1 << 2,
             SCOPE_OPERATOR = 1 << 3, /* crosses tenants; never given by a tenant's role */
};

struct principal {
    enum principal_kind kind;
    struct uuid tenant;
    struct uuid user;       /* PRINCIPAL_USER; for a token, nil */
    struct uuid credential; /* the token's or the job's id */
    uint8_t proof[32]; /* SHA-256 of the token's secret, or the job's lease in the first 16 bytes */
    enum role role;    /* what the tenant says; filled when the tenant is entered */
    unsigned scopes;   /* enum scope bits */
    int64_t issued_s;  /* PRINCIPAL_USER: `iat` of the access token; older than the membership's
                             * sessions_since is refused (sign-out everywhere) */
    char language[3];  /* "es" or "en" */
};

const char *role_name(enum role r); /* "viewer" ...; "none" */
bool role_parse(const char *s, enum role *out);
unsigned role_scopes(enum role r);

/* Space-separated words, in the order of the bits; out is terminated and never overrun. */
void scopes_text(unsigned have, char *out, unsigned long n);
/* "data:read" -> bit; 0 when unknown. */
unsigned scope_parse(const char *s, unsigned long n);

#endif
