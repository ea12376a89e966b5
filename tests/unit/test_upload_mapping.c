/* SPDX-License-Identifier: MIT */
/* What may be saved as a mapping, and when two files have the same headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/sb.h"
#include "core/meetings/upload_mapping_draft.h"

static struct ctx cx;

static json_t *read_json(const char *text)
{
    json_t *v = NULL;

    if (json_read(slice_cstr(text), &v) != JSON_OK)
        fail_msg("no JSON: %s", text);
    arena_defer(cx.arena, json_drop_deferred, v);
    return v;
}

static int set_up(void **state)
{
    (void)state;
    cx.arena = arena_new(8 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(cx.arena);
    err_clear(&cx.err);
    return 0;
}

static void the_same_headers_have_one_key_in_any_order_and_spelling(void **state)
{
    const struct slice a[] = {SLICE("Nombre"), SLICE("Correo_Electrónico"), SLICE("Teléfono")};
    const struct slice b[] = {SLICE("TELEFONO"), SLICE(" nombre "), SLICE(""),
                              SLICE("correo  electronico")};
    const struct slice c[] = {SLICE("nombre"), SLICE("telefono")};
    const struct slice joined[] = {SLICE("nombre telefono")};
    const struct uuid key = upload_headers_digest(cx.arena, a, 3);
    const struct uuid same = upload_headers_digest(cx.arena, b, 4);
    const struct uuid fewer = upload_headers_digest(cx.arena, c, 2);
    const struct uuid one = upload_headers_digest(cx.arena, joined, 1);

    (void)state;
    assert_true(uuid_eq(&key, &same));
    assert_false(uuid_eq(&key, &fewer));
    assert_false(uuid_eq(&fewer, &one));
}

static void a_whole_draft_is_read(void **state)
{
    struct upload_mapping_draft d = {0};

    (void)state;
    assert_int_equal(
        upload_mapping_draft_read(
            &cx,
            read_json("{\"name\":\"  CRM del Sur \",\"headers\":[\"Razón Social\",\"Mail\",\"\"],"
                      "\"columns\":{\"email\":\"Mail\",\"client_name\":\"RAZON_SOCIAL\"},"
                      "\"settings\":{\"delimiter\":\"\\t\",\"encoding\":\"windows-1252\","
                      "\"date_order\":\"dmy\"}}"),
            &d),
        0);
    assert_string_equal(d.m.name, "CRM del Sur");
    assert_true(slice_is(d.name_key, "crm del sur"));
    assert_int_equal(d.nheaders, 3);
    assert_true(slice_is(d.headers[0], "Razón Social"));
    assert_string_equal(d.m.names.header[UPLOAD_CLIENT_NAME], "RAZON_SOCIAL");
    assert_string_equal(d.m.names.header[UPLOAD_EMAIL], "Mail");
    assert_null(d.m.names.header[UPLOAD_PHONE]);
    assert_string_equal(d.m.delimiter, "\t");
    assert_string_equal(d.m.encoding, "windows-1252");
    assert_string_equal(d.m.date_order, "dmy");
}

#define H "\"headers\":[\"A\",\"B\"],"
#define C "\"columns\":{\"email\":\"A\"}"

static void what_is_wrong_is_named(void **state)
{
    static const struct {
        const char *body;
        const char *reason;
        const char *field;
    } cases[] = {
        {"{" H C "}", "name_invalid", "name"},
        {"{\"name\":3," H C "}", "name_invalid", "name"},
        {"{\"name\":\" \"," H C "}", "name_invalid", "name"},
        {"{\"name\":\"a\\nb\"," H C "}", "name_invalid", "name"},
        {"{\"name\":\"\\u0301\"," H C "}", "name_invalid", "name"},
        {"{\"name\":\"n\"," C "}", "headers_invalid", "headers"},
        {"{\"name\":\"n\",\"headers\":[]," C "}", "headers_invalid", "headers"},
        {"{\"name\":\"n\",\"headers\":[\" \"]," C "}", "headers_invalid", "headers"},
        {"{\"name\":\"n\",\"headers\":{\"a\":1}," C "}", "headers_invalid", "headers"},
        {"{\"name\":\"n\",\"headers\":[\"A\",1]," C "}", "header_invalid", "headers.1"},
        {"{\"name\":\"n\",\"headers\":[\"A\"]}", "columns_invalid", "columns"},
        {"{\"name\":\"n\"," H "\"columns\":{}}", "columns_invalid", "columns"},
        {"{\"name\":\"n\"," H "\"columns\":[\"A\"]}", "columns_invalid", "columns"},
        {"{\"name\":\"n\"," H "\"columns\":{\"mail\":\"A\"}}", "column_unknown", "columns.mail"},
        {"{\"name\":\"n\"," H "\"columns\":{\"email\":null}}", "header_invalid", "columns.email"},
        {"{\"name\":\"n\"," H "\"columns\":{\"email\":\" \"}}", "header_invalid", "columns.email"},
        {"{\"name\":\"n\"," H "\"columns\":{\"email\":\"D\"}}", "header_unknown", "columns.email"},
        {"{\"name\":\"n\"," H "\"columns\":{\"email\":\"A\",\"phone\":\"a\"}}", "header_twice",
         "columns.phone"},
        {"{\"name\":\"n\"," H C ",\"settings\":[]}", "setting_invalid", "settings"},
        {"{\"name\":\"n\"," H C ",\"settings\":{\"delimiter\":\"x\"}}", "setting_invalid",
         "settings.delimiter"},
        {"{\"name\":\"n\"," H C ",\"settings\":{\"delimiter\":\"\"}}", "setting_invalid",
         "settings.delimiter"},
        {"{\"name\":\"n\"," H C ",\"settings\":{\"encoding\":1}}", "setting_invalid",
         "settings.encoding"},
        {"{\"name\":\"n\"," H C ",\"settings\":{\"date_order\":\"ydm\"}}", "setting_invalid",
         "settings.date_order"},
        {"{\"name\":\"n\"," H C ",\"settings\":{\"quote\":1}}", "member_unknown", "settings.quote"},
        {"{\"name\":\"n\"," H C ",\"version\":1}", "member_unknown", "version"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct upload_mapping_draft d = {0};

        err_clear(&cx.err);
        if (upload_mapping_draft_read(&cx, read_json(cases[i].body), &d) == 0 ||
            cx.err.code != ERR_INVALID || strcmp(cx.err.reason, cases[i].reason) != 0 ||
            strcmp(cx.err.field, cases[i].field) != 0)
            fail_msg("%s: %s at %s", cases[i].body, cx.err.reason, cx.err.field);
    }
}

/* A body with this many headers of this many letters each, and a name of `name` letters. */
static int read_sized(size_t headers, size_t letters, size_t name)
{
    struct upload_mapping_draft d = {0};
    struct sb b;
    int status;

    sb_init(&b, LIMIT_JSON_BODY_BYTES);
    sb_puts(&b, "{\"name\":\"");
    for (size_t i = 0; i < name; i++)
        sb_puts(&b, "ñ");
    sb_puts(&b, "\",\"columns\":{\"email\":\"A\"},\"headers\":[\"A\"");
    for (size_t i = 1; i < headers; i++) {
        sb_puts(&b, ",\"");
        for (size_t k = 0; k < letters; k++)
            sb_puts(&b, "ñ");
        sb_putc(&b, '"');
    }
    sb_puts(&b, "]}");
    err_clear(&cx.err);
    status = upload_mapping_draft_read(&cx, read_json(sb_text(&b)), &d);
    sb_done(&b);
    return status;
}

static void sizes_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(read_sized(LIMIT_CSV_FIELDS, 1, LIMIT_MAPPING_NAME_CHARS), 0);
    assert_int_equal(read_sized(2, LIMIT_NAME_CHARS, 1), 0);
    assert_int_equal(read_sized(1, 1, LIMIT_MAPPING_NAME_CHARS + 1), -1);
    assert_string_equal(cx.err.reason, "name_invalid");
    assert_int_equal(read_sized(LIMIT_CSV_FIELDS + 1, 1, 1), -1);
    assert_string_equal(cx.err.reason, "headers_invalid");
    assert_int_equal(read_sized(2, LIMIT_NAME_CHARS + 1, 1), -1);
    assert_string_equal(cx.err.reason, "header_invalid");
    assert_int_equal(read_sized(LIMIT_CSV_FIELDS, LIMIT_NAME_CHARS, 1), -1); /* 100 KB */
    assert_string_equal(cx.err.reason, "headers_invalid");
}

static void a_mapping_given_inline_is_read_alone_and_untouched_when_wrong(void **state)
{
    struct upload_names names = {.header = {[UPLOAD_PHONE] = "kept"}};

    (void)state;
    assert_int_equal(upload_mapping_read_json(&cx, read_json("{\"email\":\"A\",\"x\":\"B\"}"),
                                              "mapping", &names),
                     -1);
    assert_string_equal(cx.err.field, "mapping.x");
    assert_string_equal(names.header[UPLOAD_PHONE], "kept");
    err_clear(&cx.err);
    assert_int_equal(upload_mapping_read_json(&cx, NULL, "mapping", &names), -1);
    assert_string_equal(cx.err.field, "mapping");
    err_clear(&cx.err);
    assert_int_equal(
        upload_mapping_read_json(&cx, read_json("{\"email\":\" A \"}"), "mapping", &names), 0);
    assert_string_equal(names.header[UPLOAD_EMAIL], "A");
    assert_null(names.header[UPLOAD_PHONE]);
}

/* err.field is short; a member's name is the client's. */
static void a_long_member_is_cut_in_the_error(void **state)
{
    struct upload_names names;
    char *text = arena_zalloc(cx.arena, 1, 4096);

    (void)state;
    memcpy(text, "{\"", 2);
    memset(text + 2, 'x', 4000);
    memcpy(text + 4002, "\":1}", 4);
    assert_int_equal(upload_mapping_read_json(&cx, read_json(text), "mapping", &names), -1);
    assert_int_equal(strlen(cx.err.field), sizeof cx.err.field - 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(the_same_headers_have_one_key_in_any_order_and_spelling),
        T(a_whole_draft_is_read),
        T(what_is_wrong_is_named),
        T(sizes_are_bounded),
        T(a_mapping_given_inline_is_read_alone_and_untouched_when_wrong),
        T(a_long_member_is_cut_in_the_error),
    };

    return cmocka_run_group_tests_name("upload_mapping", tests, NULL, NULL);
}
