/* SPDX-License-Identifier: MIT */
#include "core/base/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/unicode.h"

/* jansson bounds depth only at 2,048: count brackets outside strings before it recurses. */
static bool too_deep(struct slice text)
{
    bool in_string = false;
    int depth = 0;

    for (size_t i = 0; i < text.n; i++) {
        const char c = text.p[i];

        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > LIMIT_JSON_DEPTH)
                return true;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return false;
}

enum json_status json_read(struct slice text, json_t **out)
{
    json_error_t e;
    json_t *v;

    if (too_deep(text))
        return JSON_TOO_DEEP;
    v = json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
    if (!v)
        return json_error_code(&e) == json_error_duplicate_key ? JSON_TWICE : JSON_BAD;
    *out = v;
    return JSON_OK;
}

void json_drop(json_t **v)
{
    json_decref(*v);
}

void json_drop_deferred(void *v)
{
    json_decref(v);
}

const char *json_str(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

bool json_i64(const json_t *object, const char *key, int64_t *out)
{
    const json_t *v = json_object_get(object, key);

    if (!json_is_integer(v))
        return false;
    *out = json_integer_value(v);
    return true;
}

static void put_escaped(struct sb *out, unsigned char c)
{
    static const char *const named[] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r"};

    if (c == '"' || c == '\\') {
        sb_putc(out, '\\');
        sb_putc(out, (char)c);
    } else if (c < sizeof named / sizeof *named && named[c]) {
        sb_puts(out, named[c]);
    } else {
        sb_printf(out, "\\u%04x", c);
    }
}

void json_quote(struct sb *out, struct slice s)
{
    size_t from = 0; /* start of the run that is copied as it is */
    size_t i = 0;

    sb_putc(out, '"');
    while (i < s.n) {
        const unsigned char c = (unsigned char)s.p[i];
        unsigned used = 1;

        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
            i++;
            continue;
        }
        if (c >= 0x80) {
            const bool bad = utf8_decode(s, i, &used) == UNICODE_REPLACEMENT && used == 1;

            if (!bad) {
                i += used;
                continue;
            }
        }
        sb_put(out, s.p + from, i - from);
        if (c >= 0x80)
            sb_puts(out, "\xEF\xBF\xBD");
        else
            put_escaped(out, c);
        i += used;
        from = i;
    }
    sb_put(out, s.p + from, i - from);
    sb_putc(out, '"');
}

void jw_init(struct jw *w, struct sb *out)
{
    *w = (struct jw){.out = out};
}

/* What comes before any value: the comma of its level, unless a key was just written. */
static void before_value(struct jw *w)
{
    const uint32_t bit = 1u << w->depth;

    if (w->after_key) {
        w->after_key = false;
        return;
    }
    if (w->has_items & bit)
        sb_putc(w->out, ',');
    w->has_items |= bit;
}

static void jw_open(struct jw *w, char opener, char closer)
{
    before_value(w);
    assert(w->depth < JW_DEPTH - 1);
    sb_putc(w->out, opener);
    w->closers[w->depth++] = closer;
    w->has_items &= ~(1u << w->depth);
}

void jw_object(struct jw *w)
{
    jw_open(w, '{', '}');
}

void jw_array(struct jw *w)
{
    jw_open(w, '[', ']');
}

void jw_end(struct jw *w)
{
    assert(w->depth > 0);
    sb_putc(w->out, w->closers[--w->depth]);
}

void jw_key(struct jw *w, const char *key)
{
    before_value(w);
    json_quote(w->out, slice_cstr(key));
    sb_putc(w->out, ':');
    w->after_key = true;
}

void jw_slice(struct jw *w, struct slice s)
{
    before_value(w);
    json_quote(w->out, s);
}

void jw_str(struct jw *w, const char *s)
{
    if (s)
        jw_slice(w, slice_cstr(s));
    else
        jw_null(w);
}

void jw_i64(struct jw *w, int64_t v)
{
    before_value(w);
    sb_i64(w->out, v);
}

void jw_real(struct jw *w, double v)
{
    char text[40];

    if (!isfinite(v)) {
        jw_null(w);
        return;
    }
    before_value(w);
    /* 15 digits are enough for most values and prettier; 17 always read back */
    snprintf(text, sizeof text, "%.15g", v);
    if (strtod(text, NULL) != v)
        snprintf(text, sizeof text, "%.17g", v);
    sb_puts(w->out, text);
}

void jw_bool(struct jw *w, bool v)
{
    before_value(w);
    sb_puts(w->out, v ? "true" : "false");
}

void jw_null(struct jw *w)
{
    before_value(w);
    sb_puts(w->out, "null");
}

void jw_uuid(struct jw *w, const struct uuid *u)
{
    char text[UUID_TEXT_BYTES];

    uuid_text(u, text);
    jw_str(w, text);
}

void jw_raw(struct jw *w, struct slice json)
{
    before_value(w);
    sb_slice(w->out, json);
}

void jw_kstr(struct jw *w, const char *key, const char *s)
{
    jw_key(w, key);
    jw_str(w, s);
}

void jw_kslice(struct jw *w, const char *key, struct slice s)
{
    jw_key(w, key);
    jw_slice(w, s);
}

void jw_ki64(struct jw *w, const char *key, int64_t v)
{
    jw_key(w, key);
    jw_i64(w, v);
}

void jw_kbool(struct jw *w, const char *key, bool v)
{
    jw_key(w, key);
    jw_bool(w, v);
}

void jw_kuuid(struct jw *w, const char *key, const struct uuid *u)
{
    jw_key(w, key);
    jw_uuid(w, u);
}
