/* SPDX-License-Identifier: MIT */
#include "core/meetings/upload_row.h"

#include <string.h>

#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/unicode.h"

/* Stages of CRMs count with what they mean for the deal: all but the won ones are not. */
static const struct {
    const char *word;
    bool closed;
} closed_words[] = {
    {"1", true},
    {"true", true},
    {"si", true},
    {"yes", true},
    {"y", true},
    {"s", true},
    {"t", true},
    {"v", true},
    {"x", true},
    {"won", true},
    {"ganada", true},
    {"ganado", true},
    {"cerrada", true},
    {"cerrado", true},
    {"closed", true},
    {"verdadero", true},
    {"closed won", true},
    {"closedwon", true},
    {"closed-won", true},
    {"cierre ganado", true},
    {"cerrado ganado", true},
    {"cerrada ganada", true},
    {"ganado cerrado", true},
    {"0", false},
    {"false", false},
    {"no", false},
    {"n", false},
    {"f", false},
    {"lost", false},
    {"perdida", false},
    {"perdido", false},
    {"abierta", false},
    {"abierto", false},
    {"open", false},
    {"falso", false},
    {"closed lost", false},
    {"closedlost", false},
    {"closed-lost", false},
    {"cierre perdido", false},
    {"cerrado perdido", false},
    {"cerrada perdida", false},
    {"in progress", false},
    {"en curso", false},
    {"en proceso", false},
    {"pending", false},
    {"pendiente", false},
};

static const struct {
    int64_t min_chars;
    int64_t max_chars;
} lengths[UPLOAD_COLUMNS] = {
    [UPLOAD_CLIENT_NAME] = {1, LIMIT_NAME_CHARS},
    [UPLOAD_EMAIL] = {1, LIMIT_EMAIL_CHARS},
    [UPLOAD_PHONE] = {1, LIMIT_PHONE_CHARS},
    [UPLOAD_MEETING_DATE] = {1, 40},
    [UPLOAD_SALES_REP] = {1, LIMIT_NAME_CHARS},
    [UPLOAD_CLOSED] = {1, 40},
    [UPLOAD_TRANSCRIPT] = {LIMIT_TRANSCRIPT_CHARS_MIN, LIMIT_TRANSCRIPT_BYTES},
};

/* One @, something before it, a dot inside what follows, no blanks or control characters: what a mail server would
 * at least try. Deliverability is not decided by syntax. */
static bool email_ok(struct slice s)
{
    const char *at = memchr(s.p, '@', s.n);
    struct slice domain;
    const char *dot;

    if (!at || at == s.p)
        return false;
    domain = (struct slice){at + 1, (size_t)(s.p + s.n - at - 1)};
    dot = domain.n ? memchr(domain.p, '.', domain.n) : NULL;
    if (!dot || dot == domain.p || domain.p[domain.n - 1] == '.' || memchr(domain.p, '@', domain.n))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == ',' || s.p[i] == ';')
            return false;
    }
    return true;
}

static bool closed_read(struct arena *scratch, struct slice s, bool *out)
{
    const struct slice folded = unicode_fold_text(scratch, s);

    for (size_t i = 0; i < sizeof closed_words / sizeof *closed_words; i++) {
        if (slice_is(folded, closed_words[i].word)) {
            *out = closed_words[i].closed;
            return true;
        }
    }
    return false;
}

static const char *check_text(enum upload_column c, struct slice s, int64_t *limit)
{
    size_t chars;

    if (s.n == 0)
        return "required";
    if (!utf8_valid(s) || memchr(s.p, '\0', s.n))
        return "encoding_invalid";
    if (c == UPLOAD_TRANSCRIPT && s.n > LIMIT_TRANSCRIPT_BYTES) {
        *limit = LIMIT_TRANSCRIPT_BYTES;
        return "too_long_bytes";
    }
    chars = utf8_count(s);
    if ((int64_t)chars > lengths[c].max_chars) {
        *limit = lengths[c].max_chars;
        return "too_long";
    }
    if ((int64_t)chars < lengths[c].min_chars) {
        *limit = lengths[c].min_chars;
        return "too_short";
    }
    return NULL;
}

static const char *check_column(struct arena *scratch, enum upload_column c,
                                enum upload_date_order order, struct upload_row *row,
                                int64_t *limit)
{
    const struct slice s = row->text[c];
    const char *code = check_text(c, s, limit);

    if (code)
        return code;
    switch (c) {
    case UPLOAD_EMAIL: return email_ok(s) ? NULL : "email_invalid";
    case UPLOAD_MEETING_DATE: return upload_date_read(s, order, row->date) ? NULL : "date_invalid";
    case UPLOAD_CLOSED: return closed_read(scratch, s, &row->closed) ? NULL : "closed_invalid";
    default: return NULL;
    }
}

static void add_part(struct hash_stream *h, struct slice s)
{
    const char end = '\x1f';

    hash_update(h, s.p, s.n);
    hash_update(h, &end, 1);
}

static struct slice digits_of(struct arena *scratch, struct slice phone)
{
    char *out = arena_alloc(scratch, phone.n);
    size_t n = 0;

    for (size_t i = 0; i < phone.n; i++) {
        if (phone.p[i] >= '0' && phone.p[i] <= '9')
            out[n++] = phone.p[i];
    }
    return (struct slice){out, n};
}

static void add_keys(struct arena *scratch, struct upload_row *row)
{
    uint8_t digest[SHA256_BYTES];
    struct hash_stream h;

    row->seller_key = unicode_fold_text(scratch, row->text[UPLOAD_SALES_REP]);
    hash_begin(&h);
    add_part(&h, unicode_fold_text(scratch, row->text[UPLOAD_CLIENT_NAME]));
    add_part(&h, unicode_fold_text(scratch, row->text[UPLOAD_EMAIL]));
    add_part(&h, digits_of(scratch, row->text[UPLOAD_PHONE]));
    add_part(&h, slice_cstr(row->date));
    add_part(&h, row->seller_key);
    hash_end(&h, digest);
    row->identity = uuid_from_digest(digest);

    hash_sha256(row->text[UPLOAD_TRANSCRIPT].p, row->text[UPLOAD_TRANSCRIPT].n, digest);
    row->body_hash = uuid_from_digest(digest);

    hash_begin(&h);
    for (int c = 0; c < UPLOAD_CLOSED; c++)
        add_part(&h, c == UPLOAD_MEETING_DATE ? slice_cstr(row->date) : row->text[c]);
    add_part(&h, row->closed ? SLICE("1") : SLICE("0"));
    add_part(&h, (struct slice){(const char *)digest, sizeof digest});
    hash_end(&h, digest);
    row->content = uuid_from_digest(digest);
}

/* NBSP and its kin too, and what cannot be seen at all: they come along when a cell is copied from a page. */
static bool is_nothing(uint32_t cp)
{
    return unicode_is_space(cp) || unicode_is_invisible(cp);
}

static struct slice trim(struct slice s)
{
    unsigned used;

    while (s.n && is_nothing(utf8_decode(s, 0, &used)))
        s = (struct slice){s.p + used, s.n - used};
    while (s.n) {
        size_t at = s.n - 1;

        while (at > 0 && s.n - at < 4 && ((unsigned char)s.p[at] & 0xC0) == 0x80)
            at--;
        if (!is_nothing(utf8_decode(s, at, &used)) || at + used != s.n)
            break;
        s.n = at;
    }
    return s;
}

/* What keeps a row from being read at all: then its columns cannot be judged. */
static const char *check_whole(const struct csv_record *record, const struct upload_map *map,
                               int64_t *limit)
{
    if (record->too_many) {
        *limit = LIMIT_CSV_FIELDS;
        return "too_many_columns";
    }
    if (record->record_cut) {
        *limit = LIMIT_CSV_RECORD_BYTES;
        return "row_too_long";
    }
    /* a text with the delimiter in it and no quotes around it: taken as it is, it would lose its end */
    for (size_t i = map->width; i < record->n; i++) {
        if (trim(record->fields[i]).n) {
            *limit = (int64_t)map->width;
            return "too_many_cells";
        }
    }
    return NULL;
}

static bool is_blank(const struct csv_record *record)
{
    for (size_t i = 0; i < record->n; i++) {
        if (trim(record->fields[i]).n)
            return false;
    }
    return true;
}

enum upload_verdict upload_row_read(struct arena *scratch, const struct upload_map *map,
                                    enum upload_date_order order, const struct csv_record *record,
                                    struct upload_row *out,
                                    struct upload_problem problems[UPLOAD_COLUMNS],
                                    size_t *nproblems)
{
    int64_t limit = 0;
    const char *code = check_whole(record, map, &limit);

    *nproblems = 0;
    for (int c = 0; c <= UPLOAD_COLUMNS; c++)
        out->text[c] = (struct slice){"", 0};
    if (code) {
        problems[(*nproblems)++] =
            (struct upload_problem){.column = UPLOAD_WHOLE_ROW, .code = code, .limit = limit};
        return UPLOAD_ROW_INVALID;
    }
    if (is_blank(record))
        return UPLOAD_ROW_BLANK;
    for (int c = 0; c < UPLOAD_COLUMNS; c++) {
        const struct slice field =
            (size_t)map->at[c] < record->n ? record->fields[map->at[c]] : (struct slice){"", 0};

        limit = 0;
        out->text[c] = trim(field);
        if (field.n >=
            LIMIT_CSV_FIELD_BYTES) { /* cut, or about to be: what is kept tells nothing */
            code = c == UPLOAD_TRANSCRIPT ? "too_long_bytes" : "too_long";
            limit = lengths[c].max_chars;
        } else {
            code = check_column(scratch, (enum upload_column)c, order, out, &limit);
        }
        if (code)
            problems[(*nproblems)++] = (struct upload_problem){
                .column = (enum upload_column)c, .code = code, .limit = limit};
    }
    if (*nproblems)
        return UPLOAD_ROW_INVALID;
    add_keys(scratch, out);
    return UPLOAD_ROW_OK;
}
