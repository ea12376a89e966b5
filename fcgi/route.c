/* SPDX-License-Identifier: MIT */
#include "fcgi/route.h"

#include <string.h>

const char *http_method_name(enum http_method m)
{
    static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OTHER"};

    return names[m];
}

/* Segment by segment; `{name}` takes one that is not empty. */
static bool matches(const char *pattern, struct slice path, struct http_request *rq)
{
    struct slice rest = slice_cstr(pattern);

    rq->npath_params = 0;
    while (rest.n || path.n) {
        const struct slice want = slice_cut(rest, '/', &rest);
        const struct slice have = slice_cut(path, '/', &path);

        if (want.n > 2 && want.p[0] == '{') {
            if (!have.n || rq->npath_params == sizeof rq->path_params / sizeof *rq->path_params)
                return false;
            rq->path_params[rq->npath_params++] =
                (struct http_param){.name = {want.p + 1, want.n - 2}, .value = have};
        } else if (!slice_eq(want, have)) {
            return false;
        }
        if (!rest.n != !path.n)
            return false;
    }
    return true;
}

const struct route *route_find(const struct route *table, size_t n, struct http_request *rq,
                               char allow[64])
{
    const enum http_method wanted = rq->method == HTTP_HEAD ? HTTP_GET : rq->method;
    const bool slash_at_end = rq->path.n > 1 && rq->path.p[rq->path.n - 1] == '/';

    allow[0] = '\0';
    if (slash_at_end) /* slice_cut would not see the empty last segment */
        return NULL;
    for (size_t i = 0; i < n; i++) {
        const char *name = http_method_name(table[i].method);

        if (!matches(table[i].pattern, rq->path, rq))
            continue;
        if (table[i].method == wanted)
            return &table[i];
        if (strlen(allow) + strlen(name) + 3 < 64) {
            if (allow[0])
                strncat(allow, ", ", 3);
            strncat(allow, name, 8);
        }
    }
    return NULL;
}

enum role route_min_role(enum scope scope)
{
    for (int r = ROLE_VIEWER; r <= ROLE_ADMIN; r++) {
        if (role_scopes((enum role)r) & scope)
            return (enum role)r;
    }
    return ROLE_ADMIN;
}
