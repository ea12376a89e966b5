/* SPDX-License-Identifier: MIT */
/* bootstrap and migrate. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "core/base/slice.h"
#include "core/db/migrate.h"

int cmd_bootstrap(const struct config *c, int argc, char **argv)
{
    (void)argv;
    if (argc > 0)
        return EXIT_USAGE;
    return migrate_bootstrap(c->database_admin_url, c->database_owner_url, c->database_url,
                             stdout) < 0
               ? EXIT_FAILED
               : EXIT_OK;
}

int cmd_migrate(const struct config *c, int argc, char **argv)
{
    const struct migrate_options o = {
        .url = c->database_owner_url, .folder = c->migrations_dir, .out = stdout};
    const char *verb = argc > 0 ? argv[0] : "";
    int64_t number = 0;
    int status;

    if (argc > 2 || (argc == 2 &&
                     (!slice_to_i64(slice_cstr(argv[1]), &number) || number < 1 || number > 999))) {
        fprintf(stderr, "migrate: a number from 1 to 999, please\n");
        return EXIT_USAGE;
    }
    if (strcmp(verb, "up") == 0)
        status = migrate_up(&o, (int)number);
    else if (strcmp(verb, "down") == 0 && number)
        status = migrate_down(&o, (int)number);
    else if (strcmp(verb, "status") == 0 && argc == 1)
        status = migrate_status(&o);
    else if (strcmp(verb, "verify") == 0 && argc == 1)
        status = migrate_verify(&o);
    else {
        fprintf(stderr, "migrate up [N] | down N | status | verify\n");
        return EXIT_USAGE;
    }
    return status < 0 ? EXIT_FAILED : EXIT_OK;
}
