#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034 # the variables are for those who source this
#
# services: what run.sh, up.sh and the tests put together: build, PostgreSQL, certificate, configuration, the program,
# nginx. Sourced after lib.sh and after cm_users and cm_paths; each function may be called again without harm.

HTTPS_PORT=${CM_HTTPS_PORT:-8443}
OPS_PORT=${CM_OPS_PORT:-9443}
# Only a name for the socket: it lies in a directory of its own, so it meets no other cluster.
PG_PORT=${CM_PG_PORT:-54329}
BUILD=${BUILD:-release}
DB=clientmetrics
CONFIG=""
LIMIT_KEY="" # empty: nginx's limits by address as in production; off: none, for load tests
[ "${CM_LOCAL_LIMITS:-on}" != off ] || LIMIT_KEY=off

# ---------------------------------------------------------------------------------------------------------------
# Build

# The caller may be a make of its own, whose flags are not meant for this one.
clean_make() { env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES make --no-print-directory -C "$ROOT" "$@"; }

program_build() {
    need_space "$ROOT" 200 "building"
    # Two at a time at most: a laptop stays usable, and a build takes seconds anyway.
    local jobs
    jobs=$(nproc)
    [ "$jobs" -le 2 ] || jobs=2
    clean_make -s "-j$jobs" "BUILD=$BUILD" all >"$LOGS/build.log" 2>&1 || {
        tail -n 40 "$LOGS/build.log" >&2
        if grep -qi 'no space left' "$LOGS/build.log"; then die "the disk of $ROOT is full"; fi
        die "the program does not build; everything the compiler said is in $LOGS/build.log"
    }
    PROGRAM=$ROOT/build/$BUILD/clientmetrics
    [ -x "$PROGRAM" ] || die "the build left no program at $PROGRAM"
}
PROGRAM=""

# npm_fetch LOG ARGS...: npm, on Node 22 even where the machine's own is older: npm leaves out optional packages whose
# `engines` the running Node does not fit, and the bundler's compiled part is one. The first time, npm's package `node`
# is fetched into build/tools, in the version that the frontend pins.
npm_fetch() {
    local log=$1 tools=$ROOT/build/tools node version cli path=""
    shift
    node=$(command -v node) || die "node is not installed; run: make setup"
    if ! "$node" -e 'process.exit(parseInt(process.versions.node) >= 22 ? 0 : 1)'; then
        version=$(awk '/"node_modules\/node": \{/ {found = 1} found && /"version":/ {gsub(/[",]/, "", $2); print $2; exit}' \
            "$ROOT/frontend/package-lock.json")
        node=$tools/node_modules/.bin/node
        if [ "$("$node" --version 2>/dev/null)" != "v$version" ]; then
            mkdir -p "$tools"
            # allowScripts: newer npm asks before a package may run its own installer, which this one needs.
            printf '{"private": true, "allowScripts": {"node": true}}\n' >"$tools/package.json"
            npm --prefix "$tools" install --no-save --no-package-lock --no-audit --no-fund --no-progress "node@$version" \
                </dev/null >"$log" 2>&1 || return 1
        fi
    fi
    # Debian's npm finds its parts through a path that only Debian's node knows.
    cli=$(realpath "$(command -v npm)")
    case $cli in /usr/share/nodejs/*) path=/usr/share/nodejs ;; esac
    PATH=$(dirname "$node"):$PATH NODE_PATH=$path "$node" "$cli" --no-audit --no-fund --no-progress "$@" </dev/null >>"$log" 2>&1
}

NODE=""
frontend_modules() {
    local dir=$ROOT/frontend log=$LOGS/npm.log
    NODE=$dir/node_modules/.bin/node
    # npm writes the hidden file last, so it is older than the lock file exactly when something is to be done.
    if [ ! -x "$NODE" ] || [ ! -e "$dir/node_modules/.package-lock.json" ] ||
        [ "$dir/node_modules/.package-lock.json" -ot "$dir/package-lock.json" ]; then
        need_space "$dir" 700 "the frontend's packages"
        say "Fetching Node 22 and the frontend's packages (npm; half a minute)"
        : >"$log"
        npm_fetch "$log" --prefix "$dir" ci || {
            tail -n 15 "$log" >&2
            if grep -qiE 'ENOSPC|no space left' "$log"; then die "the disk of $dir is full"; fi
            if grep -qiE 'ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|network' "$log"; then
                die "the npm registry cannot be reached, so the frontend's packages cannot be fetched: check the network and npm's settings (npm config list); npm's words are in $log"
            fi
            die "npm ci failed; npm's words are in $log"
        }
    fi
    "$NODE" -e 'process.exit(parseInt(process.versions.node) >= 22 ? 0 : 1)' 2>/dev/null ||
        die "the frontend's own Node is missing or older than 22: remove frontend/node_modules and try again"
}

frontend_hash() {
    (cd "$ROOT" && find frontend docs/openapi.yaml -path frontend/node_modules -prune -o -path frontend/dist -prune -o \
        -type f ! -name '*.gen.ts' ! -name '*.tsbuildinfo' -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
}

frontend_build() {
    local hash stamp=$ROOT/build/frontend.stamp
    frontend_modules
    hash=$(frontend_hash)
    if [ -e "$ROOT/frontend/dist/index.html" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$hash" ]; then
        return 0
    fi
    say "Building the pages"
    # npm puts node_modules/.bin first in PATH, so that the tools run on the pinned Node.
    npm --prefix "$ROOT/frontend" run build </dev/null >"$LOGS/frontend.log" 2>&1 || {
        tail -n 30 "$LOGS/frontend.log" >&2
        die "the pages do not build; everything the tools said is in $LOGS/frontend.log"
    }
    mkdir -p "$ROOT/build"
    printf '%s\n' "$hash" >"$stamp"
}

# What is served is a copy: a rebuild beside it changes nothing under a running installation, and users who cannot
# walk into the tree (a clone under /root) can read it.
stage() {
    install -m 0755 "$PROGRAM" "$APP/clientmetrics.new"
    mv -f "$APP/clientmetrics.new" "$APP/clientmetrics"
    if [ -e "$ROOT/frontend/dist/index.html" ]; then
        rm -rf "$APP/web.new" "$APP/web.old"
        cp -R "$ROOT/frontend/dist" "$APP/web.new"
        chmod -R u=rwX,go=rX "$APP/web.new"
        [ ! -e "$APP/web" ] || mv "$APP/web" "$APP/web.old"
        mv "$APP/web.new" "$APP/web"
        rm -rf "$APP/web.old"
    fi
}

# ---------------------------------------------------------------------------------------------------------------
# Secrets and addresses

# Made once: the cluster remembers its passwords.
secrets_load() {
    local file=$STATE/secrets.env
    if [ ! -s "$file" ]; then
        (
            umask 077
            {
                printf '# Made at the first start. The cluster in %s/pg knows these passwords: losing them locks it.\n' "$STATE"
                printf 'PG_SUPER_PASSWORD=%s\nPG_OWNER_PASSWORD=%s\nPG_APP_PASSWORD=%s\nAUDIT_KEY=%s\n' \
                    "$(random_hex 16)" "$(random_hex 16)" "$(random_hex 16)" "$(random_hex 32)"
            } >"$file.new"
        )
        mv -f "$file.new" "$file"
    fi
    # shellcheck source=/dev/null
    . "$file"
    if [ -z "${SECRET_KEY:-}" ]; then # a file of before there was one
        SECRET_KEY=$(openssl rand -base64 32)
        printf 'SECRET_KEY=%s\n' "$SECRET_KEY" >>"$file"
    fi
}

# pg_url USER PASSWORD [DATABASE]
pg_url() {
    printf 'postgresql://%s:%s@/%s?host=%s&port=%s' "$1" "$2" "${3:-$DB}" "$(url_encode "$RUN/pg")" "$PG_PORT"
}

# ---------------------------------------------------------------------------------------------------------------
# PostgreSQL

pg_psql() {
    PGPASSWORD=$PG_SUPER_PASSWORD "$PG_BIN/psql" -X -q -v ON_ERROR_STOP=1 -h "$RUN/pg" -p "$PG_PORT" -U postgres "$@"
}

pg_setup() {
    local data=$STATE/pg pw
    pg_find || die "no PostgreSQL server (15 or later) is installed; run: make setup"
    secrets_load
    mkdir -p "$data" "$RUN/pg"
    if am_root; then
        id postgres >/dev/null 2>&1 || die "user postgres, which the package postgresql-common makes, does not exist"
        chown postgres: "$data" "$RUN/pg"
    fi
    chmod 0700 "$data"
    chmod 0755 "$RUN/pg" # every role has a password, so reaching the socket opens nothing
    if [ ! -e "$data/PG_VERSION" ]; then
        need_space "$STATE" 500 "a database"
        say "Creating a PostgreSQL $PG_VERSION cluster in $data"
        pw=$RUN/pg/password
        (umask 077 && printf '%s\n' "$PG_SUPER_PASSWORD" >"$pw")
        ! am_root || chown postgres: "$pw"
        # C.UTF-8 sorts the same on every machine and after every libc upgrade; the program sorts names by itself.
        # Checksums cost two percent and find a rotten disk before a backup is needed.
        # shellcheck disable=SC2153 # from lib.sh
        run_as "$PG_USER" "$PG_BIN/initdb" -D "$data" -U postgres --encoding=UTF8 --locale=C.UTF-8 --data-checksums \
            --auth-local=scram-sha-256 --auth-host=reject --pwfile="$pw" >"$LOGS/initdb.log" 2>&1 || {
            rm -f "$pw"
            tail -n 5 "$LOGS/initdb.log" >&2
            rm -rf "$data"
            die "PostgreSQL could not create its cluster; its words are in $LOGS/initdb.log"
        }
        rm -f "$pw"
        printf "include_if_exists 'clientmetrics.conf'\n" >>"$data/postgresql.conf"
    fi
    # Written at each start: the paths may have moved.
    cat >"$data/clientmetrics.conf" <<CONF
listen_addresses = ''                     # the socket only
port = $PG_PORT
unix_socket_directories = '$RUN/pg'
max_connections = 100                     # workers (18), tests in parallel, a shell
shared_buffers = 512MB                    # taken as it is used; a load of a large file should not write its own pages out
work_mem = 16MB                           # a chart of 100,000 rows sorts in memory
maintenance_work_mem = 128MB              # building a vector index
effective_cache_size = 2GB
max_wal_size = 2GB                        # a load of a million rows without a checkpoint a second
wal_compression = lz4                     # after each checkpoint whole pages: pglz took a quarter of a load
${PG_EXTRA:-}
random_page_cost = 1.1                    # solid state
jit = off                                 # compiling costs more than our short statements
timezone = 'UTC'
log_timezone = 'UTC'
log_min_duration_statement = 500ms
log_parameter_max_length = 0              # values are people's data; statements alone are not
log_parameter_max_length_on_error = 0
log_line_prefix = '%m [%p] %q%u@%d %a '
log_lock_waits = on
CONF
    ! am_root || chown postgres: "$data/clientmetrics.conf"
}
PG_EXTRA="" # further lines; the tests turn fsync off

pg_up() {
    local pid ticks=600
    if ! proc_alive postgres >/dev/null; then
        # A script that was killed leaves its server behind; it is ours and serves on.
        if pid=$(head -n 1 "$STATE/pg/postmaster.pid" 2>/dev/null) && [ -n "$pid" ] &&
            { tr "\0" " " <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF -- "-D $STATE/pg"; then
            printf '%s %s %s\n' "$pid" "$(proc_start "$pid")" "-D $STATE/pg" >"$PIDS/postgres"
        else
            proc_spawn postgres "-D $STATE/pg" "$PG_USER" "$PG_BIN/postgres" -D "$STATE/pg"
        fi
    fi
    while ! "$PG_BIN/pg_isready" -q -h "$RUN/pg" -p "$PG_PORT" -U postgres -d postgres; do
        if ! proc_alive postgres >/dev/null || ((ticks-- <= 0)); then
            tail -n 10 "$LOGS/postgres.log" >&2
            if tail -n 20 "$LOGS/postgres.log" | grep -qi 'no space left'; then die "the disk of $STATE is full"; fi
            die "PostgreSQL did not start; its words are in $LOGS/postgres.log"
        fi
        sleep 0.1
    done
}

# ---------------------------------------------------------------------------------------------------------------
# Certificate: an authority of this installation alone, and a certificate of it for localhost.

tls_setup() {
    local t=$STATE/tls log=$LOGS/openssl.log
    mkdir -p "$t"
    if [ -e "$t/ca.pem" ] && openssl x509 -in "$t/ca.pem" -noout -checkend 2592000 >/dev/null 2>&1 &&
        [ -e "$t/server.pem" ] && openssl x509 -in "$t/server.pem" -noout -checkend 2592000 >/dev/null 2>&1; then
        return 0
    fi
    say "Making a certificate for localhost"
    (
        umask 077
        {
            # Constrained to localhost: whoever trusts this authority trusts it for nothing else.
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days 3650 \
                -keyout "$t/ca.key" -out "$t/ca.pem" -subj "/CN=ClientMetrics local authority $(random_hex 4)" \
                -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign \
                -addext 'nameConstraints=critical,permitted;DNS:localhost,permitted;IP:127.0.0.0/255.0.0.0,permitted;IP:0:0:0:0:0:0:0:1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 \
                -keyout "$t/server.key" -out "$t/server.csr" -subj /CN=localhost
            printf '%s\n' 'basicConstraints=critical,CA:FALSE' 'keyUsage=critical,digitalSignature' \
                'extendedKeyUsage=serverAuth' 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1' >"$t/server.ext"
            # 800 days: Apple's systems refuse more than 825.
            openssl x509 -req -in "$t/server.csr" -CA "$t/ca.pem" -CAkey "$t/ca.key" -CAcreateserial -sha256 -days 800 \
                -extfile "$t/server.ext" -out "$t/server.pem"
        } >"$log" 2>&1
    ) || die "openssl could not make a certificate; its words are in $log"
    rm -f "$t/server.csr" "$t/server.ext"
    chmod 0644 "$t/ca.pem" "$t/server.pem"
}

# ---------------------------------------------------------------------------------------------------------------
# Configuration and schema

ISSUER=""
config_write() {
    local d
    ISSUER=https://localhost:$HTTPS_PORT/realms/demo
    CONFIG=$STATE/clientmetrics.env
    for d in "$RUN/program" "$STATE/spool" "$STATE/keys"; do
        mkdir -p "$d"
        [ -z "$APP_USER" ] || chown "$APP_USER": "$d"
        chmod 0700 "$d"
    done
    chmod 0755 "$RUN/program" # nginx's workers are another user in production; here the sockets' own modes decide
    (
        umask 077
        cat >"$CONFIG.new" <<CONF
# Written by deploy/local at every start; set variables in the environment to change something.
# The owner's and the superuser's addresses are not here: serve and work must not know them.
CM_ENV=${CM_LOCAL_ENV:-development}
CM_DATABASE_URL=$(pg_url cm_app "$PG_APP_PASSWORD")
CM_RUN_DIR=$RUN/program
CM_SPOOL_DIR=$STATE/spool
CM_OIDC_ISSUER=$ISSUER
CM_OIDC_CLIENTS=clientmetrics-web,cm-cli
CM_OIDC_JWKS_URL=$ISSUER/protocol/openid-connect/certs
CM_DEV_ISSUER=on
CM_DEV_ISSUER_KEY_FILE=$STATE/keys/dev_issuer.pem
CM_CA_FILE=$STATE/tls/ca.pem
CM_NET_ALLOW_PRIVATE=localhost
CM_AUDIT_KEY=$AUDIT_KEY
CM_SECRET_KEY=$SECRET_KEY
CONF
    )
    [ -z "$APP_USER" ] || chown "$APP_USER": "$CONFIG.new"
    mv -f "$CONFIG.new" "$CONFIG"
}

# cm COMMAND...: the program with this installation's configuration and the owner's rights; from the tree, where
# migrations/ is.
cm() {
    (
        cd "$ROOT" || exit 1
        CM_CONFIG_FILE=$STATE/clientmetrics.env \
            CM_DATABASE_OWNER_URL=$(pg_url cm_owner "$PG_OWNER_PASSWORD") \
            CM_DATABASE_ADMIN_URL=$(pg_url postgres "$PG_SUPER_PASSWORD") \
            exec "${PROGRAM:-$APP/clientmetrics}" "$@" 9>&-
    )
}

# step NAME COMMAND...: shows what it said only when it fails.
step() {
    local name=$1
    shift
    "$@" </dev/null >"$LOGS/$name.log" 2>&1 || {
        tail -n 20 "$LOGS/$name.log" >&2
        die "$name failed; its words are in $LOGS/$name.log"
    }
}

database_setup() {
    if [ "$(pg_psql -d postgres -Atc "SELECT 1 FROM pg_database WHERE datname = '$DB'")" != 1 ]; then
        pg_psql -d postgres -c "CREATE DATABASE $DB"
    fi
    step bootstrap cm bootstrap # also gives the roles the passwords of their addresses
}

schema_setup() {
    database_setup
    step migrate cm migrate up
    step demo cm admin demo
}

# ---------------------------------------------------------------------------------------------------------------
# The program and nginx

program_up() {
    local name ticks=100
    for name in serve work; do
        if ! proc_alive "$name" >/dev/null; then
            proc_spawn "$name" "$APP/clientmetrics $name" "$APP_USER" \
                env CM_CONFIG_FILE="$CONFIG" "$APP/clientmetrics" "$name"
        fi
    done
    # nginx would log an error for each question asked before the socket is there. If it never comes, ready_wait says why.
    while ((ticks-- > 0)) && [ ! -S "$RUN/program/stream.sock" ] && proc_alive serve >/dev/null; do
        sleep 0.1
    done
}

nginx_render() {
    local dir=$STATE/nginx ipv6=off user=-
    ! has_ipv6_loopback || ipv6=on
    [ -z "$APP_USER" ] || user=$APP_USER
    mkdir -p "$dir/tmp"
    [ -z "$APP_USER" ] || chown "$APP_USER": "$dir/tmp"
    "$ROOT/nginx/render.sh" local "$dir" "RUN_DIR=$RUN/program" "WEB_ROOT=$APP/web" "TEMP=$dir/tmp" \
        "ACCESS_LOG=$LOGS/access.log" "ERROR_LOG=$LOGS/nginx.log" "TLS_CERT=$STATE/tls/server.pem" \
        "TLS_KEY=$STATE/tls/server.key" "HTTPS_PORT=$HTTPS_PORT" "OPS_PORT=$OPS_PORT" "IPV6=$ipv6" "USER=$user" \
        ${LIMIT_KEY:+"LIMIT_KEY=$LIMIT_KEY"} ||
        die "nginx's configuration could not be written"
}

nginx_up() {
    local conf=$STATE/nginx/clientmetrics.conf nginx
    nginx=$(PATH=$PATH:/usr/sbin command -v nginx) || die "nginx is not installed; run: make setup"
    if ! proc_alive nginx >/dev/null; then
        # The log of the program's own start, before the configuration names one.
        proc_spawn nginx "$conf" "" "$nginx" -e "$LOGS/nginx.log" -c "$conf"
    fi
}

# ready_wait SECONDS
ready_wait() {
    local ticks=$(($1 * 5)) name answer
    while :; do
        answer=$(curl -sS --noproxy '*' --cacert "$STATE/tls/ca.pem" --max-time 5 -w '\n%{http_code}' \
            "https://127.0.0.1:$HTTPS_PORT/readyz" 2>&1) || true
        [ "${answer##*$'\n'}" != 200 ] || return 0
        for name in postgres serve work nginx; do
            proc_alive "$name" >/dev/null || {
                tail -n 10 "$LOGS/$name.log" >&2
                if grep -q 'bind() to .* failed (98' "$LOGS/$name.log"; then
                    die "port $HTTPS_PORT or $OPS_PORT is in use by another program; choose others with CM_HTTPS_PORT and CM_OPS_PORT"
                fi
                die "$name stopped while starting; its words are in $LOGS/$name.log"
            }
        done
        ((ticks-- > 0)) || die "not ready after $1 s: ${answer//$'\n'/ }; the logs are in $LOGS"
        sleep 0.2
    done
}

# Outermost first: no new requests, then those in flight, then the jobs, then the database.
services_down() {
    proc_stop nginx QUIT 5
    proc_stop serve TERM 35 # CM_SHUTDOWN_GRACE_MS is 30 s, for an upload in flight
    proc_stop work TERM 35
    proc_stop postgres INT 30 # "fast": ends sessions, writes a checkpoint
}

services_running() {
    local name
    for name in nginx serve work postgres; do
        proc_alive "$name" >/dev/null || return 1
    done
}

lock_take() {
    exec 9>"$STATE/lock"
    flock -n 9 || die "another make run, up or down is at work in $STATE; wait for it"
}
lock_drop() { exec 9>&-; }
