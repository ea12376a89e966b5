#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# stack.sh COMMAND: an installation of its own for a test that breaks it, or for a benchmark, put together from
# deploy/local. CM_STATE, CM_HTTPS_PORT and CM_OPS_PORT say where; keys of the program in the environment win.
#
#   up          everything, with the program of CM_TEST_BIN or a build of BUILD
#   program     starts serve and work again, if they are gone
#   pg-stop     stops PostgreSQL as a restart of its service does: sessions are ended
#   pg-start
#   down

# shellcheck source=deploy/local/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../deploy/local/lib.sh"
[ -n "${CM_STATE:-}" ] || die "CM_STATE is not set: this never touches the developer's own installation"
cm_users
cm_paths
CM_LOCAL_LIMITS=off
# shellcheck source=deploy/local/services.sh
. "$ROOT/deploy/local/services.sh"
secrets_load

case ${1:-} in
up)
    if [ -n "${CM_TEST_BIN:-}" ]; then
        PROGRAM=$CM_TEST_BIN
    else
        program_build
    fi
    stage
    mkdir -p "$APP/web"
    tls_setup
    pg_setup
    pg_up
    config_write
    schema_setup
    nginx_render
    program_up
    nginx_up
    ready_wait 30
    ;;
program)
    CONFIG=$STATE/clientmetrics.env
    program_up
    ;;
pg-stop) proc_stop postgres INT 30 ;;
pg-start)
    pg_find
    pg_up
    ;;
down) services_down ;;
*) die "no such command: ${1:-}" ;;
esac
