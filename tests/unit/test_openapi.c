/* SPDX-License-Identifier: MIT */
/* docs/openapi.yaml and the route table say the same, in both directions: paths, methods, scopes, pools. The document
 * keeps the plain block style, so lines are enough to read it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/base/slice.h"
#include "fcgi/route.h"

enum { MAX_OPERATIONS = 512 };

static struct operation {
    char path[160];
    char method[8]; /* upper case */
    char scope[32];
    char pool[16];
} operations[MAX_OPERATIONS];
static size_t noperations;

static size_t indent_of(const char *line)
{
    return strspn(line, " ");
}

/* "key: value" -> value without quotes; false when the line has another key. */
static bool value_of(const char *line, const char *key, char *out, size_t n)
{
    struct slice value;
    const struct slice name = slice_trim(slice_cut(slice_cstr(line), ':', &value));

    if (!slice_is(name, key))
        return false;
    value = slice_trim(value);
    snprintf(out, n, "%.*s", (int)value.n, value.p);
    return true;
}

static void read_line(const char *line, char path[160])
{
    static const char *const methods[] = {"get", "put", "post", "patch", "delete"};
    const struct slice text = slice_trim(slice_cstr(line));
    struct operation *last = noperations ? &operations[noperations - 1] : NULL;

    if (indent_of(line) == 2 && text.n > 1 && text.p[text.n - 1] == ':') {
        snprintf(path, 160, "%.*s", (int)text.n - 1, text.p);
    } else if (indent_of(line) == 4 && path[0] == '/') {
        for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
            struct slice rest;

            if (!slice_is(slice_cut(text, ':', &rest), methods[i]))
                continue;
            assert_true(noperations < MAX_OPERATIONS);
            last = &operations[noperations++];
            snprintf(last->path, sizeof last->path, "%s", path);
            for (size_t k = 0; methods[i][k]; k++)
                last->method[k] = (char)(methods[i][k] - 'a' + 'A');
        }
    } else if (indent_of(line) == 6 && last && strcmp(last->path, path) == 0) {
        value_of(line, "x-scope", last->scope, sizeof last->scope);
        value_of(line, "x-pool", last->pool, sizeof last->pool);
    }
}

static int read_document(void **state)
{
    FILE *f = fopen("docs/openapi.yaml", "re");
    char line[4096];
    char path[160] = "";
    bool in_paths = false;

    (void)state;
    if (!f)
        return -1;
    while (fgets(line, sizeof line, f)) {
        if (line[0] != ' ' && line[0] != '\n' && line[0] != '#')
            in_paths = strncmp(line, "paths:", 6) == 0;
        else if (in_paths)
            read_line(line, path);
    }
    fclose(f);
    return noperations ? 0 : -1;
}

static const struct operation *operation_of(const struct route *r)
{
    for (size_t i = 0; i < noperations; i++) {
        if (strcmp(operations[i].path, r->pattern) == 0 &&
            strcmp(operations[i].method, http_method_name(r->method)) == 0)
            return &operations[i];
    }
    return NULL;
}

static void every_route_is_described_with_its_scope_and_pool(void **state)
{
    static const char *const pools[] = {"", "web", "stream", "web"};

    (void)state;
    for (size_t i = 0; i < nroutes; i++) {
        const struct operation *o = operation_of(&routes[i]);
        char scope[64];

        scopes_text(routes[i].scope, scope, sizeof scope);
        if (!o || strcmp(o->scope, scope[0] ? scope : "public") != 0 ||
            strcmp(o->pool, pools[routes[i].pool]) != 0) {
            print_error("%s %s: the document says scope %s, pool %s\n",
                        http_method_name(routes[i].method), routes[i].pattern,
                        o ? o->scope : "(nothing)", o ? o->pool : "(nothing)");
            fail();
        }
    }
}

static void everything_described_is_a_route(void **state)
{
    (void)state;
    for (size_t i = 0; i < noperations; i++) {
        bool found = false;

        for (size_t k = 0; k < nroutes && !found; k++)
            found = strcmp(routes[k].pattern, operations[i].path) == 0 &&
                    strcmp(http_method_name(routes[k].method), operations[i].method) == 0;
        if (!found) {
            print_error("%s %s is described, and there is no such route\n", operations[i].method,
                        operations[i].path);
            fail();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_is_described_with_its_scope_and_pool),
        cmocka_unit_test(everything_described_is_a_route),
    };

    return cmocka_run_group_tests_name("openapi", tests, read_document, NULL);
}
