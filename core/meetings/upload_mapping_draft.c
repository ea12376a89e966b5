/* SPDX-License-Identifier: MIT */
#include "core/meetings/upload_mapping_draft.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/unicode.h"
#include "core/meetings/upload_date.h"
#include "core/meetings/upload_format.h"

enum {
    FIELD_BYTES = 96,
    ENCODINGS = CHARSET_LATIN1 + 1
}; /* of an error; of upload_encoding_names */

static const char *const delimiters[] = {",", ";", "\t", "|"};

/* ---- headers ---- */

static int compare_slices(const void *a, const void *b)
{
    const struct slice *x = a;
    const struct slice *y = b;
    const size_t n = x->n < y->n ? x->n : y->n;
    const int order = n ? memcmp(x->p, y->p, n) : 0;

    return order ? order : (x->n > y->n) - (x->n < y->n);
}

struct uuid upload_headers_digest(struct arena *a, const struct slice *headers, size_t n)
{
    struct slice *keys = arena_zalloc(a, n + 1, sizeof *keys);
    uint8_t digest[SHA256_BYTES];
    struct hash_stream h;

    for (size_t i = 0; i < n; i++)
        keys[i] = upload_header_key(a, headers[i]);
    qsort(keys, n, sizeof *keys, compare_slices);
    hash_begin(&h);
    for (size_t i = 0; i < n; i++) {
        if (!keys[i].n)
            continue; /* without a name: a delimiter at the end of the line makes no other file */
        hash_update(&h, keys[i].p, keys[i].n);
        hash_update(&h, "\n", 1); /* a key has no blank but ' ' */
    }
    hash_end(&h, digest);
    return uuid_from_digest(digest);
}

/* ---- reading what a client sends ---- */

static struct slice json_slice(const json_t *v)
{
    return (struct slice){json_string_value(v), json_string_length(v)};
}

static const char *at(struct ctx *cx, const char *path, const char *member)
{
    char *text = arena_printf(cx->arena, "%s.%s", path, member);

    if (strlen(text) >= FIELD_BYTES) /* a member's name is the client's */
        text[FIELD_BYTES - 1] = '\0';
    return text;
}

static int bad_header(struct ctx *cx, const char *field)
{
    ctx_fail(cx, ERR_INVALID, "header_invalid", field, "a header is a text of 1 to %d characters",
             LIMIT_NAME_CHARS);
    return err_params(&cx->err, "{\"max\":%d}", LIMIT_NAME_CHARS);
}

static int column_of(const char *name)
{
    for (int c = 0; c < UPLOAD_COLUMNS; c++) {
        if (strcmp(upload_column_names[c], name) == 0)
            return c;
    }
    return -1;
}

/* NULL becomes the empty key, which no header that counts has. */
static struct slice key_of(struct ctx *cx, const char *header)
{
    return upload_header_key(cx->arena, slice_cstr(header ? header : ""));
}

static int check_apart(struct ctx *cx, const char *path, const struct upload_names *names)
{
    struct slice keys[UPLOAD_COLUMNS];

    for (int c = 0; c < UPLOAD_COLUMNS; c++) {
        keys[c] = key_of(cx, names->header[c]);
        for (int before = 0; before < c; before++) {
            if (keys[c].n && slice_eq(keys[c], keys[before]))
                return ctx_fail(cx, ERR_INVALID, "header_twice",
                                at(cx, path, upload_column_names[c]),
                                "a header is one column only");
        }
    }
    return 0;
}

int upload_mapping_read_json(struct ctx *cx, const json_t *json, const char *path,
                             struct upload_names *out)
{
    struct upload_names names = {0};
    const char *name;
    json_t *v;

    if (!json_is_object(json) || json_object_size(json) == 0)
        return ctx_fail(cx, ERR_INVALID, "columns_invalid", path,
                        "an object with a header for at least one column");
    json_object_foreach((json_t *)(uintptr_t)json, name, v)
    {
        const int c = column_of(name);
        const struct slice header = slice_trim(json_slice(v));

        if (c < 0)
            return ctx_fail(cx, ERR_INVALID, "column_unknown", at(cx, path, name),
                            "there is no such column");
        if (!json_is_string(v) || utf8_count(header) > LIMIT_NAME_CHARS ||
            !upload_header_key(cx->arena, header).n)
            return bad_header(cx, at(cx, path, name));
        names.header[c] = arena_slicedup(cx->arena, header);
    }
    if (check_apart(cx, path, &names) < 0)
        return -1;
    *out = names;
    return 0;
}

static int read_name(struct ctx *cx, const json_t *v, struct upload_mapping_draft *d)
{
    const struct slice name = slice_trim(json_slice(v));
    bool ok = json_is_string(v) && utf8_count(name) <= LIMIT_MAPPING_NAME_CHARS;

    d->name_key = unicode_fold_text(cx->arena, name);
    for (size_t i = 0; ok && i < name.n; i++)
        ok = (unsigned char)name.p[i] >= ' ' && name.p[i] != 0x7f;
    if (!ok || !d->name_key.n) {
        ctx_fail(cx, ERR_INVALID, "name_invalid", "name", "a name has 1 to %d characters",
                 LIMIT_MAPPING_NAME_CHARS);
        return err_params(&cx->err, "{\"max\":%d}", LIMIT_MAPPING_NAME_CHARS);
    }
    d->m.name = arena_slicedup(cx->arena, name);
    return 0;
}

static int bad_headers(struct ctx *cx)
{
    ctx_fail(cx, ERR_INVALID, "headers_invalid", "headers",
             "an array of the file's headers, 1 to %d, together at most %d bytes", LIMIT_CSV_FIELDS,
             LIMIT_CSV_HEADER_BYTES);
    return err_params(&cx->err, "{\"max\":%d,\"max_bytes\":%d}", LIMIT_CSV_FIELDS,
                      LIMIT_CSV_HEADER_BYTES);
}

int upload_mapping_draft_headers(struct ctx *cx, const json_t *v, struct upload_mapping_draft *d)
{
    const size_t n = json_array_size(v);
    size_t bytes = 0;
    bool named = false;

    if (!json_is_array(v) || n > LIMIT_CSV_FIELDS)
        return bad_headers(cx);
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(v, i);
        const struct slice header = json_slice(item);

        if (!json_is_string(item) || utf8_count(header) > LIMIT_NAME_CHARS)
            return bad_header(cx, arena_printf(cx->arena, "headers.%zu", i));
        d->headers[i] = (struct slice){arena_slicedup(cx->arena, header), header.n};
        d->keys[i] = upload_header_key(cx->arena, header);
        bytes += header.n;
        named = named || d->keys[i].n;
    }
    if (!named || bytes > LIMIT_CSV_HEADER_BYTES)
        return bad_headers(cx);
    d->nheaders = n;
    d->headers_key = upload_headers_digest(cx->arena, d->headers, n);
    return 0;
}

/* Each column's header is one of the file's. */
static int check_columns(struct ctx *cx, const struct upload_mapping_draft *d)
{
    for (int c = 0; c < UPLOAD_COLUMNS; c++) {
        const struct slice key = key_of(cx, d->m.names.header[c]);
        bool known = !key.n;

        for (size_t i = 0; i < d->nheaders && !known; i++)
            known = slice_eq(d->keys[i], key);
        if (!known)
            return ctx_fail(cx, ERR_INVALID, "header_unknown",
                            at(cx, "columns", upload_column_names[c]),
                            "the file has no such header");
    }
    return 0;
}

/* *out gets the word of the table; absent is fine. */
static int read_word(struct ctx *cx, const json_t *settings, const char *name,
                     const char *const *words, size_t n, const char **out)
{
    const json_t *v = json_object_get(settings, name);

    if (!v || json_is_null(v))
        return 0;
    for (size_t i = 0; i < n; i++) {
        if (json_is_string(v) && slice_is(json_slice(v), words[i])) {
            *out = words[i];
            return 0;
        }
    }
    return ctx_fail(cx, ERR_INVALID, "setting_invalid", at(cx, "settings", name),
                    "%s has no such value", name);
}

static int check_members(struct ctx *cx, const json_t *object, const char *path,
                         const char *const *known, size_t n)
{
    const char *name;
    json_t *v;

    json_object_foreach((json_t *)(uintptr_t)object, name, v)
    {
        bool found = false;

        for (size_t i = 0; i < n && !found; i++)
            found = strcmp(known[i], name) == 0;
        if (!found)
            return ctx_fail(cx, ERR_INVALID, "member_unknown", *path ? at(cx, path, name) : name,
                            "there is no such member");
    }
    return 0;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int read_settings(struct ctx *cx, const json_t *v, struct upload_mapping *m)
{
    static const char *const known[] = {"encoding", "delimiter", "date_order"};

    if (!v || json_is_null(v))
        return 0;
    if (!json_is_object(v))
        return ctx_fail(cx, ERR_INVALID, "setting_invalid", "settings", "settings is an object");
    return check_members(cx, v, "settings", known, COUNT(known)) < 0 ||
                   read_word(cx, v, "encoding", upload_encoding_names, ENCODINGS, &m->encoding) <
                       0 ||
                   read_word(cx, v, "delimiter", delimiters, COUNT(delimiters), &m->delimiter) <
                       0 ||
                   read_word(cx, v, "date_order", upload_date_order_names, UPLOAD_DATE_ORDERS,
                             &m->date_order) < 0
               ? -1
               : 0;
}

int upload_mapping_draft_read(struct ctx *cx, const json_t *body, struct upload_mapping_draft *d)
{
    static const char *const known[] = {"name", "headers", "columns", "settings"};

    return check_members(cx, body, "", known, COUNT(known)) < 0 ||
                   read_name(cx, json_object_get(body, "name"), d) < 0 ||
                   upload_mapping_draft_headers(cx, json_object_get(body, "headers"), d) < 0 ||
                   upload_mapping_read_json(cx, json_object_get(body, "columns"), "columns",
                                            &d->m.names) < 0 ||
                   check_columns(cx, d) < 0 ||
                   read_settings(cx, json_object_get(body, "settings"), &d->m) < 0
               ? -1
               : 0;
}
