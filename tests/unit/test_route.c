/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "fcgi/route.h"

static const struct route table[] = {
    {.method = HTTP_GET, .pattern = "/a"},
    {.method = HTTP_GET, .pattern = "/a/list.csv"},
    {.method = HTTP_GET, .pattern = "/a/{id}"},
    {.method = HTTP_PUT, .pattern = "/a/{id}"},
    {.method = HTTP_POST, .pattern = "/a/{id}/b/{other}"},
};
enum { N = sizeof table / sizeof *table };

static const struct route *find(enum http_method method, const char *path, struct http_request *rq,
                                char allow[64])
{
    *rq = (struct http_request){.method = method, .path = slice_cstr(path)};
    return route_find(table, N, rq, allow);
}

static void a_path_finds_its_row_and_its_parts(void **state)
{
    struct http_request rq;
    char allow[64];

    (void)state;
    assert_ptr_equal(find(HTTP_GET, "/a", &rq, allow), &table[0]);
    assert_ptr_equal(find(HTTP_GET, "/a/list.csv", &rq, allow),
                     &table[1]); /* a word before a {part} */
    assert_ptr_equal(find(HTTP_GET, "/a/7", &rq, allow), &table[2]);
    assert_true(slice_is(rq.path_params[0].name, "id") && slice_is(rq.path_params[0].value, "7"));
    assert_ptr_equal(find(HTTP_POST, "/a/7/b/8", &rq, allow), &table[4]);
    assert_int_equal(rq.npath_params, 2);
    assert_true(slice_is(rq.path_params[1].name, "other") &&
                slice_is(rq.path_params[1].value, "8"));
}

static void head_is_served_by_get(void **state)
{
    struct http_request rq;
    char allow[64];

    (void)state;
    assert_ptr_equal(find(HTTP_HEAD, "/a/7", &rq, allow), &table[2]);
}

static void near_misses_find_nothing(void **state)
{
    static const char *const paths[] = {"",      "/",      "a",       "/a/",        "/a//", "//a",
                                        "/a/7/", "/a/7/b", "/a/7/b/", "/a/7/b/8/9", "/aa",  "/A"};
    struct http_request rq;
    char allow[64];

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_null(find(HTTP_GET, paths[i], &rq, allow));
        assert_string_equal(allow, "");
    }
}

static void another_method_is_told_what_the_path_takes(void **state)
{
    struct http_request rq;
    char allow[64];

    (void)state;
    assert_null(find(HTTP_DELETE, "/a/7", &rq, allow));
    assert_string_equal(allow, "GET, PUT");
}

static void each_scope_has_the_lowest_role_that_holds_it(void **state)
{
    (void)state;
    assert_int_equal(route_min_role(SCOPE_DATA_READ), ROLE_VIEWER);
    assert_int_equal(route_min_role(SCOPE_DATA_WRITE), ROLE_ANALYST);
    assert_int_equal(route_min_role(SCOPE_ADMIN), ROLE_ADMIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_finds_its_row_and_its_parts),
        cmocka_unit_test(head_is_served_by_get),
        cmocka_unit_test(near_misses_find_nothing),
        cmocka_unit_test(another_method_is_told_what_the_path_takes),
        cmocka_unit_test(each_scope_has_the_lowest_role_that_holds_it),
    };

    return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
