#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# run.sh: `make run`. Installs what is missing, builds, starts everything, waits. Ctrl-C stops what it started.

# shellcheck source=deploy/local/start.sh
. "$(dirname "${BASH_SOURCE[0]}")/start.sh"
cm_users
cm_paths
# shellcheck source=deploy/local/services.sh
. "$HERE/services.sh"

if services_running; then
    announce "make down"
    note "(it was running already)"
    exit 0
fi
lock_take

ours=no
on_exit() {
    local rc=$?
    trap '' INT TERM HUP # once is enough; a second Ctrl-C must not leave half of it running
    if [ "$ours" = yes ]; then
        say "Stopping"
        services_down
    fi
    exit "$rc"
}
trap on_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

services_down # what a killed run left behind
ours=yes
start_all
lock_drop
announce "Ctrl-C"

while :; do
    # sleep in the background: a signal ends the wait at once.
    sleep 1 &
    wait $! || true
    for name in nginx serve work postgres; do
        if ! proc_alive "$name" >/dev/null; then
            if [ ! -e "$PIDS/$name" ]; then
                say "Stopped by make down"
                ours=no
                exit 0
            fi
            tail -n 10 "$LOGS/$name.log" >&2
            die "$name has stopped by itself; its words are in $LOGS/$name.log"
        fi
    done
done
