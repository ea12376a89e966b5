/* SPDX-License-Identifier: MIT */
/* The small change of db.h: cells of results, and arguments as text. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/hash.h"
#include "core/base/sb.h"
#include "core/db/db.h"
#include "core/db/internal.h"

void pg_drop(PGresult **r)
{
    PQclear(*r);
    *r = NULL;
}

const char *pg_text(const PGresult *r, int row, int col)
{
    return PQgetisnull(r, row, col) ? NULL : PQgetvalue(r, row, col);
}

struct slice pg_slice(const PGresult *r, int row, int col)
{
    if (PQgetisnull(r, row, col))
        return (struct slice){NULL, 0};
    return (struct slice){PQgetvalue(r, row, col), (size_t)PQgetlength(r, row, col)};
}

char *pg_dup(struct arena *a, const PGresult *r, int row, int col)
{
    const char *s = pg_text(r, row, col);

    return s ? arena_strdup(a, s) : NULL;
}

int64_t pg_i64(const PGresult *r, int row, int col, int64_t missing)
{
    int64_t v;

    return slice_to_i64(pg_slice(r, row, col), &v) ? v : missing;
}

double pg_real(const PGresult *r, int row, int col, double missing)
{
    const char *s = pg_text(r, row, col);

    return s ? strtod(s, NULL) : missing;
}

bool pg_bool(const PGresult *r, int row, int col)
{
    const char *s = pg_text(r, row, col);

    return s && s[0] == 't';
}

bool pg_uuid(const PGresult *r, int row, int col, struct uuid *out)
{
    return uuid_parse(pg_slice(r, row, col), out);
}

char *db_text_array(struct arena *a, const struct slice *items, size_t n)
{
    size_t bytes = 3;
    char *text;
    char *at;

    for (size_t i = 0; i < n; i++)
        bytes += 2 * items[i].n + 3;
    text = at = arena_alloc(a, bytes);
    *at++ = '{';
    for (size_t i = 0; i < n; i++) {
        if (i)
            *at++ = ',';
        *at++ = '"';
        for (size_t k = 0; k < items[i].n; k++) {
            if (items[i].p[k] == '"' || items[i].p[k] == '\\')
                *at++ = '\\';
            *at++ = items[i].p[k];
        }
        *at++ = '"';
    }
    *at++ = '}';
    *at = '\0';
    return text;
}

static const char *bytes_text(struct arena *a, struct slice s)
{
    char *hex = arena_alloc(a, 2 * s.n + 3);

    hex[0] = '\\';
    hex[1] = 'x';
    hash_hex((const uint8_t *)s.p, s.n, hex + 2);
    return hex;
}

const char *db_arg_text(struct arena *a, const struct db_arg *arg)
{
    char uuid[UUID_TEXT_BYTES];

    switch (arg->kind) {
    case DB_ARG_NULL: return NULL;
    case DB_ARG_TEXT: return arena_slicedup(a, arg->s);
    case DB_ARG_I64: return arena_printf(a, "%lld", (long long)arg->i);
    case DB_ARG_BOOL: return arg->i ? "t" : "f";
    case DB_ARG_REAL: return arena_printf(a, "%.17g", arg->d);
    case DB_ARG_UUID: uuid_text(&arg->u, uuid); return arena_strdup(a, uuid);
    case DB_ARG_BYTES: return bytes_text(a, arg->s);
    }
    return NULL;
}
