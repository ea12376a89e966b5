#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# pgvector.sh: sees to it that the PostgreSQL server has the extension `vector`.
#
# From the distribution where it is packaged (Debian 13 and later). Debian 12 does not package it: there Debian's own
# source package of the next release is built against this server, seven seconds of work. The system's package
# sources stay as they are: the extra entry lives in STATE, and its host is the one this machine uses already.

# shellcheck source=deploy/local/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

pg_find || die "no PostgreSQL server (15 or later) is installed; run deploy/local/install.sh"
sharedir=$("$PG_BIN/pg_config" --sharedir 2>/dev/null || echo "/usr/share/postgresql/$PG_VERSION")
[ ! -e "$sharedir/extension/vector.control" ] || exit 0

cm_users
cm_paths
pg_find # again: a cluster in STATE may name another version
work=$STATE/build/pgvector
log=$LOGS/pgvector.log
: >"$log"

fail() { die "pgvector could not be built: $1; the whole story is in $log"; }

apt() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        ${http_proxy:+"http_proxy=$http_proxy"} ${https_proxy:+"https_proxy=$https_proxy"} \
        apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" </dev/null >>"$log" 2>&1
}

candidate() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | awk '$1 == "Candidate:" && $2 != "(none)" {found = 1} END {exit !found}'; }

package=postgresql-$PG_VERSION-pgvector
if candidate "$package"; then
    say "Installing $package"
    apt --no-install-recommends install "$package" || fail "apt could not install $package"
    exit 0
fi

say "Building pgvector for PostgreSQL $PG_VERSION (this Debian does not package it)"
need_space "$STATE" 300 "building pgvector"
tools=()
command -v dpkg-source >/dev/null || tools+=(dpkg-dev)
command -v gcc >/dev/null || tools+=(gcc libc6-dev)
command -v make >/dev/null || tools+=(make)
if [ ${#tools[@]} -gt 0 ]; then
    note "packages: ${tools[*]}"
    apt update || fail "the package lists cannot be read"
    apt --no-install-recommends install "${tools[@]}" || fail "apt could not install ${tools[*]}"
fi

# The mirror, the keyring and any proxy are the machine's own: a site that keeps Debian on a server of its own has no
# other. Sites that hold several suites are asked in turn.
# shellcheck disable=SC2016 # $(...) here is apt's own notation
mapfile -t sites < <(apt-get indextargets --format '$(SITE) $(LABEL) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
    awk '$2 == "Debian" && $3 == "main" && !seen[$1]++ {print $1}')
[ ${#sites[@]} -gt 0 ] || fail "this machine has no package source of Debian's main archive, so there is no mirror to ask"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r "$keyring" ] || fail "package debian-archive-keyring is missing, so the source could not be trusted"

rm -rf "$work"
mkdir -p "$work/sources" "$work/lists/partial" "$work/cache/archives/partial"
# Only Dir:: options that name this directory: the system's lists and sources are neither read nor written.
private=(-o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$work/sources" -o "Dir::State::Lists=$work/lists"
    -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root -o Acquire::Retries=3 -o Acquire::Languages=none)
got=no
for site in "${sites[@]}"; do
    note "source package from trixie"
    printf 'Types: deb-src\nURIs: %s\nSuites: trixie\nComponents: main\nSigned-By: %s\n' "$site" "$keyring" \
        >"$work/sources/trixie.sources"
    if (cd "$work" && apt-get -q "${private[@]}" update && apt-get -q "${private[@]}" source pgvector) \
        </dev/null >>"$log" 2>&1; then
        got=yes
        break
    fi
done
[ "$got" = yes ] || fail "its source package cannot be fetched from $(printf '%s ' "${sites[@]}")(suite trixie); check the network"
src=$(find "$work" -maxdepth 1 -type d -name 'pgvector-*' -print -quit)
[ -n "$src" ] || fail "the source package holds no pgvector directory"

# The server's headers. Their package also wants clang and LLVM, 700 MB for a just-in-time compiler that pgvector does
# not need, so the package is unpacked here instead of installed.
make_args=(with_llvm=no "PG_CONFIG=$PG_BIN/pg_config" "PG_CFLAGS=" OPTFLAGS=)
if [ ! -e "/usr/include/postgresql/$PG_VERSION/server/postgres.h" ]; then
    note "server headers"
    (cd "$work" && apt-get -q download "postgresql-server-dev-$PG_VERSION") </dev/null >>"$log" 2>&1 ||
        fail "postgresql-server-dev-$PG_VERSION cannot be fetched"
    mkdir -p "$work/dev"
    dpkg-deb -x "$work/postgresql-server-dev-${PG_VERSION}"_*.deb "$work/dev" >>"$log" 2>&1 || fail "its package cannot be unpacked"
    make_args+=("includedir_server=$work/dev/usr/include/postgresql/$PG_VERSION/server")
fi
# OPTFLAGS is empty: Debian's own choice too. The default, -march=native, makes a library that dies on another CPU.
note "compiling"
make -C "$src" "${make_args[@]}" </dev/null >>"$log" 2>&1 || fail "the compiler refused it"
note "installing into the server's directories"
as_root make -C "$src" "${make_args[@]}" install </dev/null >>"$log" 2>&1 || fail "it could not be installed"
# Who finds these files later should learn where they came from.
printf 'Built by ClientMetrics from the Debian source package %s for PostgreSQL %s.\n' "$(basename "$src")" "$PG_VERSION" |
    as_root tee "$sharedir/extension/vector.clientmetrics.txt" >/dev/null
[ -e "$sharedir/extension/vector.control" ] || fail "the installation left no vector.control in $sharedir/extension"
as_root rm -rf "$work" # root installed headers below it
