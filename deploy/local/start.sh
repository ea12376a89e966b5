#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# start: the way up, shared by run.sh and up.sh. Sourced.

HERE=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=deploy/local/lib.sh
. "$HERE/lib.sh"

# Calls `announce` at the end. Whatever fails on the way, the caller's exit trap takes down what was started.
start_all() {
    need_port "$HTTPS_PORT" CM_HTTPS_PORT
    need_port "$OPS_PORT" CM_OPS_PORT
    [ "$HTTPS_PORT" != "$OPS_PORT" ] || die "CM_HTTPS_PORT and CM_OPS_PORT must differ"
    "$HERE/install.sh" run
    say "Building the program ($BUILD)"
    program_build
    frontend_build
    stage
    tls_setup
    pg_setup
    say "Starting PostgreSQL"
    pg_up
    config_write
    say "Bringing the schema up, with the demo tenants"
    schema_setup
    say "Starting serve, work and nginx"
    nginx_render
    program_up
    nginx_up
    ready_wait 30
}

announce() {
    cat <<TEXT

    ClientMetrics is at   https://localhost:$HTTPS_PORT
    sign in as            admin@, manager@, analyst@ or viewer@demo.test (tenant demo),
                          admin@other.test (tenant other); password: demo
    certificate           signed by $STATE/tls/ca.pem, which a browser may be told to trust
    logs and data         $STATE
    to stop               $1

TEXT
}
