/* SPDX-License-Identifier: MIT */
/*
 * `queue_poke URL COUNT LEAST_MS MOST_MS`: inserts one job at a time at random intervals, with the statement of the standard input, whose
 * $1 is the job's number, and prints `poke N US`: when its commit returned, in the monotonic clock's microseconds.
 * One program for every queue, so that what is measured differs by the queue alone. Built and run by peers/queues.mjs.
 */
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/hash.h"

static void pause_ms(long least, long most)
{
    uint32_t random;
    int64_t ns;

    hash_random(&random, sizeof random);
    ns = least * 1000000 + (int64_t)(random % 1000000) * (most - least);
    (void)nanosleep(&(const struct timespec){ns / 1000000000, ns % 1000000000}, NULL);
}

static int command(PGconn *c, const char *sql)
{
    PGresult *r = PQexec(c, sql);
    const int failed = PQresultStatus(r) != PGRES_COMMAND_OK;

    PQclear(r);
    return failed;
}

static int insert(PGconn *c, int n)
{
    char number[16];
    PGresult *r;
    int failed;

    snprintf(number, sizeof number, "%d", n);
    if (command(c, "BEGIN"))
        return 1;
    r = PQexecPrepared(c, "poke", 1, (const char *const[]){number}, NULL, NULL, 0);
    failed = PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK;
    PQclear(r);
    return failed || command(c, "COMMIT");
}

int main(int argc, char **argv)
{
    static char sql[8192];
    PGconn *c;
    int failed = 0;

    if (argc != 5 || fread(sql, 1, sizeof sql - 1, stdin) == 0)
        return 2;
    c = PQconnectdb(argv[1]);
    PQclear(PQprepare(c, "poke", sql, 1, NULL));
    for (int n = 1; n <= strtol(argv[2], NULL, 10) && !failed; n++) {
        pause_ms(strtol(argv[3], NULL, 10), strtol(argv[4], NULL, 10));
        failed = insert(c, n);
        printf("poke %d %" PRId64 "\n", n, clock_mono_us());
    }
    if (failed)
        fprintf(stderr, "%s", PQerrorMessage(c));
    PQfinish(c);
    return failed;
}
