/* SPDX-License-Identifier: MIT */
/*
 * migrate: the schema's steps, migrations/NNN_name.up.sql and .down.sql.
 *
 * Runs as the owner role on a connection of its own, one file a transaction, under one advisory lock so that two
 * runners never interleave. schema_migrations remembers number, name, SHA-256 of the up file and when. An applied
 * file that changed, or one that vanished, stops everything: history is never edited.
 */
#ifndef CORE_DB_MIGRATE_H
#define CORE_DB_MIGRATE_H

#include <stdio.h>

struct migrate_options {
    const char *url;    /* libpq conninfo of the owner */
    const char *folder; /* holds the files */
    FILE *out;          /* progress and problems, one line each */
};

/* All return 0, or -1 after a line on `out`. */
int migrate_up(const struct migrate_options *o, int to); /* to 0: all */
int migrate_down(const struct migrate_options *o,
                 int to); /* rolls back `to` and everything after it */
int migrate_status(const struct migrate_options *o);
int migrate_verify(
    const struct migrate_options *o); /* files and records agree; also that nothing waits */

/* Roles, memberships and extensions, as a superuser: idempotent. Passwords of cm_owner and cm_app are taken
 * from their conninfo when it has one. */
int migrate_bootstrap(const char *admin_url, const char *owner_url, const char *app_url, FILE *out);

#endif
