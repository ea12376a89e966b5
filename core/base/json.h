/* SPDX-License-Identifier: MIT */
/*
 * json: reading with jansson under our bounds, writing straight into a string builder.
 */
#ifndef CORE_BASE_JSON_H
#define CORE_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/sb.h"
#include "core/base/slice.h"
#include "core/base/uuid.h"

enum json_status {
    JSON_OK = 0,
    JSON_BAD,      /* not JSON, not UTF-8, or something follows it */
    JSON_TOO_DEEP, /* beyond LIMIT_JSON_DEPTH */
    JSON_TWICE,    /* an object names a key twice */
};

/* Any JSON value (RFC 8259); \u0000 is refused. On JSON_OK the caller owns *out (json_decref). */
enum json_status json_read(struct slice text, json_t **out);

void json_drop(json_t **v);       /* for SCOPED */
void json_drop_deferred(void *v); /* for arena_defer */

/* Members of an object; NULL or false when absent or of another type. */
const char *json_str(const json_t *object, const char *key);
bool json_i64(const json_t *object, const char *key, int64_t *out);

/*
 * Writer. Commas and quoting are its business; the caller only opens and closes in pairs.
 *   jw_object(&w); jw_key(&w, "a"); jw_i64(&w, 1); jw_end(&w);
 */
#define JW_DEPTH 32
struct jw {
    struct sb *out;
    uint32_t has_items; /* one bit a level */
    char closers[JW_DEPTH];
    int depth;
    bool after_key;
};

void jw_init(struct jw *w, struct sb *out);
void jw_object(struct jw *w);
void jw_array(struct jw *w);
void jw_end(struct jw *w); /* of the innermost object or array */
void jw_key(struct jw *w, const char *key);
void jw_str(struct jw *w, const char *s);    /* NULL writes null */
void jw_slice(struct jw *w, struct slice s); /* bytes that are not UTF-8 become U+FFFD */
void jw_i64(struct jw *w, int64_t v);
void jw_real(struct jw *w, double v); /* shortest text that reads back; NaN and Inf become null */
void jw_bool(struct jw *w, bool v);
void jw_null(struct jw *w);
void jw_uuid(struct jw *w, const struct uuid *u);
void jw_raw(struct jw *w, struct slice json); /* text that is JSON already */

/* key and value in one */
void jw_kstr(struct jw *w, const char *key, const char *s);
void jw_kslice(struct jw *w, const char *key, struct slice s);
void jw_ki64(struct jw *w, const char *key, int64_t v);
void jw_kbool(struct jw *w, const char *key, bool v);
void jw_kuuid(struct jw *w, const char *key, const struct uuid *u);

/* A quoted JSON string, for those who build text themselves. */
void json_quote(struct sb *out, struct slice s);

#endif
