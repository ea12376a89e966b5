#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# run.sh [SUITE...]: `make test`. Installs what the tests need and runs them all, or the suites named, on clusters,
# ports and directories of its own, so that `make run` may be up beside it. Ends with "N passed, N failed".
#
#   checks        the cheap static checks of the Makefile
#   unit          tests/unit, tests/attack, the corpora of tests/fuzz, and tests/diff: the same input to a peer
#   schema        every migration up, down, up
#   integration   tests/integration against PostgreSQL
#   http          tests/http: FastCGI on the sockets
#   frontend      vitest
#   site          tests/site: nginx, TLS, the shell's commands, against a running installation; every example of
#                 docs/openapi.yaml, against one of its own
#   e2e           tests/e2e: Chromium against the same
#   fault         tests/fault: kills, restarts, slow clients, against the same
#
#   BUILD=debug|release|asan   which build is tested
#   T=csv                      only files whose name holds this
#   CM_TEST_WRAP="valgrind -q --error-exitcode=99"   put before each C test
#
# What tests find in their environment:
#   CM_TEST_ADMIN_URL   a superuser of the throw-away cluster, database postgres (C tests)
#   CM_TEST_PG_BIN, CM_TEST_MIGRATIONS   PostgreSQL's programs, the directory of migrations
#   CM_TEST_BIN         the program
#   CM_TEST_NODE        Node 22, for what C tests start
#   CM_TEST_TMP         a directory for what they write; its path is short enough for sockets; removed afterwards
#   CM_TEST_ARTIFACTS   a directory for what should be looked at later (screenshots); kept
#   CM_TEST_SHARED      the shared data, or unset: tests that need it then skip and say so
# and for site, e2e and fault, where an installation with nginx's limits by address off is running:
#   CM_TEST_URL, CM_TEST_OPS_URL   https://localhost:PORT and the operator's listener
#   CM_TEST_STATE       its state directory: clientmetrics.env, tls/ca.pem, log/, nginx/
#   CM_TEST_RUN_DIR     its sockets and serve.pid, work.pid
#   CM_TEST_CA_FILE     what signed its certificate
#   CM_E2E_BASE_URL, CM_E2E_CSV, CM_E2E_ARTEFACTS   for e2e; see tests/e2e/main_job.mjs
#   CM_TEST_APP_URL, CM_TEST_OWNER_URL, CM_TEST_SUPER_URL   its database

ROOT_GUESS=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=deploy/local/lib.sh
. "$ROOT_GUESS/deploy/local/lib.sh"
cd "$ROOT"

BUILD=${BUILD:-debug}
OUT=build/$BUILD
ALL=(checks unit schema integration http frontend site e2e fault)
suites=("$@")
[ $# -gt 0 ] || suites=("${ALL[@]}")
for s in "${suites[@]}"; do
    case " ${ALL[*]} " in *" $s "*) ;; *) die "no such suite: $s (there are ${ALL[*]})" ;; esac
done

passed=0
failed=0
skipped=0
lines=() # one a suite, for the end
trouble=() # what failed, for the end

tmp=""
child=""
site_pid_dir=""
on_exit() {
    local rc=$?
    trap '' INT TERM HUP
    if [ -n "$child" ] && kill -0 "$child" 2>/dev/null; then
        kill -TERM "$child" 2>/dev/null || true # timeout, which passes it on to its group
        wait "$child" 2>/dev/null || true
    fi
    if [ -n "$site_pid_dir" ]; then
        env "${site_env[@]}" "$ROOT/deploy/local/down.sh" >/dev/null 2>&1 || true
    fi
    [ -z "$STATE" ] || proc_stop postgres QUIT 10 # immediate: nothing in there is worth a checkpoint
    if [ -n "$tmp" ]; then
        if [ "$rc" -ne 0 ] && [ -d "$tmp" ]; then
            # What the processes said is the first thing to look at.
            rm -rf "$ROOT/build/test-logs"
            mkdir -p "$ROOT/build/test-logs"
            cp -R "$tmp/site/log" "$ROOT/build/test-logs/site" 2>/dev/null || true
            cp -R "$tmp/c/log" "$ROOT/build/test-logs/c" 2>/dev/null || true
        fi
        rm -rf --one-file-system "$tmp"
    fi
    exit "$rc"
}
trap on_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# ---------------------------------------------------------------------------------------------------------------
# Preparation

"$ROOT/deploy/local/install.sh" test
cm_users
tmp=$(mktemp -d /tmp/cm-test.XXXXXX)
chmod 0755 "$tmp" # PostgreSQL and nginx's workers are other users when this is root
# A variable of the developer's own installation must not reach a test.
for name in $(compgen -e | grep '^CM_' || true); do
    case $name in
    CM_SHARED_DATA | CM_TEST_WRAP | CM_RUN_USER) ;;
    *) unset "$name" ;;
    esac
done
export CM_STATE=$tmp/c
cm_paths
unset CM_STATE
# shellcheck source=deploy/local/services.sh
. "$ROOT/deploy/local/services.sh"
results=$ROOT/build/test-results
rm -rf "$results"
mkdir -p "$results" "$ROOT/build/artifacts" "$tmp/t"

export CM_TEST_BIN=$ROOT/$OUT/clientmetrics
export CM_TEST_TMP=$tmp/t
export CM_TEST_MIGRATIONS=$ROOT/migrations
export CM_TEST_ARTIFACTS=$ROOT/build/artifacts
data=${CM_SHARED_DATA:-$ROOT/../shared/data}
if [ -d "$data" ]; then
    CM_TEST_SHARED=$(realpath "$data")
    export CM_TEST_SHARED
else
    warn "no shared data at $data: the tests that read it are skipped"
fi

if [ "${suites[*]}" != frontend ]; then
    say "Building ($BUILD)"
    clean_make -s -j2 "BUILD=$BUILD" all tests >"$results/build.log" 2>&1 || {
        tail -n 60 "$results/build.log"
        die "the tests do not build; the whole story is in build/test-results/build.log"
    }
fi

# ---------------------------------------------------------------------------------------------------------------
# Counting

suite_begin() {
    suite=$1
    s_passed=0
    s_failed=0
    s_skipped=0
    s_start=$(date +%s%N)
    say "$suite"
}

suite_end() {
    local ms=$((($(date +%s%N) - s_start) / 1000000))
    if [ $((s_passed + s_failed + s_skipped)) -eq 0 ]; then
        s_failed=1
        trouble+=("$suite: ran nothing")
        note "ran nothing, which counts as a failure"
    fi
    passed=$((passed + s_passed))
    failed=$((failed + s_failed))
    skipped=$((skipped + s_skipped))
    lines+=("$(printf '%-12s %5d passed %4d failed %4d skipped %6d.%01d s' "$suite" "$s_passed" "$s_failed" "$s_skipped" \
        $((ms / 1000)) $((ms % 1000 / 100)))")
    note "${lines[-1]}"
}

# bounded SECONDS OUT COMMAND...: its output into OUT; killable, never for ever.
bounded() {
    local seconds=$1 out=$2 rc=0
    shift 2
    timeout -k 10 "$seconds" "$@" </dev/null >"$out" 2>"$out.err" &
    child=$!
    wait "$child" || rc=$?
    child=""
    return "$rc"
}

# tap NAME FILE STATUS: counts "ok", "not ok" and "# SKIP" lines of a C test. A program that died counts as one
# failure more, and so does one that ran fewer tests than it planned.
tap() {
    local name=$1 file=$2 rc=$3 ok bad skip planned
    skip=$(grep -ciE '^(not )?ok .*# skip' "$file" || true)
    ok=$(grep -iE '^ok ' "$file" | grep -civE '# skip' || true)
    bad=$(grep -iE '^not ok ' "$file" | grep -civE '# skip' || true)
    planned=$(awk -F'\\.\\.' '/^1\.\.[0-9]+$/ {n += $2} END {print n + 0}' "$file")
    if [ "$bad" -eq 0 ] && [ "$rc" -ne 0 ]; then
        bad=1
    elif [ $((ok + bad + skip)) -lt "$planned" ]; then
        bad=$((bad + 1))
    elif [ $((ok + bad + skip)) -eq 0 ]; then
        bad=1
    fi
    s_passed=$((s_passed + ok))
    s_failed=$((s_failed + bad))
    s_skipped=$((s_skipped + skip))
    if [ "$skip" -gt 0 ]; then
        grep -iE '^(not )?ok .*# skip' "$file" | sed "s/^/    skipped: $name: /"
    fi
    if [ "$bad" -gt 0 ]; then
        case $rc in
        0 | 1) ;;
        124 | 137) note "FAILED $name: stopped after its time was over" ;;
        *) note "FAILED $name: status $rc" ;;
        esac
        grep -iE -A 8 '^not ok ' "$file" | grep -viE '# skip' | head -n 60 | sed 's/^/    | /' || true
        tail -n 25 "$file.err" | sed 's/^/    ! /'
        mapfile -t -O "${#trouble[@]}" trouble < <(grep -iE '^not ok ' "$file" | grep -viE '# skip' |
            sed "s|^not ok [0-9]* *-* *|$suite: $name: |" || true)
        grep -qiE '^not ok ' "$file" || trouble+=("$suite: $name: status $rc, ${planned} planned, ${ok} passed")
    fi
}

# c_tests SECONDS PROGRAM...
c_tests() {
    local seconds=$1 program name rc wrap=()
    shift
    if [ -n "${CM_TEST_WRAP:-}" ]; then
        # shellcheck disable=SC2206 # words are wanted
        wrap=(${CM_TEST_WRAP})
        seconds=$((seconds * 10))
    fi
    for program in "$@"; do
        name=$(basename "$program")
        case $name in *"${T:-}"*) ;; *) continue ;; esac
        rc=0
        CMOCKA_MESSAGE_OUTPUT=TAP bounded "$seconds" "$results/$suite.$name.tap" "${wrap[@]}" "$program" || rc=$?
        tap "$name" "$results/$suite.$name.tap" "$rc"
    done
}

# programs DIR: those whose source is there (an old program may lie about).
programs() {
    local src
    for src in tests/"$1"/"$2"_*.c; do
        [ -e "$src" ] || continue
        src=${src%.c}
        printf '%s\n' "$OUT/$src"
    done
}

# one NAME SECONDS COMMAND...: a command that passes or fails as a whole.
one() {
    local name=$1 seconds=$2 out=$results/$suite.${1//[^a-zA-Z0-9]/_}.log rc=0
    shift 2
    bounded "$seconds" "$out" "$@" || rc=$?
    if [ "$rc" -eq 0 ]; then
        s_passed=$((s_passed + 1))
    else
        s_failed=$((s_failed + 1))
        note "FAILED $name (status $rc)"
        tail -n 25 "$out" "$out.err" | sed 's/^/    | /'
        trouble+=("$suite: $name")
    fi
}

# node_tests SECONDS FILE...; $round tells two runs of one file apart.
round=""
node_tests() {
    local seconds=$1 file name out rc ok bad skip files=()
    shift
    for file in "$@"; do
        if [ ! -e "$file" ] || [ "${file##*/}" = lib.mjs ]; then continue; fi
        case $(basename "$file") in *"${T:-}"*) files+=("$file") ;; esac
    done
    for file in "${files[@]}"; do
        name=$(basename "$file")
        out=$results/$suite.${round:-}$name.tap
        rc=0
        bounded "$seconds" "$out" "$NODE" --test --test-reporter=tap --test-concurrency=1 "$file" || rc=$?
        # node's own summary: "# pass 3"
        ok=$(awk '$1 == "#" && $2 == "pass" {n = $3} END {print n + 0}' "$out")
        bad=$(awk '$1 == "#" && ($2 == "fail" || $2 == "cancelled") {n += $3} END {print n + 0}' "$out")
        skip=$(awk '$1 == "#" && ($2 == "skipped" || $2 == "todo") {n += $3} END {print n + 0}' "$out")
        if [ "$bad" -eq 0 ] && { [ "$rc" -ne 0 ] || [ $((ok + skip)) -eq 0 ]; }; then bad=1; fi
        s_passed=$((s_passed + ok))
        s_failed=$((s_failed + bad))
        s_skipped=$((s_skipped + skip))
        grep -E '^ *ok .*# SKIP' "$out" | sed "s/^ */    skipped: $name: /" || true
        if [ "$bad" -gt 0 ]; then
            case $rc in 124 | 137) note "FAILED $name: stopped after its time was over" ;; esac
            grep -E -A 30 '^ *not ok ' "$out" | grep -vE '^ *(duration_ms|type|\.\.\.|---|at .*node:)' | head -n 90 | sed 's/^/    | /' || true
            tail -n 20 "$out.err" | sed 's/^/    ! /'
            mapfile -t -O "${#trouble[@]}" trouble < <(grep -E '^ *not ok ' "$out" |
                sed -E "s|^ *not ok [0-9]+ - |$suite: $name: |" || true)
            grep -qE '^ *not ok ' "$out" || trouble+=("$suite: $name: status $rc")
        fi
    done
}

# ---------------------------------------------------------------------------------------------------------------
# What suites stand on

cluster_ready=no
cluster() {
    [ "$cluster_ready" = no ] || return 0
    # Nothing here outlives the run. Many connections: a test may start all pools.
    PG_EXTRA=$'fsync = off\nfull_page_writes = off\nsynchronous_commit = off'
    pg_setup
    sed -i 's/^max_connections.*/max_connections = 300/' "$STATE/pg/clientmetrics.conf"
    pg_up
    CM_TEST_ADMIN_URL=$(pg_url postgres "$PG_SUPER_PASSWORD" postgres)
    export CM_TEST_ADMIN_URL CM_TEST_PG_BIN=$PG_BIN
    cluster_ready=yes
}

free_port() {
    local port
    while :; do
        # Below the range from which the kernel takes ports for outgoing connections.
        port=$((20000 + RANDOM % 12000))
        if port_free "$port"; then
            printf '%s' "$port"
            return
        fi
    done
}

site_env=()
site_ready=no
site() {
    local https ops
    if [ "$site_ready" != no ]; then
        [ "$site_ready" = yes ]
        return
    fi
    https=$(free_port)
    ops=$(free_port)
    site_env=("CM_STATE=$tmp/site" "CM_HTTPS_PORT=$https" "CM_OPS_PORT=$ops" CM_LOCAL_LIMITS=off "BUILD=$BUILD")
    say "make up, on ports $https and $ops"
    site_pid_dir=$tmp/site/pids
    site_ready=failed
    bounded 600 "$results/up.log" env "${site_env[@]}" "$ROOT/deploy/local/up.sh" || {
        tail -n 30 "$results/up.log" "$results/up.log.err" | sed 's/^/    | /'
        return 1
    }
    export CM_TEST_URL=https://localhost:$https CM_TEST_OPS_URL=http://127.0.0.1:$ops CM_TEST_STATE=$tmp/site
    export CM_TEST_CA_FILE=$tmp/site/tls/ca.pem
    CM_TEST_RUN_DIR=$(sed -n 's/^CM_RUN_DIR=//p' "$tmp/site/clientmetrics.env")
    CM_TEST_APP_URL=$(sed -n 's/^CM_DATABASE_URL=//p' "$tmp/site/clientmetrics.env")
    export CM_TEST_RUN_DIR CM_TEST_APP_URL
    # shellcheck source=/dev/null
    CM_TEST_OWNER_URL=$(. "$tmp/site/secrets.env" && printf '%s' "$CM_TEST_APP_URL" | sed "s/cm_app:[^@]*@/cm_owner:$PG_OWNER_PASSWORD@/")
    # shellcheck source=/dev/null
    CM_TEST_SUPER_URL=$(. "$tmp/site/secrets.env" && printf '%s' "$CM_TEST_APP_URL" | sed "s/cm_app:[^@]*@/postgres:$PG_SUPER_PASSWORD@/")
    export CM_TEST_OWNER_URL CM_TEST_SUPER_URL
    export NODE_EXTRA_CA_CERTS=$CM_TEST_CA_FILE
    frontend_modules
    site_ready=yes
}

# ---------------------------------------------------------------------------------------------------------------
# Suites

run_checks() {
    local target
    for target in layers headers banned; do
        one "make $target" 300 env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make --no-print-directory -s "BUILD=$BUILD" "$target"
    done
}

run_unit() {
    local list program name
    mapfile -t list < <(programs unit test; programs attack test)
    c_tests 120 "${list[@]}"
    mapfile -t list < <(programs fuzz fuzz)
    for program in "${list[@]}"; do
        name=$(basename "$program")
        case $name in *"${T:-}"*) one "$name" 120 "$program" "tests/fuzz/corpus/${name#fuzz_}" ;; esac
    done
    name=csv_python
    case $name in *"${T:-}"*) one "$name" 120 python3 tests/diff/csv_python.py "$OUT/tests/diff/csv_records" 4 ;; esac
}

run_schema() {
    cluster
    pg_psql -d postgres -c "CREATE DATABASE cm_schema"
    DB=cm_schema
    config_write
    local cm_env=(env "CM_CONFIG_FILE=$CONFIG" "CM_DATABASE_OWNER_URL=$(pg_url cm_owner "$PG_OWNER_PASSWORD")"
        "CM_DATABASE_ADMIN_URL=$(pg_url postgres "$PG_SUPER_PASSWORD")")
    # In the order in which an operator would meet them.
    local first last
    first=1
    last=$(find migrations -name '*.up.sql' | sed 's,.*/\([0-9]*\)_.*,\1,' | sort -n | tail -n 1)
    one "bootstrap" 60 "${cm_env[@]}" "$CM_TEST_BIN" bootstrap
    one "bootstrap again" 60 "${cm_env[@]}" "$CM_TEST_BIN" bootstrap
    one "up" 120 "${cm_env[@]}" "$CM_TEST_BIN" migrate up
    one "up again changes nothing" 60 "${cm_env[@]}" "$CM_TEST_BIN" migrate up
    one "verify" 60 "${cm_env[@]}" "$CM_TEST_BIN" migrate verify
    pg_dump_schema "$results/schema.first.sql"
    one "down to the beginning" 120 "${cm_env[@]}" "$CM_TEST_BIN" migrate down "$first"
    one "up after down" 120 "${cm_env[@]}" "$CM_TEST_BIN" migrate up
    pg_dump_schema "$results/schema.second.sql"
    one "the same schema as before" 10 diff "$results/schema.first.sql" "$results/schema.second.sql"
    one "the last one down" 60 "${cm_env[@]}" "$CM_TEST_BIN" migrate down "$((10#$last))"
    one "and up" 60 "${cm_env[@]}" "$CM_TEST_BIN" migrate up
    one "status" 60 "${cm_env[@]}" "$CM_TEST_BIN" migrate status
    DB=clientmetrics
}

# Without the lines that a newer pg_dump makes different at each run.
pg_dump_schema() {
    PGPASSWORD=$PG_SUPER_PASSWORD "$PG_BIN/pg_dump" -s -h "$RUN/pg" -p "$PG_PORT" -U postgres cm_schema |
        grep -vE '^\\(un)?restrict ' >"$1" || true
}

run_integration() {
    local list
    cluster
    frontend_modules # the double of the language models (tests/lib/openai_double.mjs) runs on the pinned Node
    export CM_TEST_NODE=$NODE
    mapfile -t list < <(programs integration test)
    c_tests 300 "${list[@]}"
}

run_http() {
    local list
    cluster
    mapfile -t list < <(programs http test)
    c_tests 300 "${list[@]}"
}

run_frontend() {
    local out=$results/frontend.json rc=0 counts
    frontend_modules
    # npm puts the pinned Node first in PATH.
    bounded 300 "$results/frontend.log" npm --prefix frontend test -- --reporter=default --reporter=json --outputFile.json="$out" || rc=$?
    # shellcheck disable=SC2016 # JavaScript's own
    counts=$("$NODE" -e '
        const r = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
        const skip = r.numPendingTests + (r.numTodoTests || 0);
        // A file that does not load has no tests to fail.
        const files = r.testResults.filter((f) => f.status === "failed" && !f.assertionResults.some((a) => a.status === "failed"));
        console.log(r.numPassedTests, r.numFailedTests + files.length, skip);
        for (const f of r.testResults) for (const a of f.assertionResults) if (a.status === "failed") console.log("frontend: " + a.fullName);
        for (const f of files) console.log("frontend: " + f.name + " does not load");
    ' "$out" 2>/dev/null) || counts=""
    if [ -z "$counts" ]; then
        counts="0 1 0"
    fi
    read -r s_passed s_failed s_skipped <<<"${counts%%$'\n'*}"
    if [ "$s_failed" -eq 0 ] && [ "$rc" -ne 0 ]; then s_failed=1; fi
    if [ "$s_failed" -gt 0 ]; then
        grep -E -A 12 'FAIL|Error' "$results/frontend.log" "$results/frontend.log.err" | head -n 80 | sed 's/^/    | /' || true
        mapfile -t -O "${#trouble[@]}" trouble < <(sed 1d <<<"$counts")
    fi
}

run_site() {
    site || { s_failed=1 && trouble+=("$suite: make up failed") && return; }
    node_tests 300 tests/site/*.mjs
}

run_e2e() {
    site || { s_failed=1 && trouble+=("$suite: make up failed") && return; }
    export CM_E2E_BASE_URL=$CM_TEST_URL CM_E2E_ARTEFACTS=$CM_TEST_ARTIFACTS/e2e
    # With the sample that the product ships, then with the real file, whose answers are known.
    CM_E2E_CSV=$ROOT/samples/meetings.csv node_tests 300 tests/e2e/*.mjs
    if [ -n "${CM_TEST_SHARED:-}" ]; then
        round=real.
        CM_E2E_CSV=$CM_TEST_SHARED/meetings_vambe_60.csv CM_E2E_ARTEFACTS=$CM_TEST_ARTIFACTS/e2e-real \
            node_tests 300 tests/e2e/main_job.mjs
        round=""
    else
        note "skipped: tests/e2e/main_job.mjs with the real file (no shared data)"
        s_skipped=$((s_skipped + 1))
    fi
}

run_fault() {
    site || { s_failed=1 && trouble+=("$suite: make up failed") && return; }
    node_tests 300 tests/fault/*.mjs
}

t0=$SECONDS
for s in "${suites[@]}"; do
    suite_begin "$s"
    "run_$s"
    suite_end
done

echo
printf '    %s\n' "${lines[@]}"
note "in $((SECONDS - t0)) s, without the build"
if [ ${#trouble[@]} -gt 0 ]; then
    echo
    printf 'FAILED %s\n' "${trouble[@]}"
    note "logs: build/test-results, build/test-logs"
fi
tail_line="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || tail_line+=", $skipped skipped"
printf '%s\n' "$tail_line"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
