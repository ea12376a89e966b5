#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# lib: what the scripts of deploy/local and tests share: words, paths, users, processes.
#
# shellcheck disable=SC2034 # the variables are for those who source this
#
# Sourced, never run. After `cm_paths` these hold absolute paths:
#   ROOT    the source tree
#   STATE   everything a running installation writes (CM_STATE, default ROOT/var)
#   RUN     unix sockets and pid files of the program; short enough for a socket address
#   APP     a copy of the program and the pages, so that a rebuild never changes what is being served
# Every process that these scripts start is recorded in STATE/pids/NAME as "PID STARTTIME COMMAND": a pid that the
# kernel has given to somebody else is never signalled.

set -euo pipefail
umask 022
# Sorting and messages the same everywhere; PostgreSQL's and apt's words are matched below.
export LC_ALL=C.UTF-8

say() { printf '%s\n' "==> $*"; }
note() { printf '    %s\n' "$*"; }
warn() { printf '%s\n' "warning: $*" >&2; }
die() {
    printf '%s\n' "error: $*" >&2
    exit 1
}

am_root() { [ "$(id -u)" -eq 0 ]; }

# as_root COMMAND...: for packages and for files of the system; nothing else needs it.
as_root() {
    if am_root; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -- "$@"
    else
        die "installing packages needs root: run this as root, or install sudo and allow $(id -un) to use it"
    fi
}

# ---------------------------------------------------------------------------------------------------------------
# Users and paths
#
# An ordinary user runs everything as himself. Root runs nothing but nginx's master as root: PostgreSQL refuses to be
# root and becomes `postgres`, the program and nginx's workers parse what strangers send and become `www-data`. Both
# users exist on every Debian that has the packages; no account is made.

PG_USER=""
APP_USER=""
cm_users() {
    if am_root; then
        PG_USER=postgres
        APP_USER=${CM_RUN_USER:-www-data}
        id "$APP_USER" >/dev/null 2>&1 || die "user $APP_USER does not exist; name another with CM_RUN_USER"
    fi
}

# as_user USER COMMAND...: replaces the shell, so that $! of a background call is the command's own pid.
as_user() {
    local user=$1
    shift
    if [ -z "$user" ]; then
        exec "$@"
    fi
    exec setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups --inh-caps=-all \
        env HOME=/nonexistent USER="$user" LOGNAME="$user" "$@"
}
# The same in a subshell, for commands that return.
run_as() { (as_user "$@"); }

# can_enter DIR: whether the users above can walk to DIR (a clone under /root cannot be entered by others).
can_enter() {
    am_root || return 0
    run_as nobody test -x "$1" 2>/dev/null
}

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
STATE=""
RUN=""
APP=""
PIDS=""
LOGS=""

cm_paths() {
    if [ -n "${CM_STATE:-}" ]; then
        STATE=$(realpath -m -- "$CM_STATE")
    else
        STATE=$ROOT/var
        if am_root && ! can_enter "$ROOT" && [ ! -d "$STATE" ]; then
            # Nobody but root can walk into the tree: state goes where services keep it, and var/ points there.
            mkdir -p /var/lib/clientmetrics-local
            STATE=/var/lib/clientmetrics-local/$(path_hash "$ROOT")
            mkdir -p "$STATE"
            ln -sfn "$STATE" "$ROOT/var"
        fi
        STATE=$(realpath -m -- "$STATE")
    fi
    mkdir -p "$STATE" 2>/dev/null || die "cannot create $STATE; choose another directory with CM_STATE"
    [ -w "$STATE" ] || die "cannot write to $STATE (made by another user?); choose another directory with CM_STATE"
    if ! can_enter "$STATE"; then
        rmdir "$STATE" 2>/dev/null || true # as it was, if it was made just now
        die "the users postgres and www-data cannot walk into $STATE; choose another directory with CM_STATE"
    fi
    APP=$STATE/app
    PIDS=$STATE/pids
    LOGS=$STATE/log
    mkdir -p "$APP" "$PIDS" "$LOGS"

    # sockaddr_un holds 107 bytes; the longest name below RUN is pg/.s.PGSQL.65535.
    RUN=$STATE/run
    if [ "${#RUN}" -gt 85 ]; then
        RUN=/tmp/clientmetrics-$(id -u)-$(path_hash "$STATE")
        if [ ! -d "$RUN" ]; then
            (umask 077 && mkdir "$RUN") || die "cannot create $RUN for the sockets, the path of CM_STATE being too long"
        fi
    fi
    mkdir -p "$RUN"
    if [ -L "$RUN" ] || [ ! -O "$RUN" ]; then
        die "$RUN belongs to somebody else; choose a shorter CM_STATE"
    fi
    chmod 0755 "$RUN"
}

path_hash() { printf '%s' "$1" | sha256sum | cut -c1-12; }

# Percent-encodes for a libpq address: a path may hold anything.
url_encode() {
    local s=$1 out="" c i
    for ((i = 0; i < ${#s}; i++)); do
        c=${s:i:1}
        case $c in
        [a-zA-Z0-9._~/-]) out+=$c ;;
        *) out+=$(printf '%s' "$c" | od -An -tx1 | tr -d '\n' | sed 's/ /%/g') ;;
        esac
    done
    printf '%s' "$out"
}

random_hex() { openssl rand -hex "$1"; }

# ---------------------------------------------------------------------------------------------------------------
# Processes

# Field 22 of /proc/PID/stat; the command in field 2 may hold spaces, so cut after its closing parenthesis.
proc_start() {
    local line
    { IFS= read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
    line=${line##*) }
    # shellcheck disable=SC2086 # fields are wanted
    set -- $line
    # A zombie is gone; it only waits for its parent.
    [ "$1" != Z ] || return 1
    printf '%s' "${20}"
}

# proc_alive NAME: prints the pid if the recorded process still is the one that was started.
proc_alive() {
    local pid start rest now
    [ -r "$PIDS/$1" ] || return 1
    read -r pid start rest <"$PIDS/$1" || true
    [ -n "${pid:-}" ] && [ -n "${start:-}" ] || return 1
    now=$(proc_start "$pid") || return 1
    [ "$now" = "$start" ] || return 1
    { tr "\0" " " <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF -- "${rest:-}" || return 1
    printf '%s' "$pid"
}

# proc_spawn NAME WORD USER COMMAND...: in its own session, so that Ctrl-C reaches this script alone and it stops
# things in order. WORD is what its command line must hold for it to be ours. Output goes to LOGS/NAME.log.
proc_spawn() {
    local name=$1 word=$2 user=$3 log=$LOGS/$1.log pid start
    shift 3
    if [ -f "$log" ] && [ "$(stat -c %s "$log")" -gt 20000000 ]; then
        mv -f "$log" "$log.1" # one old file is kept: a developer's disk must not fill
    fi
    (
        # Close what belongs to this script: the lock, and a caller's pipe that would otherwise never end.
        exec 9>&- </dev/null >>"$log" 2>&1
        as_user "$user" setsid "$@"
    ) &
    pid=$!
    disown "$pid" # the shell is not to announce its end
    start=$(proc_start "$pid") || die "$name did not start; see $log"
    printf '%s %s %s\n' "$pid" "$start" "$word" >"$PIDS/$name"
}

# proc_stop NAME SIGNAL SECONDS: asks, waits, then kills. Returns 0 when it is gone or never was ours.
proc_stop() {
    local name=$1 sig=$2 ticks=$(($3 * 10)) pid
    if pid=$(proc_alive "$name"); then
        kill "-$sig" "$pid" 2>/dev/null || true
        while ((ticks-- > 0)) && proc_alive "$name" >/dev/null; do
            sleep 0.1
        done
        if pid=$(proc_alive "$name"); then
            warn "$name (pid $pid) did not stop within $3 s and is killed"
            kill -KILL "$pid" 2>/dev/null || true
            sleep 0.2
        fi
    fi
    rm -f "$PIDS/$name"
}

# port_free PORT: nobody answers on it at the loopback addresses.
port_free() {
    ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && ! (exec 3<>"/dev/tcp/::1/$1") 2>/dev/null
}

# need_port PORT VARIABLE
need_port() {
    case $1 in
    '' | *[!0-9]*) die "$2 must be a port number, not '$1'" ;;
    esac
    if [ "$1" -lt 1 ] || [ "$1" -gt 65535 ]; then
        die "$2 must be a port number, not '$1'"
    fi
    if ! am_root && [ "$1" -lt "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start 2>/dev/null || echo 1024)" ]; then
        die "port $1 needs root; choose one from 1024 up with $2, for example: make run $2=$(($1 + 8000))"
    fi
    port_free "$1" ||
        die "port $1 is in use by another program; stop it, or choose another port: make run $2=$(($1 + 1))"
}

has_ipv6_loopback() { grep -q '^00000000000000000000000000000001 ' /proc/net/if_inet6 2>/dev/null; }

# need_space DIR MEGABYTES WHAT
need_space() {
    local free
    free=$(df -Pm -- "$1" 2>/dev/null | awk 'NR == 2 {print $4}')
    [ -z "$free" ] || [ "$free" -ge "$2" ] ||
        die "the disk of $1 is full: $3 needs $2 MB there, $free MB are free"
}

# ---------------------------------------------------------------------------------------------------------------
# PostgreSQL's programs: the newest server that is installed, 15 or later.

PG_BIN=""
pg_find() {
    local d best="" v
    for d in /usr/lib/postgresql/*/bin; do
        [ -x "$d/initdb" ] || continue
        v=${d#/usr/lib/postgresql/}
        v=${v%/bin}
        case $v in *[!0-9]*) continue ;; esac
        if [ "$v" -ge 15 ] && { [ -z "$best" ] || [ "$v" -gt "$best" ]; }; then best=$v; fi
    done
    # A cluster that exists decides: its files can be read by its own version alone.
    if [ -n "$STATE" ] && [ -r "$STATE/pg/PG_VERSION" ]; then
        v=$(cat "$STATE/pg/PG_VERSION")
        [ -x "/usr/lib/postgresql/$v/bin/postgres" ] ||
            die "$STATE/pg was made by PostgreSQL $v, which is no longer installed; install postgresql-$v or move that directory away"
        best=$v
    fi
    [ -n "$best" ] || return 1
    PG_VERSION=$best
    PG_BIN=/usr/lib/postgresql/$best/bin
}
PG_VERSION=""
