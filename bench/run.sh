#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# run.sh [GROUP...]: `make bench`. Measures the release build against a peer in the same run, prints one line a figure,
#
#   NAME: VALUE UNIT (peer PEERVALUE, goal OP GOAL): met|short
#
# and writes docs/benchmarks.md (of the groups that ran; the others stay as they were). Exits 0 whichever: a figure that
# falls short is a finding, not a broken build; a benchmark that could not run is an error. Everything runs on an
# installation of its own, on loopback, for a bounded time. Groups: the *.mjs files beside this one, but lib.mjs.

# shellcheck source=deploy/local/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../deploy/local/lib.sh"
cd "$ROOT"
all=()
for f in bench/*.mjs; do
    name=$(basename "$f" .mjs)
    [ "$name" = lib ] || all+=("$name")
done
groups=("$@")
[ $# -gt 0 ] || groups=("${all[@]}")
for g in "${groups[@]}"; do
    case " ${all[*]} " in *" $g "*) ;; *) die "no such group: $g (there are ${all[*]})" ;; esac
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
frontend_modules >&2
export CM_TEST_BIN=$PROGRAM CM_TEST_TMP=$tmp

failed=0
for g in "${groups[@]}"; do
    timeout -k 20 300 "$NODE" "bench/$g.mjs" </dev/null &
    child=$!
    wait "$child" || { failed=1 && warn "group $g could not be measured"; }
    child=""
done
exit "$failed"
