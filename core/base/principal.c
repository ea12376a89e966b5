/* SPDX-License-Identifier: MIT */
#include "core/base/principal.h"

#include <string.h>

static const char *const roles[] = {"none", "viewer", "analyst", "manager", "admin"};

static const struct {
    const char *word;
    unsigned bit;
} scopes[] = {
    {"data:read", SCOPE_DATA_READ},
    {"data:write", SCOPE_DATA_WRITE},
    {"admin", SCOPE_ADMIN},
    {"operator", SCOPE_OPERATOR},
};

enum { NROLES = sizeof roles / sizeof *roles, NSCOPES = sizeof scopes / sizeof *scopes };

const char *role_name(enum role r)
{
    return (unsigned)r < NROLES ? roles[r] : roles[0];
}

bool role_parse(const char *s, enum role *out)
{
    for (int i = ROLE_VIEWER; i < NROLES; i++) {
        if (strcmp(s, roles[i]) == 0) {
            *out = (enum role)i;
            return true;
        }
    }
    return false;
}

unsigned role_scopes(enum role r)
{
    unsigned have = 0;

    if (r >= ROLE_VIEWER)
        have |= SCOPE_DATA_READ;
    if (r >= ROLE_ANALYST)
        have |= SCOPE_DATA_WRITE;
    if (r >= ROLE_ADMIN)
        have |= SCOPE_ADMIN;
    return have;
}

void scopes_text(unsigned have, char *out, unsigned long n)
{
    unsigned long at = 0;

    out[0] = '\0';
    for (int i = 0; i < NSCOPES; i++) {
        const unsigned long len = strlen(scopes[i].word);

        if (!(have & scopes[i].bit) || at + len + 2 > n)
            continue;
        if (at)
            out[at++] = ' ';
        memcpy(out + at, scopes[i].word, len + 1);
        at += len;
    }
}

unsigned scope_parse(const char *s, unsigned long n)
{
    for (int i = 0; i < NSCOPES; i++) {
        if (strlen(scopes[i].word) == n && memcmp(scopes[i].word, s, n) == 0)
            return scopes[i].bit;
    }
    return 0;
}
