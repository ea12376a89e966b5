/* SPDX-License-Identifier: MIT */
#include "core/meetings/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/csv.h"
#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/sb.h"
#include "core/base/unicode.h"
#include "core/db/audit.h"
#include "core/db/db.h"
#include "core/meetings/upload_row.h"
#include "core/queue/queue.h"

enum {
    PIECE_BYTES = 64 << 10,
    COPY_BYTES = 256 << 10, /* rows are handed to COPY in pieces of about this size */
    COPY_MAX_BYTES = COPY_BYTES + 4 * LIMIT_CSV_RECORD_BYTES,
    SCRATCH_BYTES = 32 << 20,    /* normalising one row, reset after each */
    ERROR_TEXT_BYTES = 4 << 20,  /* what is kept of failed rows, as JSON */
    ERROR_ROOM_BYTES = 16 << 10, /* more than one of them can need */
    LOAD_ATTEMPTS = 3,
    FAIL_MS = 5000, /* to note a failure after the request's own deadline */
};

static const struct db_need may_write = {.role = ROLE_ANALYST, .scope = SCOPE_DATA_WRITE};

/* One upload on its way. */
struct load {
    struct ctx *cx;
    struct upload *up;
    int fd; /* the spooled file, unlinked */
    uint8_t sha256[SHA256_BYTES];
    char delimiter;
    bool have_header;
    struct upload_map map;
    struct arena *scratch;
    struct sb copy;
    struct sb errors; /* JSON array of the failed rows */
    struct jw errors_json;
    int64_t nerrors; /* kept of them */
    int status;      /* -1 once a callback failed with cx->err set */
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* ---- spooling ---- */

static int spool_failed(struct ctx *cx, const char *what)
{
    const int why = errno;

    if (why == ENOSPC || why == EDQUOT)
        ctx_fail(cx, ERR_UNAVAILABLE, "disk_full", NULL, "no room for the file at the moment");
    else
        ctx_fail(cx, ERR_INTERNAL, "internal", NULL, "the server made a mistake");
    return err_detail(&cx->err, "spool %s: %s", what, strerror(why));
}

static int write_all(struct ctx *cx, int fd, const char *p, size_t n)
{
    while (n) {
        const ssize_t w = write(fd, p, n);

        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0)
            return spool_failed(cx, "write");
        p += w;
        n -= (size_t)w;
    }
    return 0;
}

static int spool(struct load *l, upload_read_fn read_body, void *source)
{
    struct ctx *cx = l->cx;
    struct hash_stream h;
    char piece[PIECE_BYTES];
    int status = 0;
    long n;

    /* no name at any moment: nothing is left behind, whatever happens to the process */
    l->fd = open(cx->config->spool_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (l->fd < 0)
        return spool_failed(cx, "open");
    hash_begin(&h);
    while (status == 0 && (n = read_body(cx, source, piece, sizeof piece)) != 0) {
        if (n < 0) {
            status = -1;
        } else if (l->up->bytes + n > cx->config->upload_max_bytes) {
            status =
                ctx_fail(cx, ERR_TOO_LARGE, "body_too_large", "file",
                         "the file may have %lld bytes", (long long)cx->config->upload_max_bytes);
            err_params(&cx->err, "{\"max_bytes\":%lld}", (long long)cx->config->upload_max_bytes);
        } else {
            hash_update(&h, piece, (size_t)n);
            l->up->bytes += n;
            status = write_all(cx, l->fd, piece, (size_t)n);
        }
    }
    hash_end(&h, l->sha256);
    if (status == 0 && l->up->bytes == 0)
        return ctx_fail(cx, ERR_INVALID, "file_empty", "file", "the file is empty");
    return status;
}

/* ---- rows ---- */

/* COPY's text format: backslash for the few bytes that mean something in it. */
static void copy_text(struct sb *b, struct slice s)
{
    size_t from = 0;

    for (size_t i = 0; i < s.n; i++) {
        const char c = s.p[i];
        const char *esc = c == '\\'   ? "\\\\"
                          : c == '\t' ? "\\t"
                          : c == '\n' ? "\\n"
                          : c == '\r' ? "\\r"
                                      : NULL;

        if (!esc)
            continue;
        sb_put(b, s.p + from, i - from);
        sb_put(b, esc, 2);
        from = i + 1;
    }
    sb_put(b, s.p + from, s.n - from);
}

static void copy_uuid(struct sb *b, const struct uuid *u)
{
    char text[UUID_TEXT_BYTES];

    uuid_text(u, text);
    sb_puts(b, text);
    sb_putc(b, '\t');
}

static int copy_flush(struct load *l)
{
    if (l->copy.n == 0)
        return 0;
    if (db_copy_put(l->cx, l->copy.p, l->copy.n) < 0)
        return -1;
    sb_clear(&l->copy);
    return 0;
}

/* In the order of upload_stage's columns. */
static int copy_row(struct load *l, const struct upload_row *row)
{
    const struct uuid meeting = uuid_new();
    const struct uuid job = uuid_new();
    struct sb *b = &l->copy;

    sb_i64(b, l->up->counts.rows);
    sb_putc(b, '\t');
    copy_uuid(b, &meeting);
    copy_uuid(b, &job);
    copy_uuid(b, &row->identity);
    copy_uuid(b, &row->content);
    copy_uuid(b, &row->body_hash);
    for (int c = UPLOAD_CLIENT_NAME; c <= UPLOAD_PHONE; c++) {
        copy_text(b, row->text[c]);
        sb_putc(b, '\t');
    }
    sb_puts(b, row->date);
    sb_putc(b, '\t');
    copy_text(b, row->text[UPLOAD_SALES_REP]);
    sb_puts(b, row->closed ? "\tt\t" : "\tf\t");
    copy_text(b, row->text[UPLOAD_TRANSCRIPT]);
    sb_putc(b, '\n');
    return b->n >= COPY_BYTES ? copy_flush(l) : 0;
}

static void begin_errors(struct load *l)
{
    sb_clear(&l->errors);
    jw_init(&l->errors_json, &l->errors);
    jw_array(&l->errors_json);
}

static void note_problem(struct load *l, const struct upload_row *row,
                         const struct upload_problem *p, size_t ordinal, uint64_t line)
{
    struct jw *w = &l->errors_json;
    const struct slice value = utf8_cut(row->text[p->column], LIMIT_ERROR_VALUE_CHARS);

    if (l->nerrors >= LIMIT_UPLOAD_ERRORS || l->errors.n > ERROR_TEXT_BYTES - ERROR_ROOM_BYTES)
        return; /* counted, not kept: nobody reads more */
    l->nerrors++;
    jw_object(w);
    jw_ki64(w, "row_no", l->up->counts.rows);
    jw_ki64(w, "ordinal", (int64_t)ordinal);
    jw_ki64(w, "line", (int64_t)line);
    jw_kstr(w, "column", upload_column_names[p->column]);
    /* what is not UTF-8 becomes U+FFFD; a NUL byte no database text can hold */
    jw_kslice(w, "value", memchr(value.p, '\0', value.n) ? (struct slice){"", 0} : value);
    jw_kstr(w, "code", p->code);
    if (p->limit) {
        jw_key(w, "params");
        jw_object(w);
        jw_ki64(w, strcmp(p->code, "too_short") == 0 ? "min" : "max", p->limit);
        jw_end(w);
    }
    jw_end(w);
}

static int take_header(struct load *l, const struct slice *fields, size_t n)
{
    struct ctx *cx = l->cx;
    SCOPED(sb_done) struct sb names = {0};
    unsigned missing;

    upload_map_headers(cx->arena, fields, n, NULL, &l->map);
    l->have_header = true;
    missing = upload_map_missing(&l->map);
    if (!missing)
        return 0;
    sb_init(&names, 400);
    for (int c = 0; c < UPLOAD_COLUMNS; c++) {
        if (missing & 1u << c)
            sb_printf(&names, "%s\"%s\"", names.n ? "," : "", upload_column_names[c]);
    }
    ctx_fail(cx, ERR_INVALID, "columns_missing", "file",
             "the first line does not name all columns");
    return err_params(&cx->err, "{\"columns\":[%s]}", sb_text(&names));
}

/* csv_record_fn: 0 to go on. */
static int take_record(void *user, const struct csv_record *record)
{
    struct load *l = user;
    struct upload_counts *counts = &l->up->counts;
    struct upload_problem problems[UPLOAD_COLUMNS];
    struct upload_row row;
    size_t nproblems;

    if (!l->have_header) {
        l->status = take_header(l, record->fields, record->n);
        return l->status;
    }
    if (++counts->rows > l->cx->config->upload_max_rows) {
        l->status =
            ctx_fail(l->cx, ERR_TOO_LARGE, "too_many_rows", "file", "the file may have %lld rows",
                     (long long)l->cx->config->upload_max_rows);
        err_params(&l->cx->err, "{\"max\":%lld}", (long long)l->cx->config->upload_max_rows);
        return l->status;
    }
    switch (upload_row_read(l->scratch, &l->map, UPLOAD_YMD, record, &row, problems, &nproblems)) {
    case UPLOAD_ROW_OK: l->status = copy_row(l, &row); break;
    case UPLOAD_ROW_BLANK: counts->skipped++; break;
    case UPLOAD_ROW_INVALID:
        counts->invalid++;
        for (size_t i = 0; i < nproblems; i++)
            note_problem(l, &row, &problems[i], i, record->line);
        break;
    }
    arena_reset(l->scratch);
    return l->status;
}

static int csv_failed(struct ctx *cx, const struct csv *p, enum csv_status st)
{
    const unsigned long long line = csv_line(p);

    switch (st) {
    case CSV_BAD_QUOTE:
        ctx_fail(cx, ERR_INVALID, "csv_quote", "file",
                 "the quotes of the row at line %llu do not close", line);
        break;
    case CSV_OK:
    case CSV_STOPPED: return 0;
    }
    return err_params(&cx->err, "{\"line\":%llu}", line);
}

/* The whole file through the parser, into the COPY that is open. */
static int parse_file(struct load *l)
{
    char piece[PIECE_BYTES];
    const struct csv_limits limits = {.record_bytes = LIMIT_CSV_RECORD_BYTES,
                                      .field_bytes = LIMIT_CSV_FIELD_BYTES,
                                      .fields = LIMIT_CSV_FIELDS,
                                      .delimiter = l->delimiter};
    struct csv *p = csv_new(&limits, take_record, l);
    enum csv_status st = CSV_OK;
    off_t at = 0;

    while (st == CSV_OK) {
        const ssize_t n = pread(l->fd, piece, sizeof piece, at);
        const size_t bom = at == 0 && n >= 3 && memcmp(piece, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            l->status = spool_failed(l->cx, "read");
        if (n <= 0)
            break;
        st = csv_push(p, piece + bom, (size_t)n - bom);
        at += n;
    }
    if (st == CSV_OK && l->status == 0)
        st = csv_finish(p);
    if (l->status == 0)
        l->status = csv_failed(l->cx, p, st);
    csv_free(p);
    if (l->status == 0 && !l->have_header)
        l->status = ctx_fail(l->cx, ERR_INVALID, "file_empty", "file", "the file has no rows");
    return l->status < 0 ? -1 : copy_flush(l);
}

static char find_delimiter(const struct load *l)
{
    char head[16 << 10];
    const ssize_t n = pread(l->fd, head, sizeof head, 0);
    struct slice rest;

    if (n <= 0)
        return ',';
    return upload_delimiter(slice_cut((struct slice){head, (size_t)n}, '\n', &rest));
}

/* ---- the transaction ---- */

static int tenant_step(struct ctx *cx, enum sql_id id, int64_t *affected)
{
    return db_exec(cx, id, (const struct db_arg[]){db_uuid(&cx->who.tenant)}, affected);
}

static int stage(struct load *l)
{
    struct ctx *cx = l->cx;

    if (db_exec(cx, SQL_UPLOAD_STAGE_CREATE, NULL, NULL) < 0 ||
        db_exec(cx, SQL_UPLOAD_PLAN_CREATE, NULL, NULL) < 0 ||
        db_copy_begin(cx, SQL_UPLOAD_STAGE_COPY) < 0)
        return -1;
    if (parse_file(l) < 0)
        return -1; /* the connection is inside a COPY: the rollback drops it */
    return db_copy_end(cx, NULL);
}

static int plan(struct load *l, int64_t *to_insert, int64_t *to_change)
{
    struct ctx *cx = l->cx;
    struct upload_counts *counts = &l->up->counts;
    SCOPED(pg_drop) PGresult *r = NULL;

    if (tenant_step(cx, SQL_UPLOAD_LOCK, NULL) < 0 ||
        db_exec(cx, SQL_UPLOAD_STAGE_ANALYZE, NULL, NULL) < 0 ||
        tenant_step(cx, SQL_UPLOAD_PLAN_FILL, NULL) < 0 ||
        db_exec(cx, SQL_UPLOAD_PLAN_ANALYZE, NULL, NULL) < 0)
        return -1;
    r = db_query_one(cx, SQL_UPLOAD_PLAN_COUNT, NULL);
    if (!r)
        return -1;
    counts->created = pg_i64(r, 0, 0, 0);
    counts->updated = pg_i64(r, 0, 1, 0);
    counts->duplicate = pg_i64(r, 0, 2, 0);
    *to_insert = pg_i64(r, 0, 3, 0);
    *to_change = pg_i64(r, 0, 4, 0);
    return 0;
}

static int insert_new(struct load *l)
{
    struct ctx *cx = l->cx;
    const struct db_arg ids[] = {db_uuid(&cx->who.tenant), db_uuid(&l->up->id)};

    return tenant_step(cx, SQL_UPLOAD_NEW_SUBJECTS, NULL) < 0 ||
                   tenant_step(cx, SQL_UPLOAD_NEW_TRANSCRIPTS, NULL) < 0 ||
                   db_exec(cx, SQL_UPLOAD_NEW_MEETINGS, ids, NULL) < 0 ||
                   tenant_step(cx, SQL_UPLOAD_NEW_FACTS, NULL) < 0
               ? -1
               : 0;
}

static int apply_changes(struct load *l)
{
    struct ctx *cx = l->cx;

    /* transcripts before facts, as the readers lock them */
    return tenant_step(cx, SQL_UPLOAD_CHANGED_MEETINGS, NULL) < 0 ||
                   tenant_step(cx, SQL_UPLOAD_CHANGED_TRANSCRIPTS, NULL) < 0 ||
                   tenant_step(cx, SQL_UPLOAD_CHANGED_FACTS, NULL) < 0
               ? -1
               : 0;
}

static int store_errors(struct load *l)
{
    jw_end(&l->errors_json);
    if (l->nerrors == 0)
        return 0;
    if (!sb_ok(&l->errors)) { /* cannot be: note_problem() leaves room */
        ctx_fail(l->cx, ERR_INTERNAL, "internal", NULL, "the server made a mistake");
        return err_detail(&l->cx->err, "upload errors overflow");
    }
    return db_exec(l->cx, SQL_UPLOAD_ERRORS_INSERT,
                   (const struct db_arg[]){db_uuid(&l->cx->who.tenant), db_uuid(&l->up->id),
                                           db_slice(sb_get(&l->errors))},
                   NULL);
}

static const char *settings_json(struct load *l)
{
    SCOPED(sb_done) struct sb text = {0};
    struct jw w;

    sb_init(&text, 8 << 10);
    jw_init(&w, &text);
    jw_object(&w);
    jw_kslice(&w, "delimiter", (struct slice){&l->delimiter, 1});
    jw_key(&w, "columns");
    jw_object(&w);
    for (int c = 0; c < UPLOAD_COLUMNS; c++)
        jw_kslice(&w, upload_column_names[c], utf8_cut(l->map.header[c], LIMIT_NAME_CHARS));
    jw_end(&w);
    jw_end(&w);
    return arena_strdup(l->cx->arena, sb_ok(&text) ? sb_text(&text) : "{}");
}

static int finish(struct load *l)
{
    struct ctx *cx = l->cx;
    const struct upload *up = l->up;
    const struct upload_counts *n = &up->counts;
    const struct db_arg args[] = {db_uuid(&cx->who.tenant), db_uuid(&up->id),
                                  db_i64(up->bytes),        db_bytes(l->sha256, sizeof l->sha256),
                                  db_i64(n->rows),          db_i64(n->created),
                                  db_i64(n->updated),       db_i64(n->duplicate),
                                  db_i64(n->invalid),       db_i64(n->skipped),
                                  db_i64(n->jobs_created),  db_text(settings_json(l))};
    const struct audit_field fields[] = {{"filename", slice_cstr(up->filename)}, {"rows", {0}}};
    int64_t affected = 0;

    if (db_exec(cx, SQL_UPLOAD_FINISH, args, &affected) < 0)
        return -1;
    if (affected != 1)
        return ctx_fail(cx, ERR_CONFLICT, "upload_gone", NULL,
                        "the upload was ended by somebody else");
    if (audit_write(cx, "upload.create", "upload", &up->id, fields, 2) < 0)
        return -1;
    return queue_notify(cx) < 0 ? -1 : tenant_touch(cx);
}

static int load(struct load *l)
{
    struct ctx *cx = l->cx;
    int64_t to_insert = 0;
    int64_t to_change = 0;

    if (db_begin(cx, DB_WRITE, DB_ENTER_CALLER, may_write) < 0)
        return -1;
    if (stage(l) < 0 || plan(l, &to_insert, &to_change) < 0)
        return -1;
    if (to_insert + to_change > 0 && tenant_step(cx, SQL_UPLOAD_CODES, NULL) < 0)
        return -1;
    if (to_insert && insert_new(l) < 0)
        return -1;
    if (to_change && apply_changes(l) < 0)
        return -1;
    if (to_insert + to_change > 0 &&
        tenant_step(cx, SQL_UPLOAD_JOBS, &l->up->counts.jobs_created) < 0)
        return -1;
    if (store_errors(l) < 0 || finish(l) < 0)
        return -1;
    return db_commit(cx);
}

/* Readers and an upload may meet on each other's rows, and then the database ends one of them. The file is here: nobody
 * has to send it again for that. */
static int load_patiently(struct load *l)
{
    for (int attempt = 1;; attempt++) {
        const int status = load(l);
        const struct err *e = &l->cx->err;

        if (status == 0 || e->code != ERR_UNAVAILABLE || attempt == LOAD_ATTEMPTS ||
            !slice_is(slice_cstr(e->reason), "try_again"))
            return status;
        db_rollback(l->cx);
        err_clear(&l->cx->err);
        l->up->counts = (struct upload_counts){0};
        l->have_header = false;
        l->nerrors = 0;
        l->status = 0;
        sb_clear(&l->copy);
        begin_errors(l);
    }
}

/* ---- from outside ---- */

static int note_begin(struct ctx *cx, const struct upload *up)
{
    if (db_begin(cx, DB_WRITE, DB_ENTER_CALLER, may_write) < 0)
        return -1;
    if (db_exec(cx, SQL_UPLOAD_BEGIN,
                (const struct db_arg[]){
                    db_uuid(&cx->who.tenant), db_uuid(&up->id), db_text(up->filename),
                    cx->who.kind == PRINCIPAL_USER ? db_uuid(&cx->who.user) : db_null()},
                NULL) < 0)
        return -1;
    return db_commit(cx);
}

/* The row says how it ended; cx->err, which the client gets, stays as it was. */
static void note_failure(struct ctx *cx, const struct upload *up)
{
    const struct err why = cx->err;
    const int64_t deadline_ms = cx->deadline_ms;

    db_rollback(cx);
    err_clear(&cx->err);
    cx->deadline_ms = clock_mono_ms() + FAIL_MS;
    if (db_begin(cx, DB_WRITE, DB_ENTER_CALLER, may_write) < 0 ||
        db_exec(cx, SQL_UPLOAD_FAIL,
                (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(&up->id),
                                        db_text(why.reason), db_i64(up->bytes)},
                NULL) < 0 ||
        db_commit(cx) < 0)
        db_rollback(cx); /* then the list calls it interrupted, once it is old enough */
    cx->err = why;
    cx->deadline_ms = deadline_ms;
}

/* The last part of whatever path a browser sent, in valid UTF-8, bounded. */
static const char *clean_filename(struct ctx *cx, struct slice name)
{
    for (size_t i = name.n; i-- > 0;) {
        if (name.p[i] == '/' || name.p[i] == '\\') {
            name = (struct slice){name.p + i + 1, name.n - i - 1};
            break;
        }
    }
    name = slice_trim(name);
    if (!name.n || !utf8_valid(name) || memchr(name.p, '\0', name.n))
        return "upload.csv";
    return arena_slicedup(cx->arena, utf8_cut(name, LIMIT_FILENAME_CHARS));
}

int upload_receive(struct ctx *cx, struct slice filename, upload_read_fn read_body, void *source,
                   struct upload *out)
{
    struct upload up = {.id = uuid_new(), .filename = clean_filename(cx, filename)};
    struct load l = {.cx = cx, .up = &up, .fd = -1};
    int status;

    if (note_begin(cx, &up) < 0) {
        db_rollback(cx);
        return -1;
    }
    sb_init(&l.copy, COPY_MAX_BYTES);
    sb_init(&l.errors, ERROR_TEXT_BYTES);
    begin_errors(&l);
    l.scratch = arena_new(SCRATCH_BYTES);

    status = spool(&l, read_body, source);
    if (status == 0) {
        l.delimiter = find_delimiter(&l);
        status = load_patiently(&l);
    }
    if (status < 0)
        note_failure(cx, &up);
    else
        *out = up;
    close_fd(&l.fd);
    arena_free(l.scratch);
    sb_done(&l.copy);
    sb_done(&l.errors);
    return status;
}
