/* SPDX-License-Identifier: MIT */
/* admin: tenants, members and tokens from a shell, as the owner role. */
#include <stdio.h>
#include <string.h>

#include "auth/admin.h"
#include "cmd/admin_jobs.h"
#include "cmd/cmd.h"
#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/db/db.h"

enum { ADMIN_MS = 30000 };

static int usage(void)
{
    fprintf(stderr, "admin tenant create SLUG NAME\n"
                    "admin member add TENANT EMAIL viewer|analyst|manager|admin [NAME]\n"
                    "admin token create TENANT NAME data:read[,data:write[,admin]] [DAYS]\n"
                    "admin demo\n" ADMIN_JOBS_USAGE);
    return EXIT_USAGE;
}

static int tenant_create(struct ctx *cx, int argc, char **argv)
{
    char text[UUID_TEXT_BYTES];
    struct uuid id;

    if (argc != 2)
        return EXIT_USAGE;
    if (admin_tenant_create(cx, argv[0], argv[1], &id) < 0)
        return EXIT_FAILED;
    uuid_text(&id, text);
    printf("%s\n", text);
    return EXIT_OK;
}

static int member_add(struct ctx *cx, int argc, char **argv)
{
    enum role role;

    if (argc < 3 || argc > 4 || !role_parse(argv[2], &role))
        return EXIT_USAGE;
    return admin_member_add(cx, argv[0], argv[1], argc == 4 ? argv[3] : "", role) < 0 ? EXIT_FAILED
                                                                                      : EXIT_OK;
}

static int token_create(struct ctx *cx, int argc, char **argv)
{
    char text[API_TOKEN_TEXT_BYTES];
    struct slice rest;
    unsigned scopes = 0;
    int64_t days = 0;

    if (argc < 3 || argc > 4 ||
        (argc == 4 && (!slice_to_i64(slice_cstr(argv[3]), &days) || days < 1 || days > 3650)))
        return EXIT_USAGE;
    for (rest = slice_cstr(argv[2]); rest.n;) {
        const struct slice word = slice_cut(rest, ',', &rest);
        const unsigned bit = scope_parse(word.p, word.n);

        if (!bit || bit == SCOPE_OPERATOR) /* operators are the identity provider's to name */
            return EXIT_USAGE;
        scopes |= bit;
    }
    if (admin_token_create(cx, argv[0], argv[1], scopes, days, text) < 0)
        return EXIT_FAILED;
    printf("%s\n", text);
    return EXIT_OK;
}

/* The tenants and people that the development issuer knows. Harmless to repeat. */
static int demo(struct ctx *cx, int argc, char **argv)
{
    static const struct {
        const char *tenant;
        const char *email;
        const char *name;
        enum role role;
    } members[] = {
        {"demo", "admin@demo.test", "Ada Admin", ROLE_ADMIN},
        {"demo", "manager@demo.test", "Mara Manager", ROLE_MANAGER},
        {"demo", "analyst@demo.test", "Ana Analyst", ROLE_ANALYST},
        {"demo", "viewer@demo.test", "Vera Viewer", ROLE_VIEWER},
        {"demo", "operator@demo.test", "Olga Operator", ROLE_VIEWER},
        {"other", "admin@other.test", "Oscar Other", ROLE_ADMIN},
    };
    struct uuid id;

    (void)argv;
    if (argc != 0)
        return EXIT_USAGE;
    if (cx->config->env == ENV_PRODUCTION) {
        fprintf(stderr, "admin demo: not with CM_ENV=production\n");
        return EXIT_FAILED;
    }
    if (admin_tenant_create(cx, "demo", "Demo S.A.", &id) < 0 ||
        admin_tenant_create(cx, "other", "Other Ltd.", &id) < 0)
        return EXIT_FAILED;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (admin_member_add(cx, members[i].tenant, members[i].email, members[i].name,
                             members[i].role) < 0)
            return EXIT_FAILED;
    }
    return EXIT_OK;
}

static const struct {
    const char *noun;
    const char *verb; /* NULL: none */
    int (*run)(struct ctx *cx, int argc, char **argv);
} actions[] = {
    {"tenant", "create", tenant_create}, {"member", "add", member_add},
    {"token", "create", token_create},   {"demo", NULL, demo},
    {"jobs", NULL, admin_jobs},
};

static int dispatch(struct ctx *cx, int argc, char **argv)
{
    for (size_t i = 0; argc > 0 && i < sizeof actions / sizeof *actions; i++) {
        const int words = actions[i].verb ? 2 : 1;

        if (strcmp(argv[0], actions[i].noun) != 0 ||
            (actions[i].verb && (argc < 2 || strcmp(argv[1], actions[i].verb) != 0)))
            continue;
        return actions[i].run(cx, argc - words, argv + words);
    }
    return EXIT_USAGE;
}

int cmd_admin(const struct config *c, int argc, char **argv)
{
    struct ctx cx = {.config = c, .deadline_ms = clock_mono_ms() + ADMIN_MS};
    int status;

    if (!c->database_owner_url) {
        fprintf(stderr, "admin: CM_DATABASE_OWNER_URL is not set\n");
        return EXIT_USAGE;
    }
    cx.arena = arena_new(LIMIT_ARENA_BYTES);
    cx.db = db_new(c->database_owner_url, c->db_prepare, c->db_connect_ms, "clientmetrics admin");
    status = dispatch(&cx, argc, argv);
    if (status == EXIT_FAILED && err_is(&cx.err))
        fprintf(stderr, "admin: %s (%s)\n", cx.err.message, cx.err.internal);
    db_free(cx.db);
    arena_free(cx.arena);
    return status == EXIT_USAGE ? usage() : status;
}
