/* SPDX-License-Identifier: MIT */
#include "core/meetings/upload_format.h"

#include <string.h>

#include "core/base/limits.h"
#include "core/base/unicode.h"
#include "core/meetings/upload_sniff.h"
#include "core/meetings/upload_source.h"

enum {
    SAMPLE_BYTES = 1 << 20,
    PROBE_BYTES = 64 << 10, /* in which delimiters are compared */
    PROBE_RECORDS = 100,
    SCRATCH_BYTES = 16 << 20,
    HEADER_LINES = 20, /* how far below the first line of text the header may be */
    HEADER_KNOWN_LEAST =
        2, /* columns by which a lower line is one: a row may say "Won", which is the name of one */
    HEADER_SHOWN_CHARS = 60, /* of one header in an error */
};

static const char delimiters[] = {',', ';', '\t', '|'};
static const char *const delimiter_names[] = {"comma", "semicolon", "tab", "pipe"};

enum { NDELIMITERS = sizeof delimiters };

static void drop_arena(struct arena **a)
{
    arena_free(*a);
}

/* ---- what is being detected ---- */

struct detection {
    struct ctx *cx;
    const struct upload_choice *choice;
    struct arena *scratch;
    struct arena *line; /* of what is found in one record, reset after each */
    int fd;
    int64_t bytes;
    struct slice sample; /* the file's first bytes */
    bool whole;          /* and all of them */
    struct upload_format f;
};

static bool is_one_of(struct slice s, const char *const *words)
{
    for (; *words; words++) {
        if (slice_eq_nocase(s, slice_cstr(*words)))
            return true;
    }
    return false;
}

/* ---- encoding ---- */

static int read_sample(struct detection *d)
{
    char *buf = arena_alloc(d->scratch, SAMPLE_BYTES);

    if (source_read_at(d->cx, d->fd, 0, buf, SAMPLE_BYTES, &d->sample.n) < 0)
        return -1;
    d->sample.p = buf;
    d->whole = d->bytes <= (int64_t)d->sample.n;
    return 0;
}

static int check_kind(struct detection *d)
{
    char *end = arena_alloc(d->scratch, SOURCE_PIECE_BYTES);
    struct slice tail = {end, 0};

    if (d->sample.n == 0)
        return ctx_fail(d->cx, ERR_INVALID, "file_empty", "file", "the file is empty");
    if (d->bytes > SOURCE_PIECE_BYTES && source_read_at(d->cx, d->fd, d->bytes - SOURCE_PIECE_BYTES,
                                                        end, SOURCE_PIECE_BYTES, &tail.n) < 0)
        return -1;
    switch (sniff_kind(d->sample, tail)) {
    case SNIFF_TEXT: return 0;
    case SNIFF_ARCHIVE:
        return ctx_fail(d->cx, ERR_INVALID, "file_is_archive", "file",
                        "the file is a compressed archive, not a CSV");
    case SNIFF_SPREADSHEET:
        return ctx_fail(d->cx, ERR_INVALID, "file_is_spreadsheet", "file",
                        "the file is a spreadsheet; save it as CSV");
    case SNIFF_DOCUMENT: break;
    }
    return ctx_fail(d->cx, ERR_INVALID, "file_binary", "file", "the file is not text");
}

static bool encoding_by_name(struct slice name, enum charset *out)
{
    static const char *const names[][8] = {
        [CHARSET_UTF8] = {"utf-8", "utf8", "utf-8-sig", "utf-8-bom"},
        [CHARSET_UTF16LE] = {"utf-16le", "utf16le", "unicode"},
        [CHARSET_UTF16BE] = {"utf-16be", "utf16be"},
        [CHARSET_WINDOWS_1252] = {"windows-1252", "cp1252", "cp-1252", "win1252", "ansi"},
        [CHARSET_LATIN1] = {"iso-8859-1", "iso8859-1", "latin1", "latin-1", "latin_1"},
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (is_one_of(name, names[i])) {
            *out = (enum charset)i;
            return true;
        }
    }
    return false;
}

static struct slice probe(const struct detection *d)
{
    return (struct slice){d->sample.p, d->sample.n < PROBE_BYTES ? d->sample.n : PROBE_BYTES};
}

static int unknown_encoding(struct detection *d, const char *field)
{
    return ctx_fail(d->cx, ERR_INVALID, "encoding_unknown", field,
                    "the encoding may be utf-8, utf-16le, utf-16be, windows-1252 or iso-8859-1");
}

static int choose_encoding(struct detection *d, enum charset *out)
{
    static const char *const either[] = {"utf-16", "utf16", NULL};
    const struct slice name = d->choice->encoding;
    size_t mark = 0;

    if (encoding_by_name(name, out))
        return 0;
    if (!is_one_of(name, either))
        return unknown_encoding(d, "encoding");
    if (!(sniff_mark(d->sample, out, &mark) && mark == 2) && !sniff_utf16(probe(d), out))
        *out = CHARSET_UTF16LE;
    return 0;
}

/* By the sample; while all is ASCII, by what follows it. */
static int weigh_encoding(struct detection *d, enum charset *out)
{
    struct sniff_utf8 e = {0};
    int64_t at = (int64_t)d->sample.n;
    struct slice s = d->sample;
    char *buf = NULL;

    sniff_utf8(s, at >= d->bytes, &e);
    while (e.sequences == 0 && e.broken == 0 && at < d->bytes) {
        const int64_t back =
            s.n < 4 ? (int64_t)s.n : 4; /* a sequence may begin in the last bytes */

        if (!buf)
            buf = arena_alloc(d->scratch, SAMPLE_BYTES);
        if (source_read_at(d->cx, d->fd, at - back, buf, SAMPLE_BYTES, &s.n) < 0)
            return -1;
        if (s.n <= (size_t)back)
            break;
        s.p = buf;
        at += (int64_t)s.n - back;
        sniff_utf8(s, at >= d->bytes, &e);
    }
    *out = sniff_8bit(&e);
    return 0;
}

static int find_encoding(struct detection *d)
{
    enum charset marked = CHARSET_UTF8;
    size_t mark = 0;
    const bool has_mark = sniff_mark(d->sample, &marked, &mark);
    enum charset *out = &d->f.encoding;

    if (d->choice->encoding.n) {
        if (choose_encoding(d, out) < 0)
            return -1;
    } else if (sniff_utf32(d->sample)) {
        return unknown_encoding(d, "file");
    } else if (has_mark) {
        *out = marked;
    } else if (!sniff_utf16(probe(d), out) && weigh_encoding(d, out) < 0) {
        return -1;
    }
    d->f.bom = has_mark && *out == marked;
    d->f.text_wrong =
        *out == CHARSET_WINDOWS_1252 && !d->choice->encoding.n && sniff_looks_wrong(d->sample);
    if (sniff_binary(probe(d), *out))
        return ctx_fail(d->cx, ERR_INVALID, "file_binary", "file", "the file is not text");
    return 0;
}

/* ---- the sample through a parser ---- */

/* True when the parser had all of the file. */
static bool push_sample(const struct detection *d, struct csv *p, size_t most)
{
    char *text = arena_alloc(d->scratch, CHARSET_ROOM(SOURCE_PIECE_BYTES));
    const size_t n = d->sample.n < most ? d->sample.n : most;
    const bool ends = d->whole && n == d->sample.n;
    struct charset_stream s;

    charset_begin(&s, d->f.encoding);
    for (size_t at = 0; at < n; at += SOURCE_PIECE_BYTES) {
        const size_t len = n - at < SOURCE_PIECE_BYTES ? n - at : SOURCE_PIECE_BYTES;

        if (csv_push(p, text, charset_push(&s, d->sample.p + at, len, text)) != CSV_OK)
            return false;
    }
    if (!ends)
        return false;
    csv_push(p, text, charset_end(&s, text));
    return true;
}

static bool is_sep_line(const struct csv_record *r)
{
    const struct slice first = r->fields[0];

    return r->line == 1 && first.n >= 4 && first.n <= 5 &&
           slice_eq_nocase((struct slice){first.p, 4}, SLICE("sep="));
}

static bool says_something(const struct csv_record *r)
{
    if (is_sep_line(r))
        return false;
    for (size_t i = 0; i < r->n; i++) {
        if (slice_trim(r->fields[i]).n)
            return true;
    }
    return false;
}

/* The line that names the columns, looked for while records pass: titles and blank lines may stand above it. */
struct header_search {
    const struct detection *d;
    uint64_t first; /* line of the first record that says something; 0 before it */
    int known;      /* columns that the best line so far names */
};

static bool all_unlike(struct arena *a, const struct csv_record *r)
{
    struct slice *keys = arena_zalloc(a, r->n, sizeof *keys);

    for (size_t i = 0; i < r->n; i++) {
        keys[i] = upload_header_key(a, r->fields[i]);
        for (size_t k = 0; k < i && keys[i].n; k++) {
            if (slice_eq(keys[i], keys[k]))
                return false;
        }
    }
    return true;
}

/* A line below the first one that says something must look like a header more than all above it. */
static bool judge_header(struct header_search *h, const struct csv_record *r)
{
    struct arena *a = h->d->line;
    struct upload_map map;
    int known;

    if (h->first && (r->line > h->first + HEADER_LINES || r->record_cut || r->too_many))
        return false;
    upload_map_headers(a, r->fields, r->n, h->d->choice->mapping, &map);
    known = UPLOAD_COLUMNS - __builtin_popcount(upload_map_missing(&map));
    if (h->first && (known <= h->known || known < HEADER_KNOWN_LEAST || !all_unlike(a, r)))
        return false;
    if (!h->first)
        h->first = r->line;
    h->known = known;
    return true;
}

static bool is_better_header(struct header_search *h, const struct csv_record *r)
{
    const bool better = h->known < UPLOAD_COLUMNS && says_something(r) && judge_header(h, r);

    arena_reset(h->d->line);
    return better;
}

/* ---- delimiter ---- */

/* What one delimiter makes of the first records. */
struct trial {
    struct header_search search;
    size_t columns; /* of the best header so far; 0 before the first */
    size_t records; /* behind it */
    size_t alike;   /* that have as many fields as the header */
};

static int try_record(void *user, const struct csv_record *r)
{
    struct trial *t = user;

    if (is_better_header(&t->search, r)) {
        t->columns = r->n;
        t->records = t->alike = 0;
    } else if (t->columns) {
        t->records++;
        t->alike += r->n == t->columns;
    }
    return t->records == PROBE_RECORDS;
}

/* Columns that are known count most, then rows as wide as the header, then its width. */
static size_t try_delimiter(const struct detection *d, char delimiter)
{
    struct trial t = {.search.d = d};
    SCOPED(source_drop_parser)
    struct csv *p = csv_new(&(struct csv_limits){.record_bytes = PROBE_BYTES,
                                                 .fields = LIMIT_CSV_FIELDS,
                                                 .delimiter = delimiter},
                            try_record, &t);
    size_t alike;

    if (push_sample(d, p, PROBE_BYTES))
        csv_finish(p);
    if (t.columns < 2)
        return (size_t)t.search.known * 1000000;
    alike = t.records ? 100 * t.alike / t.records : 100;
    return (size_t)t.search.known * 1000000 + alike * 2000 + t.columns;
}

static bool delimiter_by_name(struct slice name, char *out)
{
    for (int i = 0; i < NDELIMITERS; i++) {
        if (slice_eq_nocase(name, slice_cstr(delimiter_names[i])) ||
            (name.n == 1 && name.p[0] == delimiters[i])) {
            *out = delimiters[i];
            return true;
        }
    }
    return false;
}

/* Excel's own: a first line "sep=;". */
static bool sep_line(const struct detection *d, char *out)
{
    char text[CHARSET_ROOM(32)];
    struct charset_stream s;
    size_t n;

    charset_begin(&s, d->f.encoding);
    n = charset_push(&s, d->sample.p, d->sample.n < 32 ? d->sample.n : 32, text);
    if (n < 5 || !slice_eq_nocase((struct slice){text, 4}, SLICE("sep=")))
        return false;
    return (n == 5 || text[5] == '\r' || text[5] == '\n') &&
           delimiter_by_name((struct slice){text + 4, 1}, out);
}

static int find_delimiter(struct detection *d)
{
    size_t best = 0;

    if (d->choice->delimiter.n) {
        if (delimiter_by_name(d->choice->delimiter, &d->f.delimiter))
            return 0;
        return ctx_fail(d->cx, ERR_INVALID, "delimiter_invalid", "delimiter",
                        "the delimiter may be comma, semicolon, tab or pipe");
    }
    if (sep_line(d, &d->f.delimiter))
        return 0;
    d->f.delimiter = delimiters[0];
    for (int i = 0; i < NDELIMITERS; i++) {
        const size_t score = try_delimiter(d, delimiters[i]);

        if (score > best) {
            best = score;
            d->f.delimiter = delimiters[i];
        }
    }
    return 0;
}

/* ---- header ---- */

struct header {
    struct detection *d;
    struct header_search search;
    bool too_long;
    size_t too_many;
};

/* Valid UTF-8 without zeros: it goes into answers and into the database. */
static struct slice clean(struct arena *a, struct slice s)
{
    char *out = arena_alloc(a, 3 * s.n);
    size_t n = 0;

    for (size_t i = 0; i < s.n;) {
        unsigned used;
        const uint32_t cp = utf8_decode(s, i, &used);

        n += utf8_encode(cp ? cp : UNICODE_REPLACEMENT, out + n);
        i += used;
    }
    return (struct slice){out, n};
}

static int take_header(void *user, const struct csv_record *r)
{
    struct header *h = user;
    struct upload_format *f = &h->d->f;
    struct arena *a = h->d->cx->arena;
    struct slice *copies;

    if (!is_better_header(&h->search, r))
        return h->search.first && r->line > h->search.first + HEADER_LINES;
    h->too_long = r->record_cut;
    h->too_many = r->too_many;
    copies = arena_zalloc(a, r->n, sizeof *copies);
    for (size_t i = 0; i < r->n; i++)
        copies[i] = clean(a, r->fields[i]);
    f->headers = copies;
    f->nheaders = r->n;
    f->header_line = r->line;
    return h->search.known == UPLOAD_COLUMNS;
}

static int read_header(struct detection *d)
{
    struct ctx *cx = d->cx;
    struct header h = {.d = d, .search.d = d};
    SCOPED(source_drop_parser)
    struct csv *p = csv_new(&(struct csv_limits){.record_bytes = LIMIT_CSV_HEADER_BYTES,
                                                 .fields = LIMIT_CSV_FIELDS,
                                                 .delimiter = d->f.delimiter},
                            take_header, &h);
    const bool all = push_sample(d, p, SAMPLE_BYTES);

    if (all && csv_finish(p) == CSV_BAD_QUOTE && !h.search.first)
        return source_quote_failed(cx, p);
    if (!h.search.first && all)
        return ctx_fail(cx, ERR_INVALID, "file_empty", "file", "the file has no rows");
    if (!h.search.first || h.too_long) {
        ctx_fail(cx, ERR_INVALID, "header_too_long", "file", "the first line may have %d bytes",
                 LIMIT_CSV_HEADER_BYTES);
        return err_params(&cx->err, "{\"max_bytes\":%d}", LIMIT_CSV_HEADER_BYTES);
    }
    if (h.too_many) {
        ctx_fail(cx, ERR_INVALID, "csv_too_many_columns", "file",
                 "the first line may have %d columns", LIMIT_CSV_FIELDS);
        return err_params(&cx->err, "{\"max\":%d,\"found\":%zu}", LIMIT_CSV_FIELDS, h.too_many);
    }
    return 0;
}

/* Those of the file that fit beside the missing ones. */
static void list_headers(const struct upload_format *f, struct sb *out, size_t most)
{
    for (size_t i = 0; i < f->nheaders; i++) {
        const size_t before = out->n;

        sb_puts(out, i ? "," : "");
        json_quote(out, utf8_cut(f->headers[i], HEADER_SHOWN_CHARS));
        if (out->n > most) {
            out->n = before;
            out->p[before] = '\0';
            return;
        }
    }
}

static int columns_missing(struct detection *d, unsigned missing)
{
    struct ctx *cx = d->cx;
    SCOPED(sb_done) struct sb params = {0};
    bool first = true;

    sb_init(&params, 4096);
    sb_puts(&params, "{\"columns\":[");
    for (int c = 0; c < UPLOAD_COLUMNS; c++) {
        if (missing & 1u << c) {
            sb_printf(&params, "%s\"%s\"", first ? "" : ",", upload_column_names[c]);
            first = false;
        }
    }
    sb_puts(&params, "],\"headers\":[");
    list_headers(&d->f, &params, sizeof cx->err.params - 3);
    sb_puts(&params, "]}");
    ctx_fail(cx, ERR_INVALID, "columns_missing", "file",
             "the first line does not name all columns");
    return err_params(&cx->err, "%s", sb_text(&params));
}

static int find_columns(struct detection *d)
{
    unsigned missing;

    if (read_header(d) < 0)
        return -1;
    upload_map_headers(d->cx->arena, d->f.headers, d->f.nheaders, d->choice->mapping, &d->f.map);
    missing = upload_map_missing(&d->f.map);
    return missing && !d->choice->missing_ok ? columns_missing(d, missing) : 0;
}

/* ---- dates, and how records end ---- */

struct dates {
    const struct upload_format *f;
    uint64_t seen[UPLOAD_HINTS];
};

static int weigh_date(void *user, const struct csv_record *r)
{
    struct dates *t = user;
    const int at = t->f->map.at[UPLOAD_MEETING_DATE];

    if (r->line > t->f->header_line && (size_t)at < r->n)
        t->seen[upload_date_hint(slice_trim(r->fields[at]))]++;
    return 0;
}

/* Nothing that comes later would be news. */
static bool dates_decided(const struct dates *t)
{
    return t->f->map.at[UPLOAD_MEETING_DATE] < 0 || t->seen[UPLOAD_HINT_DMY] ||
           t->seen[UPLOAD_HINT_MDY] ||
           (t->seen[UPLOAD_HINT_YMD] && !t->seen[UPLOAD_HINT_EITHER] &&
            !t->seen[UPLOAD_HINT_DMY_OR_YEAR]);
}

static void decide_dates(const struct dates *t, enum upload_date_order ambiguous,
                         struct upload_format *f)
{
    const uint64_t sure = t->seen[UPLOAD_HINT_DMY];
    const uint64_t dmy = sure + t->seen[UPLOAD_HINT_DMY_OR_YEAR];
    const uint64_t mdy = t->seen[UPLOAD_HINT_MDY];

    if (dmy != mdy)
        f->date_order = dmy > mdy ? UPLOAD_DMY : UPLOAD_MDY;
    else if (dmy == 0 && t->seen[UPLOAD_HINT_EITHER] == 0 && t->seen[UPLOAD_HINT_YMD])
        f->date_order = UPLOAD_YMD;
    else
        f->date_order = ambiguous == UPLOAD_MDY ? UPLOAD_MDY : UPLOAD_DMY;
    f->date_certain = f->date_order == UPLOAD_YMD || (mdy ? dmy == 0 : sure > 0);
}

static enum upload_line_end line_end(struct csv_style s)
{
    const int kinds = (s.lf > 0) + (s.crlf > 0) + (s.cr > 0);

    if (kinds > 1)
        return UPLOAD_MIXED;
    return s.crlf ? UPLOAD_CRLF : s.cr ? UPLOAD_CR : UPLOAD_LF;
}

static int choose_dates(struct detection *d, bool *chosen)
{
    *chosen = d->choice->date_order.n > 0;
    for (int i = 0; *chosen && i < UPLOAD_DATE_ORDERS; i++) {
        if (slice_eq_nocase(d->choice->date_order, slice_cstr(upload_date_order_names[i]))) {
            d->f.date_order = (enum upload_date_order)i;
            d->f.date_certain = true;
            return 0;
        }
    }
    if (!*chosen)
        return 0;
    return ctx_fail(d->cx, ERR_INVALID, "date_order_invalid", "date_order",
                    "the order of dates may be ymd, dmy or mdy");
}

static int look_at_rows(struct detection *d, bool dates_chosen)
{
    struct source *s = arena_alloc(d->scratch, sizeof *s);
    struct dates dates = {.f = &d->f};
    SCOPED(source_drop_parser) struct csv *p = source_parser(&d->f, weigh_date, &dates);
    struct csv_style style;
    struct slice piece;
    int got;

    source_begin(s, d->fd, &d->f);
    while ((got = source_next(d->cx, s, &piece)) > 0) {
        csv_push(p, piece.p, piece.n);
        if (s->at >= SAMPLE_BYTES && (dates_chosen || dates_decided(&dates)))
            break;
    }
    if (got < 0)
        return -1;
    if (got == 0)
        csv_finish(p); /* an open quote is told by who reads the rows */
    style = csv_style(p);
    d->f.quoted = style.quoted;
    d->f.line_end = line_end(style);
    if (!dates_chosen)
        decide_dates(&dates, d->choice->ambiguous, &d->f);
    return 0;
}

/* ---- from outside ---- */

int upload_format_detect(struct ctx *cx, int fd, int64_t bytes, const struct upload_choice *choice,
                         struct upload_format *out)
{
    SCOPED(drop_arena) struct arena *scratch = arena_new(SCRATCH_BYTES);
    SCOPED(drop_arena) struct arena *line = arena_new(SCRATCH_BYTES);
    struct detection d = {
        .cx = cx, .choice = choice, .scratch = scratch, .line = line, .fd = fd, .bytes = bytes};
    bool dates_chosen;

    if (choose_dates(&d, &dates_chosen) < 0 || read_sample(&d) < 0 || check_kind(&d) < 0 ||
        find_encoding(&d) < 0 || find_delimiter(&d) < 0 || find_columns(&d) < 0 ||
        look_at_rows(&d, dates_chosen) < 0)
        return -1;
    *out = d.f;
    return 0;
}
