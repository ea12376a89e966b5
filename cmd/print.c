/* SPDX-License-Identifier: MIT */
/* check-config and routes: what the tables say. */
#include <stdio.h>

#include "cmd/cmd.h"
#include "fcgi/route.h"

int cmd_check_config(const struct config *c, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    config_print(c, stdout);
    return EXIT_OK;
}

int cmd_routes(const struct config *c, int argc, char **argv)
{
    static const char *const tx[] = {"own", "read", "write"};
    static const char *const body[] = {"none", "json", "form", "upload"};
    static const char *const pool[] = {"", "web", "stream", "any"};

    (void)c;
    (void)argc;
    (void)argv;
    for (size_t i = 0; i < nroutes; i++) {
        const struct route *r = &routes[i];
        char scope[64];

        scopes_text(r->scope, scope, sizeof scope);
        printf("%s\t%s\t%s\t%s\t%s\t%s\n", http_method_name(r->method), r->pattern,
               scope[0] ? scope : "public", tx[r->tx], body[r->body], pool[r->pool]);
    }
    return EXIT_OK;
}
