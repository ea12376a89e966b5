/* SPDX-License-Identifier: MIT */
#include "tests/lib/testdb.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/sb.h"
#include "core/db/db.h"
#include "core/db/migrate.h"

enum {
    START_MS = 60000,          /* a cluster's first start on a loaded machine */
    REQUEST_MS = 10000,        /* deadline of a test's context */
    TEMPLATE_LOCK = 0x434d5454 /* "CMTT": one maker of the template at a time */
};

struct testcluster {
    struct testcluster *next;
    char *admin_url;
    pid_t keeper; /* 0: somebody else's cluster */
    char dir[64]; /* of an own one */
    char template_name[64];
};

struct context {
    struct context *next;
    struct ctx cx;
};

struct testdb_private {
    struct testdb *next_db;
    struct testcluster *cluster;
    struct arena *arena;
    struct context *contexts;
    struct config config;
};

static struct testcluster *clusters; /* all that this process started or uses */
static struct testdb *databases;
static pid_t owner_pid; /* forked children must not clean up what is their parent's */

static _Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static _Noreturn void die(const char *fmt, ...)
{
    va_list ap;

    fputs("testdb: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(1);
}

static void finish(PGconn **c)
{
    PQfinish(*c);
}

static void pause_ms(long ms)
{
    const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&t, NULL);
}

/* ---- addresses ------------------------------------------------------------------------------------------------ */

static void put_option(struct sb *out, const char *key, const char *value)
{
    sb_printf(out, "%s%s='", out->n ? " " : "", key);
    for (; *value; value++) {
        if (*value == '\'' || *value == '\\')
            sb_putc(out, '\\');
        sb_putc(out, *value);
    }
    sb_putc(out, '\'');
}

/* `url` with another user and database, as key='value' text; malloc'd. A password stays: roles of a test have the
 * superuser's. */
static char *url_with(const char *url, const char *user, const char *dbname)
{
    char *why = NULL;
    PQconninfoOption *all = PQconninfoParse(url, &why);
    struct sb out;

    if (!all)
        die("CM_TEST_ADMIN_URL: %s", why);
    sb_init(&out, 1 << 16);
    for (PQconninfoOption *o = all; o->keyword; o++) {
        if (strcmp(o->keyword, "user") == 0 && user)
            put_option(&out, "user", user);
        else if (strcmp(o->keyword, "dbname") == 0)
            put_option(&out, "dbname", dbname);
        else if (o->val)
            put_option(&out, o->keyword, o->val);
    }
    PQconninfoFree(all);
    return out.p;
}

static PGconn *connect_to(const char *url)
{
    PGconn *c = PQconnectdb(url);

    if (PQstatus(c) != CONNECTION_OK)
        die("cannot connect: %s", PQerrorMessage(c));
    return c;
}

static void run_on(PGconn *conn, const char *sql)
{
    PGresult *r = PQexec(conn, sql);

    if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
        die("%s\n%s", sql, PQresultErrorMessage(r));
    PQclear(r);
}

static PGconn *connect_admin(const struct testcluster *c, const char *dbname)
{
    char *url = url_with(c->admin_url, NULL, dbname);
    PGconn *conn = connect_to(url);

    free(url);
    run_on(conn, "SET statement_timeout = '120s'; SET client_min_messages = warning");
    return conn;
}

/* ---- a cluster of our own ------------------------------------------------------------------------------------- */

static void bin_dir(char *out, size_t n)
{
    const char *given = getenv("CM_TEST_PG_BIN");
    DIR *d = opendir("/usr/lib/postgresql");
    struct dirent *e;
    long best = 0;

    if (given) {
        snprintf(out, n, "%s", given);
        if (d)
            closedir(d);
        return;
    }
    while (d && (e = readdir(d))) {
        const long v = strtol(e->d_name, NULL, 10);

        if (v > best)
            best = v;
    }
    if (d)
        closedir(d);
    if (best < 15)
        die("no PostgreSQL 15 or later under /usr/lib/postgresql; set CM_TEST_PG_BIN or "
            "CM_TEST_ADMIN_URL");
    snprintf(out, n, "/usr/lib/postgresql/%ld/bin", best);
}

/* PostgreSQL refuses to be root. */
static void become_postgres(void)
{
    const struct passwd *p;

    if (getuid() != 0)
        return;
    p = getpwnam("postgres");
    if (!p || initgroups(p->pw_name, p->pw_gid) < 0 || setgid(p->pw_gid) < 0 ||
        setuid(p->pw_uid) < 0)
        _exit(126);
    setenv("HOME", "/nonexistent", 1);
}

static void redirect(const char *file)
{
    const int in = open("/dev/null", O_RDWR);
    const int out = open(file, O_WRONLY | O_CREAT | O_APPEND, 0644);

    dup2(in, 0);
    dup2(out >= 0 ? out : in, 1);
    dup2(out >= 0 ? out : in, 2);
}

static void show_log(const struct testcluster *c)
{
    char path[128];
    char line[512];
    FILE *f;

    snprintf(path, sizeof path, "%s/log", c->dir);
    f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        fputs(line, stderr);
    if (f)
        fclose(f);
}

static void init_cluster(const struct testcluster *c, const char *bin)
{
    char program[300];
    char data[100];
    char log[100];
    int status;
    pid_t pid;

    snprintf(program, sizeof program, "%s/initdb", bin);
    snprintf(data, sizeof data, "%s/data", c->dir);
    snprintf(log, sizeof log, "%s/log", c->dir);
    pid = fork();
    if (pid == 0) {
        become_postgres();
        redirect(log);
        if (chdir("/") == 0)
            execl(program, program, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-sync", (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0) {
        show_log(c);
        die("initdb failed");
    }
}

static pid_t spawn_server(const char *dir, const char *bin)
{
    char program[300];
    char data[100];
    char log[100];
    const pid_t pid = fork();

    if (pid != 0)
        return pid;
    snprintf(program, sizeof program, "%s/postgres", bin);
    snprintf(data, sizeof data, "%s/data", dir);
    snprintf(log, sizeof log, "%s/log", dir);
    become_postgres();
    prctl(PR_SET_PDEATHSIG, SIGQUIT); /* after setuid, which clears it */
    redirect(log);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (chdir("/") == 0)
        execl(program, program, "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off",
              "-c", "full_page_writes=off", "-c", "max_connections=60", "-c", "shared_buffers=64MB",
              "-c", "jit=off", "-c", "timezone=UTC", "-c", "autovacuum_naptime=10s", (char *)NULL);
    _exit(127);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    (void)st;
    (void)flag;
    (void)at;
    remove(path);
    return 0;
}

static void stop_server(pid_t *server, int signal)
{
    if (*server > 0) {
        kill(*server, signal);
        while (waitpid(*server, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    *server = 0;
}

/* The keeper owns the server, and ends with the test or when told: TERM ends, USR1 stops, USR2 starts. */
static _Noreturn void keep(const char *dir, const char *bin, pid_t parent)
{
    pid_t server = spawn_server(dir, bin);
    sigset_t set;
    int sig;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    while (getppid() == parent && sigwait(&set, &sig) == 0 && sig != SIGTERM) {
        if (sig == SIGUSR1)
            stop_server(&server, SIGINT); /* "fast": sessions are ended */
        else if (server == 0)
            server = spawn_server(dir, bin);
    }
    stop_server(&server, SIGQUIT); /* its data is thrown away: no checkpoint */
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    _exit(0);
}

static void wait_until(const struct testcluster *c, PGPing wanted)
{
    const int64_t until = clock_mono_ms() + START_MS;

    while (PQping(c->admin_url) != wanted) {
        if (clock_mono_ms() > until) {
            show_log(c);
            die("the server of %s did not %s", c->dir, wanted == PQPING_OK ? "start" : "stop");
        }
        pause_ms(20);
    }
}

static void clean_up(void);

static struct testcluster *cluster_add(const char *admin_url)
{
    struct testcluster *c = calloc(1, sizeof *c);

    if (!c)
        abort();
    if (!owner_pid) {
        owner_pid = getpid();
        atexit(clean_up);
    }
    c->admin_url = admin_url ? url_with(admin_url, NULL, "postgres") : NULL;
    c->next = clusters;
    clusters = c;
    return c;
}

struct testcluster *testcluster_new(void)
{
    struct testcluster *c = cluster_add(NULL);
    const pid_t parent = getpid();
    char url[200];
    char bin[256];
    sigset_t block;
    sigset_t old;

    bin_dir(bin, sizeof bin);
    strncpy(c->dir, "/tmp/cmtest.XXXXXX", sizeof c->dir - 1); /* short: it holds a socket */
    if (!mkdtemp(c->dir))
        die("cannot make a directory in /tmp");
    if (getuid() == 0) {
        const struct passwd *p = getpwnam("postgres");

        if (!p || chown(c->dir, p->pw_uid, p->pw_gid) < 0)
            die("there is no user postgres");
    }
    chmod(c->dir, 0755); /* the program under test may run as somebody else */
    snprintf(url, sizeof url, "host=%s user=postgres dbname=postgres", c->dir);
    c->admin_url = url_with(url, NULL, "postgres");
    init_cluster(c, bin);

    sigfillset(&block);
    sigprocmask(SIG_BLOCK, &block, &old); /* so that the keeper misses none */
    c->keeper = fork();
    if (c->keeper == 0) {
        char log[100];

        setsid(); /* the terminal's Ctrl-C is not for the server */
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        snprintf(log, sizeof log, "%s/log", c->dir);
        redirect(log);
        keep(c->dir, bin, parent);
    }
    sigprocmask(SIG_SETMASK, &old, NULL);
    if (c->keeper < 0)
        die("fork failed");
    wait_until(c, PQPING_OK);
    return c;
}

void testcluster_stop(struct testcluster *c)
{
    kill(c->keeper, SIGUSR1);
    wait_until(c, PQPING_NO_RESPONSE);
}

void testcluster_start(struct testcluster *c)
{
    kill(c->keeper, SIGUSR2);
    wait_until(c, PQPING_OK);
}

void testcluster_restart(struct testcluster *c)
{
    testcluster_stop(c);
    testcluster_start(c);
}

static void end_keeper(struct testcluster *c)
{
    if (!c->keeper)
        return;
    kill(c->keeper, SIGTERM);
    while (waitpid(c->keeper, NULL, 0) < 0 && errno == EINTR)
        ;
    c->keeper = 0;
}

void testcluster_free(struct testcluster *c)
{
    if (!c)
        return;
    end_keeper(c);
    for (struct testcluster **at = &clusters; *at; at = &(*at)->next) {
        if (*at == c) {
            *at = c->next;
            break;
        }
    }
    free(c->admin_url);
    free(c);
}

static void clean_up(void)
{
    if (getpid() != owner_pid)
        return;
    while (databases)
        testdb_free(databases);
    while (clusters)
        testcluster_free(clusters);
}

static struct testcluster *default_cluster(void)
{
    static struct testcluster *c;
    const char *url = getenv("CM_TEST_ADMIN_URL");

    if (!c)
        c = url && *url ? cluster_add(url) : testcluster_new();
    return c;
}

/* ---- template and clones -------------------------------------------------------------------------------------- */

static const char *migrations_folder(void)
{
    const char *given = getenv("CM_TEST_MIGRATIONS");

    return given ? given : "migrations";
}

static int is_sql(const struct dirent *e)
{
    const size_t n = strlen(e->d_name);

    return n > 4 && strcmp(e->d_name + n - 4, ".sql") == 0;
}

/* The template's name says which files made it. */
static void template_name(char out[64])
{
    struct dirent **files = NULL;
    const int n = scandir(migrations_folder(), &files, is_sql, alphasort);
    uint8_t digest[SHA256_BYTES];
    struct hash_stream h;
    char hex[2 * SHA256_BYTES + 1];

    if (n < 0)
        die("no folder %s: run tests from the root of the tree", migrations_folder());
    hash_begin(&h);
    for (int i = 0; i < n; i++) {
        char path[1024];
        char buf[8192];
        size_t got;
        FILE *f;

        snprintf(path, sizeof path, "%s/%s", migrations_folder(), files[i]->d_name);
        hash_update(&h, files[i]->d_name, strlen(files[i]->d_name) + 1);
        f = fopen(path, "re");
        if (!f)
            die("cannot read %s", path);
        while ((got = fread(buf, 1, sizeof buf, f)) > 0)
            hash_update(&h, buf, got);
        fclose(f);
        free(files[i]);
    }
    free(files);
    hash_end(&h, digest);
    hash_hex(digest, sizeof digest, hex);
    snprintf(out, 64, "cm_template_%.16s", hex);
}

/* Both templates: <name>_empty after bootstrap, <name> after the migrations. */
static void make_template(const struct testcluster *c, PGconn *conn, const char *name, bool migrate)
{
    char *admin = url_with(c->admin_url, NULL, name);
    char *owner = url_with(c->admin_url, "cm_owner", name);
    char *app = url_with(c->admin_url, "cm_app", name);
    char *words = NULL;
    size_t nwords = 0;
    char sql[256];
    FILE *out = open_memstream(&words, &nwords);
    const struct migrate_options o = {.url = owner, .folder = migrations_folder(), .out = out};
    int bad;

    if (!out)
        abort();
    snprintf(sql, sizeof sql, "DROP DATABASE IF EXISTS %s", name);
    run_on(conn, sql); /* half made by one that was killed */
    snprintf(sql, sizeof sql, "CREATE DATABASE %s", name);
    run_on(conn, sql);
    bad = migrate_bootstrap(admin, owner, app, out);
    if (!bad && migrate)
        bad = migrate_up(&o, 0);
    fclose(out);
    if (bad) {
        fputs(words, stderr);
        if (strstr(words, "vector"))
            fputs(
                "testdb: PGVECTOR IS MISSING in this server; deploy/local/pgvector.sh builds it\n",
                stderr);
        die("the template database could not be made");
    }
    free(words);
    free(admin);
    free(owner);
    free(app);
    /* last: the mark that it is whole */
    snprintf(sql, sizeof sql, "ALTER DATABASE %s WITH IS_TEMPLATE true ALLOW_CONNECTIONS false",
             name);
    run_on(conn, sql);
}

static bool template_is_there(PGconn *conn, const char *name)
{
    const char *values[] = {name};
    PGresult *r =
        PQexecParams(conn, "SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate", 1,
                     NULL, values, NULL, NULL, 0);
    const bool found = PQntuples(r) == 1;

    PQclear(r);
    return found;
}

/* Both at once: later, a bootstrap would meet tests at work, and roles are the cluster's. */
static void need_templates(struct testcluster *c)
{
    char empty[80];
    char lock[64];
    PGconn *conn;

    template_name(c->template_name);
    snprintf(empty, sizeof empty, "%s_empty", c->template_name);
    conn = connect_admin(c, "postgres");
    if (!template_is_there(conn, c->template_name)) {
        snprintf(lock, sizeof lock, "SELECT pg_advisory_lock(%d)", TEMPLATE_LOCK);
        run_on(conn, lock);
        if (!template_is_there(conn, empty))
            make_template(c, conn, empty, false);
        if (!template_is_there(conn, c->template_name))
            make_template(c, conn, c->template_name, true);
    }
    PQfinish(conn); /* and with it the lock */
}

static struct testdb *clone(struct testcluster *c, bool migrated)
{
    static int count;
    struct testdb *t = calloc(1, sizeof *t);
    struct testdb_private *p = calloc(1, sizeof *p);
    char name[64];
    char template[80];
    char sql[512];
    PGconn *conn;

    if (!t || !p)
        abort();
    need_templates(c);
    snprintf(template, sizeof template, "%s%s", c->template_name, migrated ? "" : "_empty");
    snprintf(name, sizeof name, "cm_test_%d_%d", (int)getpid(), ++count);
    conn = connect_admin(c, "postgres");
    snprintf(sql, sizeof sql, "DROP DATABASE IF EXISTS %s WITH (FORCE)", name);
    run_on(conn, sql);
    snprintf(sql, sizeof sql, "CREATE DATABASE %s TEMPLATE %s", name, template);
    run_on(conn, sql);
    /* a clone has no rights of its own until its template's are copied */
    snprintf(sql, sizeof sql,
             "UPDATE pg_database SET datacl = (SELECT datacl FROM pg_database WHERE datname = "
             "'%s') WHERE datname = '%s'",
             template, name);
    run_on(conn, sql);
    PQfinish(conn);

    p->arena = arena_new(LIMIT_ARENA_BYTES);
    p->cluster = c;
    t->private = p;
    t->name = arena_strdup(p->arena, name);
    t->app_url = url_with(c->admin_url, "cm_app", name);
    t->owner_url = url_with(c->admin_url, "cm_owner", name);
    t->admin_url = url_with(c->admin_url, NULL, name);
    p->next_db = databases;
    databases = t;
    return t;
}

struct testdb *testdb_new(void)
{
    return clone(default_cluster(), true);
}

struct testdb *testdb_new_empty(void)
{
    return clone(default_cluster(), false);
}

struct testdb *testdb_new_in(struct testcluster *c)
{
    return clone(c, true);
}

static void context_free(struct context *x)
{
    db_free(x->cx.db);
    arena_free(x->cx.arena);
    free(x);
}

void testdb_free(struct testdb *t)
{
    struct testdb_private *p;

    if (!t)
        return;
    p = t->private;
    while (p->contexts) {
        struct context *x = p->contexts;

        p->contexts = x->next;
        context_free(x);
    }
    for (struct testdb **at = &databases; *at; at = &(*at)->private->next_db) {
        if (*at == t) {
            *at = p->next_db;
            break;
        }
    }
    if (PQping(p->cluster->admin_url) == PQPING_OK) { /* a test may have stopped it */
        PGconn *conn = connect_admin(p->cluster, "postgres");
        char sql[160];

        snprintf(sql, sizeof sql, "DROP DATABASE IF EXISTS %s WITH (FORCE)", t->name);
        run_on(conn, sql);
        PQfinish(conn);
    }
    free((char *)t->app_url);
    free((char *)t->owner_url);
    free((char *)t->admin_url);
    arena_free(p->arena);
    free(p);
    free(t);
}

/* ---- contexts and callers ------------------------------------------------------------------------------------- */

/* The table's defaults, without what this process's environment happens to hold for others. */
static void default_config(struct config *out, const char *app_url)
{
    static struct config defaults;
    static bool loaded;

    if (!loaded) {
        const char *had = getenv("CM_DATABASE_URL");

        if (!had)
            setenv("CM_DATABASE_URL", "-", 1);
        if (config_load(&defaults, stderr) < 0)
            die("the configuration of this environment is wrong");
        if (!had)
            unsetenv("CM_DATABASE_URL");
        loaded = true;
    }
    *out = defaults;
    out->env = ENV_TEST;
    out->database_url = app_url;
}

static struct ctx *context_new(struct testdb *t, bool prepare)
{
    struct testdb_private *p = t->private;
    struct context *x = calloc(1, sizeof *x);

    if (!x)
        abort();
    if (!p->config.database_url)
        default_config(&p->config, t->app_url);
    x->cx = (struct ctx){
        .arena = arena_new(LIMIT_ARENA_BYTES),
        .db = db_new(t->app_url, prepare, 5000, "test"),
        .config = &p->config,
        .deadline_ms = clock_mono_ms() + REQUEST_MS,
        .request_id = "test",
    };
    x->next = p->contexts;
    p->contexts = x;
    return &x->cx;
}

struct ctx *testdb_ctx(struct testdb *t)
{
    return context_new(t, true);
}

struct ctx *testdb_ctx_unprepared(struct testdb *t)
{
    return context_new(t, false);
}

void testdb_fresh(struct ctx *cx)
{
    db_rollback(cx);
    err_clear(&cx->err);
    arena_reset(cx->arena);
    cx->deadline_ms = clock_mono_ms() + REQUEST_MS;
}

static struct uuid uuid_value(const struct testdb *t, const char *sql, int n,
                              const char *const *values)
{
    PGconn *conn = testdb_connect(t, TESTDB_OWNER);
    PGresult *r = PQexecParams(conn, sql, n, NULL, values, NULL, NULL, 0);
    struct uuid u;

    if (PQresultStatus(r) != PGRES_TUPLES_OK || !pg_uuid(r, 0, 0, &u))
        die("%s\n%s", sql, PQresultErrorMessage(r));
    PQclear(r);
    PQfinish(conn);
    return u;
}

struct uuid testdb_tenant(struct testdb *t, const char *slug)
{
    const struct uuid id = uuid_new();
    char text[UUID_TEXT_BYTES];
    const char *values[] = {text, slug};

    uuid_text(&id, text);
    return uuid_value(t, "SELECT app_tenant_create($1, $2, $2)", 2, values);
}

struct uuid testdb_member(struct testdb *t, const char *slug, const char *email, enum role role)
{
    const struct uuid id = uuid_new();
    char text[UUID_TEXT_BYTES];
    const char *values[] = {slug, text, email, role_name(role)};

    uuid_text(&id, text);
    return uuid_value(t, "SELECT app_member_add($1, $2, $3, $3, $4)", 4, values);
}

struct uuid testdb_token(struct testdb *t, const char *slug, unsigned scopes, uint8_t proof[32])
{
    const struct uuid id = uuid_new();
    char words[200];
    char text[UUID_TEXT_BYTES];
    char hash[2 * 32 + 3];
    const char *values[] = {slug, text, hash, words};
    char *gap;

    uuid_text(&id, text);
    hash_random(proof, 32);
    hash[0] = '\\';
    hash[1] = 'x';
    hash_hex(proof, 32, hash + 2);
    words[0] = '{';
    scopes_text(scopes, words + 1, sizeof words - 2);
    for (gap = words; (gap = strchr(gap, ' ')); gap++)
        *gap = ',';
    strncat(words, "}", 2);
    uuid_value(t, "SELECT app_token_create($1, $2, 'test', $3, $4, NULL)", 4, values);
    return id;
}

void testdb_as(struct ctx *cx, const struct uuid *tenant, const struct uuid *user, enum role role)
{
    cx->who = (struct principal){
        .kind = PRINCIPAL_USER,
        .tenant = *tenant,
        .user = *user,
        .role = role,
        .scopes = role_scopes(role),
        .issued_s = clock_now_us() / 1000000,
        .language = "es",
    };
}

void testdb_as_token(struct ctx *cx, const struct uuid *tenant, const struct uuid *token,
                     const uint8_t proof[32], unsigned scopes)
{
    cx->who = (struct principal){.kind = PRINCIPAL_TOKEN,
                                 .tenant = *tenant,
                                 .credential = *token,
                                 .scopes = scopes,
                                 .language = "es"};
    memcpy(cx->who.proof, proof, sizeof cx->who.proof);
}

void testdb_as_nobody(struct ctx *cx)
{
    cx->who = (struct principal){.kind = PRINCIPAL_NONE};
}

/* ---- plain SQL ------------------------------------------------------------------------------------------------ */

PGconn *testdb_connect(const struct testdb *t, enum testdb_role role)
{
    PGconn *c = connect_to(role == TESTDB_APP     ? t->app_url
                           : role == TESTDB_OWNER ? t->owner_url
                                                  : t->admin_url);

    run_on(c, "SET client_min_messages = warning");
    return c;
}

static PGresult *run_text(const struct testdb *t, enum testdb_role role, const char *fmt,
                          va_list ap, const char **sql) __attribute__((format(printf, 3, 0)));
static PGresult *run_text(const struct testdb *t, enum testdb_role role, const char *fmt,
                          va_list ap, const char **sql)
{
    SCOPED(finish) PGconn *conn = testdb_connect(t, role);

    *sql = arena_vprintf(t->private->arena, fmt, ap);
    return PQexec(conn, *sql);
}

void testdb_run(const struct testdb *t, enum testdb_role role, const char *fmt, ...)
{
    SCOPED(pg_drop) PGresult *r = NULL;
    const char *sql;
    va_list ap;

    va_start(ap, fmt);
    r = run_text(t, role, fmt, ap, &sql);
    va_end(ap);
    if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
        die("%s\n%s", sql, PQresultErrorMessage(r));
}

static const char *first_cell(const struct testdb *t, const PGresult *r, const char *sql)
{
    if (PQresultStatus(r) != PGRES_TUPLES_OK)
        die("%s\n%s", sql, PQresultErrorMessage(r));
    return PQntuples(r) > 0 ? pg_dup(t->private->arena, r, 0, 0) : NULL;
}

const char *testdb_value(const struct testdb *t, enum testdb_role role, const char *fmt, ...)
{
    SCOPED(pg_drop) PGresult *r = NULL;
    const char *sql;
    va_list ap;

    va_start(ap, fmt);
    r = run_text(t, role, fmt, ap, &sql);
    va_end(ap);
    return first_cell(t, r, sql);
}

int64_t testdb_number(const struct testdb *t, enum testdb_role role, const char *fmt, ...)
{
    SCOPED(pg_drop) PGresult *r = NULL;
    const char *sql;
    const char *cell;
    int64_t v;
    va_list ap;

    va_start(ap, fmt);
    r = run_text(t, role, fmt, ap, &sql);
    va_end(ap);
    cell = first_cell(t, r, sql);
    return cell && slice_to_i64(slice_cstr(cell), &v) ? v : -1;
}

const char *testdb_try(const struct testdb *t, enum testdb_role role, const char *fmt, ...)
{
    SCOPED(pg_drop) PGresult *r = NULL;
    const char *state;
    const char *sql;
    va_list ap;

    va_start(ap, fmt);
    r = run_text(t, role, fmt, ap, &sql);
    va_end(ap);
    state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    return arena_strdup(t->private->arena, state ? state : "");
}
