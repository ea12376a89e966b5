#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# migrate.sh up [N] | down N | status | verify: `clientmetrics migrate` on the local cluster, which is started for it
# when it is not running.

# shellcheck source=deploy/local/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cm_users
cm_paths
# shellcheck source=deploy/local/services.sh
. "$(dirname "${BASH_SOURCE[0]}")/services.sh"

"$(dirname "${BASH_SOURCE[0]}")/install.sh" run
program_build
pg_setup
if ! proc_alive postgres >/dev/null; then
    lock_take
    trap 'proc_stop postgres INT 30' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    pg_up
fi
config_write
database_setup
cm migrate "$@"
