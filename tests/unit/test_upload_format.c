/* SPDX-License-Identifier: MIT */
/* Every file of tests/data/csv gives what stands beside it; what is too large for a file there is made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/sb.h"
#include "core/meetings/upload_format.h"

#define FOLDER "tests/data/csv"

static struct ctx cx;
static struct arena *scratch;

static int set_up(void **state)
{
    (void)state;
    cx = (struct ctx){.arena = arena_new(LIMIT_ARENA_BYTES)};
    scratch = arena_new(32 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(cx.arena);
    arena_free(scratch);
    return 0;
}

/* ---- files ---- */

static int new_file(void)
{
    const int fd = memfd_create("upload", MFD_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static void put(int fd, const void *p, size_t n)
{
    assert_int_equal(write(fd, p, n), (ssize_t)n);
}

static void puts_to(int fd, const char *s)
{
    put(fd, s, strlen(s));
}

static int file_of(struct slice s)
{
    const int fd = new_file();

    put(fd, s.p, s.n);
    return fd;
}

static int64_t size_of(int fd)
{
    return lseek(fd, 0, SEEK_END);
}

/* ---- the folder ---- */

static struct slice choice_text(const json_t *choice, const char *key)
{
    return slice_cstr(json_str(choice, key));
}

static void read_choice(const json_t *choice, struct upload_names *names, struct upload_choice *out)
{
    const json_t *mapping = json_object_get(choice, "mapping");
    const char *ambiguous = json_str(choice, "ambiguous");

    *names = (struct upload_names){0};
    for (int c = 0; c < UPLOAD_COLUMNS; c++)
        names->header[c] = json_str(mapping, upload_column_names[c]);
    *out = (struct upload_choice){
        .encoding = choice_text(choice, "encoding"),
        .delimiter = choice_text(choice, "delimiter"),
        .date_order = choice_text(choice, "date_order"),
        .mapping = mapping ? names : NULL,
        .ambiguous = ambiguous && strcmp(ambiguous, "mdy") == 0 ? UPLOAD_MDY : UPLOAD_DMY,
    };
}

struct rows {
    const struct upload_format *f;
    json_t *list;
    int64_t n;
};

/* As the files of the folder write a row. */
static json_t *row_json(const struct upload_row *row, enum upload_verdict verdict,
                        const struct upload_problem *problems, size_t nproblems)
{
    json_t *o = json_object();

    if (verdict == UPLOAD_ROW_BLANK) {
        json_object_set_new(o, "blank", json_true());
    } else if (verdict == UPLOAD_ROW_INVALID) {
        json_t *list = json_array();

        for (size_t i = 0; i < nproblems; i++)
            json_array_append_new(
                list, json_pack("[ss]", upload_column_names[problems[i].column], problems[i].code));
        json_object_set_new(o, "problems", list);
    } else {
        for (int c = 0; c < UPLOAD_COLUMNS; c++)
            json_object_set_new(o, upload_column_names[c],
                                json_stringn(row->text[c].p, row->text[c].n));
        json_object_set_new(o, "meeting_date", json_string(row->date));
        json_object_set_new(o, "closed", json_boolean(row->closed));
    }
    return o;
}

static int take_row(void *user, const struct csv_record *r)
{
    struct rows *rows = user;
    struct upload_problem problems[UPLOAD_COLUMNS];
    struct upload_row row;
    size_t n;
    const enum upload_verdict v =
        upload_row_read(scratch, &rows->f->map, rows->f->date_order, r, &row, problems, &n);
    json_t *o = row_json(&row, v, problems, n);

    json_object_set_new(o, "line", json_integer((json_int_t)r->line));
    json_array_append_new(rows->list, o);
    rows->n++;
    arena_reset(scratch);
    return 0;
}

static void set_error(json_t *o)
{
    json_t *params = NULL;

    json_object_set_new(o, "error", json_string(cx.err.reason));
    if (json_read(slice_cstr(cx.err.params), &params) == JSON_OK)
        json_object_set_new(o, "params", params);
    err_clear(&cx.err);
}

/* What reading the file gives, as the folder would write it. */
static json_t *outcome(int fd, const struct upload_choice *choice)
{
    json_t *o = json_object();
    struct upload_format f;
    struct rows rows = {.f = &f, .list = json_array()};
    SCOPED(sb_done) struct sb text = {0};
    json_t *format = NULL;
    struct jw w;

    if (upload_format_detect(&cx, fd, size_of(fd), choice, &f) < 0) {
        json_decref(rows.list);
        set_error(o);
        return o;
    }
    sb_init(&text, 1 << 20);
    jw_init(&w, &text);
    upload_format_to_json(&f, &w);
    assert_int_equal(json_read(sb_get(&text), &format), JSON_OK);
    json_object_set_new(o, "format", format);
    if (upload_format_read(&cx, fd, &f, take_row, &rows) < 0)
        set_error(o);
    json_object_set_new(o, "rows", rows.list);
    return o;
}

static int check_file(const char *name)
{
    SCOPED(json_drop) json_t *got = NULL;
    SCOPED(json_drop) json_t *want = NULL;
    struct upload_names names;
    struct upload_choice choice;
    json_error_t trouble;
    char path[512];
    int fd;
    int bad;

    snprintf(path, sizeof path, FOLDER "/%.*s.json", (int)(strlen(name) - 4), name);
    want = json_load_file(path, 0, &trouble);
    if (!want)
        fail_msg("%s: %s", path, trouble.text);
    snprintf(path, sizeof path, FOLDER "/%s", name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    read_choice(json_object_get(want, "choice"), &names, &choice);
    got = outcome(fd, &choice);
    close(fd);
    json_object_del(want, "choice");
    json_object_del(want, "why");
    if (!json_object_get(want, "params")) /* not every file says them */
        json_object_del(got, "params");
    bad = !json_equal(got, want);
    if (bad) {
        char *a = json_dumps(want, JSON_SORT_KEYS);
        char *b = json_dumps(got, JSON_SORT_KEYS);

        print_error("%s\n  wanted %s\n  got    %s\n", name, a, b);
        free(a);
        free(b);
    }
    arena_reset(cx.arena);
    return bad;
}

static void each_file_gives_what_stands_beside_it(void **state)
{
    DIR *d = opendir(FOLDER);
    int bad = 0;
    int n = 0;

    (void)state;
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        const size_t len = strlen(e->d_name);

        if (len < 5 || strcmp(e->d_name + len - 4, ".csv") != 0)
            continue;
        n++;
        bad += check_file(e->d_name);
    }
    closedir(d);
    assert_int_equal(bad, 0);
    assert_true(n >= 60);
}

/* ---- beyond the sample ---- */

static const char header[] = "Nombre,Correo,Telefono,Fecha,Vendedor,Cerrado,Transcripcion\n";
enum { SAMPLE = 1 << 20 }; /* what detection looks at first */

static struct upload_format detected(int fd, const struct upload_choice *choice)
{
    struct upload_format f;

    if (upload_format_detect(&cx, fd, size_of(fd), choice, &f) < 0)
        fail_msg("%s: %s", cx.err.reason, cx.err.message);
    return f;
}

/* Rows of `date` until the file has `bytes` bytes. */
static void fill(int fd, const char *date, int64_t bytes)
{
    char row[2048];
    const int n = snprintf(row, sizeof row, "Ana,a@b.co,1,%s,Toro,1,%01500d\n", date, 0);

    while (size_of(fd) < bytes)
        put(fd, row, (size_t)n);
}

static void encoding_is_looked_for_as_long_as_all_is_ascii(void **state)
{
    static const struct {
        const char *byte;
        enum charset want;
    } cases[] = {{"\xE9", CHARSET_WINDOWS_1252}, {"\xC3\xA9", CHARSET_UTF8}, {"e", CHARSET_UTF8}};
    const struct upload_choice none = {0};
    const int fd = new_file();

    (void)state;
    puts_to(fd, header);
    fill(fd, "2024-03-15", 3 * SAMPLE);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const ssize_t n = (ssize_t)strlen(cases[i].byte);

        for (int64_t at = SAMPLE - 3; at < 3 * SAMPLE; at += at < SAMPLE + 3 ? 1 : SAMPLE / 2) {
            assert_int_equal(pwrite(fd, cases[i].byte, (size_t)n, at), n);
            assert_int_equal(detected(fd, &none).encoding, cases[i].want);
            assert_int_equal(pwrite(fd, "00", (size_t)n, at), n);
            arena_reset(cx.arena);
        }
    }
    close(fd);
}

static void dates_are_looked_at_until_one_decides(void **state)
{
    const struct upload_choice none = {.ambiguous = UPLOAD_MDY};
    struct upload_format f;
    int fd = new_file();

    (void)state;
    puts_to(fd, header);
    fill(fd, "03/04/2024", 2 * SAMPLE);
    f = detected(fd, &none);
    assert_int_equal(f.date_order, UPLOAD_MDY);
    assert_false(f.date_certain);
    fill(fd, "25/04/2024", 2 * SAMPLE + 8000);
    f = detected(fd, &none);
    assert_int_equal(f.date_order, UPLOAD_DMY);
    assert_true(f.date_certain);
    close(fd);

    /* a large file is not read twice: its first megabyte told */
    fd = new_file();
    puts_to(fd, header);
    fill(fd, "2024-03-15", SAMPLE + SAMPLE / 2);
    fill(fd, "25/04/2024", 2 * SAMPLE);
    f = detected(fd, &none);
    assert_int_equal(f.date_order, UPLOAD_YMD);
    assert_true(f.date_certain);
    close(fd);
}

/* ---- however the reads fall ---- */

struct sum {
    uint64_t records;
    uint64_t bytes;
    uint64_t mixed; /* of all bytes, in order */
    uint64_t last_line;
};

static int sum_record(void *user, const struct csv_record *r)
{
    struct sum *s = user;

    assert_true(r->line > s->last_line);
    s->last_line = r->line;
    s->records++;
    for (size_t i = 0; i < r->n; i++) {
        s->bytes += r->fields[i].n;
        for (size_t k = 0; k < r->fields[i].n; k++)
            s->mixed = s->mixed * 1099511628211u + (unsigned char)r->fields[i].p[k];
    }
    return 0;
}

/* In UTF-16 too, where each byte becomes two. */
static void write_text(int fd, const char *text, bool wide)
{
    for (; *text; text++) {
        const char unit[] = {*text, 0};

        put(fd, unit, wide ? 2 : 1);
    }
}

static void a_piece_may_end_anywhere(void **state)
{
    static char row[1 << 16];
    const struct upload_choice none = {0};
    struct sum first = {0};

    (void)state;
    memset(row, 'x', sizeof row - 1);
    for (int wide = 0; wide < 2; wide++) {
        for (int shift = 0; shift < 40; shift++) {
            const struct upload_choice said = {.encoding =
                                                   wide ? SLICE("utf-16le") : SLICE("utf-8")};
            struct upload_format f;
            struct sum sum = {0};
            const int fd = new_file();

            write_text(fd, header, wide);
            /* so many bytes of a column that is not summed, that what follows crosses the edge of a piece */
            for (int i = 0; i < (wide ? 1 << 15 : 1 << 16) - 90 - shift; i++)
                put(fd, "\n\0", wide ? 2 : 1);
            write_text(fd, "\"a\"\"b\r\nc\",d\r\n\r\n\"\",\"\"\"\"\r\"e\nf\"g,h\r\n", wide);
            f = detected(fd, wide ? &said : &none);
            assert_int_equal(upload_format_read(&cx, fd, &f, sum_record, &sum), 0);
            sum.last_line = 0;
            if (first.records == 0)
                first = sum;
            assert_int_equal(sum.records, 3);
            assert_memory_equal(&sum, &first, sizeof sum);
            close(fd);
            arena_reset(cx.arena);
        }
    }
}

/* ---- who reads may stop ---- */

static int stop_after_two(void *user, const struct csv_record *r)
{
    int *n = user;

    (void)r;
    return ++*n == 2;
}

static int fail_at_once(void *user, const struct csv_record *r)
{
    (void)user;
    (void)r;
    return ctx_fail(&cx, ERR_TOO_LARGE, "too_many_rows", "file", "too many");
}

static void the_receiver_may_have_enough_or_fail(void **state)
{
    const struct upload_choice none = {0};
    const int fd = new_file();
    struct upload_format f;
    int n = 0;

    (void)state;
    puts_to(fd, header);
    fill(fd, "2024-03-15", 100000);
    puts_to(fd, "\"never closed");
    f = detected(fd, &none);
    assert_int_equal(upload_format_read(&cx, fd, &f, stop_after_two, &n), 0);
    assert_int_equal(n, 2);
    assert_int_equal(upload_format_read(&cx, fd, &f, fail_at_once, NULL), -1);
    assert_string_equal(cx.err.reason, "too_many_rows");
    err_clear(&cx.err);
    close(fd);
    assert_int_equal(upload_format_read(&cx, -1, &f, stop_after_two, &n), -1);
    assert_string_equal(cx.err.reason, "internal");
    err_clear(&cx.err);
    assert_int_equal(upload_format_detect(&cx, -1, 10, &none, &f), -1);
    assert_string_equal(cx.err.reason, "internal");
    err_clear(&cx.err);
}

/* ---- headers ---- */

static void a_preview_sees_what_is_missing_without_an_error(void **state)
{
    const struct upload_choice preview = {.missing_ok = true};
    const int fd = file_of(SLICE("Nombre;Ciudad\nAna;Lima\n"));
    const struct upload_format f = detected(fd, &preview);

    (void)state;
    assert_int_equal(upload_map_missing(&f.map),
                     ((1u << UPLOAD_COLUMNS) - 1) & ~(1u << UPLOAD_CLIENT_NAME));
    assert_int_equal(f.nheaders, 2);
    assert_false(f.date_certain);
    close(fd);
}

static int file_of_headers(int n)
{
    const int fd = new_file();

    puts_to(fd, "x");
    for (int i = 1; i < n; i++)
        puts_to(
            fd,
            ",\"una \"\"columna\"\" con un nombre \x01 muy largo, que alguien escribió en una hoja cualquiera\"");
    puts_to(fd, "\n");
    return fd;
}

static void many_headers_are_listed_as_far_as_there_is_room(void **state)
{
    const struct upload_choice none = {0};
    struct upload_format f;
    json_t *params = NULL;
    int fd = file_of_headers(LIMIT_CSV_FIELDS);

    (void)state;
    assert_int_equal(upload_format_detect(&cx, fd, size_of(fd), &none, &f), -1);
    assert_string_equal(cx.err.reason, "header_too_long");
    err_clear(&cx.err);
    close(fd);

    fd = file_of_headers(LIMIT_CSV_FIELDS / 2);
    assert_int_equal(upload_format_detect(&cx, fd, size_of(fd), &none, &f), -1);
    assert_string_equal(cx.err.reason, "columns_missing");
    assert_int_equal(json_read(slice_cstr(cx.err.params), &params), JSON_OK);
    assert_int_equal(json_array_size(json_object_get(params, "columns")), UPLOAD_COLUMNS);
    assert_in_range(json_array_size(json_object_get(params, "headers")), 2, 10);
    json_decref(params);
    err_clear(&cx.err);
    close(fd);
}

/* ---- memory ---- */

static long memory_kb(const char *what)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];
    long kb = -1;

    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, what, strlen(what)) == 0)
            kb = strtol(line + strlen(what) + 1, NULL, 10);
    }
    fclose(f);
    assert_true(kb > 0);
    return kb;
}

/* From here on VmHWM is the highest since now. */
static void forget_peak(void)
{
    const int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "5", 1), 1);
    close(fd);
}

static void repeat(int fd, const char *text, int64_t bytes)
{
    static char block[1 << 16];
    const size_t n = strlen(text);
    size_t whole = 0;

    while (whole + n <= sizeof block) {
        memcpy(block + whole, text, n);
        whole += n;
    }
    for (const int64_t end = size_of(fd) + bytes; size_of(fd) < end;)
        put(fd, block, whole);
}

#define GOOD "Ana,a@b.co,1,2024-03-15,Toro,1,todo bien\xC3\xA9 por aquí\n"

static void what_is_huge_is_a_clear_error_and_memory_stays_flat(void **state)
{
    static const struct {
        const char *name;
        int megabytes;
        const char *before; /* behind the header and a good row */
        const char *repeated;
        const char *after; /* another good row follows */
        const char *want;  /* "problem of the second row" or the file's error */
    } cases[] = {
        {"a transcript of 100 MB", 100, "Ana,a@b.co,1,2024-03-15,Toro,1,\"",
         "palabras y más palabras\n", "\"\n", "transcript too_long_bytes"},
        {"a name of 20 MB", 20, "", "nombre ", ",a@b.co,1,2024-03-15,Toro,1,todo bien por aquí\n",
         "client_name too_long"},
        {"20 MB in columns of 1 MB", 20, "", "", "\n", ""},
        {"millions of columns", 20, "Ana", ",x", "\n", "row too_many_columns"},
        {"a quote that never closes", 100, "\"",
         "Ana,a@b.co,1,2024-03-15,Toro,1,todo bien por aquí\n", "", "csv_quote"},
        {"20 MB of blank lines", 20, "", "\r\n", "", ""},
        {"20 MB in one field", 20, "\"", "0000", "\"\n", ""},
    };
    const struct upload_choice none = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int fd = new_file();
        struct upload_format f;
        struct rows rows = {.f = &f, .list = json_array()};
        char *text;
        long before;
        int status;

        puts_to(fd, header);
        puts_to(fd, GOOD);
        puts_to(fd, cases[i].before);
        if (cases[i].repeated[0])
            repeat(fd, cases[i].repeated, (int64_t)cases[i].megabytes << 20);
        for (int c = 0; !cases[i].repeated[0] && c < cases[i].megabytes; c++) {
            repeat(fd, "columna ", 1 << 20);
            puts_to(fd, ",");
        }
        puts_to(fd, cases[i].after);
        puts_to(fd, GOOD);

        forget_peak();
        before = memory_kb("VmRSS");
        f = detected(fd, &none);
        status = upload_format_read(&cx, fd, &f, take_row, &rows);
        print_message("%s: %ld KB more\n", cases[i].name, memory_kb("VmHWM") - before);
#ifndef __SANITIZE_ADDRESS__
        assert_in_range(memory_kb("VmHWM") - before, 0, 24 << 10);
#endif
        text = json_dumps(rows.list, JSON_COMPACT);
        if (strcmp(cases[i].want, "csv_quote") == 0) {
            assert_int_equal(status, -1);
            assert_string_equal(cx.err.reason, "csv_quote");
            assert_string_equal(cx.err.params, "{\"line\":3}");
            assert_int_equal(rows.n, 1);
            err_clear(&cx.err);
        } else {
            char want[64];
            const char *between = strchr(cases[i].want, ' ');

            assert_int_equal(status, 0);
            if (between) {
                snprintf(want, sizeof want, "\"problems\":[[\"%.*s\",\"%s\"]]",
                         (int)(between - cases[i].want), cases[i].want, between + 1);
                assert_non_null(strstr(text, want));
            }
            assert_non_null(
                strstr(strstr(text, "todo bien"), "todo bien")); /* the rows around it are read */
            assert_int_equal(rows.n, strcmp(cases[i].repeated, "\r\n") == 0 ? 2 : 3);
        }
        free(text);
        json_decref(rows.list);
        close(fd);
        arena_reset(cx.arena);
    }
}

/* ---- the real file ---- */

static void the_real_file_is_read_perfectly(void **state)
{
    const char *folder = getenv("CM_TEST_SHARED");
    const struct upload_choice none = {0};
    struct upload_format f;
    struct rows rows = {.f = &f, .list = json_array()};
    int closed = 0;
    char path[1024];
    int fd;

    (void)state;
    snprintf(path, sizeof path, "%s/meetings_vambe_60.csv", folder ? folder : "");
    fd = folder ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) {
        print_error("SKIPPED: the real file is not there (CM_TEST_SHARED)\n");
        json_decref(rows.list);
        skip();
    }
    f = detected(fd, &none);
    assert_int_equal(f.encoding, CHARSET_UTF8);
    assert_int_equal(f.delimiter, ',');
    assert_int_equal(f.line_end, UPLOAD_LF);
    assert_int_equal(f.date_order, UPLOAD_YMD);
    assert_true(f.date_certain && f.quoted && !f.bom);
    assert_int_equal(f.nheaders, UPLOAD_COLUMNS);
    assert_int_equal(upload_format_read(&cx, fd, &f, take_row, &rows), 0);
    assert_int_equal(rows.n, 60);
    for (size_t i = 0; i < 60; i++) {
        const json_t *row = json_array_get(rows.list, i);

        assert_non_null(json_str(row, "transcript"));
        closed += json_is_true(json_object_get(row, "closed"));
    }
    assert_int_equal(closed, 42);
    assert_string_equal(json_str(json_array_get(rows.list, 7), "sales_rep"), "Tiburón");
    json_decref(rows.list);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_file_gives_what_stands_beside_it),
        cmocka_unit_test(encoding_is_looked_for_as_long_as_all_is_ascii),
        cmocka_unit_test(dates_are_looked_at_until_one_decides),
        cmocka_unit_test(a_piece_may_end_anywhere),
        cmocka_unit_test(the_receiver_may_have_enough_or_fail),
        cmocka_unit_test(a_preview_sees_what_is_missing_without_an_error),
        cmocka_unit_test(many_headers_are_listed_as_far_as_there_is_room),
        cmocka_unit_test(what_is_huge_is_a_clear_error_and_memory_stays_flat),
        cmocka_unit_test(the_real_file_is_read_perfectly),
    };

    return cmocka_run_group_tests_name("upload_format", tests, set_up, tear_down);
}
