#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# up.sh: `make up`. As run.sh, in the background: returns when /readyz answers.

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

started=no
on_exit() {
    local rc=$?
    trap '' INT TERM HUP
    if [ "$started" = no ]; then
        services_down
    fi
    exit "$rc"
}
trap on_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

services_down # what a killed run left behind
start_all
started=yes
announce "make down"
