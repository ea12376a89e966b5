#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# run.sh [GROUP...]: `make bench`. Measures the release build against a peer in the same run, prints one line a figure,
#
#   NAME: VALUE UNIT (peer PEERVALUE, goal OP GOAL): met|short
#
# and writes docs/benchmarks.md (of the groups that ran; the others stay as they were). Exits 0 whichever: a figure that
# falls short is a finding, not a broken build; a benchmark that could not run is an error. Everything runs on an
# installation of its own, on loopback, for a bounded time. Groups: the *.mjs files beside this one, but lib.mjs; a name
# also stands for those that begin with it (queue: queue, queue_snapshot and queue_wait).

# shellcheck source=deploy/local/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../deploy/local/lib.sh"
cd "$ROOT"
all=()
for f in bench/*.mjs; do
    name=$(basename "$f" .mjs)
    [ "$name" = lib ] || all+=("$name")
done
groups=()
[ $# -gt 0 ] || groups=("${all[@]}")
for g in "$@"; do
    case " ${all[*]} " in *" $g "*) ;; *) die "no such group: $g (there are ${all[*]})" ;; esac
    for name in "${all[@]}"; do
        case $name in "$g" | "$g"_*) groups+=("$name") ;; esac
    done
done

deploy/local/install.sh run bench >&2

tmp=$(mktemp -d /tmp/cm-bench.XXXXXX)
child=""
on_exit() {
    local rc=$?
    trap '' INT TERM HUP
    if [ -n "$child" ] && kill -0 "$child" 2>/dev/null; then
        kill -TERM "$child" 2>/dev/null || true # it takes down what it started
        wait "$child" 2>/dev/null || true
    fi
    rm -rf --one-file-system "$tmp"
    exit "$rc"
}
trap on_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
chmod 0755 "$tmp"

# The peers of npm, in the versions of package-lock.json.
bench_modules() {
    local dir=$ROOT/bench log=$LOGS/npm-bench.log
    if [ ! -e "$dir/node_modules/.package-lock.json" ] || [ "$dir/node_modules/.package-lock.json" -ot "$dir/package-lock.json" ]; then
        say "Fetching the peers of the benchmarks (npm)"
        : >"$log"
        npm_fetch "$log" --prefix "$dir" ci || {
            tail -n 15 "$log" >&2
            die "npm ci failed: the benchmarks' peers cannot be fetched (network, npm's settings, disk?)"
        }
    fi
}

for name in $(compgen -e | grep '^CM_' || true); do # of the developer's own installation
    case $name in CM_RUN_USER | CM_BENCH_*) ;; *) unset "$name" ;; esac
done
export CM_STATE=$tmp/build
cm_users
cm_paths
unset CM_STATE
BUILD=release
# shellcheck source=deploy/local/services.sh
. "$ROOT/deploy/local/services.sh"
program_build
frontend_modules >&2 # Node
bench_modules >&2
export CM_TEST_BIN=$PROGRAM CM_TEST_TMP=$tmp

failed=0
# 600 s: the longest group takes four minutes of a machine that has nothing else to do.
for g in "${groups[@]}"; do
    timeout -k 20 600 "$NODE" "bench/$g.mjs" </dev/null &
    child=$!
    wait "$child" || { failed=1 && warn "group $g could not be measured"; }
    child=""
done
exit "$failed"
