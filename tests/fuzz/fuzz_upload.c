/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as an uploaded file, with any choices: what detection says is sound, the records are the same however the
 * bytes are cut, lines grow, each row is good or says why not.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/unicode.h"
#include "core/meetings/upload_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    struct hash_stream h;
    const struct upload_format *f;
    struct arena *scratch;
    uint64_t line;
};

static void check(bool ok)
{
    if (!ok)
        abort();
}

static void check_row(struct seen *s, const struct csv_record *r)
{
    struct upload_problem problems[UPLOAD_COLUMNS];
    struct upload_row row;
    size_t n;
    const enum upload_verdict v =
        upload_row_read(s->scratch, &s->f->map, s->f->date_order, r, &row, problems, &n);

    check((v == UPLOAD_ROW_INVALID) == (n > 0) && n <= UPLOAD_COLUMNS);
    for (size_t i = 0; i < n; i++)
        check(problems[i].code && problems[i].column <= UPLOAD_WHOLE_ROW &&
              row.text[problems[i].column].p);
    if (v == UPLOAD_ROW_OK) {
        check(strlen(row.date) == 10);
        for (int c = 0; c < UPLOAD_COLUMNS; c++)
            check(row.text[c].n && utf8_valid(row.text[c]) &&
                  !memchr(row.text[c].p, 0, row.text[c].n));
    }
    arena_reset(s->scratch);
}

static void digest(struct seen *s, const struct csv_record *r)
{
    check(r->line > s->line && r->line > s->f->header_line);
    s->line = r->line;
    hash_update(&s->h, &r->line, sizeof r->line);
    for (size_t i = 0; i < r->n; i++) {
        hash_update(&s->h, &r->fields[i].n, sizeof r->fields[i].n);
        hash_update(&s->h, r->fields[i].p, r->fields[i].n);
    }
}

static int take_record(void *user, const struct csv_record *r)
{
    digest(user, r);
    check_row(user, r);
    return 0;
}

/* The same by hand, from pieces of `piece` bytes. */
static int take_again(void *user, const struct csv_record *r)
{
    struct seen *s = user;

    if (r->line > s->f->header_line)
        digest(s, r);
    return 0;
}

static enum csv_status read_again(struct seen *s, const uint8_t *data, size_t size, size_t piece)
{
    const struct csv_limits limits = {.record_bytes = LIMIT_CSV_RECORD_BYTES,
                                      .field_bytes = LIMIT_CSV_FIELD_BYTES,
                                      .fields = LIMIT_CSV_FIELDS,
                                      .delimiter = s->f->delimiter};
    struct csv *p = csv_new(&limits, take_again, s);
    struct charset_stream stream;
    char text[CHARSET_ROOM(64)];
    enum csv_status status;

    charset_begin(&stream, s->f->encoding);
    for (size_t i = 0; i < size; i += piece) {
        const size_t n = size - i < piece ? size - i : piece;

        csv_push(p, text, charset_push(&stream, data + i, n, text));
    }
    csv_push(p, text, charset_end(&stream, text));
    status = csv_finish(p);
    csv_free(p);
    return status;
}

static void check_format(const struct upload_format *f)
{
    struct sb text;
    json_t *json = NULL;
    struct jw w;

    check(f->encoding <= CHARSET_LATIN1 && strchr(",;\t|", f->delimiter) && f->nheaders > 0 &&
          f->header_line > 0);
    for (int c = 0; c < UPLOAD_COLUMNS; c++)
        check(f->map.at[c] >= -1 && f->map.at[c] < (int)f->nheaders);
    sb_init(&text, 4 << 20);
    jw_init(&w, &text);
    upload_format_to_json(f, &w);
    check(sb_ok(&text) && json_read(sb_get(&text), &json) == JSON_OK);
    json_decref(json);
    sb_done(&text);
}

static void read_file(struct ctx *cx, int fd, const struct upload_format *f, const uint8_t *data,
                      size_t size, size_t piece)
{
    uint8_t once[SHA256_BYTES];
    uint8_t again[SHA256_BYTES];
    struct seen s = {.f = f, .scratch = arena_new(32 << 20)};
    enum csv_status status;

    hash_begin(&s.h);
    status = upload_format_read(cx, fd, f, take_record, &s) < 0 ? CSV_BAD_QUOTE : CSV_OK;
    check((status == CSV_BAD_QUOTE) == (strcmp(cx->err.reason, "csv_quote") == 0));
    hash_end(&s.h, once);
    s.line = 0;
    hash_begin(&s.h);
    check(read_again(&s, data, size, piece) == status);
    hash_end(&s.h, again);
    check(hash_equal(once, again, sizeof once));
    arena_free(s.scratch);
}

/* The first two bytes choose; the rest is the file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const encodings[] = {"",       "",         "",       "utf-8",
                                            "utf-16", "utf-16be", "latin1", "x"};
    static const char *const dates[] = {"", "", "ymd", "dmy"};
    static const char *const delimiters[] = {"", "", "", "semicolon"};
    static const struct upload_names names = {
        .header = {[UPLOAD_EMAIL] = "Otro", [UPLOAD_PHONE] = "tel"}};
    struct upload_choice choice;
    struct upload_format f;
    struct ctx cx = {.arena = NULL};
    int fd;

    if (size < 2)
        return 0;
    choice = (struct upload_choice){.encoding = slice_cstr(encodings[data[0] % 8]),
                                    .date_order = slice_cstr(dates[data[0] >> 3 & 3]),
                                    .delimiter = slice_cstr(delimiters[data[0] >> 5 & 3]),
                                    .mapping = data[1] & 1 ? &names : NULL,
                                    .ambiguous = data[1] & 2 ? UPLOAD_MDY : UPLOAD_DMY,
                                    .missing_ok = data[1] & 4};
    fd = memfd_create("fuzz", MFD_CLOEXEC);
    check(fd >= 0 && write(fd, data + 2, size - 2) == (ssize_t)(size - 2));
    cx.arena = arena_new(LIMIT_ARENA_BYTES);
    if (upload_format_detect(&cx, fd, (int64_t)size - 2, &choice, &f) == 0) {
        check(!err_is(&cx.err));
        check_format(&f);
        read_file(&cx, fd, &f, data + 2, size - 2, 1 + (data[1] >> 3));
    } else {
        check(err_is(&cx.err) && cx.err.code == ERR_INVALID);
    }
    arena_free(cx.arena);
    close(fd);
    return 0;
}
