/* SPDX-License-Identifier: MIT */
#include "core/meetings/upload_row.h"

#include <string.h>

#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/unicode.h"

const char *const upload_column_names[UPLOAD_COLUMNS] = {
    "client_name", "email", "phone", "meeting_date", "sales_rep", "closed", "transcript",
};

/* Folded: lower case, no accents, underscores as blanks. */
static const char *const aliases[UPLOAD_COLUMNS][10] = {
    [UPLOAD_CLIENT_NAME] = {"client name", "nombre", "cliente", "nombre del cliente",
                            "nombre cliente", "client", "name", "clientname"},
    [UPLOAD_EMAIL] = {"email", "correo electronico", "correo", "e-mail", "mail", "email address"},
    [UPLOAD_PHONE] = {"phone", "numero de telefono", "telefono", "phone number", "celular", "movil",
                      "numero"},
    [UPLOAD_MEETING_DATE] = {"meeting date", "fecha de la reunion", "fecha", "date",
                             "fecha reunion", "meetingdate"},
    [UPLOAD_SALES_REP] = {"sales rep", "vendedor asignado", "vendedor", "vendedora", "seller",
                          "ejecutivo", "salesrep", "owner"},
    [UPLOAD_CLOSED] = {"closed", "cerrado", "cerrada", "ganada", "won", "estado", "deal closed"},
    [UPLOAD_TRANSCRIPT] = {"transcript", "transcripcion", "transcripcion de la reunion", "notes",
                           "notas", "conversation"},
};

static const struct {
    const char *word;
    bool closed;
} closed_words[] = {
    {"1", true},        {"true", true},     {"si", true},        {"yes", true},
    {"won", true},      {"ganada", true},   {"ganado", true},    {"cerrada", true},
    {"cerrado", true},  {"closed", true},   {"verdadero", true}, {"0", false},
    {"false", false},   {"no", false},      {"lost", false},     {"perdida", false},
    {"perdido", false}, {"abierta", false}, {"abierto", false},  {"open", false},
    {"falso", false},
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

char upload_delimiter(struct slice header_line)
{
    static const char candidates[] = {',', ';', '\t', '|'};
    size_t count[sizeof candidates] = {0};
    bool quoted = false;
    size_t best = 0;

    for (size_t i = 0; i < header_line.n; i++) {
        if (header_line.p[i] == '"')
            quoted = !quoted;
        for (size_t k = 0; k < sizeof candidates; k++)
            count[k] += !quoted && header_line.p[i] == candidates[k];
    }
    for (size_t k = 1; k < sizeof candidates; k++) {
        if (count[k] > count[best])
            best = k;
    }
    return candidates[best];
}

static bool is_alias(enum upload_column c, struct slice folded)
{
    for (int i = 0; i < 10 && aliases[c][i]; i++) {
        if (slice_is(folded, aliases[c][i]))
            return true;
    }
    return false;
}

void upload_map_headers(struct arena *a, const struct slice *fields, size_t n,
                        struct upload_map *out)
{
    for (int c = 0; c < UPLOAD_COLUMNS; c++)
        out->at[c] = -1;
    for (size_t i = 0; i < n; i++) {
        char *copy = arena_slicedup(a, fields[i]);
        struct slice folded;

        for (char *p = copy; *p; p++) {
            if (*p == '_')
                *p = ' ';
        }
        folded = unicode_fold_text(a, slice_cstr(copy));
        for (int c = 0; c < UPLOAD_COLUMNS; c++) {
            if (out->at[c] < 0 && is_alias((enum upload_column)c, folded)) {
                out->at[c] = (int)i;
                out->header[c] = slice_cstr(arena_slicedup(a, fields[i]));
                break;
            }
        }
    }
}

unsigned upload_map_missing(const struct upload_map *map)
{
    unsigned missing = 0;

    for (int c = 0; c < UPLOAD_COLUMNS; c++)
        missing |= map->at[c] < 0 ? 1u << c : 0;
    return missing;
}

bool upload_date_ok(struct slice s)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t y;
    int64_t m;
    int64_t d;

    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' || !slice_to_i64((struct slice){s.p, 4}, &y) ||
        !slice_to_i64((struct slice){s.p + 5, 2}, &m) ||
        !slice_to_i64((struct slice){s.p + 8, 2}, &d))
        return false;
    if (y < 1900 || y > 2199 || m < 1 || m > 12 || d < 1)
        return false;
    return d <= days[m - 1] + (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0));
}

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
        return "too_long";
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

static const char *check_column(struct arena *scratch, enum upload_column c, struct upload_row *row,
                                int64_t *limit)
{
    const struct slice s = row->text[c];
    const char *code = check_text(c, s, limit);

    if (code)
        return code;
    switch (c) {
    case UPLOAD_EMAIL: return email_ok(s) ? NULL : "email_invalid";
    case UPLOAD_MEETING_DATE:
        if (!upload_date_ok(s))
            return "date_invalid";
        memcpy(row->date, s.p, 10);
        row->date[10] = '\0';
        return NULL;
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

    hash_begin(&h);
    add_part(&h, unicode_fold_text(scratch, row->text[UPLOAD_CLIENT_NAME]));
    add_part(&h, unicode_fold_text(scratch, row->text[UPLOAD_EMAIL]));
    add_part(&h, digits_of(scratch, row->text[UPLOAD_PHONE]));
    add_part(&h, slice_cstr(row->date));
    add_part(&h, unicode_fold_text(scratch, row->text[UPLOAD_SALES_REP]));
    hash_end(&h, digest);
    row->identity = uuid_from_digest(digest);

    hash_sha256(row->text[UPLOAD_TRANSCRIPT].p, row->text[UPLOAD_TRANSCRIPT].n, digest);
    row->body_hash = uuid_from_digest(digest);

    hash_begin(&h);
    for (int c = 0; c < UPLOAD_CLOSED; c++)
        add_part(&h, row->text[c]);
    add_part(&h, row->closed ? SLICE("1") : SLICE("0"));
    add_part(&h, (struct slice){(const char *)digest, sizeof digest});
    hash_end(&h, digest);
    row->content = uuid_from_digest(digest);
}

enum upload_verdict upload_row_read(struct arena *scratch, const struct upload_map *map,
                                    const struct slice *fields, size_t n, struct upload_row *out,
                                    struct upload_problem problems[UPLOAD_COLUMNS],
                                    size_t *nproblems)
{
    bool blank = true;

    *nproblems = 0;
    for (size_t i = 0; i < n && blank; i++)
        blank = slice_trim(fields[i]).n == 0;
    if (blank)
        return UPLOAD_ROW_BLANK;
    for (int c = 0; c < UPLOAD_COLUMNS; c++) {
        const char *code;
        int64_t limit = 0;

        out->text[c] =
            (size_t)map->at[c] < n ? slice_trim(fields[map->at[c]]) : (struct slice){"", 0};
        code = check_column(scratch, (enum upload_column)c, out, &limit);
        if (code)
            problems[(*nproblems)++] = (struct upload_problem){
                .column = (enum upload_column)c, .code = code, .limit = limit};
    }
    if (*nproblems)
        return UPLOAD_ROW_INVALID;
    add_keys(scratch, out);
    return UPLOAD_ROW_OK;
}
