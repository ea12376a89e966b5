/* SPDX-License-Identifier: MIT */
/* maintain: what must be done daily, as the owner role. */
#include <stdio.h>

#include "cmd/cmd.h"
#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/db/db.h"
#include "core/db/retention.h"

enum { MAINTAIN_MS = 30 * 60 * 1000 };

int cmd_maintain(const struct config *c, int argc, char **argv)
{
    struct ctx cx = {.config = c, .deadline_ms = clock_mono_ms() + MAINTAIN_MS};
    int status;

    (void)argv;
    if (argc > 0)
        return EXIT_USAGE;
    if (!c->database_owner_url) {
        fprintf(stderr, "maintain: CM_DATABASE_OWNER_URL is not set\n");
        return EXIT_USAGE;
    }
    cx.arena = arena_new(LIMIT_ARENA_BYTES);
    cx.db =
        db_new(c->database_owner_url, c->db_prepare, c->db_connect_ms, "clientmetrics maintain");
    status = retention_run(&cx, stdout);
    if (status < 0)
        fprintf(stderr, "maintain: %s (%s)\n", cx.err.message, cx.err.internal);
    db_free(cx.db);
    arena_free(cx.arena);
    return status < 0 ? EXIT_FAILED : EXIT_OK;
}
