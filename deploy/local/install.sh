#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# install.sh [build|run|test|lint|bench]...: installs the packages that are missing, and nothing else.
#
# `run` and `test` need what `build` needs. Without arguments: run. When all is there it returns at once and touches no network. Works on Debian 12
# and 13, as root or through sudo. It starts no service and makes no database: the packages' own PostgreSQL cluster
# and web site are not wanted here, and those that exist already are left as they are.

# shellcheck source=deploy/local/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

log=""
undo=()
on_exit() {
    local rc=$? i
    for ((i = ${#undo[@]} - 1; i >= 0; i--)); do
        eval "${undo[i]}" || true
    done
    [ -z "$log" ] || [ "$rc" -ne 0 ] || rm -f "$log"
    exit "$rc"
}
trap on_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---------------------------------------------------------------------------------------------------------------
# What each group needs. "file:PATH=PACKAGE" and "cmd:NAME=PACKAGE" ask for the thing, not for the package, where
# it may well come from elsewhere (Node from its makers, PostgreSQL from its own repository).

build=(
    cmd:gcc=gcc libc6-dev cmd:make=make cmd:pkg-config=pkg-config
    libfcgi-dev libpq-dev libjansson-dev libssl-dev
    libjwt-dev             # the one libjwt of Debian 12 and 13; it is built on OpenSSL
    libxlsxwriter-dev      # exports for Excel; keeps rows on disk
    libcurl4-openssl-dev   # not the GnuTLS one: one TLS library in the process
    libblis-serial-dev     # not libblis-dev, which takes OpenMP or pthreads: both hang or oversubscribe after a fork
)
run=(
    ca-certificates cmd:openssl=openssl cmd:curl=curl cmd:setpriv=util-linux
    cmd:nginx=nginx
    cmd:node=nodejs cmd:npm=npm # only to fetch Node 22, which the frontend pins
)
test=(
    cmd:git=git libcmocka-dev cmd:valgrind=valgrind cmd:chromium=chromium fonts-dejavu-core cmd:ps=procps
    python3-openpyxl # opens the workbooks that we write
    cmd:python3=python3 # its csv module is what core/base/csv is compared with
)
lint=(
    cmd:git=git cmd:clang=clang cmd:clang-tidy=clang-tidy cmd:clang-format=clang-format cmd:cppcheck=cppcheck
    cmd:shellcheck=shellcheck libcmocka-dev
    libclang-rt-dev # libFuzzer, for `make fuzz`
)
bench=(cmd:wrk=wrk cmd:ps=procps)

groups=("$@")
[ $# -gt 0 ] || groups=(run)

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

missing=()
want_postgres=no
want_pgvector=no
for g in "${groups[@]}"; do
    case $g in
    build) list=("${build[@]}") ;;
    run | test) # tests run a cluster and nginx too
        list=("${build[@]}" "${run[@]}")
        [ "$g" = run ] || list+=("${test[@]}")
        want_postgres=yes
        want_pgvector=yes
        ;;
    lint) list=("${lint[@]}") ;;
    bench) list=("${bench[@]}") ;;
    *) die "no such group: $g (there are build, run, test, lint and bench)" ;;
    esac
    for item in "${list[@]}"; do
        case $item in
        cmd:*)
            thing=${item#cmd:}
            command -v "${thing%%=*}" >/dev/null || [ -x "/usr/sbin/${thing%%=*}" ] || missing+=("${thing#*=}")
            ;;
        *) installed "$item" || missing+=("$item") ;;
        esac
    done
done
if [ "$want_postgres" = yes ] && ! pg_find; then
    missing+=(postgresql)
fi

# ---------------------------------------------------------------------------------------------------------------

command -v apt-get >/dev/null || die "this installs Debian packages, and there is no apt-get here; docs/operations.md lists what is needed"
# shellcheck source=/dev/null
. /etc/os-release
case ${ID:-}:${VERSION_ID:-} in
debian:12 | debian:13) ;;
*) [ ${#missing[@]} -eq 0 ] || warn "tried on Debian 12 and 13 only; this is ${PRETTY_NAME:-unknown}" ;;
esac

# apt COMMAND...: quiet, asking nothing, waiting up to five minutes for another package manager to finish. sudo drops
# the environment, so what leads out of the house is handed over.
apt() {
    as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
        ${http_proxy:+"http_proxy=$http_proxy"} ${https_proxy:+"https_proxy=$https_proxy"} \
        apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" </dev/null
}

# explain WHAT: the one sentence that helps, from apt's own words.
explain() {
    local what=$1
    if grep -qiE 'no space left|not enough free (disk )?space|you don.t have enough free space' "$log"; then
        die "the disk is full: $what needs more room (df -h shows where); apt's words are in $log"
    elif grep -qiE 'could not get lock|unable to acquire the dpkg' "$log"; then
        die "another package manager has been running for five minutes; wait for it, then try again"
    elif grep -qiE 'dpkg was interrupted' "$log"; then
        die "an earlier package installation was cut off; run: sudo dpkg --configure -a"
    elif grep -qiE 'could not resolve|temporary failure|could not connect|connection (timed out|refused)|network is unreachable|failed to fetch' "$log"; then
        die "no package source can be reached, so $what cannot be installed: check the network and /etc/apt/sources.list*; apt's words are in $log"
    elif grep -qiE 'unable to locate package|no installation candidate' "$log"; then
        die "no package source offers $(sed -nE "s/.*Unable to locate package ([^ ]+).*/\1/p; s/.*Package '([^']+)' has no .*/\1/p" "$log" | sort -u | paste -sd' '): add Debian's main archive for ${VERSION_CODENAME:-this release} to /etc/apt/sources.list.d; apt's words are in $log"
    elif grep -qiE 'packages will be removed|--no-remove|need to be removed' "$log"; then
        die "$what would remove packages that are installed (libcurl4-gnutls-dev beside libcurl4-openssl-dev?); apt's words are in $log"
    fi
    die "$what failed; apt's words are in $log"
}

quietly() {
    local what=$1
    shift
    "$@" >"$log" 2>&1 || explain "$what"
}

if [ ${#missing[@]} -gt 0 ]; then
    log=$(mktemp /tmp/clientmetrics-apt.XXXXXX)
    mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
    say "Installing ${#missing[@]} packages: ${missing[*]}"
    # Measured on a bare Debian 12: 1.1 GB with the tests' browser, half of it without.
    need_space /usr 1500 "installing packages"
    need_space /var 500 "downloading packages"
    # Here, where it may ask for a password, and not where its words go into a file.
    as_root true || die "sudo refused, and installing packages needs root"
    note "reading the package lists"
    quietly "reading the package lists" apt update
    if grep -qE '^(W|E|Err).*(Failed to fetch|Could not)' "$log"; then
        # apt-get update exits 0 when a source is down; what is already in the lists may still do.
        warn "a package source did not answer: $(grep -m1 -E '^(W|E|Err)' "$log")"
    fi

    # nginx's package starts a site on port 80 as it is installed, and at every boot. This installation's nginx is
    # its own, so that one is kept from starting; a machine that had nginx before is not touched.
    case " ${missing[*]} " in
    *" nginx "*)
        if [ ! -e /usr/sbin/policy-rc.d ]; then
            # shellcheck disable=SC2016 # $1 is for the script that is written
            printf '#!/bin/sh\n[ "$1" != nginx ] || exit 101\nexit 0\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
            as_root chmod 755 /usr/sbin/policy-rc.d
            undo+=("as_root rm -f /usr/sbin/policy-rc.d")
        fi
        [ ! -d /run/systemd/system ] || undo+=("as_root systemctl disable --quiet nginx 2>/dev/null")
        ;;
    esac

    # PostgreSQL's package makes a cluster "main" and starts it, unless its configuration says no while it installs.
    case " ${missing[*]} " in
    *" postgresql "*)
        if ! installed postgresql-common; then
            note "postgresql-common"
            quietly "installing postgresql-common" apt --no-install-recommends --no-remove install postgresql-common
        fi
        conf=/etc/postgresql-common/createcluster.conf
        if [ -e "$conf" ]; then
            as_root cp -p "$conf" "$conf.clientmetrics"
            undo+=("as_root mv -f $conf.clientmetrics $conf")
        fi
        printf 'create_main_cluster = off\n' | as_root tee "$conf" >/dev/null
        ;;
    esac

    note "downloading and unpacking (a few minutes on a bare machine)"
    quietly "installing ${missing[*]}" apt --no-install-recommends --no-remove install "${missing[@]}"
    rm -f "$log"
    log=""
    for ((i = ${#undo[@]} - 1; i >= 0; i--)); do eval "${undo[i]}" || true; done
    undo=()
fi

if [ "$want_pgvector" = yes ]; then
    "$(dirname "${BASH_SOURCE[0]}")/pgvector.sh"
fi
